"""What the numbers of a row are: single numbers first, then one block for each category column.

An *entry* is what a person would call one value: a number, or a whole block. Shapes: B examples,
D numbers in a row, E entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

LEAST = 1e-12  # a probability of 0 would make an infinitely large residual


@dataclass(frozen=True)
class Layout:
    """The numbers and the blocks of a row.

    Attributes:
        numbers: Single numbers at the front.
        blocks: Widths of the blocks behind them, one a category column.

    Example:
        >>> Layout(2, (3,)).width, Layout(2, (3,)).entries
        (5, 3)
    """

    numbers: int
    blocks: Sequence[int] = ()

    @property
    def width(self) -> int:
        """Numbers in a row, D."""
        return self.numbers + sum(self.blocks)

    @property
    def entries(self) -> int:
        """Values in a row, E."""
        return self.numbers + len(self.blocks)

    def split(self, rows: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return the numbers (…, numbers) and each block (…, width)."""
        numbers, *blocks = rows.split([self.numbers, *self.blocks], dim=-1)
        return numbers, blocks

    def residuals(self, rows: Tensor, said: Tensor) -> Tensor:
        """Return how far each entry is from what was said of it, (B, E).

        A number's residual is the difference, with its sign; a category's is the negative
        logarithm of the probability it was given, 0 or more.
        """
        numbers, blocks = self.split(rows)
        expected, chances = self.split(said)
        surprises = [
            -(block * chance).sum(-1, keepdim=True).clamp_min(LEAST).log()
            for block, chance in zip(blocks, chances, strict=True)
        ]
        return torch.cat([numbers - expected, *surprises], dim=-1)

    def spread(self, entries: Tensor) -> Tensor:
        """Return one value for each number of a row, (B, D), of one for each entry, (B, E)."""
        numbers, *marks = entries.split([self.numbers, *[1] * len(self.blocks)], dim=-1)
        wide = [
            mark.expand(*mark.shape[:-1], width)
            for mark, width in zip(marks, self.blocks, strict=True)
        ]
        return torch.cat([numbers, *wide], dim=-1)

    def decide(self, rows: Tensor) -> Tensor:
        """Return rows in which the likeliest category of each block has everything."""
        numbers, blocks = self.split(rows)
        sure = [
            functional.one_hot(block.argmax(-1), block.shape[-1]).to(rows.dtype) for block in blocks
        ]
        return torch.cat([numbers, *sure], dim=-1)
