"""Errors of forecasts: of the seasonal-naive one, in units, of intervals.

A truth that is not known is NaN, and counts nowhere.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from fieldguide.data.forecast import Forecast

LEAST = 1e-6  # stands for an error of 0, which nothing can be measured in
FEWEST_BLOCKS = 8  # of neighbouring windows of series


def naive_errors(
    steps: np.ndarray, spans: list[tuple[int, int]], asked: Forecast
) -> tuple[float, float]:
    """Return the mean absolute error of the seasonal-naive forecast, at all steps and one season.

    The forecast h steps ahead is the value a whole number of seasons before, the last one that is
    known: its error is a difference of values lag = season · ⌈h / season⌉ apart.

    Args:
        steps: Standardised targets, (steps, targets), NaN where missing.
        spans: First row and end of each run.
        asked: Horizon and season.
    """
    ahead = np.arange(1, asked.horizon + 1)
    lags, weights = np.unique(asked.season * -(-ahead // asked.season), return_counts=True)
    means = np.array([_mean_change(steps, spans, int(lag)) for lag in lags])
    stepwise = _mean_change(steps, spans, asked.season)
    return max(float(means @ weights / weights.sum()), LEAST), max(stepwise, LEAST)


def _mean_change(steps: np.ndarray, spans: list[tuple[int, int]], lag: int) -> float:
    total, count = 0.0, 0
    for start, end in spans:
        if end - start > lag:
            part = steps[start:end]
            changes = np.abs(part[lag:] - part[:-lag])
            total += float(np.nansum(changes, dtype=np.float64))
            count += int(np.isfinite(changes).sum())
    return total / count if count else 0.0


def in_units(values: Tensor, scales: Tensor) -> np.ndarray:
    """Return standardised values in the user's units.

    Args:
        values: (n, horizon, targets).
        scales: Mean and deviation, (n, targets, 2).
    """
    mean, deviation = scales.double()[:, None, :, 0], scales.double()[:, None, :, 1]
    return np.asarray((values.double().cpu() * deviation + mean).numpy())


def conformal(errors: Tensor, coverage: float) -> Tensor:
    """Return, for each column, the half width that held a share of the errors.

    That is the ⌈(n + 1) · coverage⌉-th smallest error (Vovk et al. 2005), or the largest where
    there are too few.

    Args:
        errors: Absolute errors, (n, columns).
        coverage: The share, 0 to 1.
    """
    ordered = errors.sort(dim=0).values  # NaN last
    counts = ordered.isfinite().sum(dim=0)
    wanted = ((counts + 1) * coverage - 1e-9).ceil().long()
    ranks = torch.minimum(wanted, counts).clamp_min(1) - 1
    return ordered.gather(0, ranks[None])[0].nan_to_num()


def interval_scores(
    truth: Tensor, low: Tensor, high: Tensor, *, levels: tuple[float, float]
) -> dict[str, float]:
    """Return the share of truths inside, and the mean pinball loss of both ends.

    Args:
        truth: (n, horizon, targets).
        low: Lower quantiles.
        high: Upper quantiles.
        levels: Which quantiles they are.
    """
    inside = within(truth, low, high).nanmean()
    losses = [pinball(truth - end, level) for end, level in zip((low, high), levels, strict=True)]
    return {"coverage": float(inside), "pinball": float(torch.stack(losses).mean())}


def within(truth: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Return 1 where a truth lies between the ends of its interval, else 0; NaN where unknown."""
    return ((truth >= low) & (truth <= high)).double().masked_fill(truth.isnan(), torch.nan)


def pinball(error: Tensor, level: float) -> Tensor:
    """Return the mean pinball loss of a quantile, given truth minus quantile."""
    return torch.maximum(level * error, (level - 1) * error).nanmean()


def in_blocks(values: np.ndarray, length: int) -> np.ndarray:
    """Return sum and number of values in blocks of at least so many neighbours; shape (blocks, 2).

    At least eight blocks are made where there are as many values: with fewer, resamples could not
    tell noise from certainty, and shorter blocks are the smaller evil.
    """
    both = np.stack([values, np.ones(len(values))], axis=1)
    return np.asarray(np.add.reduceat(both, blocks(len(values), length), axis=0))


def blocks(count: int, length: int) -> np.ndarray:
    """Return where blocks of neighbours begin: so long at least, but eight of them if possible."""
    many = min(count, max(FEWEST_BLOCKS, count // length))
    return np.linspace(0, count, many, endpoint=False).astype(int)
