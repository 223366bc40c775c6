"""What each held-out example adds to a score, and the noise that follows from it.

A score is a function of sums over examples. Keeping the summands makes the bootstrap a matrix
product, and lets two entrants be compared on the very same resamples. `Task.summands` gives them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

RESAMPLES = 1000
BLOCKS = 5000  # more examples than this are resampled in random groups of equal size
COVERAGE = 0.95


@dataclass(frozen=True)
class Interval:
    """A range that holds a quantity with 95 % confidence.

    Attributes:
        low: Lower end.
        high: Upper end.
    """

    low: float
    high: float


def score_of(sums: np.ndarray) -> np.ndarray:
    """Return the score for each row of sums; shape (..., columns) to (...)."""
    if sums.shape[-1] == 2:
        return np.asarray(sums[..., 0] / sums[..., 1])
    targets = (sums.shape[-1] - 1) // 3
    error, total, squares = (sums[..., k * targets : (k + 1) * targets] for k in range(3))
    variance = squares - np.square(total) / sums[..., -1:]
    explained = 1 - error / np.where(variance > 1e-12, variance, 1.0)
    return np.asarray(np.where(variance > 1e-12, explained, 0.0).mean(axis=-1))


def resampled(parts: np.ndarray, seed: int) -> np.ndarray:
    """Return the score of 1,000 bootstrap resamples; the same resamples for the same seed."""
    grouped = _grouped(parts, seed)
    return score_of(_counts(len(grouped), seed) @ grouped)


def resampled_means(sums: np.ndarray, counts: np.ndarray, seed: int) -> np.ndarray:
    """Return the means of 1,000 bootstrap resamples of blocks, column by column.

    Args:
        sums: Of each block, (blocks, columns).
        counts: Of what was added up, the same shape.
        seed: Decides the resamples; the same ones as those of `resampled`.

    Returns:
        Shape (1000, columns).
    """
    grouped = _grouped(np.hstack([sums, counts]), seed)
    drawn = _counts(len(grouped), seed) @ grouped
    columns = sums.shape[1]
    return np.asarray(drawn[:, :columns] / np.maximum(drawn[:, columns:], 1))


def interval(values: np.ndarray) -> Interval:
    """Return the range of the middle 95 % of bootstrap values."""
    tail = (1 - COVERAGE) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return Interval(float(low), float(high))


def interval_of(parts: np.ndarray, values: np.ndarray) -> Interval:
    """Return the interval of a score, given its summands and its bootstrap values.

    Where every example is right, or every one wrong, resamples all agree, and would claim to be
    certain; the exact bound that holds with 95 % confidence (Clopper & Pearson 1934) stands in.
    Examples of unequal weight are as many as equal ones of the same noise would be (Kish 1965).
    """
    hits, weights = parts[:, 0], parts[:, -1]
    if parts.shape[1] == 2 and (not hits.any() or np.array_equal(hits, weights)):
        count = weights.sum() ** 2 / np.square(weights).sum()
        bound = float((1 - COVERAGE) ** (1 / count))
        return Interval(bound, 1.0) if hits.any() else Interval(0.0, 1 - bound)
    found = interval(values)
    return Interval(found.low, min(found.high, 1.0))  # no score can be better than 1


def difference(one: np.ndarray, other: np.ndarray) -> Interval:
    """Return the range of the difference of two scores, from the same resamples of each."""
    return interval(one - other)


@lru_cache(maxsize=2)
def _counts(count: int, seed: int) -> np.ndarray:
    """Return how often each of ``count`` units occurs in each resample; shape (1000, count)."""
    drawn = np.random.default_rng(seed).integers(0, count, size=(RESAMPLES, count))
    drawn += np.arange(RESAMPLES)[:, None] * count
    flat = np.bincount(drawn.ravel(), minlength=RESAMPLES * count)
    return flat.reshape(RESAMPLES, count).astype(np.float64)


def _grouped(parts: np.ndarray, seed: int) -> np.ndarray:
    """Add up random groups of examples: the sums vary as before, and the matrix stays small."""
    if len(parts) <= BLOCKS:
        return parts
    order = np.random.default_rng(seed).permutation(len(parts))
    starts = np.linspace(0, len(parts), BLOCKS, endpoint=False).astype(int)
    return np.asarray(np.add.reduceat(parts[order], starts, axis=0))
