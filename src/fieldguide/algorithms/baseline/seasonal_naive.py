"""Seasonal-naive forecast: next Monday is like last Monday (Hyndman & Athanasopoulos 2021).

How it works:
    ŷ(t + h) = y(t + h - m · ⌈h / m⌉), the value a whole number of seasons of m steps before, the
    last one that is known. Where no season was found, m = 1 and it is the naive forecast.

Use it when:
    The series repeat. Every skill that this project reports is measured against it: 0 is as good.

Think twice when:
    The series drift away from where they were a season ago.

Cost:
    Nothing worth measuring.

Shapes:
    x: windows of (B, lookback, channels); outputs: (B, horizon, targets).

Example:
    >>> import polars as pl, fieldguide as fg
    >>> from fieldguide.data import as_dataset
    >>> table = pl.DataFrame({"step": range(60), "y": [1.0 + i % 3 for i in range(60)]})
    >>> series = as_dataset(table).as_series(4, time="step", season=3)
    >>> fg.SeasonalNaive().fit(series).predict(series).round(3).tolist()
    [[1.0, 2.0, 3.0, 1.0]]
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fieldguide.algorithms.baseline._family import Baseline
from fieldguide.algorithms.baseline._window import Unlearnt, ahead_of
from fieldguide.card import Card
from fieldguide.tasks import Task


class LastSeason(nn.Module):
    """Repeats the last season.

    Args:
        season: Steps of a season; at most the lookback counts.
        horizon: Steps ahead.
        targets: Channels to forecast, the first ones.

    Shapes:
        x: ``{"past": (B, lookback, channels)}``; output (B, horizon, targets).
    """

    def __init__(self, *, season: int, horizon: int, targets: int):
        super().__init__()
        self.season, self.horizon, self.targets = season, horizon, targets

    def forward(self, x: dict[str, Tensor]) -> Tensor:
        """Return (B, horizon, targets)."""
        last = x["past"][:, -self.season :, : self.targets]
        places = torch.arange(self.horizon, device=last.device) % last.shape[1]
        return last.index_select(1, places)


class SeasonalNaive(Unlearnt, Baseline):
    """The value a season before, as a baseline for forecasting."""

    card = Card(
        title="Seasonal-naive forecast",
        paper="Hyndman & Athanasopoulos (2021). Forecasting: principles and practice, section "
        "5.2. OTexts.",
        year=2021,
        tasks=("forecasting",),
        inputs=("window",),
        capacity=0,
        baseline=True,
        exportable=False,
    )

    def build(self, task: Task) -> nn.Module:
        """Return a network without weights."""
        ahead = ahead_of(task)
        return LastSeason(season=task.forecast.season, horizon=ahead.horizon, targets=ahead.targets)
