"""What codes of words and labels mean to a recursive network: rows of vectors, targets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import torch
from torch import Tensor

from fieldguide.algorithms.recursive._network import WordVectors
from fieldguide.codecs.nodes import Nodes
from fieldguide.data.tree_examples import TreeExamples
from fieldguide.tasks import Task


@dataclass(frozen=True)
class Words:
    """What word vectors need to know beside their width.

    Attributes:
        rows: Row of the table for each code of a word.
        hidden: Chance that a word passes for unknown in training.
        sparse: Whether gradients hold only the rows of words that occur.
    """

    rows: Tensor
    hidden: float
    sparse: bool

    def vectors(self, width: int, spread: float) -> WordVectors:
        """Return new vectors of so many numbers, with so large a standard deviation."""
        return WordVectors(self.rows, width, spread=spread, hidden=self.hidden, sparse=self.sparse)


def nodes_of(task: Task) -> Nodes:
    """Return the codec of the trees that a task takes in."""
    codec = next(iter(task.inputs.codecs.values()))
    assert isinstance(codec, Nodes)
    return codec


def rows_of(codec: Nodes, minimum_count: int, *, lower: bool) -> Tensor:
    """Return the row of the table of vectors for each code of a word; rare words share row 0."""
    spelled = [word.lower() if lower else word for word in codec.words]
    counts: dict[str, int] = {}
    for word, count in zip(spelled, codec.counts, strict=True):
        counts[word] = counts.get(word, 0) + count
    row: dict[str, int] = {}
    for word, count in counts.items():
        if count >= minimum_count:
            row[word] = len(row) + 1
    return torch.tensor([0, *(row.get(word, 0) for word in spelled)])


def targets_of(codec: Nodes, task: Task, data: TreeExamples) -> Tensor | None:
    """Return the encoded target that each label of a node stands for; the last entry is none.

    None where labels of nodes mean something else than the target, such as grammar.
    """
    if not codec.labels or data.y is None:
        return None
    numeric = all(isinstance(name, (int, float)) for name in codec.labels)
    none: float = -1 if not data.y.is_floating_point() else float("nan")
    if data.y.is_floating_point() and not numeric:
        return None
    encoded = torch.from_numpy(task.codec.encode(pl.Series(codec.labels)))
    table = torch.cat([encoded, torch.full_like(encoded[:1], none)])
    roots = torch.from_numpy(data.forest.label[data.forest.roots].astype(np.int64))
    same = (table[roots] == data.y).reshape(len(roots), -1).all(dim=1)
    return table if bool(same.all()) else None


def known(targets: Tensor) -> Tensor:
    """Return which targets are there, shape (nodes,)."""
    if not targets.is_floating_point():
        return targets >= 0
    return targets.isfinite().reshape(len(targets), -1).all(dim=1)
