"""Figures of the race: who scored what, at which cost, and how they learnt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fieldguide.advisor import words
from fieldguide.advisor.reporting.drawing import (
    CURVES,
    DASHES,
    FAINT,
    INK,
    PLAIN,
    canvas,
    mark_of,
    percent,
    short,
    svg,
)

CUT = ("out of time", "rescued")  # had not finished learning
MOST_LETTERS = 40  # below an axis, side by side
MOST_CURVES = 8  # more cannot be told apart
BESIDE = 2.0  # logarithm of the ratio of times that a label spans
TICKS = (0.01, 0.1, 1, 10, 100, 1000, 10_000, 100_000)  # seconds


def scores(rows: Sequence[dict[str, Any]], score_name: str) -> str:
    """Draw every score with its interval; a score far below the rest stands at the edge."""
    shown = [row for row in rows if row["score"] is not None][::-1]
    if not shown:
        return ""
    low, high = _zoom(shown)
    figure, axes = canvas(0.55 + 0.3 * len(shown))
    for place, row in enumerate(shown):
        colour, shape = mark_of(row)
        if row["score"] < low:
            axes.text(low, place, f" ◂ {words.score(row['score'], score_name)}", va="center",
                      fontsize=9.5)  # fmt: skip
            continue
        span = row["interval"]
        axes.plot([max(low, span["low"]), span["high"]], [place, place], color=colour,
                  linewidth=2, solid_capstyle="round")  # fmt: skip
        axes.plot([row["score"]], [place], shape, color=colour, markersize=6.5)
    axes.set_yticks(range(len(shown)), [short(row["name"], 22) for row in shown])
    axes.set_xlim(low, high)
    axes.set_ylim(-0.6, len(shown) - 0.4)
    axes.grid(axis="x", color=FAINT, linewidth=0.6)
    axes.spines["left"].set_visible(False)
    percent(axes, "x", score_name)
    said = [f"{row['name']} {words.score(row['score'], score_name)}" for row in shown[::-1]]
    return svg(figure, "scores", f"Score of each model with its interval: {', '.join(said)}")


def score_against_seconds(rows: Sequence[dict[str, Any]], score_name: str) -> str:
    """Draw score over training time; up and to the left is better."""
    shown = [row for row in rows if row["score"] is not None and row["seconds"]]
    if len(shown) < 2:
        return ""
    low, high = _zoom(shown)
    shown = [row for row in shown if row["score"] >= low]
    values = [row["score"] for row in shown]
    room = max(0.18 * (max(values) - min(values)), 0.1 * (high - low))
    low, high = min(values) - room, max(values) + room
    figure, axes = canvas(3.4)
    times = [max(0.01, row["seconds"]) for row in shown]
    axes.set_xscale("log")
    left, right = min(times) / 1.6, max(times) * 5
    axes.set_xlim(left, right)
    axes.set_ylim(low, high)
    heights = _apart(values, times, 0.068 * (high - low))
    for row, seconds, height in zip(shown, times, heights, strict=True):
        colour, shape = mark_of(row)
        axes.plot([seconds], [row["score"]], shape, color=colour, markersize=7.5)
        axes.annotate(short(row["name"], 20), (seconds, row["score"]), (seconds * 1.16, height),
                      va="center", fontsize=9.5,
                      arrowprops={"arrowstyle": "-", "color": PLAIN, "linewidth": 0.6})  # fmt: skip
    axes.set_xlabel("seconds of training")
    axes.set_ylabel(words.score_title(score_name))
    ticks = [t for t in TICKS if left <= t <= right]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_xticks([], minor=True)
    axes.grid(color=FAINT, linewidth=0.6)
    percent(axes, "y", score_name)
    return svg(figure, "seconds", "Score of each model over its seconds of training")


def learning_curves(histories: dict[str, list[dict[str, Any]]], score_name: str) -> str:
    """Draw each model's validation score over its epochs, or its loss where there is none."""
    from matplotlib.ticker import MaxNLocator

    kept = {name: past for name, past in histories.items() if len(past) > 1}
    by_score = {n: p for n, p in kept.items() if all(score_name in record for record in p)}
    chosen, key = (by_score, score_name) if by_score else (kept, "loss")
    chosen = {n: p for n, p in chosen.items() if all(key in record for record in p)}
    if not chosen:
        return ""
    figure, axes = canvas(3.0 + 0.1 * min(MOST_CURVES, len(chosen)))
    low, high = _learnt_range(chosen, key) if key == score_name else (-np.inf, np.inf)
    shown = {n: p for n, p in chosen.items() if max(record[key] for record in p) > low}
    for number, (name, past) in enumerate(list(shown.items())[:MOST_CURVES]):
        epochs = np.arange(1, len(past) + 1)
        axes.plot(epochs, [record[key] for record in past], color=CURVES[number], linewidth=1.8,
                  linestyle=DASHES[number % len(DASHES)], label=short(name, 22))  # fmt: skip
    if np.isfinite(low):
        axes.set_ylim(low, high)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("epochs (passes over the training data)")
    shown_as = f"{words.score_title(key)} in validation" if key == score_name else "loss"
    axes.set_title(shown_as, fontsize=10, loc="left")
    axes.grid(color=FAINT, linewidth=0.6)
    figure.legend(loc="outside lower center", fontsize=9.5, frameon=False, ncols=2,
                  handlelength=2.6, columnspacing=1.2)  # fmt: skip
    percent(axes, "y", key)
    return svg(figure, "curves", f"Learning curves of {', '.join(list(shown)[:MOST_CURVES])}")


def generations(
    steps: Sequence[dict[str, Any]], yardstick: dict[str, Any] | None, score_name: str
) -> str:
    """Draw the scores of the history of the field, the oldest idea first.

    Args:
        steps: ``label``, ``year``, ``score``, ``interval``, ``winner``, ``deep``, ``status``.
        yardstick: ``name`` and ``score`` of the best baseline, or None.
        score_name: Name of the score.
    """
    if len(steps) < 2:
        return ""
    figure, axes = canvas(3.2)
    places = np.arange(len(steps))
    axes.plot(places, [step["score"] for step in steps], color=FAINT, linewidth=1.5, zorder=1)
    for place, step in zip(places, steps, strict=True):
        colour, shape = mark_of(step)
        ends = [step["interval"]["low"], step["interval"]["high"]]
        axes.plot([place, place], ends, color=colour, linewidth=2, solid_capstyle="round")
        cut = step["status"] in CUT
        axes.plot([place], [step["score"]], shape, color=colour, markersize=7,
                  markerfacecolor="white" if cut else colour)  # fmt: skip
    if yardstick is not None:
        axes.axhline(yardstick["score"], color=PLAIN, linewidth=1, linestyle="--", zorder=0)
        gaps = [abs(steps[end]["score"] - yardstick["score"]) for end in (0, -1)]
        right = gaps[1] > gaps[0]  # where the text does not cover a point
        axes.annotate(f"best baseline: {yardstick['name']}",
                      (0.98 if right else 0.02, yardstick["score"]), xytext=(0, 4),
                      xycoords=("axes fraction", "data"), textcoords="offset points", color=INK,
                      ha="right" if right else "left", fontsize=9.5)  # fmt: skip
    names = [short(step["label"], 14) for step in steps]
    crowded = len(steps) > 5 or sum(map(len, names)) > MOST_LETTERS
    labels = [f"{name}\n{step['year'] or ''}" for name, step in zip(names, steps, strict=True)]
    axes.set_xticks(places, labels, fontsize=9 if crowded else 10, rotation=35 if crowded else 0,
                    ha="right" if crowded else "center", rotation_mode="anchor")  # fmt: skip
    axes.set_xlim(-0.5, len(steps) - 0.5)
    axes.set_ylabel(words.score_title(score_name))
    axes.grid(axis="y", color=FAINT, linewidth=0.6)
    percent(axes, "y", score_name)
    said = [
        f"{step['label']} {words.score(step['score'], score_name)}"
        for step in steps
    ]  # fmt: skip
    return svg(figure, "generations", f"Score by generation: {', '.join(said)}")


def _learnt_range(histories: dict[str, list[dict[str, Any]]], key: str) -> tuple[float, float]:
    """Return limits that leave out who has learnt nothing, lest the others be squeezed."""
    best = [max(record[key] for record in past) for past in histories.values()]
    lowest = min(record[key] for past in histories.values() for record in past)
    depth = max(best) - float(np.median(best))
    low = max(lowest, max(best) - max(0.2, 5 * depth))
    room = 0.04 * max(max(best) - low, 1e-3)
    return low - room, max(best) + room


def _zoom(rows: Sequence[dict[str, Any]]) -> tuple[float, float]:
    """Return the range of scores worth drawing: from the better half, five times its depth."""
    ordered = sorted((row["score"] for row in rows), reverse=True)
    depth = max(ordered[0] - ordered[len(ordered) // 2], 0.02)
    near = [row for row in rows if row["score"] >= ordered[0] - 5 * depth]
    low = min(row["interval"]["low"] for row in near)
    high = max(row["interval"]["high"] for row in near)
    room = 0.06 * max(high - low, 1e-3)
    return low - room, high + room


def _apart(values: Sequence[float], times: Sequence[float], gap: float) -> list[float]:
    """Return heights for labels, which stand to the right of their points.

    Each is near its point, and at least a gap from labels close by and from points that it would
    cover.
    """
    heights: dict[int, float] = {}
    for index in sorted(range(len(values)), key=lambda i: values[i]):
        ahead = [np.log(time / times[index]) for time in times]
        taken = [h for other, h in heights.items() if abs(ahead[other]) < BESIDE]
        taken += [v for v, far in zip(values, ahead, strict=True) if 0 < far < BESIDE]
        height = values[index]
        while any(abs(height - other) < gap for other in taken):
            height += 0.2 * gap
        heights[index] = height
    return [heights[index] for index in range(len(values))]
