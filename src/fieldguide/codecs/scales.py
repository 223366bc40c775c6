"""Steps of series: standardised, each series by its own scale; and what comes after them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from fieldguide.codecs.codec import Codec
from fieldguide.data import Column


@dataclass(frozen=True)
class Scales(Codec):
    """z = (x - mean) / deviation, series by series and column by column.

    Attributes:
        columns: Columns of numbers in a step.
        means: Means of all columns of the first series, of the second…; NaN values left out.
        deviations: Standard deviations in the same order; 1 where that is 0.
    """

    columns: int
    means: tuple[float, ...]
    deviations: tuple[float, ...]
    name = "scales"

    @classmethod
    def fit(cls, column: Column) -> Self:
        """Learn the scale of one series of shape (steps, columns)."""
        return cls.of([np.asarray(column, dtype=np.float64)])

    @classmethod
    def of(cls, series: list[np.ndarray]) -> Self:
        """Learn the scales of several series, each of shape (steps, columns)."""
        means, deviations = [], []
        for values in series:
            known = np.isfinite(values)
            count = np.maximum(known.sum(axis=0), 1)
            mean = np.where(known, values, 0.0).sum(axis=0) / count
            spread = np.sqrt(np.where(known, np.square(values - mean), 0.0).sum(axis=0) / count)
            # Rounding leaves a constant column with a tiny spread that means nothing.
            noise = 1e-9 * np.where(known, np.abs(values), 0.0).max(axis=0, initial=0.0)
            means += mean.tolist()
            deviations += np.where(spread > noise, spread, 1.0).tolist()
        return cls(series[0].shape[1], tuple(means), tuple(deviations))

    @property
    def table(self) -> np.ndarray:
        """Means and deviations, shape (series, columns, 2)."""
        both = np.stack([np.asarray(self.means), np.asarray(self.deviations)], axis=-1)
        return both.reshape(-1, self.columns, 2)

    @property
    def width(self) -> int:
        """Numbers in a step."""
        return self.columns

    def encode(self, column: Column) -> np.ndarray:
        """Return steps of the first series, standardised, float32."""
        mean, deviation = np.moveaxis(self.table[0], -1, 0)
        return ((np.asarray(column) - mean) / deviation).astype(np.float32)


@dataclass(frozen=True)
class Ahead(Codec):
    """The steps ahead of a window, standardised before; flat where a network's outputs are flat.

    Attributes:
        horizon: Steps.
        targets: Numbers in a step.
    """

    horizon: int
    targets: int
    name = "ahead"

    @classmethod
    def fit(cls, column: Column) -> Self:
        """Take the shape of a block (n, horizon, targets)."""
        return cls(*np.asarray(column).shape[1:])

    @property
    def width(self) -> int:
        """Numbers to forecast."""
        return self.horizon * self.targets

    def encode(self, column: Column) -> np.ndarray:
        """Return shape (n, horizon, targets), float32."""
        return np.asarray(column, dtype=np.float32).reshape(-1, self.horizon, self.targets)
