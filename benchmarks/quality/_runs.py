"""What the quality benchmarks share: read, fit with each seed, score on the test split, record."""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import torch

from benchmarks.results import Result, machine, versions
from fieldguide import catalog, formats


def data_folder(name: str) -> Path:
    """Return a folder of real data, or end with a sentence that says what is missing."""
    root = os.environ.get("FIELDGUIDE_DATA", "")
    if not root or not Path(root, name).exists():
        sys.exit(f"Set FIELDGUIDE_DATA to the folder that holds {name}/, then run this again.")
    return Path(root) / name


def arguments(seeds: int) -> argparse.Namespace:
    """Return the command line: seeds, and threads for machines that do other work beside this."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=seeds)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--run", type=Path, default=None, help="folder to checkpoint in and resume")
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    return given


def on_official_split(
    benchmark: str, model: Any, folder: str, *, data: str, target: float, seeds: int = 3
) -> float:
    """Read a folder that brings its own test split, and `reproduce` on that split.

    Args:
        benchmark: Name of the result.
        model: An estimator.
        folder: Where the data lie, below FIELDGUIDE_DATA.
        data: Name of the data.
        target: What the mean should reach.
        seeds: How many, unless the command line says otherwise.
    """
    given = arguments(seeds)
    train, test = formats.read(data_folder(folder)).split()
    data = f"{data}, official test split"
    return reproduce(benchmark, model, train, test, data=data, target=target, given=given)


def reproduce(
    benchmark: str,
    model: Any,
    train: Any,
    test: Any,
    *,
    data: str,
    target: float | None,
    metric: str = "accuracy",
    given: argparse.Namespace,
) -> float:
    """Fit with each seed, score on the test split, record the mean and return it.

    Args:
        benchmark: Name of the result.
        model: An estimator; it is copied for each seed.
        train: Training split.
        test: Test split, seen once a seed.
        data: Name of the data and the split that is scored.
        target: What the mean should reach.
        metric: Score to record.
        given: Command line.
    """
    from sklearn.base import clone

    started, runs = time.perf_counter(), []
    for seed in range(given.seeds):
        fresh = clone(model).set_params(seed=seed)
        begun = time.perf_counter()
        run = None if given.run is None else given.run / f"{benchmark}-{seed}"
        fresh.fit(train, run=run, resume=run is not None and run.exists(), progress=True)
        seconds = time.perf_counter() - begun
        scores = fresh.evaluate(test)
        print(f"{benchmark}, seed {seed}: {scores} in {seconds:.0f} s", flush=True)
        runs.append({"value": scores[metric], **scores, "seconds": round(seconds, 1)})
    value = statistics.mean(run["value"] for run in runs)
    Result(
        benchmark=benchmark,
        kind="quality",
        algorithm=catalog.name_of(type(model)),
        data=data,
        metric=metric,
        value=round(value, 5),
        target=target,
        seeds=list(range(given.seeds)),
        runs=runs,
        runtime_s=round(time.perf_counter() - started, 1),
        versions=versions(),
        machine=machine(),
        command=f"python -m {_module()}",
    ).save()
    print(f"{benchmark}: {metric} {value:.4f}, target {target}", flush=True)
    return value


def _module() -> str:
    spec = sys.modules["__main__"].__spec__
    return spec.name if spec is not None else "benchmarks"
