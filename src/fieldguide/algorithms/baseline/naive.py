"""Naive forecast: tomorrow is like today (the forecast of a random walk, Pearson 1905).

How it works:
    ŷ(t + h) = y(t) for every h. For a random walk, whose steps nothing foretells, there is no
    better forecast; prices and exchange rates come close to one.

Use it when:
    You want to know whether there is anything to forecast: what does not beat it has found nothing.

Think twice when:
    The series repeat after a day, a week or a year: the seasonal-naive forecast is fairer.

Cost:
    Nothing worth measuring.

Shapes:
    x: windows of (B, lookback, channels); outputs: (B, horizon, targets).

Example:
    >>> import polars as pl, fieldguide as fg
    >>> from fieldguide.data import as_dataset
    >>> table = pl.DataFrame({"step": range(40), "y": [1.0 + i % 3 for i in range(40)]})
    >>> series = as_dataset(table).as_series(2, time="step", lookback=3)
    >>> fg.Naive().fit(series).predict(series).round(3).tolist()
    [[1.0, 1.0]]
"""

from __future__ import annotations

from torch import Tensor, nn

from fieldguide.algorithms.baseline._family import Baseline
from fieldguide.algorithms.baseline._window import Unlearnt, ahead_of
from fieldguide.card import Card
from fieldguide.tasks import Task


class LastValue(nn.Module):
    """Repeats the last value.

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
        return x["past"][:, -1:, : self.targets].expand(-1, self.horizon, -1)


class Naive(Unlearnt, Baseline):
    """The last value, as a baseline for forecasting."""

    card = Card(
        title="Naive forecast",
        paper="Pearson (1905). The problem of the random walk. Nature 72.",
        year=1905,
        tasks=("forecasting",),
        inputs=("window",),
        capacity=0,
        baseline=True,
        exportable=False,
    )

    def build(self, task: Task) -> nn.Module:
        """Return a network without weights."""
        ahead = ahead_of(task)
        return LastValue(horizon=ahead.horizon, targets=ahead.targets)
