"""A column of sequences: for each example its own number of steps, all with the same channels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np

from fieldguide.data.bundle import Bundle
from fieldguide.data.field import Kind
from fieldguide.errors import DataError


class SeriesColumn(Bundle):
    """Sequences laid end to end.

    Args:
        values: All steps of all examples, shape (total steps, channels); NaN where missing.
        offsets: Where each example begins, and the end of the last one, shape (n + 1,).
        channels: Names of the channels, where they have any.
    """

    kind: ClassVar[Kind] = "series"

    def __init__(self, values: np.ndarray, offsets: np.ndarray, channels: Sequence[str] = ()):
        self.values, self.offsets, self.channels = values, offsets, tuple(channels)

    @classmethod
    def of(cls, sequences: Sequence[np.ndarray], channels: Sequence[str] = ()) -> Self:
        """Return the column of sequences of shape (steps,) or (steps, channels) each.

        Raises:
            DataError: A sequence without steps, or with another number of channels.
        """
        deep = [np.asarray(one, dtype=np.float64) for one in sequences]
        deep = [one[:, None] if one.ndim == 1 else one for one in deep]
        for place, one in enumerate(deep):
            if one.ndim != 2 or not one.size or one.shape[1] != deep[0].shape[1]:
                raise DataError(
                    f"the sequence has the shape {one.shape}; expected (steps, channels) with at "
                    f"least one step and {deep[0].shape[-1]} channel(s), as the first one has.",
                    "Give every sequence the same channels, or leave it out.",
                    row=place + 1,
                )
        offsets = np.concatenate([[0], np.cumsum([len(one) for one in deep])]).astype(np.int64)
        return cls(np.concatenate(deep) if deep else np.empty((0, 1)), offsets, channels)

    @classmethod
    def of_block(cls, block: np.ndarray) -> Self:
        """Return the column of a block (n, steps) or (n, steps, channels)."""
        count, steps = block.shape[:2]
        return cls(block.reshape(count * steps, -1), np.arange(count + 1) * steps)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> np.ndarray:
        return self.values[self.offsets[index] : self.offsets[index + 1]]

    @property
    def lengths(self) -> np.ndarray:
        """Steps of each example, shape (n,)."""
        return np.diff(self.offsets)

    @property
    def shape(self) -> tuple[int, int]:
        """(steps, channels), 0 steps where they vary."""
        lengths = self.lengths
        steps = int(lengths[0]) if len(lengths) and (lengths == lengths[0]).all() else 0
        return steps, self.values.shape[1]

    @property
    def one_unit(self) -> bool:
        """Whether there is one channel only."""
        return self.values.shape[1] == 1

    def take(self, indices: np.ndarray) -> Self:
        """Return the sequences at ``indices``, in that order."""
        lengths = self.lengths[indices]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        shift = np.repeat(self.offsets[:-1][indices] - offsets[:-1], lengths)
        return type(self)(self.values[shift + np.arange(offsets[-1])], offsets, self.channels)

    def digest(self, index: int) -> bytes:
        """Return the bytes of one sequence."""
        return np.ascontiguousarray(self[index]).tobytes()

    def stored(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return values and offsets, and the channels' names."""
        return {"values": self.values, "offsets": self.offsets}, {"channels": list(self.channels)}

    @classmethod
    def restored(cls, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> Self:
        """Return the column again."""
        return cls(arrays["values"], arrays["offsets"], facts["channels"])

    def missing(self) -> np.ndarray:
        """Return which sequences hold no number at all."""
        seen = np.isfinite(self.values).any(axis=1)
        return ~np.logical_or.reduceat(seen, self.offsets[:-1]) if len(self) else seen

    def padded(self, steps: int | None = None) -> np.ndarray:
        """Return shape (n, steps, channels), NaN after the end; longer sequences are cut.

        Args:
            steps: Steps to bring all to; None for those of the longest.
        """
        lengths = self.lengths
        steps = int(lengths.max(initial=1)) if steps is None else steps
        inside = np.arange(steps) < lengths[:, None]
        block = np.full((len(self), steps, self.values.shape[1]), np.nan, self.values.dtype)
        kept = np.arange(len(self.values)) - np.repeat(self.offsets[:-1], lengths) < steps
        block[inside] = self.values[kept]
        return block

    def flat(self, width: int | None = None) -> np.ndarray:
        """Return shape (n, width): the steps one after the other, NaN after the end."""
        channels = self.values.shape[1]
        return self.padded(None if width is None else width // channels).reshape(len(self), -1)
