"""Quick models tried on held-out examples, after learning from all the others and from parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fieldguide.advisor.profiling.sample import Sample

PARTS = (1, 2, 4, 8, 16)  # all examples, a half, a quarter, ...
QUARTER = 4  # the slope of a landmark compares all with a quarter
REPEATED = 8  # from this part on, two subsets may be drawn where only one fold is held out
FEWEST_LEARNT = 10  # examples below which a part is left out of a curve
ALL_FOLDS = 1_200  # examples up to which every fold is held out in turn
VERY_MANY_CLASSES = 50  # with more, one fold is held out instead of each in turn

Rule = Callable[[Sample, Sample], np.ndarray]


@dataclass(frozen=True)
class Trial:
    """What a quick model answered for examples that it had not seen.

    Attributes:
        learnt: Examples that it learnt from, of those not held out.
        truth: Targets of the held-out examples: codes (judged,) or numbers (judged, targets).
        full: Its answers after learning from all others.
        quarter: Its answers after learning from a quarter of them.
        losses: Loss of each held-out example by the part learnt from, (judged,) each; empty where
            no curve was asked for.
    """

    learnt: int
    truth: np.ndarray
    full: np.ndarray
    quarter: np.ndarray
    losses: dict[int, np.ndarray]


def attempt(
    fit: Rule, part: Sample, seed: int, *, curved: bool = True, twice: bool = True
) -> Trial:
    """Hold out one fold after the other (one only, of many examples) and try the model on it.

    Args:
        fit: Learns from the first sample and answers for the second.
        part: Encoded examples.
        seed: Decides the folds and the parts.
        curved: Whether it learns from all of `PARTS`, for a curve.
        twice: Whether small parts may be drawn twice, for a steadier curve.
    """
    folds = part.folds(seed)
    every = len(part) <= ALL_FOLDS and part.classes <= VERY_MANY_CLASSES
    truth, full, quarter = [], [], []
    lost: dict[int, list[np.ndarray]] = {}
    for fold in range(folds.max() + 1 if every else 1):
        held, rest = part.take(np.flatnonzero(folds == fold)), np.flatnonzero(folds != fold)
        drawn = np.random.default_rng((seed, fold)).permutation(rest)
        truth.append(held.y)
        full.append(fit(part.take(rest), held))
        quarter.append(fit(part.take(_share(drawn, QUARTER)), held))
        if not curved:
            continue
        again = [drawn, drawn[::-1]] if twice and not every else [drawn]
        known = {1: full[-1], QUARTER: quarter[-1]}
        for share in parts_of(len(rest)):
            subsets = again if share >= REPEATED else [drawn]
            answers = [known[share]] if share in known else []
            answers = answers or [fit(part.take(_share(one, share)), held) for one in subsets]
            mean = np.mean([losses(held.y, one, part.classes) for one in answers], axis=0)
            lost.setdefault(share, []).append(mean)
    together = {share: np.concatenate(parts) for share, parts in lost.items()}
    whole = [np.concatenate(one) for one in (truth, full, quarter)]
    return Trial(len(rest), whole[0], whole[1], whole[2], together)


def parts_of(learnt: int) -> list[int]:
    """Return those of `PARTS` that leave enough examples to learn from."""
    return [part for part in PARTS if learnt // part >= FEWEST_LEARNT]


def losses(y: np.ndarray, guess: np.ndarray, classes: int) -> np.ndarray:
    """Return 0 or 1 for each example, or its squared error; (n,)."""
    if classes:
        return np.asarray(guess != y, dtype=np.float64)
    return np.asarray(np.square(guess - y).mean(axis=1), dtype=np.float64)


def _share(drawn: np.ndarray, share: int) -> np.ndarray:
    return np.sort(drawn[: max(4, len(drawn) // share)])
