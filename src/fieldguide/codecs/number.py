"""Numbers: standardised, with the median in place of missing values and a flag that says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import polars as pl

from fieldguide.codecs.codec import Codec
from fieldguide.data import Column, Kind

LARGEST = float(np.finfo(np.float32).max)  # a new value may lie further out than single precision


@dataclass(frozen=True)
class Number(Codec):
    """z = (x - mean) / deviation; a missing x counts as the median.

    What was encoded as missing never comes back as missing: decoded is the number that stands
    there, and the flag is dropped. Whoever reconstructs, repairs or samples a table wants values;
    how often a column lacks one is told by its `Field`, and categories likewise come back as words.

    Attributes:
        mean: Mean of the training split.
        deviation: Standard deviation of the training split; 1 where that is 0.
        median: Stands in for missing values.
        flagged: Whether a second column tells missing (1) from present (0).
    """

    mean: float
    deviation: float
    median: float
    flagged: bool
    name = "number"
    forms: ClassVar[tuple[str, ...]] = ("table",)
    kinds: ClassVar[tuple[Kind, ...]] = ("number",)

    @classmethod
    def fit(cls, column: Column) -> Self:
        """Learn mean, deviation and median; flag missing values if there are any."""
        values = as_floats(column)
        present = values[np.isfinite(values)]
        if len(present) == 0:
            return cls(0.0, 1.0, 0.0, flagged=False)
        mean, spread = moments(present)
        return cls(
            mean=float(mean),
            deviation=float(spread) or 1.0,
            median=float(np.median(present)),
            flagged=len(present) < len(values),
        )

    @property
    def width(self) -> int:
        """1, or 2 with the flag."""
        return 1 + self.flagged

    def encode(self, column: Column) -> np.ndarray:
        """Return shape (n, width), float32."""
        values = as_floats(column)
        missing = ~np.isfinite(values)
        scaled = (np.where(missing, self.median, values) - self.mean) / self.deviation
        scaled = scaled.clip(-LARGEST, LARGEST)
        parts = [scaled, missing] if self.flagged else [scaled]
        return np.stack(parts, axis=1).astype(np.float32)

    def decode(self, values: np.ndarray) -> np.ndarray:
        """Return the numbers in the user's units, never a gap; shape (n, width) to (n,)."""
        return values[:, 0].astype(np.float64) * self.deviation + self.mean


def moments(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation over the first axis; squares do not overflow."""
    peak = np.abs(values).max(axis=0, initial=0.0)
    if np.all(peak < 1e100):
        return values.mean(axis=0), values.std(axis=0)
    scale = np.where(peak > 0, peak, 1.0)
    shrunk = values / scale
    return shrunk.mean(axis=0) * scale, shrunk.std(axis=0) * scale


def as_floats(column: Column) -> np.ndarray:
    """Return a numeric column as float64 with NaN for missing."""
    if isinstance(column, pl.Series):
        return column.cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy()
    return np.asarray(column, dtype=np.float64)
