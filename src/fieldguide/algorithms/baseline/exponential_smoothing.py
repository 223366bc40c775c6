"""Exponential smoothing: level, trend and season, means that forget (Holt 1957, Winters 1960).

How it works:
    l(t) = α (y(t) - s(t-m)) + (1-α) (l(t-1) + φ b(t-1)),
    b(t) = β (l(t) - l(t-1)) + (1-β) φ b(t-1),
    s(t) = γ (y(t) - l(t-1) - φ b(t-1)) + (1-γ) s(t-m),
    ŷ(t+h) = l(t) + (φ + … + φʰ) b(t) + s(t+h-m⌈h/m⌉).
    Without trend b = 0, without season s = 0. They are started on the first season of the steps
    that are looked back on. For each target, the form (with or without trend, damped or not, with
    or without season) and α, β, γ, φ are those of a grid with the smallest absolute error over the
    whole horizon, on windows spread over the training data.

Use it when:
    You want the classic to beat: on monthly and quarterly series of business it often wins.

Think twice when:
    Several seasons lie on top of each other (day and week), or other columns drive the series.

Cost:
    A dozen products for each step that is looked back on, one step after the other.

Shapes:
    x: windows of (B, lookback, channels); outputs: (B, horizon, targets).

Example:
    >>> import polars as pl, fieldguide as fg
    >>> from fieldguide.data import as_dataset
    >>> table = pl.DataFrame({"step": range(60), "y": [i / 2 + (i % 3) for i in range(60)]})
    >>> series = as_dataset(table).as_series(3, time="step", season=3)
    >>> fg.ExponentialSmoothing().fit(series).predict(series).round(0).tolist()
    [[30.0, 32.0, 33.0]]
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from fieldguide.algorithms.baseline._family import Baseline
from fieldguide.algorithms.baseline._window import Unlearnt, ahead_of
from fieldguide.card import Card
from fieldguide.data import Inputs
from fieldguide.tasks import Task

LEVEL = (0.02, 0.1, 0.3, 0.6, 0.9)  # α
TREND = ((0.0, 0.0), (0.02, 0.9), (0.2, 0.9), (0.02, 1.0), (0.2, 1.0))  # β and φ; φ = 0: no trend
SEASON = (0.02, 0.1, 0.4)  # γ
START = 10  # steps over which a trend without season is started


class Smoothing(nn.Module):
    """Additive exponential smoothing with the parameters of each target.

    Args:
        season: Steps of a season; below 2, or with less than two seasons to look back on, none.
        lookback: Steps that are looked back on.
        horizon: Steps ahead.
        targets: Channels to forecast, the first ones.

    Shapes:
        x: ``{"past": (B, lookback, channels)}``; output (B, horizon, targets).
    """

    chosen: Tensor

    def __init__(self, *, season: int, lookback: int, horizon: int, targets: int):
        super().__init__()
        self.season = season if 1 < season <= lookback // 2 else 0
        self.horizon, self.targets = horizon, targets
        # α, β, γ, φ and whether there is a season, for each target.
        self.register_buffer("chosen", torch.zeros(5, targets))

    def forward(self, x: dict[str, Tensor]) -> Tensor:
        """Return (B, horizon, targets)."""
        past = x["past"][..., : self.targets].transpose(0, 1)
        return self.forecast(past, self.chosen[:, None]).transpose(0, 1)

    def forecast(self, past: Tensor, parameters: Tensor) -> Tensor:
        """Return the steps ahead, (horizon, …, targets).

        Args:
            past: (lookback, …, targets).
            parameters: α, β, γ, φ and season, (5, …, targets); axes between are broadcast.
        """
        alpha, beta, gamma, phi, seasonal = parameters
        level, trend, season = self._start(past, phi, seasonal)
        for place, value in enumerate(past):
            before, damped = level, phi * trend
            slot = place % len(season)
            level = alpha * (value - season[slot]) + (1 - alpha) * (before + damped)
            trend = beta * (level - before) + (1 - beta) * damped
            season[slot] = seasonal * (
                gamma * (value - before - damped) + (1 - gamma) * season[slot]
            )
        steps, run = [], torch.zeros_like(phi)
        for ahead in range(self.horizon):
            run = run + phi ** (ahead + 1)
            steps.append(level + run * trend + season[(len(past) + ahead) % len(season)])
        return torch.stack(steps)

    def _start(
        self, past: Tensor, phi: Tensor, seasonal: Tensor
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Return level, trend and season before the first step."""
        has_trend = (phi > 0).to(past.dtype)
        apart = min(START, len(past) - 1)
        slope = (past[apart] - past[0]) / max(1, apart)
        if not self.season:
            level = past[0] - slope * has_trend
            return level, slope * has_trend, [torch.zeros_like(level * phi)]
        m = self.season
        first, second = past[:m].mean(dim=0), past[m : 2 * m].mean(dim=0)
        rise = seasonal * (second - first) / m + (1 - seasonal) * slope
        trend = rise * has_trend
        # A mean of a season stands for its middle; the level is that of the step before the first.
        level = seasonal * (first - trend * (m + 1) / 2) + (1 - seasonal) * (past[0] - trend)
        return (
            level,
            trend,
            [seasonal * (past[i] - first - trend * (i - (m - 1) / 2)) for i in range(m)],
        )


class ExponentialSmoothing(Unlearnt, Baseline):
    """Holt-Winters smoothing, as a baseline for forecasting."""

    card = Card(
        title="Exponential smoothing",
        paper="Winters (1960). Forecasting sales by exponentially weighted moving averages. "
        "Management Science 6; Gardner & McKenzie (1985) for the damped trend.",
        year=1960,
        tasks=("forecasting",),
        inputs=("window",),
        capacity=1,
        needs_examples=20,
        baseline=True,
        exportable=False,
    )

    def build(self, task: Task) -> nn.Module:
        """Return a network whose parameters are still to be chosen."""
        ahead, asked = ahead_of(task), task.forecast
        return Smoothing(
            season=asked.season,
            lookback=asked.lookback,
            horizon=ahead.horizon,
            targets=ahead.targets,
        )

    def learn(self, x: Inputs, y: Tensor) -> Mapping[str, float]:
        """Try the grid on some windows, and keep what errs least for each target."""
        network = self.network_
        assert isinstance(network, Smoothing) and isinstance(x, dict)
        targets = network.targets
        past = x["past"][..., :targets].transpose(0, 1)
        grid = torch.tensor(_grid(network.season > 0), dtype=past.dtype)
        errors = []
        for some in grid.split(16):
            parameters = some.t()[:, :, None, None].expand(-1, -1, 1, targets)
            guess = network.forecast(past[:, None], parameters)  # (horizon, grid, B, targets)
            errors.append((guess - y.transpose(0, 1)[:, None]).abs().mean(dim=(0, 2)))
        best = torch.cat(errors).nan_to_num(nan=torch.inf).argmin(dim=0)
        network.chosen.copy_(grid[best].t())
        return {"level": float(network.chosen[0].mean())}


def _grid(seasonal: bool) -> list[tuple[float, ...]]:
    """Return α, β, γ, φ and season of every form that is tried."""
    seasons = [(0.0, 0.0), *((gamma, 1.0) for gamma in SEASON if seasonal)]
    return [
        (alpha, beta, gamma, phi, season)
        for alpha, (beta, phi), (gamma, season) in itertools.product(LEVEL, TREND, seasons)
    ]
