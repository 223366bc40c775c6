"""What the advice is judged by: regret, hits, calibration, costs.

Definitions: with s* the best score on a data set, s_b the constant's, s_k the best of the first k
advised, regret@k = (s* - s_k) / (s* - s_b). A fit that failed scores what the constant does. Where
the best cannot be told from the constant, nothing can be regretted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Record = dict[str, Any]


def scores(record: Record) -> dict[str, float]:
    """Return every algorithm's score on a data set."""
    floor = constant(record)
    return {name: one.get("score", floor) for name, one in record["results"].items()}


def constant(record: Record) -> float:
    """Return what always giving the same answer scores."""
    found = record["results"]
    return float(next(found[name]["score"] for name in ("majority", "mean") if name in found))


def regret(record: Record, order: Sequence[str], k: int) -> float:
    """Return the share of what can be gained that the first k of an order miss."""
    found, floor = scores(record), constant(record)
    best = max(found.values())
    trivial = next(name for name in ("majority", "mean") if name in found)
    if best <= floor or record["results"][trivial].get("tied", False):
        return 0.0
    return float((best - max(found[name] for name in order[:k])) / (best - floor))


def hit(record: Record, order: Sequence[str], k: int = 3) -> bool:
    """Whether one that cannot be told from the best is among the first k."""
    return any(record["results"][name].get("tied", False) for name in order[:k])


def needs_deep(record: Record, deep: set[str]) -> bool:
    """Whether a deep model beats every baseline by more than the noise."""
    return not any(one.get("tied") for name, one in record["results"].items() if name not in deep)


def best_single(records: Sequence[Record], of: Callable[[Record], str]) -> dict[str, str]:
    """Return for each group the algorithm whose mean regret is least, in hindsight.

    Args:
        records: Recorded races.
        of: Names the group of a record: `modality`, or `kind`.
    """
    groups: dict[str, list[Record]] = {}
    for record in records:
        groups.setdefault(of(record), []).append(record)
    chosen = {}
    for name, group in groups.items():
        able = set.intersection(*(set(record["results"]) for record in group))
        means = {one: np.mean([regret(record, [one], 1) for record in group]) for one in able}
        chosen[name] = min(sorted(means), key=lambda one: means[one])
    return chosen


def modality(record: Record) -> str:
    """Return ``pictures`` or ``tables``; blocks of numbers count as tables."""
    return "pictures" if record["profile"]["form"] == "image" else "tables"


def kind(record: Record) -> str:
    """Return the modality and the task: some baselines do one task only."""
    return f"{modality(record)}, {record['profile']['task']}"


def blind_order(records: Sequence[Record]) -> dict[str, list[str]]:
    """Return for each kind one fixed order, by mean regret in hindsight."""
    found: dict[str, dict[str, list[float]]] = {}
    for record in records:
        for name in record["results"]:
            of_kind = found.setdefault(kind(record), {})
            of_kind.setdefault(name, []).append(regret(record, [name], 1))
    return {
        form: sorted(each, key=lambda name: float(np.mean(each[name])))
        for form, each in found.items()
    }


def weighted_tau(record: Record, order: Sequence[str]) -> float:
    """Return Kendall's tau between an order and the true one, first places counting most."""
    from scipy.stats import weightedtau

    found = scores(record)
    places = [-place for place, _ in enumerate(order)]
    tau = weightedtau(places, [found[name] for name in order], rank=True).statistic
    return float(np.nan_to_num(tau))


def interval(values: Sequence[float], of: Any = np.mean, seed: int = 0) -> tuple[float, float]:
    """Return a 95 % bootstrap interval of a statistic over data sets."""
    chance, held = np.random.default_rng(seed), np.asarray(values)
    drawn = [of(chance.choice(held, len(held))) for _ in range(2_000)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)
