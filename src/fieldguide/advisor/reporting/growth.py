"""How the winner grows with its data: learnt again from an eighth, a quarter and half of them."""

from __future__ import annotations

import time
from dataclasses import fields
from typing import Any

import numpy as np

from fieldguide.advisor import scoring
from fieldguide.data import Dataset
from fieldguide.estimator import Estimator

SHARES = (0.25, 0.5, 0.125)  # of the training examples, in this order as time allows
FEWEST = 20  # examples
SLOWER = 1.5  # times its share of the whole fit's time, after which a fit is cut
HELD_OUT = 10_000  # held-out examples scored at most
ENDS = (0.1, 0.9)  # quantiles at the ends of an 80 % interval
TOO_FEW = "There are too few examples to learn from a part of them."
UNFINISHED = (
    "The winner had not finished learning when its time was up, so what more examples would bring "
    "cannot be told from what more time would bring."
)


def measure(
    model: Estimator, known: Dataset, held_out: Dataset, *, until: float, seed: int = 0
) -> dict[str, Any] | None:
    """Fit the same algorithm with the same hyperparameters on nested subsets.

    Args:
        model: Fitted on all of ``known``.
        known: What it learnt from.
        held_out: What scores it.
        until: Value of ``time.monotonic()`` to stop at.
        seed: Decides the subsets and the resamples.

    Returns:
        ``points`` by number of examples, each with ``score`` and 95 % ``interval``; ``slope`` b of
        error = a · examples^-b with the 80 % interval ``slope_low`` to ``slope_high`` over
        resampled held-out examples and the points' distance from the law; ``ahead``: the score to
        expect of twice as many, and the gain, with its 80 % interval. A ``reason`` where the
        examples are too few, or the model had not finished learning; None where there was no time
        for two subsets.
    """
    if was_cut(model):
        return {"reason": UNFINISHED}
    if round(SHARES[0] * len(known)) < FEWEST:
        return {"reason": TOO_FEW}
    judged = held_out.in_memory(HELD_OUT, seed)
    whole = model.history_[-1]["seconds"] if model.history_ else 0.0
    began = time.monotonic()
    parts = {len(known): _parts(model, judged)}
    predicting = time.monotonic() - began
    order = np.random.default_rng(seed).permutation(len(known))
    for share in SHARES:
        count = round(share * len(known))
        needed = 1.2 * share * whole + predicting
        if count < FEWEST or time.monotonic() + needed >= until:
            continue
        limit = min(SLOWER * share * whole + 1.0, until - time.monotonic() - predicting)
        subset = known.take(np.sort(order[:count]))
        again = type(model)(**{**_hyperparameters(model), "time_limit": limit})
        parts[count] = _parts(again.fit(subset), judged)
    if len(parts) < 3:
        return None
    return {"held_out": len(judged), **extrapolated(dict(sorted(parts.items())), seed)}


def was_cut(model: Estimator) -> bool:
    """Whether the clock ended the training, not the number of epochs or a lack of progress."""
    past = model.history_
    return bool(past) and not model.patience and past[-1].get("epoch", 0) < model.epochs


def extrapolated(parts: dict[int, np.ndarray], seed: int = 0) -> dict[str, Any]:
    """Fit the power law to scores on the same held-out examples.

    Args:
        parts: `Task.summands` by number of examples learnt from, ascending.
        seed: Decides the resamples.
    """
    counts = np.asarray(list(parts), dtype=np.float64)
    drawn = np.stack([scoring.resampled(part, seed) for part in parts.values()])
    scores = np.asarray([float(scoring.score_of(part.sum(axis=0))) for part in parts.values()])
    least = 0.5 / (len(next(iter(parts.values()))) + 1)  # no error among few proves nothing
    errors = np.maximum(1 - scores, least)
    slope, doubt = float(_slope(counts, errors[:, None])[0]), _misfit(counts, errors)
    slopes = _slope(counts, np.maximum(1 - drawn, least))
    slopes += np.random.default_rng(seed).normal(0.0, doubt, len(slopes))
    gains = np.maximum(1 - drawn[-1], least) * (1 - 2.0**-slopes)
    gain = float(errors[-1]) * (1 - 2.0**-slope)
    low, high = np.quantile(slopes, ENDS)
    gain_low, gain_high = np.quantile(gains, ENDS)
    return {
        "points": [
            {"examples": count, "score": float(score), "interval": _interval(part, values)}
            for (count, part), score, values in zip(parts.items(), scores, drawn, strict=True)
        ],
        "slope": slope,
        "slope_low": float(low),
        "slope_high": float(high),
        "ahead": {
            "examples": 2 * int(counts[-1]),
            "score": float(scores[-1]) + gain,
            "low": float(scores[-1] + gain_low),
            "high": float(scores[-1] + gain_high),
            "gain": gain,
            "gain_low": float(gain_low),
            "gain_high": float(gain_high),
        },
    }


def _slope(counts: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Return b of error = a · examples^-b by weighted least squares of logarithms.

    Points weigh as many examples as they have: curves flatten, and what comes next is more like
    what came last.

    Args:
        counts: Examples, (points,).
        errors: Above 0, (points, resamples).
    """
    weights = counts / counts.sum()
    across = np.log(counts) - weights @ np.log(counts)
    slopes: np.ndarray = -((weights * across) @ np.log(errors)) / (weights @ np.square(across))
    return slopes


def _misfit(counts: np.ndarray, errors: np.ndarray) -> float:
    """Return the standard error of the slope by how far the points are from the power law."""
    weights = counts / counts.sum()
    across, up = np.log(counts), np.log(errors)
    across, up = across - weights @ across, up - weights @ up
    left = up + _slope(counts, errors[:, None])[0] * across
    variance = (weights @ np.square(left)) * len(counts) / (len(counts) - 2)
    return float(np.sqrt(variance / (len(counts) * (weights @ np.square(across)))))


def _parts(model: Estimator, judged: Dataset) -> np.ndarray:
    outputs, truth = model._outputs_and_truth(judged, None)
    return model.task_.summands(outputs, truth)


def _interval(part: np.ndarray, values: np.ndarray) -> dict[str, float]:
    found = scoring.interval_of(part, values)
    return {"low": found.low, "high": found.high}


def _hyperparameters(model: Estimator) -> dict[str, Any]:
    return {known.name: getattr(model, known.name) for known in fields(model)}
