"""Dates: the position in time, and the position in the day, week and year as points on circles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import polars as pl

from fieldguide.codecs.codec import Codec
from fieldguide.data import Column, Kind

DAY = 86_400.0  # seconds
CYCLES = (DAY, 7 * DAY, 365.2425 * DAY)


@dataclass(frozen=True)
class DateTime(Codec):
    """Standardised seconds since 1970, then sine and cosine in each of three cycles.

    A circle keeps midnight next to one minute past, and December next to January.

    Attributes:
        mean: Mean of the training split, in seconds since 1970.
        deviation: Standard deviation in seconds; 1 where that is 0.
    """

    mean: float
    deviation: float
    name = "datetime"
    forms: ClassVar[tuple[str, ...]] = ("table",)
    kinds: ClassVar[tuple[Kind, ...]] = ("datetime",)

    @classmethod
    def fit(cls, column: Column) -> Self:
        """Learn the mean and the spread."""
        seconds = seconds_since_1970(column)
        present = seconds[np.isfinite(seconds)]
        if len(present) == 0:
            return cls(0.0, 1.0)
        return cls(float(present.mean()), float(present.std()) or 1.0)

    @property
    def width(self) -> int:
        """Always 7."""
        return 1 + 2 * len(CYCLES)

    def encode(self, column: Column) -> np.ndarray:
        """Return shape (n, 7), float32; missing dates sit at the mean, off every circle."""
        seconds = seconds_since_1970(column)
        angles = [2 * np.pi * seconds / cycle for cycle in CYCLES]
        circles = [turn(angle) for angle in angles for turn in (np.sin, np.cos)]
        parts = [(seconds - self.mean) / self.deviation, *circles]
        return np.nan_to_num(np.stack(parts, axis=1), nan=0.0).astype(np.float32)

    def decode(self, values: np.ndarray) -> np.ndarray:
        """Return the dates to the second."""
        seconds = values[:, 0].astype(np.float64) * self.deviation + self.mean
        return np.round(seconds).astype("datetime64[s]")


def seconds_since_1970(column: Column) -> np.ndarray:
    """Return a column of dates as float64 seconds, NaN for missing."""
    assert isinstance(column, pl.Series)
    stamps = column.cast(pl.Datetime("us"), strict=False).dt.epoch("us")
    return stamps.cast(pl.Float64).fill_null(float("nan")).to_numpy() / 1e6
