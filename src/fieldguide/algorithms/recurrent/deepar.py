"""DeepAR: a recurrent network that gives a distribution for the next step (Salinas et al. 2020).

How it works:
    hₜ = LSTM(hₜ₋₁, [zₜ₋₁ / ν, zₜ₋ₘ / ν, known columns]), zₜ ~ p(z | θ(hₜ)), with the scale
    ν = 1 + mean |z| of the steps looked back on. Training maximises Σₜ log p(zₜ | θ(hₜ)) over past
    and horizon, given the true values before. To forecast, values are drawn one step after the
    other and fed back, many times over: their median is the forecast, their quantiles its range.
    The same weights serve all series and targets. Distributions: Gaussian, Student's t (for
    outliers), or negative binomial (for counts, on the counts themselves).

Use it when:
    There are many related series (products, shops, meters), and the range matters as much as the
    middle: stock to hold, capacity to book.

Think twice when:
    There is one series, or a long horizon: errors are fed back too. A direct forecast (DLinear, an
    LSTM) is faster and often nearer.

Cost:
    One LSTM step for each step of the window in training; to forecast, as many times more as paths
    are drawn. Each target is a series of its own.

Shapes:
    x: windows of (B, lookback, channels); outputs: (B, horizon, targets, 3): median, 10 %, 90 %.

Example:
    >>> import numpy as np, polars as pl, fieldguide as fg
    >>> from fieldguide.data import as_dataset
    >>> wave = np.sin(np.arange(200) * 2 * np.pi / 8)
    >>> series = as_dataset(pl.DataFrame({"y": wave})).as_series(2, lookback=16)
    >>> fg.DeepAR(epochs=1, paths=8).fit(series).predict(series).shape
    (1, 2)
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fieldguide.algorithms.recurrent._likelihood import LIKELIHOODS, Likelihood
from fieldguide.card import Card
from fieldguide.codecs.scales import Ahead
from fieldguide.data import Batch
from fieldguide.estimator import Estimator
from fieldguide.hyperparameter import option
from fieldguide.tasks import Task
from fieldguide.tasks.forecasting import LEVELS

ROWS = 1 << 15  # paths that are drawn at once, of all series together


class DeepARNetwork(nn.Module):
    """A stacked LSTM over scaled steps, and the parameters of a distribution.

    Args:
        targets: Channels to forecast, the first ones.
        horizon: Steps ahead.
        known: Columns known in advance.
        season: Steps of a season, whose value is an input too; 0 for none.
        hidden: Units of a layer.
        layers: LSTM layers.
        dropout: Probability that a unit between layers is silenced in training.
        likelihood: Name of the distribution.
        paths: Futures drawn for a forecast.

    Shapes:
        x: ``{"past": (B, lookback, channels), "scale": (B, targets, 2)}``, and ``"known"``;
        output (B, horizon, targets, 3).
    """

    chances: Tensor

    def __init__(
        self,
        *,
        targets: int,
        horizon: int,
        known: int = 0,
        season: int = 0,
        hidden: int = 40,
        layers: int = 2,
        dropout: float = 0.1,
        likelihood: str = "gaussian",
        paths: int = 100,
    ):
        super().__init__()
        self.targets, self.horizon, self.season = targets, horizon, season
        self.likelihood: Likelihood = LIKELIHOODS[likelihood]()
        inputs = 1 + (season > 0) + known
        self.lstm = nn.LSTM(
            inputs, hidden, layers, batch_first=True, dropout=dropout if layers > 1 else 0.0
        )
        self.parameters_of = nn.Linear(hidden, self.likelihood.count)
        # The same chances for every series: a forecast does not depend on what it is made with.
        chance = torch.Generator().manual_seed(0)
        order = torch.rand(horizon, paths, generator=chance).argsort(dim=1)
        spread = (order + torch.rand(horizon, paths, generator=chance)) / paths
        self.register_buffer("chances", spread.clamp(1e-6, 1 - 1e-6), persistent=False)

    def forward(self, x: dict[str, Tensor]) -> Tensor:
        """Return median and quantiles of drawn paths, (B, horizon, targets, 3)."""
        past, scale, known = self._series(x)
        most = max(1, ROWS // self.chances.shape[1])
        parts = [
            self._quantiles(past[i : i + most], scale[i : i + most],
                            None if known is None else known[i : i + most])
            for i in range(0, len(past), most)
        ]  # fmt: skip
        ahead = torch.cat(parts).view(-1, self.targets, self.horizon, 1 + len(LEVELS))
        return ahead.transpose(1, 2)

    def surprise(self, x: dict[str, Tensor], y: Tensor) -> Tensor:
        """Return the mean negative log-likelihood of past and future steps.

        Args:
            x: Windows.
            y: Their steps ahead, (B, horizon, targets).
        """
        past, scale, known = self._series(x)
        ahead = self.likelihood.raw(y.transpose(1, 2).flatten(0, 1), scale)
        whole = torch.cat([past, ahead], dim=1)
        unit = _unit(past)
        hidden, _ = self.lstm(self._inputs(whole, unit, known))
        found: Tensor = self.likelihood.log_probability(
            whole[:, 1:], self.parameters_of(hidden[:, :-1]), unit
        )
        return -found.mean()

    def _series(self, x: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor | None]:
        """Make a series of each target: past (N, lookback), scale (N, 2), known (N, steps, K)."""
        past = x["past"][..., : self.targets].transpose(1, 2).flatten(0, 1)
        scale = x["scale"].flatten(0, 1)
        known = x.get("known")
        if known is not None:
            known = known.repeat_interleave(self.targets, dim=0)
        return self.likelihood.raw(past, scale), scale, known

    def _inputs(self, values: Tensor, unit: Tensor, known: Tensor | None) -> Tensor:
        """Return what step t + 1 is foretold from, for each step t; (N, steps, inputs)."""
        scaled = values / unit
        parts = [scaled[..., None]]
        if self.season:
            # Step t + 1 - season; before the first step there is none, and 0 stands in.
            shifted = torch.cat([scaled.new_zeros(len(scaled), self.season - 1), scaled], dim=1)
            parts.append(shifted[:, : scaled.shape[1], None])
        if known is not None:  # of the step that is foretold
            following = torch.cat([known[:, 1:], known[:, -1:]], dim=1)
            parts.append(following[:, : scaled.shape[1]])
        return torch.cat(parts, dim=2)

    def _quantiles(self, past: Tensor, scale: Tensor, known: Tensor | None) -> Tensor:
        """Return (N, horizon, 3), standardised."""
        drawn = self.likelihood.standard(self._paths(past, known), scale)
        levels = torch.tensor([0.5, *LEVELS], device=drawn.device, dtype=drawn.dtype)
        return drawn.quantile(levels, dim=1).permute(1, 2, 0)

    def _paths(self, past: Tensor, known: Tensor | None) -> Tensor:
        """Draw futures, step after step; (N, paths, horizon)."""
        unit, paths = _unit(past), self.chances.shape[1]
        hidden, state = self.lstm(self._inputs(past, unit, known))
        state = tuple(part.repeat_interleave(paths, dim=1) for part in state)
        last = hidden[:, -1].repeat_interleave(paths, dim=0)
        values = past.repeat_interleave(paths, dim=0)[:, -max(1, self.season) :]
        units = unit.repeat_interleave(paths, dim=0)
        drawn: list[Tensor] = []
        for step in range(self.horizon):
            chance = self.chances[step].repeat(len(past))
            parameters = self.parameters_of(last).float()
            drawn.append(self.likelihood.quantile(chance, parameters, units[:, 0]))
            if step + 1 == self.horizon:
                break
            values = torch.cat([values, drawn[-1][:, None]], dim=1)
            given = [drawn[-1][:, None]] + ([values[:, -self.season, None]] if self.season else [])
            entry = torch.cat([part / units for part in given], dim=1)
            if known is not None:
                column = known[:, past.shape[1] + step + 1].repeat_interleave(paths, dim=0)
                entry = torch.cat([entry, column], dim=1)
            output, state = self.lstm(entry[:, None], state)
            last = output[:, 0]
        return torch.stack(drawn, dim=1).view(len(past), paths, self.horizon)


def _unit(past: Tensor) -> Tensor:
    """Return ν = 1 + mean |z| of each series, (N, 1)."""
    return 1 + past.abs().mean(dim=1, keepdim=True)


class DeepAR(Estimator):
    """Recursive probabilistic forecasts, with the same weights for many series."""

    card = Card(
        title="DeepAR",
        paper="Salinas, Flunkert, Gasthaus & Januschowski (2020). DeepAR: probabilistic "
        "forecasting with autoregressive recurrent networks. International Journal of "
        "Forecasting 36.",
        year=2020,
        tasks=("forecasting",),
        inputs=("window",),
        capacity=3,
        needs_examples=500,
        exportable=False,
    )

    hidden: int = option(40, "units of a layer", low=1, search=(20, 120), log=True)
    layers: int = option(2, "LSTM layers", low=1, search=(1, 3))
    dropout: float = option(
        0.1, "chance that a unit between layers rests", low=0, high=0.9, search=(0, 0.4)
    )
    likelihood: str = option("student-t", "distribution of a step", choices=tuple(LIKELIHOODS))
    seasonal: bool = option(True, "give the value one season before as well")
    paths: int = option(100, "futures drawn for a forecast", low=2)
    clip: float = option(10.0, "largest norm of the gradient; 0 for no limit", low=0)

    def build(self, task: Task) -> nn.Module:
        """Return a network for one series at a time."""
        ahead, asked = task.codec, task.forecast
        assert isinstance(ahead, Ahead)
        lagged = self.seasonal and 1 < asked.season <= asked.lookback
        return DeepARNetwork(
            targets=ahead.targets,
            horizon=ahead.horizon,
            known=len(asked.known),
            season=asked.season if lagged else 0,
            hidden=self.hidden,
            layers=self.layers,
            dropout=self.dropout,
            likelihood=self.likelihood,
            paths=self.paths,
        )

    def loss(self, batch: Batch) -> Tensor:
        """Negative log-likelihood of all steps of the window but the first."""
        network = self.network_
        assert isinstance(network, DeepARNetwork) and isinstance(batch.x, dict)
        assert batch.y is not None
        return network.surprise(batch.x, batch.y)
