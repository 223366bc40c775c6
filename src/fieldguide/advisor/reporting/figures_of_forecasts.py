"""Figures of forecasts: fans over the history, errors and coverage by step ahead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fieldguide.advisor.reporting.drawing import (
    DEEP,
    FAINT,
    INK,
    PLAIN,
    WINNER,
    canvas,
    panels_of,
    short,
    svg,
)

DOTS = 12  # steps up to which each is marked
HAPPENED = "what happened"
TICKS = 3  # times named below a panel
YARDSTICK_STYLE: dict[str, Any] = {"color": PLAIN, "linestyle": "--", "linewidth": 1.5}
STYLES: tuple[dict[str, Any], ...] = (
    {"color": WINNER, "linestyle": "-", "linewidth": 1.8},
    YARDSTICK_STYLE,
    {"color": DEEP, "linestyle": "-.", "linewidth": 1.6},
)


def fans(panels: Sequence[dict[str, Any]], winner: str) -> str:
    """Draw history, what came, and the forecasts of it with their 80 % intervals.

    Args:
        panels: ``series``, ``target``, ``times``, ``values`` and ``fans`` (``at``, ``forecast``,
            ``low``, ``high``, ``seasonal_naive``) of each.
        winner: Name of the algorithm in full.
    """
    if not panels:
        return ""
    figure, all_axes = panels_of(len(panels), 1.75)
    for axes, panel in zip(all_axes, panels, strict=True):
        values = np.asarray(panel["values"], dtype=float)
        for place, fan in enumerate(panel["fans"]):
            _fan(axes, fan, winner if place == 0 else None)
        axes.plot(np.arange(len(values)), values, color=INK, linewidth=1.2, label=HAPPENED)
        _name_times(axes, panel["times"])
        name = panel["target"] if not panel["series"] else f"{panel['series']}: {panel['target']}"
        axes.set_title(short(name, 48), fontsize=10.5, loc="left", pad=4)
        axes.grid(axis="y", color=FAINT, linewidth=0.6)
        axes.margins(x=0.01)
    handles, labels = all_axes[0].get_legend_handles_labels()
    by_label = dict(zip(labels, handles, strict=True))
    order = sorted(by_label, key=lambda label: (label != HAPPENED, "winner" not in label))
    figure.legend([by_label[label] for label in order], order, loc="outside upper left",
                  fontsize=9.5, frameon=False, ncols=2, handlelength=2.2)  # fmt: skip
    said = ", ".join(short(panel["series"] or panel["target"]) for panel in panels)
    return svg(figure, "forecasts", f"Forecasts with 80 % intervals beside what happened: {said}")


def _fan(axes: Any, fan: dict[str, Any], winner: str | None) -> None:
    ahead = fan["at"] + np.arange(len(fan["forecast"]))
    dot = "o" if len(ahead) < 3 else ""
    axes.axvline(fan["at"] - 0.5, color=FAINT, linewidth=0.9)
    if fan["low"] is not None:
        ends = (fan["low"], fan["high"])
        if len(ahead) < 2:  # a band needs two steps
            axes.vlines(ahead, *ends, color=WINNER, alpha=0.35, linewidth=4)
        else:
            axes.fill_between(ahead, *ends, color=WINNER, alpha=0.2, linewidth=0,
                              label=winner and "its 80 % interval")  # fmt: skip
    if fan["seasonal_naive"] is not None:
        axes.plot(ahead, fan["seasonal_naive"], marker=dot, markersize=3,
                  label=winner and "seasonal-naive forecast", **YARDSTICK_STYLE)  # fmt: skip
    axes.plot(ahead, fan["forecast"], marker=dot, markersize=3,
              label=winner and f"{winner} (winner)", **STYLES[0])  # fmt: skip


def _name_times(axes: Any, times: Sequence[str]) -> None:
    places = np.linspace(0, len(times) - 1, min(TICKS, len(times))).round().astype(int)
    axes.set_xticks(places, [times[place] for place in places], fontsize=9)
    for label, side in zip(axes.get_xticklabels(), ("left", "center", "right"), strict=False):
        label.set_ha(side)


def errors_by_step(steps: Sequence[dict[str, Any]], measure: str) -> str:
    """Draw mean absolute errors by step ahead, with 95 % intervals.

    Args:
        steps: ``title``, ``errors``, ``low`` and ``high`` (one a step), the winner's first.
        measure: What errors are measured in.
    """
    figure, axes = canvas(3.2)
    for one, style in zip(steps, STYLES, strict=False):
        ahead = np.arange(1, len(one["errors"]) + 1)
        dot = "o" if len(ahead) <= DOTS else ""
        if len(ahead) == 1:
            axes.vlines(ahead, one["low"], one["high"], color=style["color"], linewidth=2)
        axes.fill_between(ahead, one["low"], one["high"], color=style["color"], alpha=0.13,
                          linewidth=0)  # fmt: skip
        role = " (winner)" if one["winner"] else ""
        axes.plot(ahead, one["errors"], marker=dot, markersize=3.5,
                  label=short(one["title"], 34) + role, **style)  # fmt: skip
    _by_step(axes, len(steps[0]["errors"]))
    axes.set_ylim(bottom=0)
    axes.set_ylabel(f"mean absolute error\n({short(measure, 24)})")
    figure.legend(loc="outside upper left", fontsize=9.5, frameon=False, handlelength=2.6)
    said = ", ".join(f"{one['title']} {one['errors'][-1]:.3g} at the last step" for one in steps)
    return svg(figure, "steps-ahead", f"Mean absolute error by step ahead: {said}")


def coverage_by_step(held: dict[str, Any], intended: float) -> str:
    """Draw the share of truths inside intervals by step ahead; dashed where it should be."""
    from matplotlib.ticker import PercentFormatter

    figure, axes = canvas(2.6)
    ahead = np.arange(1, len(held["held"]) + 1)
    axes.axhline(intended, color=INK, linewidth=1, linestyle="--")
    axes.fill_between(ahead, held["low"], held["high"], color=WINNER, alpha=0.18, linewidth=0)
    axes.plot(ahead, held["held"], color=WINNER, linewidth=1.8,
              marker="o" if len(ahead) <= DOTS else "", markersize=3.5)  # fmt: skip
    _by_step(axes, len(ahead))
    axes.set_ylim(max(0.0, min(0.5, float(np.min(held["low"])) - 0.05)), 1.02)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
    axes.set_ylabel("held by 80 % intervals")
    ends = f"{100 * held['held'][0]:.0f} % at the first step, {100 * held['held'][-1]:.0f} %"
    return svg(
        figure, "step-coverage", f"Share of truths inside 80 % intervals: {ends} at the last"
    )


def _by_step(axes: Any, horizon: int) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlim(0.5, horizon + 0.5)
    axes.set_xlabel("steps ahead")
    axes.grid(axis="y", color=FAINT, linewidth=0.6)
