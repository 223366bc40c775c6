"""Sequences as recurrent and convolutional networks take them: standardised step by step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import torch
from torch import Tensor

from fieldguide.codecs.codec import Codec
from fieldguide.data import Column, Examples, Kind, Sequences, SeriesColumn
from fieldguide.errors import DataError


@dataclass(frozen=True)
class Steps(Codec):
    """z = (x - mean) / deviation, channel by channel; a gap repeats the value before it.

    Before the first value of a sequence its mean stands in. Where training had gaps, a second set
    of channels tells missing (1) from present (0).

    Form ``series``: ``{"steps": (B, T, width) float32, zeros after the end, "lengths": (B,)}``.

    Attributes:
        means: One mean a channel.
        deviations: One standard deviation a channel; never 0.
        steps: Steps of the longest sequence of the training split.
        flagged: Whether missing values are flagged.
    """

    means: tuple[float, ...]
    deviations: tuple[float, ...]
    steps: int
    flagged: bool
    name = "steps"
    forms: ClassVar[tuple[str, ...]] = ("series",)
    kinds: ClassVar[tuple[Kind, ...]] = ("series", "array")

    @classmethod
    def fit(cls, column: Column) -> Self:
        """Learn scales and lengths."""
        series = as_sequences(column)
        present = np.isfinite(series.values)
        count = np.maximum(present.sum(axis=0), 1)
        values = np.where(present, series.values, 0.0)
        means = values.sum(axis=0) / count
        spread = np.sqrt(np.where(present, np.square(values - means), 0.0).sum(axis=0) / count)
        noise = 1e-6 * np.abs(values).max(axis=0, initial=0.0)  # of a constant channel
        spread = np.where(spread > noise, spread, 1.0)
        longest = int(series.lengths.max(initial=1))
        return cls(tuple(means.tolist()), tuple(spread.tolist()), longest, not present.all())

    @property
    def width(self) -> int:
        """Numbers in a step."""
        return len(self.means) * (1 + self.flagged)

    @property
    def shape(self) -> tuple[int, ...]:
        """(steps of the longest in training, width)."""
        return self.steps, self.width

    def encode(self, column: Column) -> np.ndarray:
        """Return all steps of all sequences, one after the other, shape (total, width), float32.

        Raises:
            DataError: Another number of channels than in training.
        """
        series = as_sequences(column)
        if series.values.shape[1] != len(self.means):
            raise DataError(
                f"the sequences have {series.values.shape[1]} channel(s), and the model was "
                f"trained on {len(self.means)}.",
                "Bring the channels that it was trained on, in that order.",
            )
        scaled = (series.values - np.asarray(self.means)) / np.asarray(self.deviations)
        gaps = ~np.isfinite(scaled)
        if gaps.any():
            scaled = _carried(scaled, gaps, series.offsets)
        if self.flagged:
            scaled = np.concatenate([scaled, gaps], axis=1)
        return scaled.astype(np.float32)

    def decode(self, values: np.ndarray) -> np.ndarray:
        """Return sequences (n, steps, channels) in the user's units, the flags of gaps left out."""
        channels = len(self.means)
        steps = values.reshape(len(values), -1, self.width)[..., :channels].astype(np.float64)
        return steps * np.asarray(self.deviations) + np.asarray(self.means)

    def examples(self, column: Column, *, once: bool = False) -> Examples:
        """Return batches that are as long as their longest sequence."""
        series = as_sequences(column)
        steps, lengths = torch.from_numpy(self.encode(series)), series.lengths
        if len(series) and (lengths == lengths[0]).all():
            x: dict[str, Tensor] = {
                "steps": steps.view(len(series), int(lengths[0]), self.width),
                "lengths": torch.from_numpy(lengths),
            }
            return Examples(x)
        return Sequences(steps, offsets=torch.from_numpy(series.offsets))


def as_sequences(column: Column) -> SeriesColumn:
    """Read rows of numbers as sequences with one channel."""
    if isinstance(column, SeriesColumn):
        return column
    assert isinstance(column, np.ndarray)
    return SeriesColumn.of_block(column.reshape(len(column), -1))


def _carried(values: np.ndarray, gaps: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Fill gaps with the last value before them in the same sequence, or with 0, the mean."""
    rows = np.arange(len(values))[:, None]
    last = np.maximum.accumulate(np.where(gaps, -1, rows), axis=0)
    first = np.repeat(offsets[:-1], np.diff(offsets))[:, None]
    filled = np.take_along_axis(values, np.maximum(last, 0), axis=0)
    return np.where(last >= first, filled, 0.0)
