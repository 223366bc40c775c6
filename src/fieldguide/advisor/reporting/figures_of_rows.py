"""Figures of models that learn without a target: reconstructions, maps, scores of outliers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fieldguide.advisor.reporting.drawing import (
    CURVES,
    DEEP,
    FAINT,
    INK,
    PLAIN,
    SOFT,
    STYLE,
    WIDE,
    WINNER,
    canvas,
    percent,
    short,
    svg,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKS = "osD^vPX*<>"  # so that classes are told apart without colour
PALETTE = (*CURVES, "#e69f00", "#009e73")
MOST_CLASSES = 10  # coloured one by one; the rest share grey
BINS = 40
PANEL = 1.25  # inches of height of a small panel
CHANNELS = 3  # of a sequence, drawn


def restored(originals: np.ndarray, back: np.ndarray, lost: Sequence[str]) -> str:
    """Draw sequences (n, steps, channels) as dots, and what came back of them as lines."""
    figure, panels = _panels(len(originals))
    for axes, came, again, said in zip(panels, originals, back, lost, strict=True):
        for channel in range(min(CHANNELS, came.shape[1])):
            axes.plot(came[:, channel], "o", color=SOFT, markersize=1.8, alpha=0.7)
            axes.plot(again[:, channel], color=CURVES[channel], linewidth=1.4)
        axes.set_title(said, fontsize=9, loc="left", color=INK)
    return svg(figure, "restored", f"Sequences and their reconstructions: {', '.join(lost)}")


def curves(found: np.ndarray, titles: Sequence[str], name: str, alt: str) -> str:
    """Draw sequences (n, steps, channels), a panel each."""
    figure, panels = _panels(len(found))
    for axes, one, said in zip(panels, found, titles, strict=True):
        for channel in range(min(CHANNELS, one.shape[1])):
            axes.plot(one[:, channel], color=CURVES[channel], linewidth=1.3)
        axes.set_title(short(said, 30), fontsize=9, loc="left", color=INK)
    return svg(figure, name, alt)


def weighed_curves(found: np.ndarray, weights: np.ndarray, titles: Sequence[str]) -> str:
    """Draw sequences, shaded where they are strange; weights (n, steps), 0 to 1."""
    figure, panels = _panels(len(found))
    for axes, one, weight, said in zip(panels, found, weights, titles, strict=True):
        for step in np.flatnonzero(weight > 0.05):
            axes.axvspan(step - 0.5, step + 0.5, color=WINNER, alpha=0.45 * float(weight[step]),
                         linewidth=0)  # fmt: skip
        for channel in range(min(CHANNELS, one.shape[1])):
            axes.plot(one[:, channel], color=INK, linewidth=1.2)
        axes.set_title(short(said, 34), fontsize=9, loc="left", color=INK)
    return svg(figure, "strangest", f"The strangest sequences: {', '.join(titles)}")


def by_step(lost: np.ndarray, spread: np.ndarray) -> str:
    """Draw the error of each step beside how much the step varies."""
    figure, axes = canvas(2.6)
    steps = np.arange(1, len(lost) + 1)
    axes.plot(steps, spread, color=PLAIN, linestyle="--", linewidth=1.4, label="varies by")
    axes.plot(steps, lost, color=DEEP, linewidth=1.8, label="error")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("step")
    axes.set_ylabel("standard deviations")
    axes.legend(fontsize=9.5)
    axes.grid(color=FAINT, linewidth=0.6)
    return svg(figure, "lost", "Error of the reconstruction by step")


def lost_columns(columns: Sequence[dict[str, Any]]) -> str:
    """Draw what share of its variance each column loses, the largest on top."""
    shown = list(columns)[::-1]
    figure, axes = canvas(0.75 + 0.28 * len(shown))
    values = [one["lost"] for one in shown]
    axes.barh(range(len(shown)), values, color=DEEP, height=0.55)
    axes.set_yticks(range(len(shown)), [short(one["column"], 22) for one in shown])
    axes.set_xlim(0, max(*values, 0.01) * 1.05)
    axes.set_xlabel("share of the variance that is lost")
    axes.grid(axis="x", color=FAINT, linewidth=0.6)
    percent(axes, "x", "explained")
    said = [f"{one['column']} {100 * one['lost']:.0f} %" for one in shown[::-1]]
    return svg(figure, "lost", f"Share of the variance lost: {', '.join(said)}")


def maps(own: np.ndarray, other: np.ndarray, classes: Sequence[str] | None) -> str:
    """Draw examples in the code (left) and in two principal components (right)."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDE, 3.0), layout="constrained")
        panels = figure.subplots(1, 2)
    names = _named(classes)
    for axes, points, title in zip(panels, (own, other), ("the code", "components"), strict=True):
        _cloud(axes, points, classes, names)
        axes.set_title(title, fontsize=10, color=INK)
        axes.set_xticks([])
        axes.set_yticks([])
    if classes:
        handles, said = panels[0].get_legend_handles_labels()
        figure.legend(handles, said, loc="outside lower center", ncols=min(5, len(said)),
                      fontsize=9, handletextpad=0.2, columnspacing=1.0, frameon=False)  # fmt: skip
    return svg(figure, "codes", "Examples in the code, beside their principal components")


def histogram(normal: np.ndarray, strange: np.ndarray, threshold: float, other: str) -> str:
    """Draw how strange normal examples and outliers are, and where the threshold stands."""
    figure, axes = canvas(3.0, 4.2)
    both = np.concatenate([normal, strange])
    low, high = np.quantile(both, (0.0, 0.98))
    edges = np.linspace(low, max(high, threshold * 1.001, low + 1e-9), BINS + 1)
    for values, colour, label, fill in ((normal, DEEP, "normal", True),
                                        (strange, WINNER, other, False)):  # fmt: skip
        counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
        shares = counts / max(1, len(values))
        axes.stairs(shares, edges, color=colour, fill=fill, alpha=0.35 if fill else 1.0,
                    linewidth=1.6, label=label)  # fmt: skip
    if np.isfinite(threshold):
        axes.axvline(threshold, color=INK, linewidth=1.2, linestyle="--", label="threshold")
    axes.set_xlabel("how strange (the last bar holds all beyond)")
    axes.set_ylabel("share of examples")
    axes.legend(fontsize=9.5, frameon=False)
    percent(axes, "y", "accuracy")
    return svg(figure, "histogram", f"How strange normal examples and {other} are")


def roc(alarms: np.ndarray, found: np.ndarray, at: tuple[float, float], area: float) -> str:
    """Draw the ROC curve, and the point of the threshold."""
    figure, axes = canvas(3.3, 3.6)
    axes.plot([0, 1], [0, 1], color=PLAIN, linewidth=1, linestyle="--")
    axes.plot(alarms, found, color=DEEP, linewidth=1.8)
    axes.plot([at[0]], [at[1]], "D", color=WINNER, markersize=7)
    axes.annotate("threshold", at, xytext=(8, -4), textcoords="offset points", fontsize=9.5,
                  va="top")  # fmt: skip
    axes.set_xlabel("false alarms among normal examples")
    axes.set_ylabel("outliers found")
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.04)
    axes.grid(color=FAINT, linewidth=0.6)
    percent(axes, "x", "accuracy")
    percent(axes, "y", "accuracy")
    return svg(figure, "roc", f"ROC curve, area {area:.3f}; threshold at {at[0]:.0%}, {at[1]:.0%}")


def _panels(count: int) -> tuple[Figure, list[Axes]]:
    """Return a figure of small panels, two in a row."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    rows = -(-count // 2)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDE, 0.2 + PANEL * rows), layout="constrained")
        grid = figure.subplots(rows, 2, squeeze=False).flatten().tolist()
    for place, axes in enumerate(grid):
        axes.tick_params(length=0, which="both", labelsize=8)
        if place >= count:
            axes.set_axis_off()
    return figure, grid[:count]


def _named(classes: Sequence[str] | None) -> list[str]:
    """Return the commonest classes, in order of their names."""
    if not classes:
        return []
    names, counts = np.unique(np.asarray(classes), return_counts=True)
    return sorted(names[np.argsort(-counts, kind="stable")][:MOST_CLASSES].tolist())


def _cloud(
    axes: Axes, points: np.ndarray, classes: Sequence[str] | None, names: Sequence[str]
) -> None:
    across = points[:, 0]
    up = points[:, 1] if points.shape[1] > 1 else np.zeros(len(points))
    kept = np.asarray(classes if classes else [""] * len(points))
    size, many = max(4.0, 400 / len(points) ** 0.5), len(points) > 500
    rest = ~np.isin(kept, names)
    if rest.any():
        axes.scatter(across[rest], up[rest], s=size, color=PLAIN if classes else DEEP, alpha=0.5,
                     linewidths=0, rasterized=many,
                     label="others" if classes else None)  # fmt: skip
    for place, name in enumerate(names):
        own = kept == name
        axes.scatter(across[own], up[own], s=size, marker=MARKS[place % len(MARKS)],
                     color=PALETTE[place % len(PALETTE)], alpha=0.75, linewidths=0,
                     rasterized=many, label=short(name, 14))  # fmt: skip
