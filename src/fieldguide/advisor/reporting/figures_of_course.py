"""The figure of a generator's measures over its epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from fieldguide.advisor import words
from fieldguide.advisor.reporting.drawing import (
    CURVES,
    DASHES,
    DEEP,
    FAINT,
    panels_of,
    percent,
    svg,
)

HIGH = 1.25  # of a share: diversity may rise above 1
TITLES = {"frechet_distance": "Fréchet distance", "kernel_distance": "kernel distance"}


def course(
    epochs: Sequence[int],
    shares: Mapping[str, Sequence[float]],
    distances: Mapping[str, Sequence[float]],
) -> str:
    """Draw shares in one panel, and each distance in a panel of its own.

    Args:
        epochs: Numbers of the epochs.
        shares: Measures between 0 and 1, by name; larger is better.
        distances: Measures of which smaller is better, by name.
    """
    from matplotlib.ticker import MaxNLocator

    figure, panels = panels_of(1 + len(distances), 1.5)
    highest = max(max(values) for values in shares.values())
    for number, (name, values) in enumerate(shares.items()):
        panels[0].plot(epochs, np.clip(values, 0, HIGH), color=CURVES[number], linewidth=1.6,
                       linestyle=DASHES[number % len(DASHES)], label=name)  # fmt: skip
    panels[0].set_ylim(-0.03, min(HIGH, max(1.0, highest)) + 0.03)
    percent(panels[0], "y", "coverage")
    figure.legend(loc="outside upper center", ncols=len(shares), fontsize=9.5, frameon=False,
                  handlelength=2.4, columnspacing=1.2)  # fmt: skip
    for axes, (name, values) in zip(panels[1:], distances.items(), strict=True):
        axes.plot(epochs, values, color=DEEP, linewidth=1.6)
        axes.set_ylim(*_range(values))
        axes.set_title(TITLES.get(name, words.score_title(name)), fontsize=9.5, loc="left")
    for axes in panels:
        axes.grid(color=FAINT, linewidth=0.6)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    panels[-1].set_xlabel("epochs (passes over the training data)")
    said = [f"{name} {values[-1]:.3g}" for name, values in {**shares, **distances}.items()]
    return svg(figure, "course", f"Measures over the epochs, at the end: {', '.join(said)}")


def _range(values: Sequence[float]) -> tuple[float, float]:
    """Return limits that leave out a few wild first epochs, lest the rest be squeezed."""
    low, high = min(values), float(np.quantile(values, 0.9))
    high = max(high, values[-1], low + 1e-9)
    room = 0.08 * (high - low)
    return low - room, high + room
