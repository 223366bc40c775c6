"""DLinear: one linear layer for the trend and one for the rest (Zeng, Chen, Zhang & Xu 2023).

How it works:
    trend = a moving mean over 25 steps (the ends repeated), rest = x - trend,
    ŷ = W₁ · trend + W₂ · rest + b, with W of horizon × lookback weights, the same for every channel
    (or each its own). With ``last_value`` the last value is taken off before and added after, as in
    NLinear of the same paper: good for series that drift.

Use it when:
    You forecast with a neural network: this is the one to beat. It beat the Transformers of its
    time on their own data sets.

Think twice when:
    Columns known in advance (holidays, promotions) matter, or channels drive each other: it looks
    at each channel alone. Compare with ridge regression and recurrent networks then.

Cost:
    2 · 2 · lookback · horizon multiplications a channel: a second per epoch for ten thousand
    windows of 336 steps.

Shapes:
    x: windows of (B, lookback, channels); outputs: (B, horizon, targets).

Example:
    >>> import numpy as np, polars as pl, fieldguide as fg
    >>> from fieldguide.data import as_dataset
    >>> wave = np.sin(np.arange(300) * 2 * np.pi / 12)
    >>> series = as_dataset(pl.DataFrame({"y": wave})).as_series(2, lookback=24)
    >>> np.abs(fg.DLinear(epochs=20).fit(series).predict(series) - [[0, 0.5]]).max() < 0.2
    np.True_
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fieldguide.card import Card, Reference
from fieldguide.codecs.scales import Ahead
from fieldguide.estimator import Estimator
from fieldguide.hyperparameter import option
from fieldguide.tasks import Task


class DLinearNetwork(nn.Module):
    """Two linear layers over the steps, on trend and rest.

    Args:
        lookback: Steps of the past.
        horizon: Steps ahead.
        targets: Channels to forecast, the first ones.
        kernel: Steps of the moving mean, odd.
        individual: Whether each channel has weights of its own.
        last_value: Whether the last value is taken off before and added after.

    Shapes:
        x: ``{"past": (B, lookback, channels)}``; output (B, horizon, targets).
    """

    def __init__(
        self,
        *,
        lookback: int,
        horizon: int,
        targets: int,
        kernel: int = 25,
        individual: bool = False,
        last_value: bool = False,
    ):
        super().__init__()
        self.targets, self.kernel, self.last_value = targets, kernel, last_value
        sets = targets if individual else 1
        bound = lookback**-0.5  # as in nn.Linear
        self.trend = nn.Parameter(torch.empty(sets, lookback, horizon).uniform_(-bound, bound))
        self.rest = nn.Parameter(torch.empty(sets, lookback, horizon).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(sets, 1, horizon).uniform_(-bound, bound))

    def forward(self, x: dict[str, Tensor]) -> Tensor:
        """Return (B, horizon, targets)."""
        past = x["past"][..., : self.targets].permute(2, 0, 1)  # (targets, B, lookback)
        last = past[..., -1:] if self.last_value else past.new_zeros(())
        past = past - last
        trend = moving_mean(past, self.kernel)
        ahead = trend @ self.trend + (past - trend) @ self.rest + self.bias + last
        return ahead.permute(1, 2, 0)


def moving_mean(series: Tensor, kernel: int) -> Tensor:
    """Return the mean over ``kernel`` steps around each, the first and last step repeated.

    Args:
        series: (channels, B, steps).
        kernel: Steps, odd.
    """
    half = (kernel - 1) // 2
    padded = F.pad(series, (half, kernel - 1 - half), mode="replicate")
    return F.avg_pool1d(padded, kernel, stride=1)


class DLinear(Estimator):
    """A one-layer network for forecasting, with NLinear's last value as an option."""

    card = Card(
        title="DLinear",
        paper="Zeng, Chen, Zhang & Xu (2023). Are Transformers effective for time series "
        "forecasting? AAAI.",
        year=2023,
        tasks=("forecasting",),
        inputs=("window",),
        capacity=1,
        needs_examples=200,
        exportable=False,
        references=(
            Reference(
                data="ETTh1, 96 steps",
                metric="standardised_mse",
                value=0.375,
                source="Zeng et al. (2023), lookback 336",
            ),
        ),
    )

    lr: float = option(5e-3, "learning rate", low=0, search=(1e-4, 1e-1), log=True)
    kernel: int = option(25, "steps of the moving mean, odd", low=1, search=(5, 49))
    individual: bool = option(False, "weights of its own for each channel", search=(False, True))
    last_value: bool = option(
        False, "take the last value off, and add it again (NLinear)", search=(False, True)
    )

    def build(self, task: Task) -> nn.Module:
        """Return two linear layers over the steps."""
        ahead = task.codec
        assert isinstance(ahead, Ahead)
        return DLinearNetwork(
            lookback=task.forecast.lookback,
            horizon=ahead.horizon,
            targets=ahead.targets,
            kernel=self.kernel,
            individual=self.individual,
            last_value=self.last_value,
        )
