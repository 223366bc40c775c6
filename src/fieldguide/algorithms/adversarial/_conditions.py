"""Training by sampling (Xu et al. 2019): rare categories are asked for, and shown, more often.

For each example of a step a column is chosen at random, then one of its categories by the logarithm
of its frequency, then a row of the training data that has it. The generator is told column and
category, and must comply.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


class Conditions:
    """Draws conditions, and training rows that meet them.

    Args:
        codes: Category of every row in every column that may be asked for, (n, columns).
        sizes: Number of categories of each of them.
        places: Where the categories of each of them begin in a vector of conditions.
        width: Numbers in a vector of conditions.
    """

    def __init__(self, codes: Tensor, sizes: list[int], places: list[int], width: int):
        self.rows, self.width = len(codes), width
        self.places = torch.tensor(places, device=codes.device)
        most = max(sizes, default=1)
        counts = [torch.bincount(column, minlength=most) for column in codes.unbind(1)]
        self.counts = torch.stack(counts) if counts else codes.new_zeros(0, most)
        self.starts = self.counts.cumsum(dim=1) - self.counts
        self.order = (
            torch.stack([column.argsort() for column in codes.unbind(1)]) if counts else None
        )

    def draw(self, count: int) -> tuple[Tensor, Tensor]:
        """Return positions of training rows (count,), and vectors of conditions (count, width)."""
        device = self.places.device
        if self.order is None:  # no categories: any row, and nothing is asked for
            rows = torch.randint(self.rows, (count,), device=device)
            return rows, torch.zeros(count, self.width, device=device)
        column = torch.randint(len(self.counts), (count,), device=device)
        code = _drawn(self.counts.float().log1p()[column], torch.rand(count, 1, device=device))
        having = self.counts[column, code]
        which = (torch.rand(count, device=device, dtype=torch.float64) * having).long()
        rows = self.order[column, self.starts[column, code] + which.clamp(max=self.rows - 1)]
        return rows, self._vectors(column, code)

    def _vectors(self, column: Tensor, code: Tensor) -> Tensor:
        return F.one_hot(self.places[column] + code, self.width).float()


def as_frequent(
    counts: Tensor, places: list[int], sizes: list[int], count: int, generator: torch.Generator
) -> Tensor:
    """Return conditions (count, width) as frequent as in the training data.

    Args:
        counts: Rows that have each category, (width,); 0 for what may not be asked for.
        places: Where the categories of each column begin.
        sizes: Number of categories of each column.
        count: How many.
        generator: Draws.
    """
    asked = torch.zeros(count, len(counts))
    blocks = list(zip(places, sizes, strict=True))
    if not blocks:
        return asked
    column = torch.randint(len(blocks), (count,), generator=generator)
    chance = torch.rand(count, 1, generator=generator)
    for number, (place, size) in enumerate(blocks):
        mine = (column == number).nonzero().squeeze(1)
        weights = counts[place : place + size].float().expand(len(mine), size)
        asked[mine, place + _drawn(weights, chance[mine])] = 1.0
    return asked


def _drawn(weights: Tensor, chance: Tensor) -> Tensor:
    """Return one position a row, by weights (B, K) and uniform numbers (B, 1)."""
    ends = weights.double().cumsum(dim=1)
    aimed = chance.double() * ends[:, -1:]
    found = torch.searchsorted(ends.contiguous(), aimed, right=True).squeeze(1)
    last = weights.shape[1] - 1 - (weights.flip(1) > 0).int().argmax(dim=1)  # that has any weight
    return torch.minimum(found, last)
