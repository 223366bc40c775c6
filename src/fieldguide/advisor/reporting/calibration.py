"""Whether a model knows how sure to be: expected calibration error, and coverage of intervals."""

from __future__ import annotations

from typing import Any

import numpy as np

BINS = 10
DRAWS = 500  # resamples and simulations
LEVELS = (0.5, 0.8, 0.9, 0.95)
Z = 1.959964  # standard deviations on each side that hold 95 % of a normal distribution
FEWEST = 20  # held-out examples below which neither says anything


def reliability(confidence: np.ndarray, right: np.ndarray, seed: int = 0) -> dict[str, Any] | None:
    """Compare how sure a classifier was with how often it was right.

    Args:
        confidence: Probability of the class it named, (n,), 0 to 1.
        right: Whether that was the true class, (n,).
        seed: Decides resamples and simulations.

    Returns:
        ``bins``: ten of equal width, empty ones left out, with mean ``confidence``, share
        ``right`` and its 95 % Wilson interval. ``error``: expected calibration error (Guo et al.
        2017), the mean of their differences weighted by ``count``; ``low``, ``high``: its 95 %
        bootstrap interval. ``chance``: the error that a perfectly calibrated model of the same
        confidences stays below with 95 % probability (Bröcker & Smith 2007), because with few
        examples the error is never 0. None below 20 examples.
    """
    right = right.astype(np.float64)
    if len(right) < FEWEST:
        return None
    place = np.clip((confidence * BINS + 1e-6).astype(int), 0, BINS - 1)
    chance = np.random.default_rng(seed)
    resampled, simulated = [], []
    for _ in range(DRAWS):
        row = chance.integers(0, len(right), len(right))
        resampled.append(_error(place[row], confidence[row], right[row]))
        luck = chance.random(len(right)) < confidence
        simulated.append(_error(place, confidence, luck.astype(np.float64)))
    low, high = np.quantile(resampled, [0.025, 0.975])
    return {
        "error": _error(place, confidence, right),
        "low": float(low),
        "high": float(high),
        "chance": float(np.quantile(simulated, 0.95)),
        "confidence": float(confidence.mean()),
        "right": float(right.mean()),
        "bins": [
            _bin(number, confidence[place == number], right[place == number])
            for number in np.unique(place).tolist()
        ],
    }


def coverage(truth: np.ndarray, guess: np.ndarray, seed: int = 0) -> dict[str, Any] | None:
    """Measure the intervals that split conformal prediction puts around predictions.

    A radius comes from one half of the held-out examples and is tried on the other, then the
    other way round (Papadopoulos et al. 2002; Lei et al. 2018).

    Args:
        truth: True values, (n,).
        guess: Predictions, (n,).
        seed: Decides the halves.

    Returns:
        ``levels``: for 50, 80, 90 and 95 % the ``radius`` in the target's units and the share
        ``covered``, with its 95 % Wilson interval. ``thirds``: the share that the 90 % interval
        covers among low, middle and high predictions. None below 20 examples.
    """
    if len(truth) < FEWEST:
        return None
    error = np.abs(truth - guess)
    order = np.random.default_rng(seed).permutation(len(truth))
    halves = order[: len(order) // 2], order[len(order) // 2 :]
    levels, held = [], np.zeros(len(truth), dtype=bool)
    for level in LEVELS:
        within = np.zeros(len(truth), dtype=bool)
        for one, other in (halves, halves[::-1]):
            within[other] = error[other] <= _radius(error[one], level)
        low, high = wilson(float(within.sum()), len(within))
        found = {"level": level, "radius": _radius(error, level), "covered": float(within.mean())}
        levels.append({**found, "low": low, "high": high})
        held = within if level == 0.9 else held
    ordered = np.array_split(np.argsort(guess, kind="stable"), 3)
    thirds = [
        {"from": float(guess[part].min()), "to": float(guess[part].max()), "count": len(part),
         "covered": float(held[part].mean())} for part in ordered
    ]  # fmt: skip
    return {"levels": levels, "thirds": thirds}


def wilson(hits: float, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927).

    Example:
        >>> [round(end, 3) for end in wilson(9, 10)]
        [0.596, 0.982]
    """
    if not count:
        return 0.0, 1.0
    share, scale = hits / count, 1 + Z**2 / count
    middle = (share + Z**2 / (2 * count)) / scale
    spread = Z * np.sqrt(share * (1 - share) / count + Z**2 / (4 * count**2)) / scale
    return max(0.0, float(middle - spread)), min(1.0, float(middle + spread))


def _error(place: np.ndarray, confidence: np.ndarray, right: np.ndarray) -> float:
    gap = np.bincount(place, weights=confidence - right, minlength=BINS)
    return float(np.abs(gap).sum() / len(place))


def _bin(number: int, confidence: np.ndarray, right: np.ndarray) -> dict[str, Any]:
    low, high = wilson(float(right.sum()), len(right))
    return {
        "from": number / BINS,
        "to": (number + 1) / BINS,
        "count": len(right),
        "confidence": float(confidence.mean()),
        "right": float(right.mean()),
        "low": low,
        "high": high,
    }


def _radius(error: np.ndarray, level: float) -> float:
    """Return the distance that holds at least this share of new errors."""
    rank = min(len(error), int(np.ceil((len(error) + 1) * level)))
    return float(np.partition(error, rank - 1)[rank - 1])
