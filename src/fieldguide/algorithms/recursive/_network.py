"""What the networks of this family share: words at the leaves, one composition, one head."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from fieldguide.nn.tree_compositions import Composition, climb_binary
from fieldguide.nn.tree_levels import climb

UNKNOWN = 0  # code of a word that training never saw


class WordVectors(nn.Module):
    """A vector for every word that is known, and one for all others.

    Args:
        rows: Row of the table for each code of a word; several codes may share one, shape (codes,).
        width: Numbers in a vector.
        spread: Standard deviation of the first vectors.
        hidden: Chance that a word passes for unknown in training, so that the vector of unknown
            words learns as well.
        sparse: Whether gradients hold only the rows of words that occur.
    """

    rows: Tensor

    def __init__(
        self,
        rows: Tensor,
        width: int,
        *,
        spread: float = 0.1,
        hidden: float = 0.0,
        sparse: bool = False,
    ):
        super().__init__()
        self.register_buffer("rows", rows, persistent=False)
        self.table = nn.Embedding(int(rows.max()) + 1, width, sparse=sparse)
        nn.init.normal_(self.table.weight, std=spread)
        self.hidden = hidden

    def forward(self, codes: Tensor) -> Tensor:
        """Return (words, width) for codes (words,)."""
        if self.training and self.hidden:
            hide = torch.rand(codes.shape, device=codes.device) < self.hidden
            codes = codes.masked_fill(hide, UNKNOWN)
        vectors: Tensor = self.table(self.rows[codes])
        return vectors


class TreeNetwork(nn.Module, ABC):
    """States of leaves, states of parents from those of their children, outputs from states.

    Args:
        words: Vectors of the words at the leaves.
        head: Makes outputs of what is visible of a state.
        dropout: Chance that a number of a word's vector, or of what the head sees, is silenced in
            training.

    Shapes:
        x: a schedule as `Forest.packed` makes it, of B trees with N nodes; outputs (B, outputs).
    """

    def __init__(self, *, words: WordVectors, head: nn.Module, dropout: float = 0.0):
        super().__init__()
        self.words, self.head, self.dropout = words, head, nn.Dropout(dropout)

    @abstractmethod
    def leaf(self, vectors: Tensor) -> Tensor:
        """Return the states of leaves, (L, state), from the vectors of their words."""

    @abstractmethod
    def compose(self, children: Tensor, arity: Tensor) -> Tensor:
        """Return the states of M nodes, (M, state).

        Args:
            children: States of their children, one node's after the other, (edges, state).
            arity: Number of children of each, (M,).
        """

    def composition(self) -> Composition | None:
        """Return `compose` with its derivative written out, which trains faster; None for none."""
        return None

    def visible(self, states: Tensor) -> Tensor:
        """Return the part of states that the head sees, (N, width)."""
        return states

    def nodes(self, x: dict[str, Tensor]) -> Tensor:
        """Return what the head sees of every node, (N, width), in the order of the schedule."""
        leaves = self.leaf(self.dropout(self.words(x["words"])))
        learning = torch.is_grad_enabled() and not torch.is_autocast_enabled(leaves.device.type)
        written_out = self.composition() if learning else None
        if written_out is None:
            return self.visible(climb(x, leaves, self.compose))
        return self.visible(climb_binary(x, leaves, written_out))

    def outputs(self, seen: Tensor) -> Tensor:
        """Return the outputs of nodes from what the head sees of them."""
        found: Tensor = self.head(self.dropout(seen))
        return found

    def forward(self, x: dict[str, Tensor]) -> Tensor:
        """Return the outputs at the roots, (B, outputs)."""
        return self.outputs(self.nodes(x)[x["roots"]])


def averaging(width: int) -> Tensor:
    """Return ½ [I I] with a little noise: a composition that begins as the mean, (width, 2·width).

    Socher et al. (2013) start from it; from noise alone, what leaves say is lost on the way up.
    """
    both = torch.eye(width).repeat(1, 2)
    return 0.5 * (both + torch.empty_like(both).uniform_(-1, 1) / (width**0.5 * 10))
