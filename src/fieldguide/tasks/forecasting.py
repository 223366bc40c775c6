"""Forecasting: the next steps of one or many series, with the range they probably lie in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import polars as pl
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fieldguide.codecs import Codec
from fieldguide.codecs import from_config as codec_from_config
from fieldguide.codecs.scales import Ahead
from fieldguide.data import Batch, Dataset, Examples
from fieldguide.data.forecast import Forecast
from fieldguide.data.regular import as_series
from fieldguide.data.rolling import runs
from fieldguide.data.spacing import Spacing
from fieldguide.data.windows import Windows
from fieldguide.errors import DataError
from fieldguide.tasks import backtest
from fieldguide.tasks.task import Task
from fieldguide.tasks.window_inputs import WindowInputs, last_windows

LEVELS = (0.1, 0.9)  # quantiles of probabilistic outputs, and of intervals
COVERAGE = LEVELS[1] - LEVELS[0]
SPREAD_FROM = 2_000  # windows whose errors say how wide intervals are


@dataclass(frozen=True)
class Forecasting(Task):
    """Outputs are standardised steps ahead; squared error; the score is the skill.

    Outputs have the shape (B, horizon, targets), or (B, horizon, targets, 1 + 2) with a point and
    the quantiles 10 % and 90 %; algorithms of rows of numbers give them flat. Intervals for points
    alone are conformal: as wide as the errors at the same step ahead on windows that were not
    learnt from: those of validation, or of an algorithm's own rehearsal. Where there were none, and
    for what learns nothing, errors on training windows have to do.

    Attributes:
        question: What is asked.
        naive: Mean absolute error of the seasonal-naive forecast in training, standardised.
        stepwise: The same one season ahead only, the unit of MASE.
        margins: Half widths of intervals, (horizon · targets,); empty before they are known.
    """

    question: Forecast
    naive: float
    stepwise: float
    margins: tuple[float, ...] = ()

    name = "forecasting"
    score_name = "skill"

    @property
    def forecast(self) -> Forecast:
        """What is asked."""
        return self.question

    @classmethod
    def fits(cls, dataset: Dataset) -> tuple[bool, str]:
        """Series that were read with a horizon are to be forecast."""
        asked = dataset.forecast
        if asked is None:
            return False, "no horizon was named"
        return True, f"a horizon of {asked.horizon} steps was named"

    @classmethod
    def target_codec(cls, dataset: Dataset) -> Codec:
        """Return the shape of what is forecast."""
        asked = _asked(dataset)
        return Ahead(asked.horizon, len(asked.targets))

    @classmethod
    def fit(cls, train: Dataset, forms: Sequence[str] = ()) -> Self:
        """Fit scales on the training split, and measure the seasonal-naive forecast on it.

        Raises:
            DataError: The data were read without a horizon, or no series is long enough.
        """
        asked, codec = _asked(train), cls.target_codec(train)
        inputs = WindowInputs.of(train, forms)
        windows = inputs.windows(train, with_target=True)
        found = runs(train)
        spans = list(zip(found.starts.tolist(), found.knowns.tolist(), strict=True))
        steps = windows.values[:, : len(asked.targets)]
        if windows.absent is not None:
            steps = steps.masked_fill(windows.absent, torch.nan)
        naive, stepwise = backtest.naive_errors(steps.numpy(), spans, asked)
        return cls(inputs, ", ".join(asked.targets), codec, asked, naive, stepwise)

    def series(self, dataset: Dataset) -> Dataset:
        """Return data as the series that were learnt from: new tables are read as training's.

        Raises:
            DataError: They were read with another question than the model can answer.
        """
        other = dataset.forecast
        if other is None:
            return as_series(dataset, self.question)
        for name in ("targets", "past", "known", "step"):
            if getattr(self.question, name) != getattr(other, name):
                raise DataError(
                    f"the data were read with {name} {getattr(other, name)!r}, and the model was "
                    f"trained with {getattr(self.question, name)!r}.",
                    "Read them without a horizon, or as the training data were read.",
                    file=dataset.source,
                )
        return dataset if other == self.question else replace(dataset, forecast=self.question)

    def encode(self, dataset: Dataset, *, with_target: bool = True, once: bool = False) -> Examples:
        """Return every window whose steps ahead are known; without target, the last of each series.

        Raises:
            DataError: No series is long enough, or a column known in advance is missing.
        """
        return self._windows(dataset, with_target)

    def head(self, width: int) -> nn.Module:
        """Return a linear layer onto all steps ahead, (B, horizon, targets)."""
        ahead = self.codec
        assert isinstance(ahead, Ahead)
        shape = (ahead.horizon, ahead.targets)
        return nn.Sequential(nn.Linear(width, ahead.width), nn.Unflatten(1, shape))

    def shaped(self, outputs: Tensor) -> Tensor:
        """Return outputs as (B, horizon, targets) or with quantiles as a further axis."""
        ahead = self.codec
        assert isinstance(ahead, Ahead)
        flat = outputs.dim() == 2
        return outputs.view(-1, ahead.horizon, ahead.targets) if flat else outputs

    def points(self, outputs: Tensor) -> Tensor:
        """Return the points among outputs, (B, horizon, targets)."""
        shaped = self.shaped(outputs)
        return shaped[..., 0] if shaped.dim() == 4 else shaped

    def loss(self, outputs: Tensor, batch: Batch) -> Tensor:
        """Mean squared error of standardised steps."""
        assert batch.y is not None
        return F.mse_loss(self.points(outputs), batch.y)

    def decode(self, outputs: Tensor) -> np.ndarray:
        """Return standardised points; `answer` gives them in the user's units."""
        return self.points(outputs).double().cpu().numpy()

    def answer(self, outputs: Tensor, dataset: Dataset) -> np.ndarray:
        """Return forecasts in the user's units: (series, horizon), or (…, targets) for several."""
        values = self._in_units([self.points(outputs)], dataset)[0]
        return values[..., 0] if values.shape[-1] == 1 else values

    def each(self, outputs: Tensor, y: Tensor) -> np.ndarray:
        """Return the skill of every window, (n,); their mean is the score."""
        error = (self.points(outputs) - y).double().abs().flatten(1).nanmean(dim=1)
        return np.asarray(1 - error.cpu().numpy() / self.naive)

    def summands(self, outputs: Tensor, y: Tensor) -> np.ndarray:
        """Return sum and number of `each` in blocks of neighbouring windows, (blocks, 2)."""
        return backtest.in_blocks(self.each(outputs, y), self.question.horizon)

    def score(self, outputs: Tensor, y: Tensor) -> float:
        """Return the skill: 1 - mean absolute error / that of the seasonal-naive forecast."""
        return float(self.each(outputs, y).mean())

    def scores(self, outputs: Tensor, y: Tensor) -> dict[str, float]:
        """Return skill, MASE, and standardised errors; coverage and pinball loss of intervals."""
        points = self.points(outputs).double()
        error = points - y
        absolute = float(error.abs().nanmean())
        found = {
            "skill": self.score(outputs, y),
            "mase": absolute / self.stepwise,
            "standardised_mse": float(error.square().nanmean()),
            "standardised_mae": absolute,
        }
        bounds = self.bounds(outputs)
        if bounds is not None:
            found |= backtest.interval_scores(y.double(), *bounds, levels=LEVELS)
        return found

    def judge(self, outputs: Tensor, y: Tensor, dataset: Dataset) -> dict[str, float]:
        """Return every score, those in the user's units included."""
        scales = self._windows(dataset, True).scales
        error = backtest.in_units(self.points(outputs), scales) - backtest.in_units(y, scales)
        rmse = float(np.sqrt(np.nanmean(np.square(error))))
        return self.scores(outputs, y) | {"mae": float(np.nanmean(np.abs(error))), "rmse": rmse}

    def bounds(self, outputs: Tensor) -> tuple[Tensor, Tensor] | None:
        """Return the ends of intervals, standardised, or None where they are not known."""
        shaped = self.shaped(outputs).double()
        if shaped.dim() == 4:
            return shaped[..., 1], shaped[..., -1]
        if not self.margins:
            return None
        half = torch.tensor(self.margins, dtype=torch.float64).view(shaped.shape[1:])
        return shaped - half, shaped + half

    def calibrated(self, outputs: Callable[[Examples], Tensor], examples: Examples) -> Self:
        """Return the task with the widths of its intervals, from errors on examples.

        What an algorithm has measured itself, on windows that it had not learnt from, stays.
        """
        assert isinstance(examples, Windows)
        if self.margins:
            return self
        if self.shaped(outputs(examples.some(1))).dim() == 4:
            return self  # quantiles tell the range
        some = examples.some(SPREAD_FROM)
        found = self.shaped(outputs(some))
        assert some.y is not None
        error = (found - some.y).abs().flatten(1).double()
        margins = backtest.conformal(error, COVERAGE)
        return replace(self, margins=tuple(margins.tolist()))

    def table(self, dataset: Dataset, outputs: Tensor) -> pl.DataFrame:
        """Return forecasts as a table: series, time, target, forecast, low, high.

        Args:
            dataset: What was predicted from.
            outputs: One for the last window of each series.
        """
        series = self.series(dataset)
        found = runs(series)
        rows = last_windows(replace(series, ledger=type(series.ledger)()), found)
        rows = rows + self.question.lookback - 1
        assert isinstance(self.inputs, WindowInputs) and self.question.time is not None
        bounds = self.bounds(outputs)
        parts = [self.points(outputs), *(() if bounds is None else bounds)]
        values = self._in_units(parts, series)
        columns: dict[str, Any] = {}
        count, ahead, targets = values[0].shape
        spacing = Spacing.parse(self.question.step)
        last = series.column(self.question.time)
        assert isinstance(last, pl.Series)
        if self.question.series is not None:
            names = np.array(found.names, dtype=object)[found.of_rows(rows)]
            columns[self.question.series] = np.repeat(names, ahead * targets).tolist()
        each = np.repeat(rows, ahead)
        times = spacing.after(last.gather(each), np.tile(np.arange(1, ahead + 1), count))
        columns[self.question.time] = times.gather(np.repeat(np.arange(len(times)), targets))
        columns["target"] = list(self.question.targets) * (count * ahead)
        for name, part in zip(("forecast", "low", "high"), values, strict=False):
            columns[name] = part.reshape(-1)
        return pl.DataFrame(columns)

    def config(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        more = {"naive": self.naive, "stepwise": self.stepwise, "margins": list(self.margins)}
        return {**super().config(), "forecast": self.question.to_dict(), **more}

    @classmethod
    def from_config(cls, stored: dict[str, Any]) -> Self:
        """Rebuild from `config`."""
        return cls(
            WindowInputs.from_config(stored["inputs"]),
            stored["target"],
            codec_from_config(stored["codec"]),
            Forecast.from_dict(stored["forecast"]),
            stored["naive"],
            stored["stepwise"],
            tuple(stored["margins"]),
        )

    def _in_units(self, parts: Sequence[Tensor], dataset: Dataset) -> list[np.ndarray]:
        """Return forecasts from the ends of series in the user's units."""
        windows = self._windows(dataset, False)
        offsets = windows.offsets.double()[:, None]
        return [backtest.in_units(part.double() + offsets, windows.scales) for part in parts]

    def _windows(self, dataset: Dataset, with_target: bool) -> Windows:
        assert isinstance(self.inputs, WindowInputs)
        return self.inputs.windows(self.series(dataset), with_target=with_target)


def _asked(dataset: Dataset) -> Forecast:
    if dataset.forecast is None:
        raise DataError(
            "forecasting needs to know how far ahead.",
            "Name the steps to forecast with horizon=… (--horizon), and the column of times.",
            file=dataset.source,
        )
    return dataset.forecast
