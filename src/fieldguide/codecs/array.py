"""Blocks of numbers, one vector per example: standardised. Sequences are laid out flat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from fieldguide.codecs.codec import Codec
from fieldguide.data import Bundle, Column, Kind

ALIKE = 3.0  # features whose largest values differ by less than this factor share one scale


@dataclass(frozen=True)
class Array(Codec):
    """z = (x - mean) / deviation, feature by feature, or with one scale for all.

    Pixels and other features in one common unit share a scale: divided by its own deviation, a
    pixel at the edge that is nearly always black would become the loudest of all. What a sequence
    lacks, at its end or within, counts as the mean.

    Attributes:
        means: One mean per feature, or a single one.
        deviations: One standard deviation per feature, or a single one; never 0.
        length: Number of features.
    """

    means: tuple[float, ...]
    deviations: tuple[float, ...]
    length: int
    name = "array"
    forms: ClassVar[tuple[str, ...]] = ("array", "table")
    kinds: ClassVar[tuple[Kind, ...]] = ("array", "series", "clip")

    @classmethod
    def fit(cls, column: Column) -> Self:
        """Learn the scales."""
        values = _flat(column)
        gaps = isinstance(column, Bundle) and bool(np.isnan(values).any())
        mean, deviation = (np.nanmean, np.nanstd) if gaps else (np.mean, np.std)
        if (isinstance(column, Bundle) and column.one_unit) or _share_a_unit(values):
            scale = float(deviation(values)) or 1.0
            return cls((float(mean(values)),), (scale,), values.shape[1])
        if gaps:  # a step that only a few long sequences have may be missing from all examples
            values = np.where(np.isnan(values), mean(values), values)
        spread = values.std(axis=0, dtype=np.float64)
        # Rounding leaves a constant column of large numbers with a tiny spread that means nothing.
        noise = 1e-6 * np.abs(values).max(axis=0, initial=0.0)
        spread = np.where(spread > noise, spread, 1.0)
        means = values.mean(axis=0, dtype=np.float64)
        return cls(tuple(means.tolist()), tuple(spread.tolist()), values.shape[1])

    @property
    def width(self) -> int:
        """Number of features."""
        return self.length

    def encode(self, column: Column) -> np.ndarray:
        """Return shape (n, width), float32."""
        scaled = _flat(column, self.length) - np.asarray(self.means)
        scaled /= np.asarray(self.deviations)
        if isinstance(column, Bundle):
            np.nan_to_num(scaled, copy=False)
        return scaled.astype(np.float32)

    def decode(self, values: np.ndarray) -> np.ndarray:
        """Return the numbers in the user's units."""
        return values.astype(np.float64) * np.asarray(self.deviations) + np.asarray(self.means)


def _flat(column: Column, width: int | None = None) -> np.ndarray:
    if isinstance(column, Bundle):
        return column.flat(width)
    values = np.asarray(column)
    return values.reshape(len(values), -1)


def _share_a_unit(values: np.ndarray) -> bool:
    if values.shape[1] < 16 or values.size == 0 or values.min() < 0:
        return False
    peaks = values.max(axis=0)
    peaks = peaks[peaks > 0]
    return len(peaks) > 0 and bool(np.quantile(peaks, 0.9) < ALIKE * np.quantile(peaks, 0.25))
