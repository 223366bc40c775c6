"""Drift forecast: on along the line from the first value to the last (Box & Jenkins 1970).

How it works:
    ŷ(t + h) = y(t) + h · (y(t) - y(t - L + 1)) / (L - 1): the naive forecast with the mean change
    over the L steps that are looked back on.

Use it when:
    You want to know whether a trend alone explains what a model forecasts.

Think twice when:
    The series are stationary, or the horizon is as long as the past: a line runs away.

Cost:
    Nothing worth measuring.

Shapes:
    x: windows of (B, lookback, channels); outputs: (B, horizon, targets).

Example:
    >>> import polars as pl, fieldguide as fg
    >>> from fieldguide.data import as_dataset
    >>> table = pl.DataFrame({"step": range(40), "y": [2.0 * i for i in range(40)]})
    >>> series = as_dataset(table).as_series(3, time="step", targets=("y",))
    >>> fg.Drift().fit(series).predict(series).round(3).tolist()
    [[80.0, 82.0, 84.0]]
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fieldguide.algorithms.baseline._family import Baseline
from fieldguide.algorithms.baseline._window import Unlearnt, ahead_of
from fieldguide.card import Card
from fieldguide.tasks import Task


class Line(nn.Module):
    """Goes on along the line through the first and the last value.

    Args:
        horizon: Steps ahead.
        targets: Channels to forecast, the first ones.

    Shapes:
        x: ``{"past": (B, lookback, channels)}``; output (B, horizon, targets).
    """

    def __init__(self, *, horizon: int, targets: int):
        super().__init__()
        self.horizon, self.targets = horizon, targets

    def forward(self, x: dict[str, Tensor]) -> Tensor:
        """Return (B, horizon, targets)."""
        past = x["past"][..., : self.targets]
        last = past[:, -1:]
        change = (last - past[:, :1]) / max(1, past.shape[1] - 1)
        steps = torch.arange(1, self.horizon + 1, device=past.device, dtype=past.dtype)
        return last + steps[:, None] * change


class Drift(Unlearnt, Baseline):
    """The last value and the mean change before it, as a baseline for forecasting."""

    card = Card(
        title="Drift forecast",
        paper="Box & Jenkins (1970). Time series analysis: forecasting and control. Holden-Day.",
        year=1970,
        tasks=("forecasting",),
        inputs=("window",),
        capacity=1,
        baseline=True,
        exportable=False,
    )

    def build(self, task: Task) -> nn.Module:
        """Return a network without weights."""
        ahead = ahead_of(task)
        return Line(horizon=ahead.horizon, targets=ahead.targets)
