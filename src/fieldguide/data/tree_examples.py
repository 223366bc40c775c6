"""Encoded trees, and batches of them as level-by-level schedules."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from fieldguide.data.examples import SAMPLED, Batch, Examples
from fieldguide.data.forest import Forest, unpacked

NUMBERS_A_NODE = 32  # what a node is worth when batches for prediction are sized


@dataclass(slots=True)
class TreeBatch(Batch):
    """Trees, packed; see `Forest.packed` for what ``x`` holds.

    Attributes:
        form: What shape the trees were brought to; empty for the one that they came in.
    """

    form: str = ""

    def pieces(self, count: int) -> list[Batch]:
        """Cut into at most ``count`` smaller batches of whole trees."""
        size = -(-len(self) // count)
        forest, device = forest_of(self.x), self.index.device
        return [
            TreeBatch(
                tensors(forest, np.arange(start, min(start + size, len(self))), device),
                None if self.y is None else self.y[start : start + size],
                self.index[start : start + size],
                self.form,
            )
            for start in range(0, len(self), size)
        ]


@dataclass
class TreeExamples(Examples):
    """Examples whose batches are schedules: leaves first, then the nodes above them, by height.

    Attributes:
        x: Word codes of all nodes, shape (nodes,); what else there is to a tree is in ``forest``.
        forest: The trees; codes are those of the codec that made them.
        form: What shape the trees were brought to; empty for the one that they came in.
    """

    forest: Forest = None  # type: ignore[assignment]  # a field after those with defaults
    form: str = ""

    @classmethod
    def of(cls, forest: Forest) -> TreeExamples:
        """Return the examples of a forest."""
        return cls(torch.from_numpy(np.ascontiguousarray(forest.word)), forest=forest)

    def __len__(self) -> int:
        return len(self.forest)

    @property
    def numbers(self) -> int:
        """Numbers that the largest tree is worth."""
        return NUMBERS_A_NODE * int(self.forest.sizes.max(initial=1))

    def with_forest(self, forest: Forest, form: str) -> TreeExamples:
        """Return the same sentences in trees of another shape, which is called ``form``."""
        return replace(self, x=TreeExamples.of(forest).x, forest=forest, form=form)

    def batch(self, index: Tensor) -> Batch:
        """Fetch the trees at ``index`` as one schedule."""
        x = tensors(self.forest, index.numpy(), self.device)
        y = None if self.y is None else self.y.index_select(0, index).to(self.device)
        return TreeBatch(x, y, index, self.form)

    def span(self, start: int, stop: int) -> Batch:
        """Fetch consecutive trees."""
        return self.batch(torch.arange(start, min(stop, len(self))))

    def digest(self) -> str:
        """Return a short fingerprint: sizes, shapes, and the words and labels of some trees."""
        rows = np.linspace(0, max(0, len(self) - 1), min(len(self), SAMPLED)).astype(int)
        some = self.forest.take(np.unique(rows)) if len(self) else self.forest
        found = hashlib.sha256(f"{len(self)} {len(self.forest.word)}".encode())
        for part in (self.forest.offsets, some.word, some.label, some.parent):
            found.update(np.ascontiguousarray(part, dtype=np.int64).tobytes())
        if self.y is not None:
            found.update(self.y[torch.from_numpy(rows)].contiguous().numpy().tobytes())
        return found.hexdigest()


def tensors(forest: Forest, index: np.ndarray, device: torch.device | str) -> dict[str, Tensor]:
    """Return some trees as one schedule, on a device."""
    packed = forest.packed(index)
    return {name: torch.from_numpy(part).to(device) for name, part in packed.items()}


def forest_of(x: Tensor | dict[str, Tensor]) -> Forest:
    """Return the trees of a schedule."""
    assert isinstance(x, dict)
    return unpacked({name: part.cpu().numpy() for name, part in x.items()})
