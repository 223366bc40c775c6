"""Which hyperparameters to try next: Optuna's sampler, replayed so that no death can confuse it.

The record of a search is what its trials left in the run folder. Every proposal comes from a new
sampler, seeded by the race's seed and the trial's number and told of all trials before it, so a
search that was killed proposes what an undisturbed one would have.
"""

from __future__ import annotations

import typing
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fieldguide.estimator import Estimator
from fieldguide.hyperparameter import Range, ranges

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

STARTS = 5  # trials drawn at random before the sampler (a tree of Parzen estimators) learns
WORST = 0.0  # told of a trial without a score, where none has one yet
Tried = tuple[dict[str, Any], float | None]  # hyperparameters as proposed, and their score


def searched(kind: type[Estimator]) -> dict[str, Range]:
    """Return the hyperparameters of an algorithm that are worth searching, by name."""
    return {name: limits for name, limits in ranges(kind).items() if limits.search}


def propose(kind: type[Estimator], tried: Sequence[Tried], seed: int) -> dict[str, Any]:
    """Return the hyperparameters of the next trial; those of the first are the defaults.

    Args:
        kind: The algorithm.
        tried: All trials before it, in order.
        seed: The race's.

    Example:
        >>> from fieldguide import MLP
        >>> propose(MLP, [], seed=0)
        {}
        >>> propose(MLP, [({}, 0.9)], 0) == propose(MLP, [({}, 0.9)], 0)
        True
    """
    if not tried:
        return {}
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    space = {name: _distribution(kind, name, limits) for name, limits in searched(kind).items()}
    sampler = optuna.samplers.TPESampler(
        seed=_seed(kind, len(tried), seed), n_startup_trials=STARTS
    )
    study = optuna.create_study(direction="maximize", sampler=sampler)
    defaults = {name: getattr(kind(), name) for name in space}
    worst = min((score for _, score in tried if score is not None), default=WORST)
    for given, score in tried:
        codes = _codes(kind, defaults | given)
        if codes is not None:
            value = worst if score is None else score
            study.add_trial(
                optuna.trial.create_trial(params=codes, distributions=space, value=value)
            )
    return _values(kind, study.ask(space).params)


def _distribution(kind: type[Estimator], name: str, limits: Range) -> BaseDistribution:
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    if _is_choice(limits):  # by position: values may be tuples, which Optuna does not store
        return CategoricalDistribution(range(len(limits.search)))
    low, high = limits.search
    if typing.get_type_hints(kind)[name] is int:
        return IntDistribution(int(low), int(high), log=limits.log)
    return FloatDistribution(float(low), float(high), log=limits.log)


def _is_choice(limits: Range) -> bool:
    numbers = all(type(value) in (int, float) for value in limits.search)
    return bool(limits.choices) or len(limits.search) != 2 or not numbers


def _codes(kind: type[Estimator], given: dict[str, Any]) -> dict[str, Any] | None:
    """Return what Optuna stores for hyperparameters; None where a default lies out of range."""
    codes = {}
    for name, limits in searched(kind).items():
        value = given[name]
        if _is_choice(limits):
            known = [_comparable(choice) for choice in limits.search]
            if _comparable(value) not in known:
                return None
            value = known.index(_comparable(value))
        elif value is None or not limits.search[0] <= value <= limits.search[1]:
            return None
        codes[name] = value
    return codes


def _values(kind: type[Estimator], codes: dict[str, Any]) -> dict[str, Any]:
    limits = searched(kind)
    return {
        name: limits[name].search[code] if _is_choice(limits[name]) else code
        for name, code in codes.items()
    }


def _comparable(value: Any) -> Any:
    return list(value) if isinstance(value, (tuple, list)) else value  # JSON makes lists of tuples


def _seed(kind: type[Estimator], number: int, seed: int) -> int:
    name = zlib.crc32(f"{kind.__module__}:{kind.__name__}".encode())
    return int(np.random.SeedSequence([seed, name, number]).generate_state(1)[0])
