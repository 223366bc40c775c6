"""Race every algorithm on one data set of the suite and write down what happened.

Each fit runs in a process of its own, on one thread, with default settings and at most `LIMIT`
seconds. A fit that fails, or must be stopped, scores what a constant would. The process that forks
the others reads no data itself: the threads of polars, once started, do not survive a fork.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.grade.case import Case
from benchmarks.results import machine, versions
from fieldguide import catalog
from fieldguide.advisor import scoring
from fieldguide.advisor.profiling.profile import profile
from fieldguide.advisor.recommending.recommend import recommend
from fieldguide.catalog import Entry

LIMIT = 40.0  # seconds that a fit may take
STOP = 4 * LIMIT  # seconds after which its process is killed
SMALL, SPLITS = 2_000, 5  # of fewer rows, results of this many splits are pooled
UNTOLD = {"fields", "left_out", "missing", "ledger", "source", "target", "target_reason", "leaks"}


def measure(case: Case) -> dict[str, Any]:
    """Return the record of one case: profile, forecasts, and every algorithm's result."""
    torch.set_num_threads(1)
    began = time.perf_counter()
    advised = apart(_advise, case, limit=300.0)
    seen, forecasts = advised["profile"], advised["forecasts"]
    entries = [
        one
        for one in catalog.entries()
        if seen["task"] in one.card.tasks and seen["form"] in one.card.inputs
    ]
    few = seen["examples"] <= SMALL and seen["form"] != "image"
    seeds = range(SPLITS if few else 1)
    results: dict[str, Any] = {}
    parts: dict[str, np.ndarray] = {}
    for entry in entries:
        found = [apart(_fit, entry, case, seed, limit=STOP) for seed in seeds]
        results[entry.name] = {"status": "failed"} if None in found else _pooled(found)
        if None not in found:
            parts[entry.name] = np.concatenate([one["parts"] for one in found])
    _compare(results, parts)
    return {
        "case": case.name,
        "origin": case.origin,
        "seeds": list(seeds),
        "limit_s": LIMIT,
        "profile": {key: value for key, value in seen.items() if key not in UNTOLD},
        "forecasts": forecasts,
        "results": results,
        "runtime_s": round(time.perf_counter() - began, 1),
        "versions": versions(),
        "machine": machine(),
    }


def advised_again(case: Case, record: dict[str, Any]) -> dict[str, Any]:
    """Return a record with the profile and the forecasts of today beside the results it had."""
    torch.set_num_threads(1)
    advised = apart(_advise, case, limit=300.0)
    told = {key: value for key, value in advised["profile"].items() if key not in UNTOLD}
    return {**record, "profile": told, "forecasts": advised["forecasts"]}


def _pooled(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Bring the results of several splits together."""
    return {
        "status": "finished",
        "score": float(np.mean([one["score"] for one in found])),
        "scores": [one["score"] for one in found],
        "seconds": float(np.median([one["seconds"] for one in found])),
        "cpu_seconds": float(np.median([one["cpu_seconds"] for one in found])),
        "memory_bytes": max(one["memory_bytes"] for one in found),
        "stopped_early": any(one["stopped_early"] for one in found),
    }


def _advise(case: Case) -> dict[str, Any]:
    data = case.make()
    seen = profile(data)
    advice = recommend(data, profile=seen)
    return {"profile": seen.to_dict(), "forecasts": {one.name: one.to_dict() for one in advice}}


def _fit(entry: Entry, case: Case, seed: int) -> dict[str, Any]:
    train, test = case.make().split(test=0.2, seed=seed)
    kind = entry.load()
    options: dict[str, Any] = {"seed": seed}
    if any(name == "time_limit" for name in kind.__dataclass_fields__):
        options["time_limit"] = LIMIT
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, cpu = time.perf_counter(), time.process_time()
    model = kind(**options).fit(train)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    outputs, truth = model._outputs_and_truth(test, None)
    summed = model.task_.summands(outputs, truth)
    return {
        "score": float(scoring.score_of(summed.sum(axis=0))),
        "seconds": round(seconds, 3),
        "cpu_seconds": round(cpu, 3),
        "stopped_early": seconds > 0.95 * LIMIT,
        "memory_bytes": 1024 * max(held, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss),
        "parts": summed.tolist(),
    }


def _compare(results: dict[str, Any], parts: dict[str, np.ndarray]) -> None:
    """Mark what cannot be told from the best, by a paired bootstrap."""
    drawn = {name: scoring.resampled(part, 0) for name, part in parts.items()}
    best = max(parts, key=lambda name: results[name]["score"])
    for name in parts:
        low = scoring.difference(drawn[best], drawn[name]).low
        results[name]["tied"] = bool(name == best or low <= 0)


def apart(work: Any, *given: Any, limit: float) -> Any:
    """Do work in a process of its own; None where it failed or had to be stopped."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        child = multiprocessing.get_context("fork").Process(
            target=_write, args=(answer, work, *given)
        )
        child.start()
        child.join(limit)
        if child.is_alive():
            child.kill()
            child.join()
        return json.loads(answer.read_text()) if answer.exists() else None


def _write(answer: Path, work: Any, *given: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = work(*given)
    answer.with_suffix(".part").write_text(json.dumps(found))
    answer.with_suffix(".part").rename(answer)
