"""The figure of sequences: curves, and below each how much the answer hangs on its steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fieldguide.advisor.reporting.drawing import CURVES, DASHES, INK, WINNER, panels_of, short, svg

CHANNELS = 3  # drawn of each sequence
BAND = 0.28  # height of the bars below a curve, as a share of the curve's
MOST_BARS = 240  # more steps share a bar, which is as high as the weightiest of them


def draw(shown: Sequence[dict[str, Any]]) -> str:
    """Draw sequences side by side, mistakes first.

    Args:
        shown: ``true``, ``predicted``, ``right``, ``where``, ``values`` (steps, channels) and
            ``weights`` (steps,), 0 to 1, of each.
    """
    if not shown:
        return ""
    figure, all_axes = panels_of(len(shown), 1.25, columns=min(2, len(shown)))
    for axes, one in zip(all_axes, shown, strict=True):
        _curves(axes, np.asarray(one["values"], dtype=float)[:, :CHANNELS])
        _bars(axes, np.asarray(one["weights"], dtype=float))
        said = one["true"] if one["right"] else f"{one['true']}, predicted {one['predicted']}"
        axes.set_title(short(said, 30), fontsize=9.5, loc="left", pad=3,
                       color=INK if one["right"] else WINNER)  # fmt: skip
        axes.set_xticks([0, len(one["values"]) - 1])
        axes.set_xticklabels(["1", f"{len(one['values']):,}"], fontsize=8.5)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.margins(x=0.02)
    said = "; ".join(_peak(one) for one in shown)
    return svg(figure, "steps-seen", f"Curves with the weight of each step below: {said}")


def _curves(axes: Any, values: np.ndarray) -> None:
    """Draw channels, each over its own range of 0 to 1: units differ."""
    low, high = np.nanmin(values, axis=0), np.nanmax(values, axis=0)
    scaled = (values - low) / np.where(high > low, high - low, 1.0)
    for channel, line in enumerate(scaled.T):
        colour = INK if scaled.shape[1] == 1 else CURVES[channel]
        axes.plot(np.arange(len(line)), line, color=colour, linewidth=1.1,
                  linestyle=DASHES[channel])  # fmt: skip


def _bars(axes: Any, weights: np.ndarray) -> None:
    """Draw the weights as a skyline below the curve."""
    edges = np.linspace(0, len(weights), min(len(weights), MOST_BARS) + 1).astype(int)
    heights = np.maximum.reduceat(weights, edges[:-1])
    floor = -0.08 - BAND
    axes.stairs(floor + BAND * heights, edges - 0.5, baseline=floor, fill=True, color=WINNER)
    axes.set_ylim(floor - 0.02, 1.06)


def _peak(one: dict[str, Any]) -> str:
    told = one["true"] if one["right"] else f"{one['true']}, predicted {one['predicted']}"
    return f"{told}, weightiest at step {int(np.argmax(one['weights'])) + 1}"
