"""Side-by-side timing: cases run in turn, so that a machine's changing pace hits all alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

from sklearn.base import clone

from benchmarks.results import Result, machine, versions

Rates = dict[str, list[float]]


def in_turn(cases: dict[str, Callable[[], float]], rounds: int = 9, warm_up: int = 2) -> Rates:
    """Run cases one after the other, round by round, and return each one's rates.

    Args:
        cases: Name, and a function that does some work and returns its rate (larger is better).
        rounds: Rounds that count.
        warm_up: Rounds before those.
    """
    rates: Rates = {name: [] for name in cases}
    for number in range(warm_up + rounds):
        for name, case in cases.items():
            rate = case()
            if number >= warm_up:
                rates[name].append(rate)
    for name, values in rates.items():
        print(f"  {name:32s} {statistics.median(values):12,.0f}  best {max(values):12,.0f}")
    return rates


def timed(work: Callable[[], Any], amount: float) -> Callable[[], float]:
    """Return a case: ``amount`` of work done per second."""

    def case() -> float:
        start = time.perf_counter()
        work()
        return amount / (time.perf_counter() - start)

    return case


def second_epoch_of_fit(model: Any, x: Any, y: Any) -> Callable[[], float]:
    """Return a case: examples per second of the second of two epochs of `fit`, from new weights."""

    def case() -> float:
        history = clone(model).set_params(epochs=2).fit(x, y).history_
        return len(y) / (history[1]["seconds"] - history[0]["seconds"])

    return case


def save_ratio(
    benchmark: str,
    rates: Rates,
    ours: str,
    theirs: str,
    *,
    unit: str,
    target: float | None,
    data: str,
    algorithm: str | None,
    started: float,
    command: str,
) -> float:
    """Record how many times faster ``ours`` is than ``theirs``: the median over rounds.

    Args:
        benchmark: Name of the result.
        rates: What `in_turn` returned.
        ours: Our case.
        theirs: The case compared with.
        unit: What the rates count, such as ``images/s``.
        target: Ratio to reach, or None.
        data: What was worked on.
        algorithm: Name in the catalog, or None.
        started: `time.perf_counter` when the benchmark began.
        command: What to type to run it again.
    """
    ratios = [a / b for a, b in zip(rates[ours], rates[theirs], strict=True)]
    value = statistics.median(ratios)
    runs = [
        {"value": ratio, f"{ours} {unit}": round(a, 1), f"{theirs} {unit}": round(b, 1)}
        for ratio, a, b in zip(ratios, rates[ours], rates[theirs], strict=True)
    ]
    Result(
        benchmark=benchmark,
        kind="speed",
        algorithm=algorithm,
        data=data,
        metric=f"{ours} / {theirs}, {unit}",
        value=round(value, 4),
        target=target,
        seeds=[0],
        runs=runs,
        runtime_s=round(time.perf_counter() - started, 1),
        versions=versions(),
        machine=machine(),
        command=command,
    ).save()
    verdict = (
        "" if target is None else f", target {target}: {'met' if value >= target else 'MISSED'}"
    )
    print(f"{benchmark}: {value:.3f} times{verdict}", flush=True)
    return value
