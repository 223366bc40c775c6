"""Encoded examples and the batches drawn from them.

Order is a function of (seed, stage, epoch) alone, never of global state: a run that was killed
and resumed must see the same batches as one that was not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

Inputs = Tensor | dict[str, Tensor]
SAMPLED = 256  # rows that the digest of a data set looks at


@dataclass(slots=True)
class Batch:
    """Some examples, encoded.

    Attributes:
        x: Inputs, first axis B: one tensor, or tensors by name for mixed columns.
        y: Targets, first axis B; None in prediction.
        index: Position of each example in the data set, shape (B,).
    """

    x: Inputs
    y: Tensor | None
    index: Tensor

    def __len__(self) -> int:
        return len(self.index)

    def pieces(self, count: int) -> list[Batch]:
        """Cut into at most ``count`` smaller batches, for machines short of memory."""
        size = -(-len(self) // count)
        return [self._slice(slice(start, start + size)) for start in range(0, len(self), size)]

    def _slice(self, part: slice) -> Batch:
        x = {k: v[part] for k, v in self.x.items()} if isinstance(self.x, dict) else self.x[part]
        return Batch(x, None if self.y is None else self.y[part], self.index[part])


@dataclass
class Examples:
    """All examples of one split, encoded; tensors in memory or mapped from disk.

    Attributes:
        x: Inputs of all examples.
        y: Targets of all examples, or None.
        finish: Last, cheap step from stored to network form (bytes to normalised floats, the
            move to the device), done per batch.
    """

    x: Inputs
    y: Tensor | None = None
    finish: Callable[[Inputs], Inputs] | None = None
    device: torch.device | str = "cpu"

    def __len__(self) -> int:
        return len(next(iter(self.x.values()))) if isinstance(self.x, dict) else len(self.x)

    @property
    def numbers(self) -> int:
        """Numbers in one example; in the largest, where they differ."""
        parts = self.x.values() if isinstance(self.x, dict) else [self.x]
        return sum(part[:1].numel() for part in parts)

    def batch(self, index: Tensor) -> Batch:
        """Fetch the examples at ``index`` whole."""
        if isinstance(self.x, dict):
            x: Inputs = {name: part.index_select(0, index) for name, part in self.x.items()}
        else:
            x = self.x.index_select(0, index)
        y = None if self.y is None else self.y.index_select(0, index)
        return self._finished(x, y, index)

    def span(self, start: int, stop: int) -> Batch:
        """Fetch consecutive examples without copying."""
        part = slice(start, stop)
        x = {k: v[part] for k, v in self.x.items()} if isinstance(self.x, dict) else self.x[part]
        y = None if self.y is None else self.y[part]
        return self._finished(x, y, torch.arange(start, min(stop, len(self))))

    def batches(self, size: int, *, seed: int = 0, shuffle: bool = True) -> Batches:
        """Return batches of ``size`` examples, in a new order each epoch if shuffled."""
        return Batches(self, size, seed=seed, shuffle=shuffle)

    def whole(self) -> Batches:
        """Return all examples as one batch."""
        return Batches(self, max(1, len(self)), shuffle=False)

    def on(self, device: torch.device | str) -> Examples:
        """Return examples whose batches arrive on ``device``."""
        return replace(self, device=device)

    def digest(self) -> str:
        """Return a short fingerprint: sizes, types, and the values of rows spread over all."""
        parts = dict(self.x) if isinstance(self.x, dict) else {"x": self.x}
        parts |= {} if self.y is None else {"y": self.y}
        count = len(self)
        rows = torch.linspace(0, max(0, count - 1), min(count, SAMPLED)).long()
        found = hashlib.sha256()
        for name, part in sorted(parts.items()):
            found.update(f"{name} {tuple(part.shape)} {part.dtype}".encode())
            found.update(part.index_select(0, rows).contiguous().numpy().tobytes())
        return found.hexdigest()

    def _finished(self, x: Inputs, y: Tensor | None, index: Tensor) -> Batch:
        if str(self.device) != "cpu":
            move = self.device
            x = {k: v.to(move) for k, v in x.items()} if isinstance(x, dict) else x.to(move)
            y = None if y is None else y.to(move)
        return Batch(x if self.finish is None else self.finish(x), y, index)


class Batches:
    """Batches of one data set, epoch by epoch.

    A shuffled epoch never ends in a batch of one, which batch normalisation cannot use: an example
    that is left over joins the batch before it.

    Args:
        examples: Where they come from.
        size: Examples per batch; the last batch of an epoch may be smaller, or larger by one.
        seed: Decides the order, with the stage and the epoch.
        shuffle: Whether the order changes at all.
    """

    def __init__(self, examples: Examples, size: int, *, seed: int = 0, shuffle: bool = True):
        self.examples, self.seed, self.shuffle = examples, seed, shuffle
        self.size = min(size, max(1, len(examples)))

    def __len__(self) -> int:
        whole, rest = divmod(len(self.examples), self.size)
        return whole + (rest > 0) - self._one_joins(whole, rest)

    def epoch(self, stage: int = 0, epoch: int = 0, start: int = 0) -> Iterator[Batch]:
        """Yield the batches of an epoch, from batch ``start`` on."""
        sizes, first = self._sizes()[start:], start * self.size
        if not self.shuffle:
            for size in sizes:
                yield self.examples.span(first, first + size)
                first += size
            return
        chance = np.random.default_rng((self.seed, stage, epoch))
        order = torch.from_numpy(chance.permutation(len(self.examples)))
        if sizes:
            for index in order[first:].split(sizes):
                yield self.examples.batch(index)

    def __iter__(self) -> Iterator[Batch]:
        return self.epoch()

    def _sizes(self) -> list[int]:
        whole, rest = divmod(len(self.examples), self.size)
        sizes = [self.size] * whole
        if self._one_joins(whole, rest):
            sizes[-1] += 1
        elif rest:
            sizes.append(rest)
        return sizes

    def _one_joins(self, whole: int, rest: int) -> bool:
        return self.shuffle and rest == 1 and whole > 0
