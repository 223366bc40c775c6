"""Figures of one model: where it errs, whether it knows how sure to be, what it looks at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fieldguide.advisor import words
from fieldguide.advisor.reporting.drawing import (
    DEEP,
    FAINT,
    INK,
    PLAIN,
    WINNER,
    canvas,
    percent,
    short,
    svg,
)

MOST_POINTS = 2000


def confusion(counts: np.ndarray, classes: Sequence[str]) -> str:
    """Draw the confusion matrix: rows are the truth, columns the prediction."""
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    side = min(4.8, 1.5 + 0.4 * len(classes))
    figure, axes = canvas(side, side)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1.15)
    size = 9.5 if len(classes) <= 10 else 7.5
    for (row, column), count in np.ndenumerate(counts):
        if count:
            axes.text(column, row, f"{count:,}", ha="center", va="center", fontsize=size,
                      color="white" if shares[row, column] > 0.55 else INK,
                      fontweight="bold" if row != column else "normal")  # fmt: skip
    labels = [short(name, 14) for name in classes]
    turned = 90 if max(map(len, labels)) > 5 or sum(map(len, labels)) > 36 else 0
    axes.set_xticks(range(len(classes)), labels, rotation=turned)
    axes.set_yticks(range(len(classes)), labels)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    axes.spines[:].set_visible(False)
    return svg(figure, "confusion", f"Confusion matrix of {len(classes)} classes")


def residuals(guess: np.ndarray, residual: np.ndarray, radius: float | None) -> str:
    """Draw truth less prediction over the prediction, and the band that holds 90 %."""
    figure, axes = canvas(3.3)
    guess, residual = _sample(guess, residual)
    axes.axhline(0, color=INK, linewidth=1)
    if radius is not None:
        axes.axhspan(-radius, radius, color=DEEP, alpha=0.1, linewidth=0)
    _dots(axes, guess, residual)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true less predicted")
    return svg(figure, "residuals", "Residuals over predictions")


def predicted_against_true(truth: np.ndarray, guess: np.ndarray) -> str:
    """Draw truths over predictions, with the line where they agree."""
    truth, guess = _sample(truth, guess)
    figure, axes = canvas(4.0, 4.2)
    ends = [float(min(truth.min(), guess.min())), float(max(truth.max(), guess.max()))]
    axes.plot(ends, ends, color=PLAIN, linewidth=1, linestyle="--")
    _dots(axes, guess, truth)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    return svg(figure, "regression", "True values over predicted values")


def reliability(bins: Sequence[dict[str, Any]]) -> str:
    """Draw how often the model was right, over how sure it was."""
    if not bins:
        return ""
    figure, axes = canvas(3.9, 4.2)
    axes.plot([0, 1], [0, 1], color=PLAIN, linewidth=1, linestyle="--")
    most = max(one["count"] for one in bins)
    for one in bins:
        axes.plot([one["confidence"]] * 2, [one["low"], one["high"]], color=DEEP, linewidth=1.6)
        axes.plot([one["confidence"]], [one["right"]], "o", color=DEEP,
                  markersize=4 + 7 * (one["count"] / most) ** 0.5)  # fmt: skip
    left = min(one["confidence"] for one in bins)
    axes.set_xlim(max(0, left - 0.08), 1.03)
    axes.set_ylim(-0.03, 1.03)
    axes.set_xlabel("how sure it was")
    axes.set_ylabel("how often it was right")
    axes.grid(color=FAINT, linewidth=0.6)
    percent(axes, "x", "accuracy")
    percent(axes, "y", "accuracy")
    said = [
        f"{words.share(one['confidence'])} sure, {words.share(one['right'])} right" for one in bins
    ]
    return svg(figure, "reliability", f"Reliability diagram: {'; '.join(said)}")


def coverage(levels: Sequence[dict[str, Any]]) -> str:
    """Draw the share of truths that intervals hold, over the share they promise."""
    figure, axes = canvas(3.4, 4.2)
    axes.plot([0.4, 1], [0.4, 1], color=PLAIN, linewidth=1, linestyle="--")
    for one in levels:
        axes.plot([one["level"]] * 2, [one["low"], one["high"]], color=DEEP, linewidth=1.6)
        axes.plot([one["level"]], [one["covered"]], "o", color=DEEP, markersize=7)
    axes.set_xlabel("share of truths that the interval promises")
    axes.set_ylabel("share that it held")
    axes.grid(color=FAINT, linewidth=0.6)
    percent(axes, "x", "accuracy")
    percent(axes, "y", "accuracy")
    said = [
        f"{words.share(one['level'])} promised, {words.share(one['covered'])} held"
        for one in levels
    ]
    return svg(figure, "coverage", f"Coverage of intervals: {'; '.join(said)}")


def importance(columns: Sequence[dict[str, Any]], score_name: str) -> str:
    """Draw what shuffling each column costs, with intervals; the most important on top."""
    shown = list(columns)[::-1]
    figure, axes = canvas(0.75 + 0.28 * len(shown))
    axes.axvline(0, color=PLAIN, linewidth=1, linestyle="--")
    for place, one in enumerate(shown):
        axes.plot([one["low"], one["high"]], [place, place], color=DEEP, linewidth=2,
                  solid_capstyle="round")  # fmt: skip
        axes.plot([one["drop"]], [place], "o", color=DEEP, markersize=6)
    axes.set_yticks(range(len(shown)), [short(one["column"], 22) for one in shown])
    axes.set_ylim(-0.6, len(shown) - 0.4)
    axes.set_xlabel(f"{words.score_title(score_name)} lost when the column is shuffled")
    axes.grid(axis="x", color=FAINT, linewidth=0.6)
    axes.spines["left"].set_visible(False)
    percent(axes, "x", score_name)
    said = [f"{one['column']} {words.margin(one['drop'], score_name)}" for one in shown[::-1]]
    return svg(figure, "importance", f"Permutation importance: {', '.join(said)}")


def growth(points: Sequence[dict[str, Any]], ahead: dict[str, Any] | None, score_name: str) -> str:
    """Draw the score over the number of examples learnt from, and what twice as many may bring."""
    figure, axes = canvas(3.0)
    counts = [one["examples"] for one in points]
    axes.plot(counts, [one["score"] for one in points], color=DEEP, linewidth=1.5)
    for one in points:
        ends = [one["interval"]["low"], one["interval"]["high"]]
        axes.plot([one["examples"]] * 2, ends, color=DEEP, linewidth=1.8)
        axes.plot([one["examples"]], [one["score"]], "o", color=DEEP, markersize=6)
    if ahead is not None:
        axes.plot([ahead["examples"]] * 2, [ahead["low"], ahead["high"]], color=WINNER,
                  linewidth=1.8, linestyle=":")  # fmt: skip
        axes.plot([ahead["examples"]], [ahead["score"]], "D", color=WINNER, markersize=6,
                  markerfacecolor="white")  # fmt: skip
        counts = [*counts, ahead["examples"]]
    axes.set_xscale("log")
    axes.set_xticks(counts, [f"{count:,}" for count in counts])
    axes.set_xticks([], minor=True)
    axes.set_xlabel("examples learnt from")
    axes.set_ylabel(words.score_title(score_name))
    axes.grid(color=FAINT, linewidth=0.6)
    percent(axes, "y", score_name)
    return svg(figure, "growth", "Score of the winner over the number of training examples")


def _dots(axes: Any, across: np.ndarray, up: np.ndarray) -> None:
    axes.scatter(across, up, s=14, color=DEEP, alpha=min(1.0, 25 / len(up) ** 0.5), linewidths=0,
                 rasterized=len(up) > 500)  # fmt: skip
    axes.grid(color=FAINT, linewidth=0.6)


def _sample(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if len(one) <= MOST_POINTS:
        return one, other
    chosen = np.random.default_rng(0).choice(len(one), MOST_POINTS, replace=False)
    return one[chosen], other[chosen]
