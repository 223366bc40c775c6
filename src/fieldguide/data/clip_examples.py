"""Encoded clips, one after the other in memory, and the batches drawn from them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from fieldguide.data.examples import SAMPLED, Batch, Examples


@dataclass
class ClipExamples(Examples):
    """Clips of different lengths; a batch is padded to its longest.

    Attributes:
        x: ``frames``, those of all clips on end, (frames in all, C, H, W), bytes or floats; and
            ``lengths``, (n,).
        normalise: Turns frames, (m, C, H, W), into standardised floats, per batch; None where
            they are that already.
    """

    normalise: Callable[[Tensor], Tensor] | None = None

    def __post_init__(self) -> None:
        assert isinstance(self.x, dict)
        self.starts = self.x["lengths"].cumsum(0) - self.x["lengths"]

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def numbers(self) -> int:
        """Numbers in the longest clip."""
        assert isinstance(self.x, dict)
        return int(self.x["lengths"].max()) * self.x["frames"][:1].numel()

    def batch(self, index: Tensor) -> Batch:
        """Fetch the clips at ``index``; x is ``frames`` (B, T, C, H, W) and ``lengths`` (B,)."""
        assert isinstance(self.x, dict)
        frames, lengths = self.x["frames"], self.x["lengths"].index_select(0, index)
        steps = torch.arange(int(lengths.max()))
        there = steps < lengths[:, None]  # (B, T)
        places = self.starts.index_select(0, index)[:, None] + steps
        found = frames.index_select(0, places[there]).to(self.device)  # (frames in all, C, H, W)
        found = found if self.normalise is None else self.normalise(found)
        x = {"frames": padded(found, there.to(found.device)), "lengths": lengths.to(self.device)}
        y = None if self.y is None else self.y.index_select(0, index).to(self.device)
        return Batch(x, y, index)

    def span(self, start: int, stop: int) -> Batch:
        """Fetch consecutive clips."""
        return self.batch(torch.arange(start, min(stop, len(self))))

    def digest(self) -> str:
        """Return a short fingerprint: sizes, types, and the values of frames spread over all."""
        assert isinstance(self.x, dict)
        frames = self.x["frames"]
        rows = torch.linspace(0, max(0, len(frames) - 1), min(len(frames), SAMPLED)).long()
        found = hashlib.sha256(f"{tuple(frames.shape)} {frames.dtype}".encode())
        parts = [frames.index_select(0, rows), self.x["lengths"]]
        for part in parts if self.y is None else [*parts, self.y]:
            found.update(part.contiguous().numpy().tobytes())
        return found.hexdigest()


def padded(found: Tensor, there: Tensor) -> Tensor:
    """Return frames in their places, zeros elsewhere; shape (B, T, C, H, W).

    Args:
        found: The frames of all clips on end, (frames in all, C, H, W).
        there: Which places hold a frame, (B, T).
    """
    if there.all():
        return found.unflatten(0, there.shape)
    whole = found.new_zeros((*there.shape, *found.shape[1:]))
    whole[there] = found
    return whole
