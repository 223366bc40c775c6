"""Numbers to predict: standardised for training, in the user's units outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from fieldguide.codecs.codec import Codec
from fieldguide.codecs.number import as_floats, moments
from fieldguide.data import Column


@dataclass(frozen=True)
class Quantity(Codec):
    """z = (y - mean) / deviation.

    Attributes:
        means: Mean of each target column in the training split.
        deviations: Standard deviation of each; 1 where that is 0.
    """

    means: tuple[float, ...]
    deviations: tuple[float, ...]
    name = "quantity"

    @classmethod
    def fit(cls, column: Column) -> Self:
        """Learn mean and spread."""
        values = _table(column)
        means, spread = moments(values)
        spread = np.where(spread > 0, spread, 1.0)
        return cls(tuple(means.tolist()), tuple(spread.tolist()))

    @property
    def width(self) -> int:
        """Number of target columns."""
        return len(self.means)

    def encode(self, column: Column) -> np.ndarray:
        """Return shape (n, width), float32."""
        return ((_table(column) - self.means) / self.deviations).astype(np.float32)

    def decode(self, values: np.ndarray) -> np.ndarray:
        """Return the numbers in the user's units; one column comes back as shape (n,)."""
        restored = values.astype(np.float64) * self.deviations + self.means
        return restored[:, 0] if self.width == 1 else restored


def _table(column: Column) -> np.ndarray:
    values = as_floats(column)
    return values[:, None] if values.ndim == 1 else values
