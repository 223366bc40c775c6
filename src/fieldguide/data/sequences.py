"""Encoded sequences of different lengths, laid end to end; a batch is as long as its longest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import torch
from torch import Tensor

from fieldguide.data.examples import SAMPLED, Batch, Examples


@dataclass
class Sequences(Examples):
    """Examples whose ``x`` is ``{"steps": (B, T, width), "lengths": (B,)}`` in every batch.

    Attributes:
        x: All steps of all examples, shape (total steps, width).
        offsets: Where each example begins, and the end of the last one, shape (n + 1,).
    """

    offsets: Tensor = None  # type: ignore[assignment]  # a field after those with defaults

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def numbers(self) -> int:
        """Numbers in the longest example."""
        assert isinstance(self.x, Tensor)
        return int(self.offsets.diff().max()) * self.x.shape[1]

    def batch(self, index: Tensor) -> Batch:
        """Fetch the examples at ``index``, padded with zeros to the longest of them."""
        assert isinstance(self.x, Tensor)
        starts = self.offsets.index_select(0, index)
        lengths = self.offsets.index_select(0, index + 1) - starts
        steps = torch.arange(int(lengths.max()))
        within = steps < lengths.unsqueeze(1)  # (B, T)
        place = (starts.unsqueeze(1) + steps).where(within, starts.unsqueeze(1))
        taken = self.x.index_select(0, place.flatten()).view(*place.shape, -1)
        x = {"steps": taken.mul_(within.unsqueeze(2)), "lengths": lengths}
        y = None if self.y is None else self.y.index_select(0, index)
        return self._finished(x, y, index)

    def span(self, start: int, stop: int) -> Batch:
        """Fetch consecutive examples."""
        return self.batch(torch.arange(start, min(stop, len(self))))

    def digest(self) -> str:
        """Return a short fingerprint: lengths, and the values of steps spread over all."""
        assert isinstance(self.x, Tensor)
        found = hashlib.sha256(f"{tuple(self.x.shape)} {self.x.dtype}".encode())
        rows = torch.linspace(0, len(self.x) - 1, min(len(self.x), SAMPLED)).long()
        parts = [self.x.index_select(0, rows), self.offsets, *([] if self.y is None else [self.y])]
        for part in parts:
            found.update(part.contiguous().numpy().tobytes())
        return found.hexdigest()
