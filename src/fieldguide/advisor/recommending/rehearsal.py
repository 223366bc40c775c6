"""Rehearsals: whoever may be the first choice learns from a part of the data and is tried on more.

Quick models tell which shape of rule suits the data; between algorithms of the same shape, or
shapes that come out close, only the algorithms themselves can tell. So the few that the forecast
cannot part learn here, with default settings, from as many examples as a fair share of half a
minute allows, and answer for others. Of the error measured after n examples, what would be left
after learning from all N is

    e(N) = e(n) · (N / n)^-p        with the slope p of the quick model of the same shape,

and it corrects the forecast as a measurement corrects a prior, both being normal in log(error).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fieldguide.advisor import scoring
from fieldguide.advisor.profiling.landmarks import SLOWER
from fieldguide.advisor.recommending.evidence import LEAST_ERROR
from fieldguide.advisor.recommending.expected import Forecast
from fieldguide.advisor.recommending.first_guess import FirstGuess
from fieldguide.advisor.recommending.probe import undisturbed
from fieldguide.advisor.recommending.probe_limit import OutOfTime, at_most
from fieldguide.catalog import Entry
from fieldguide.data import Dataset
from fieldguide.errors import Interrupted

TASKS = ("classification", "regression")  # others try what they recommend in ways of their own
MOST = 5  # algorithms that rehearse
SECONDS = 30.0  # for all rehearsals together
FEWEST = 100  # examples; what learns from fewer, although there are more, shows nothing
HELD_OUT = 0.2  # share of the examples to answer for
JUDGED = 2_000  # of those at most
ENOUGH = 1_000  # answers, from several splits, that are enough
SPLITS = 5
OVER = 2.0  # times its share of time after which a rehearsal is broken off
FURTHER = 0.3  # spread of log(error) by going from n examples on to e · n
LUCK = 0.05  # the same, by which examples happened to be learnt from


@dataclass(frozen=True)
class Rehearsal:
    """What an algorithm did with a part of the data.

    Attributes:
        learnt: Examples that it learnt from.
        judged: Other examples that it answered for.
        error: 1 - score on those.
        deviation: Standard deviation of the error, by the chance of which they were.
        seconds: Wall clock it took.
    """

    learnt: int
    judged: int
    error: float
    deviation: float
    seconds: float

    def correct(self, guess: FirstGuess, mean: float, spread: float) -> tuple[float, float]:
        """Return mean and spread of log(error / guessed error), this measurement taken in.

        Args:
            guess: The first guess of the error.
            mean: What is believed so far.
            spread: Standard deviation of that.
        """
        growth = math.log(guess.examples / self.learnt)
        error = max(0.0, self.error) * math.exp(-SLOWER * guess.mark.slope * growth) + LEAST_ERROR
        measured = math.log(error / (max(guess.error, 0.0) + LEAST_ERROR))
        unsure = math.hypot(self.deviation / error, FURTHER * growth, LUCK)
        weight = spread**2 / (spread**2 + unsure**2)
        return mean + weight * (measured - mean), spread * math.sqrt(1 - weight)

    @property
    def source(self) -> str:
        """What was done, in plain words."""
        return (
            f"a rehearsal, {1 - self.error:.3f} on {self.judged:,} examples after learning from "
            f"{self.learnt:,} others"
        )


def contenders(scores: Mapping[str, Forecast | None]) -> list[str]:
    """Return who may be the first choice, by forecasts in order; nobody where that is settled.

    Example:
        >>> contenders({"a": Forecast(0.9, 0.8, 0.95, ""), "b": Forecast(0.8, 0.7, 0.92, ""),
        ...             "c": Forecast(0.5, 0.4, 0.6, "")})
        ['a', 'b']
    """
    known = {name: score for name, score in scores.items() if score is not None}
    best = max((score.expected for score in known.values()), default=0.0)
    found = [name for name, score in known.items() if score.high >= best][:MOST]
    return found if len(found) > 1 else []


def hold(
    costs: Mapping[str, float], each: Callable[[str, float], Rehearsal | None]
) -> dict[str, Rehearsal]:
    """Hold rehearsals, the cheapest first, so that what they leave of their time goes to the dear.

    Args:
        costs: Forecast seconds of a fit on all examples, by name.
        each: Rehearses one by name, within so many seconds.
    """
    began = time.perf_counter()
    found: dict[str, Rehearsal] = {}
    for place, name in enumerate(sorted(costs, key=lambda one: costs[one])):
        share = (SECONDS - (time.perf_counter() - began)) / (len(costs) - place)
        done = each(name, share)
        found |= {} if done is None else {name: done}
    return found


def rehearse(
    entry: Entry, dataset: Dataset, task: str, full_seconds: float, share: float, seed: int = 0
) -> Rehearsal | None:
    """Let an algorithm learn from some examples and answer for others.

    Args:
        entry: The algorithm.
        dataset: The data, targets known; see `learnable`.
        task: Name of the task.
        full_seconds: Forecast of a fit on all of them.
        share: Seconds it may take.
        seed: Decides which examples.

    Returns:
        None where too few examples could be learnt from in the time, or it failed.
    """
    began, learnt = time.perf_counter(), 0
    parts: list[np.ndarray] = []
    try:
        with undisturbed(), at_most(OVER * share):
            while _may_go_on(parts, time.perf_counter() - began, share):
                number = seed + len(parts)
                known, others = dataset.split(HELD_OUT, number)
                part = known.in_memory(_affordable(len(known), full_seconds, share), number)
                if len(part) < min(FEWEST, len(known)):
                    return None
                parts.append(_tried(entry, part, others.in_memory(JUDGED, number), task, number))
                learnt = len(part)
    except Interrupted:
        raise
    except (OutOfTime, Exception):  # whatever a third party's code does, the advice goes on
        if not parts:
            return None
    return _judged(np.concatenate(parts), learnt, time.perf_counter() - began)


def _may_go_on(parts: Sequence[np.ndarray], spent: float, share: float) -> bool:
    """Say whether another split is due: too few have been judged, and there is time for it."""
    if not parts:
        return True
    enough = sum(len(part) for part in parts) >= ENOUGH or len(parts) == SPLITS
    return not enough and spent * (1 + 1 / len(parts)) < share


def learnable(dataset: Dataset) -> Dataset:
    """Return what may be looked at: the provider's test examples are for the race."""
    if dataset.provided is None:
        return dataset
    return replace(dataset.take(np.flatnonzero(dataset.provided != "test")), provided=None)


def _affordable(count: int, full_seconds: float, share: float) -> int:
    return min(count, int(count * share / max(full_seconds, 1e-6)))


def _tried(entry: Entry, known: Dataset, others: Dataset, task: str, seed: int) -> np.ndarray:
    """Return what each answer adds to the score, as `Task.summands` has it."""
    kind = entry.load()
    model = kind(task=task, seed=seed).fit(known)
    outputs, truth = model._outputs_and_truth(others, None)
    return model.task_.summands(outputs, truth)


def _judged(parts: np.ndarray, learnt: int, seconds: float) -> Rehearsal:
    """Sum up; an error of nothing among few is no proof of perfection."""
    error = 1 - float(scoring.score_of(parts.sum(axis=0)))
    least = 0.5 / (len(parts) + 1)
    deviation = max(float(scoring.resampled(parts, 0).std()), least)
    return Rehearsal(learnt, len(parts), max(error, least), deviation, round(seconds, 3))
