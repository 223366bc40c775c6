"""Trees as arrays: every node of every tree laid end to end, children before their parents."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

Packed = dict[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Forest:
    """Ordered trees with words at their leaves; nodes in postorder, so each tree ends in its root.

    Attributes:
        word: Code of each leaf's word; -1 at inner nodes. Shape (nodes,).
        label: Code of each node's label; -1 where it has none. Shape (nodes,).
        parent: Position of each node's parent in its own tree; -1 at roots. Shape (nodes,).
        offsets: Where each tree begins, and the end of the last one. Shape (trees + 1,).
    """

    word: np.ndarray
    label: np.ndarray
    parent: np.ndarray
    offsets: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @cached_property
    def sizes(self) -> np.ndarray:
        """Nodes of each tree, shape (trees,)."""
        return np.diff(self.offsets)

    @cached_property
    def above(self) -> np.ndarray:
        """Position of each node's parent among all nodes; -1 at roots. Shape (nodes,)."""
        begin = np.repeat(self.offsets[:-1], self.sizes)
        return np.where(self.parent >= 0, self.parent + begin, -1)

    @property
    def roots(self) -> np.ndarray:
        """Position of each tree's root among all nodes, shape (trees,)."""
        return self.offsets[1:] - 1

    @cached_property
    def arity(self) -> np.ndarray:
        """Number of children of each node, shape (nodes,)."""
        above = self.above
        return np.bincount(above[above >= 0], minlength=len(above))

    @cached_property
    def depths(self) -> np.ndarray:
        """Edges between each node and its root, shape (nodes,)."""
        depth = np.zeros(len(self.parent), dtype=np.int64)
        nodes = np.flatnonzero(self.above >= 0)
        ancestors = self.above[nodes]
        while len(nodes):
            depth[nodes] += 1
            ancestors = self.above[ancestors]
            nodes, ancestors = nodes[ancestors >= 0], ancestors[ancestors >= 0]
        return depth

    @cached_property
    def heights(self) -> np.ndarray:
        """Edges between each node and the deepest leaf below it, shape (nodes,)."""
        height = np.zeros(len(self.parent), dtype=np.int64)
        order = np.argsort(-self.depths, kind="stable")
        cuts = np.flatnonzero(np.diff(self.depths[order])) + 1
        for nodes in np.split(order, cuts):
            below = nodes[self.above[nodes] >= 0]
            np.maximum.at(height, self.above[below], height[below] + 1)
        return height

    def take(self, indices: np.ndarray) -> Forest:
        """Return the trees at ``indices``, in that order."""
        nodes, sizes = self._nodes_of(indices)
        offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        return Forest(self.word[nodes], self.label[nodes], self.parent[nodes], offsets)

    def packed(self, indices: np.ndarray) -> Packed:
        """Return some trees as one schedule, level by level: leaves first, then those above.

        Returns:
            ``words`` (leaves,): codes of the leaves, which are the first nodes. ``children``
            (edges,): positions of the children of the first inner node, then of the next…;
            ``arity`` (inner,): how many each has. ``levels`` (heights,): nodes of each height.
            ``labels`` (nodes,). ``roots`` (trees,): position of each root. ``tree`` (nodes,) and
            ``place`` (nodes,): which tree a node is of, and its position there.
        """
        nodes, sizes = self._nodes_of(indices)
        begin = np.cumsum(sizes) - sizes
        start = np.repeat(begin, sizes)
        height = self.heights[nodes]
        order = np.argsort(height, kind="stable")
        position = np.empty_like(order)
        position[order] = np.arange(len(order))
        parent = self.parent[nodes]
        inner = np.flatnonzero(parent >= 0)
        upper = position[(parent + start)[inner]]
        levels = np.bincount(height)
        counts = np.bincount(upper, minlength=len(nodes))[levels[0] :]
        return {
            "words": self.word[nodes[order[: levels[0]]]].astype(np.int64),
            "children": position[inner[np.argsort(upper, kind="stable")]],
            "arity": counts,
            "levels": levels,
            "labels": self.label[nodes[order]].astype(np.int64),
            "roots": position[begin + sizes - 1],
            "tree": np.repeat(np.arange(len(sizes)), sizes)[order],
            "place": (np.arange(len(order)) - start)[order],
        }

    def _nodes_of(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        sizes = self.sizes[indices]
        shift = np.repeat(self.offsets[:-1][indices] - (np.cumsum(sizes) - sizes), sizes)
        return np.arange(len(shift)) + shift, sizes


def unpacked(x: Packed) -> Forest:
    """Return the trees of a schedule that `Forest.packed` made."""
    count, leaves = len(x["labels"]), len(x["words"])
    upper = np.full(count, -1)
    upper[x["children"]] = np.repeat(np.arange(leaves, count), x["arity"])
    order = np.lexsort((x["place"], x["tree"]))
    word = np.full(count, -1, dtype=np.int64)
    word[:leaves] = x["words"]
    parent = np.where(upper >= 0, x["place"][upper], -1)
    sizes = np.bincount(x["tree"], minlength=len(x["roots"]))
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return Forest(word[order], x["labels"][order], parent[order], offsets)
