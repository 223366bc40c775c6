"""The report's figures, as SVG text that stands inside the page."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fieldguide.advisor import words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DEEP, PLAIN, WINNER, INK, FAINT = "#3b6fb6", "#8a8f98", "#1a7f4b", "#22262b", "#d9dde2"
CURVES = ("#3b6fb6", "#c8553d", "#1a7f4b", "#8a5fb0", "#b8860b", "#2f8f9d", "#c2477f", "#6b7078")
MOST_POINTS = 3000
STYLE: Any = {
    "svg.fonttype": "none", "font.size": 10.5, "axes.edgecolor": FAINT, "axes.labelcolor": INK,
    "axes.spines.top": False, "axes.spines.right": False, "xtick.color": INK, "ytick.color": INK,
    "text.color": INK, "axes.grid": False, "legend.frameon": False,
}  # fmt: skip


def scores(rows: Sequence[dict[str, Any]], score_name: str) -> str:
    """Draw every score with its interval; a score far below the rest stands at the edge."""
    shown = [row for row in rows if row["score"] is not None][::-1]
    if not shown:
        return ""
    low, high = _zoom(shown)
    figure, axes = _canvas(5.6, 0.55 + 0.32 * len(shown))
    for place, row in enumerate(shown):
        if row["score"] < low:
            axes.text(low, place, f" ◂ {words.score(row['score'], score_name)}", va="center",
                      color=_colour(row), fontsize=9.5)  # fmt: skip
            continue
        span = row["interval"]
        axes.plot([max(low, span["low"]), span["high"]], [place, place], color=_colour(row),
                  linewidth=2, solid_capstyle="round")  # fmt: skip
        axes.plot([row["score"]], [place], "o", color=_colour(row), markersize=7)
    axes.set_yticks(range(len(shown)), [row["name"] for row in shown])
    axes.set_xlim(low, high)
    axes.set_ylim(-0.6, len(shown) - 0.4)
    axes.tick_params(length=0)
    axes.grid(axis="x", color=FAINT, linewidth=0.6)
    axes.spines["left"].set_visible(False)
    _percent(axes, "x", score_name)
    return _svg(figure, "scores")


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
    figure, axes = _canvas(5.6, 3.4)
    times = [max(0.01, row["seconds"]) for row in shown]
    axes.set_xscale("log")
    left, right = min(times) / 1.6, max(times) * 3.5
    axes.set_xlim(left, right)
    axes.set_ylim(low, high)
    heights = _apart([row["score"] for row in shown], times, 0.062 * (high - low))
    for row, seconds, height in zip(shown, times, heights, strict=True):
        axes.plot([seconds], [row["score"]], "o", color=_colour(row), markersize=8)
        axes.annotate(row["name"], (seconds, row["score"]), (seconds * 1.13, height), va="center",
                      color=_colour(row), fontsize=9.5,
                      arrowprops={"arrowstyle": "-", "color": FAINT, "linewidth": 0.7})  # fmt: skip
    axes.set_xlabel("seconds of training")
    axes.set_ylabel(words.score_title(score_name))
    ticks = [t for t in (0.01, 0.1, 1, 10, 100, 1000, 10_000, 100_000) if left <= t <= right]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.grid(color=FAINT, linewidth=0.6)
    axes.tick_params(length=0, which="both")
    _percent(axes, "y", score_name)
    return _svg(figure, "seconds")


def learning_curves(histories: dict[str, list[dict[str, Any]]], score_name: str) -> str:
    """Draw each model's validation score over its epochs, or its loss where there is none."""
    kept = {name: past for name, past in histories.items() if len(past) > 1}
    from matplotlib.ticker import MaxNLocator

    by_score = {n: p for n, p in kept.items() if all(score_name in record for record in p)}
    chosen, key = (by_score, score_name) if by_score else (kept, "loss")
    chosen = {n: p for n, p in chosen.items() if all(key in record for record in p)}
    if not chosen:
        return ""
    figure, axes = _canvas(5.6, 3.2)
    low, high = _learnt_range(chosen, key) if key == score_name else (-np.inf, np.inf)
    shown = {n: p for n, p in chosen.items() if max(record[key] for record in p) > low}
    for number, (name, past) in enumerate(shown.items()):
        epochs = np.arange(1, len(past) + 1)
        axes.plot(epochs, [record[key] for record in past], color=CURVES[number % len(CURVES)],
                  linewidth=1.8, label=name)  # fmt: skip
    if np.isfinite(low):
        axes.set_ylim(low, high)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("epochs")
    axes.set_ylabel(f"{words.score_title(key)} in validation" if key == score_name else "loss")
    axes.grid(color=FAINT, linewidth=0.6)
    axes.tick_params(length=0)
    axes.legend(fontsize=9.5, frameon=False, ncols=2 if len(shown) > 4 else 1)
    _percent(axes, "y", key)
    return _svg(figure, "curves")


def _learnt_range(histories: dict[str, list[dict[str, Any]]], key: str) -> tuple[float, float]:
    """Return limits that leave out who has learnt nothing, lest the others be squeezed."""
    best = [max(record[key] for record in past) for past in histories.values()]
    lowest = min(record[key] for past in histories.values() for record in past)
    depth = max(best) - float(np.median(best))
    low = max(lowest, max(best) - max(0.2, 5 * depth))
    room = 0.04 * max(max(best) - low, 1e-3)
    return low - room, max(best) + room


def confusion(truth: np.ndarray, guess: np.ndarray, classes: Sequence[str]) -> str:
    """Draw the confusion matrix: rows are the truth, columns the prediction."""
    place = {name: number for number, name in enumerate(classes)}
    counts = np.zeros((len(classes), len(classes)), dtype=int)
    np.add.at(counts, ([place[t] for t in truth], [place[g] for g in guess]), 1)
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    side = min(5.6, 1.4 + 0.4 * len(classes))
    figure, axes = _canvas(side, side)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1.15)
    for (row, column), count in np.ndenumerate(counts):
        if count:
            colour = "white" if shares[row, column] > 0.55 else INK
            weight = "bold" if row != column else "normal"
            axes.text(column, row, f"{count:,}", ha="center", va="center", color=colour,
                      fontsize=9.5, fontweight=weight)  # fmt: skip
    labels = [name if len(name) <= 14 else name[:13] + "…" for name in classes]
    turned = 90 if max(map(len, labels)) > 5 or sum(map(len, labels)) > 40 else 0
    axes.set_xticks(range(len(classes)), labels, rotation=turned)
    axes.set_yticks(range(len(classes)), labels)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return _svg(figure, "confusion")


def predicted_against_true(truth: np.ndarray, guess: np.ndarray) -> str:
    """Draw predictions over truths, with the line where they agree."""
    if len(truth) > MOST_POINTS:
        chosen = np.random.default_rng(0).choice(len(truth), MOST_POINTS, replace=False)
        truth, guess = truth[chosen], guess[chosen]
    figure, axes = _canvas(4.6, 4.6)
    ends = [float(min(truth.min(), guess.min())), float(max(truth.max(), guess.max()))]
    axes.plot(ends, ends, color=PLAIN, linewidth=1)
    axes.scatter(truth, guess, s=14, color=DEEP, alpha=min(1.0, 40 / len(truth) ** 0.5),
                 linewidths=0, rasterized=len(truth) > 800)  # fmt: skip
    axes.set_xlabel("true")
    axes.set_ylabel("predicted")
    axes.tick_params(length=0)
    axes.grid(color=FAINT, linewidth=0.6)
    return _svg(figure, "regression")


def _canvas(width: float, height: float) -> tuple[Figure, Axes]:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        return figure, figure.subplots()


def _svg(figure: Figure, name: str) -> str:
    import matplotlib as mpl

    written = io.StringIO()
    with mpl.rc_context({**STYLE, "svg.hashsalt": name}):
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
    text = written.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    # Widths in points would not shrink with a phone's page.
    found = re.search(r'width="([\d.]+)pt" height="[\d.]+pt"', text)
    assert found is not None
    wide = f'style="max-width:{1.4 * float(found[1]):.0f}px"'
    return text.replace(found[0], wide, 1)


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
    """Return heights for labels, near their points and at least a gap from close neighbours."""
    heights: dict[int, float] = {}
    for index in sorted(range(len(values)), key=lambda i: values[i]):
        near = [h for other, h in heights.items() if abs(np.log(times[other] / times[index])) < 1.2]
        height = values[index]
        while any(abs(height - other) < gap for other in near):
            height += 0.2 * gap
        heights[index] = height
    return [heights[index] for index in range(len(values))]


def _percent(axes: Axes, which: str, score_name: str) -> None:
    if score_name not in words.SHARES:
        return
    axis = axes.xaxis if which == "x" else axes.yaxis
    from matplotlib.ticker import PercentFormatter

    low, high = axes.get_xlim() if which == "x" else axes.get_ylim()
    decimals = 0 if high - low > 0.05 else 1
    axis.set_major_formatter(PercentFormatter(1.0, decimals=decimals, symbol=" %"))


def _colour(row: dict[str, Any]) -> str:
    return WINNER if row["winner"] else DEEP if row["deep"] else PLAIN
