"""The record of one benchmark run: written by a benchmark, read by the docs and by tests."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "results"
KINDS = ("quality", "speed")
DIRECTIONS = ("higher", "lower")
# What a number may depend on; a package that is not installed is left out.
PACKAGES = (
    "fieldguide",
    "torch",
    "numpy",
    "scikit-learn",
    "polars",
    "lightning",
    "skorch",
    "keras",
    "neuralforecast",
)


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one benchmark found, and everything needed to find it again.

    Args:
        benchmark: Its name, the same as the file's: `fashion-mnist-lenet-5`.
        kind: `quality` (a score on held-out data) or `speed`.
        algorithm: The algorithm's name in the catalog, or None where it is about no single one.
        data: The data set, with the split that was scored.
        metric: What `value` is, with its unit: `accuracy`, `images per second`, `time / bare loop`.
        value: The number itself; over several seeds, their mean. Shares are 0 to 1, not per cent.
        target: What `value` should reach, or None.
        better: Whether `higher` or `lower` values are better.
        seeds: The seeds of the runs, in order.
        runs: One dict for each run, at least its `value`; whatever else explains it.
        runtime_s: Seconds for all runs together.
        versions: Package name to version.
        machine: Processor, cores and accelerator; no host names.
        command: What to type at the root of the repository to run it again.
    """

    benchmark: str
    kind: str
    algorithm: str | None
    data: str
    metric: str
    value: float
    target: float | None
    seeds: list[int]
    runs: list[dict[str, Any]]
    runtime_s: float
    versions: dict[str, str]
    machine: str
    command: str
    better: str = "higher"

    @property
    def met(self) -> bool | None:
        """Whether the target was reached; None where there is none."""
        if self.target is None:
            return None
        return self.value >= self.target if self.better == "higher" else self.value <= self.target

    def save(self, folder: Path = FOLDER) -> Path:
        """Write `folder/KIND/BENCHMARK.json`, over an earlier run of the same benchmark."""
        complaints = problems(asdict(self))
        if complaints:
            raise ValueError(f"{self.benchmark}: {'; '.join(complaints)}")
        path = folder / self.kind / f"{self.benchmark}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n", "utf-8")
        return path


def problems(record: dict[str, Any]) -> list[str]:
    """What is wrong with a record, in words; empty when nothing is."""
    known = {field.name for field in fields(Result)}
    found = [f"{key!r} is missing" for key in sorted(known - {"better"} - set(record))]
    found += [f"{key!r} is not a key of the schema" for key in sorted(set(record) - known)]
    if found:
        return found
    if record["kind"] not in KINDS:
        found.append(f"kind is {record['kind']!r}, expected one of {KINDS}")
    if record.get("better", "higher") not in DIRECTIONS:
        found.append(f"better is {record['better']!r}, expected one of {DIRECTIONS}")
    for key in ("value", "runtime_s"):
        if not isinstance(record[key], int | float) or record[key] != record[key]:
            found.append(f"{key} is {record[key]!r}, expected a number")
    if not record["runs"] or any("value" not in run for run in record["runs"]):
        found.append("every run needs its 'value', and there must be a run")
    return found


def load(folder: Path = FOLDER) -> list[Result]:
    """Every recorded result, by kind and name; races recorded for the grade are another matter.

    Raises:
        ValueError: A file does not follow the schema; the message names the file and the key.
    """
    results = []
    for path in sorted(path for kind in KINDS for path in (folder / kind).glob("*.json")):
        record = json.loads(path.read_text("utf-8"))
        complaints = problems(record)
        if complaints:
            raise ValueError(f"{path}: {'; '.join(complaints)} (see benchmarks/README.md)")
        results.append(Result(**record))
    return results


def versions() -> dict[str, str]:
    """Python's version and those of the packages that a result depends on."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def machine() -> str:
    """Processor, usable cores and accelerator, such as `AMD EPYC 9B14, 2 cores, no GPU`."""
    import torch

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
    return f"{processor()}, {cores} cores, {gpu}"


def processor() -> str:
    """The processor's own name, or the architecture where it has none."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
