"""The way into a network of vectors, whatever form the examples have."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Entry(nn.Module):
    """Flattens numbers or pictures; looks categories up in embeddings and appends them.

    The width of an embedding follows Guo & Berkhahn (2016): it grows slowly with the number of
    codes, min(50, ⌈codes / 2⌉).

    Args:
        shape: Shape of one example's numbers.
        cardinalities: Number of codes of each category column.

    Shapes:
        x: (B, *shape), or ``{"numbers": (B, *shape), "categories": (B, columns)}``; output
        (B, width).
    """

    def __init__(self, shape: Sequence[int], cardinalities: Sequence[int] = ()):
        super().__init__()
        self.embeddings = nn.ModuleList(
            nn.Embedding(codes, min(50, -(-codes // 2))) for codes in cardinalities
        )
        numbers = int(torch.Size(shape).numel())
        self.width = numbers + sum(
            table.embedding_dim for table in self.embeddings if isinstance(table, nn.Embedding)
        )

    def forward(self, x: Tensor | dict[str, Tensor]) -> Tensor:
        """Return (B, width)."""
        if isinstance(x, Tensor):
            return x.flatten(1)
        looked_up = [
            table(x["categories"][:, column]) for column, table in enumerate(self.embeddings)
        ]
        return torch.cat([x["numbers"].flatten(1), *looked_up], dim=1)
