"""Ridge regressions by the thousand: one for each user (or item), each on its own ratings."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

NUMBERS = 1 << 22  # numbers laid side by side at once


@dataclass(frozen=True)
class Side:
    """Ratings sorted by user, or by item.

    Attributes:
        starts: First rating of each row, (R + 1,).
        others: Whom or what the rating ties the row to, (n,).
        values: Ratings, (n,).
    """

    starts: Tensor
    others: Tensor
    values: Tensor

    @classmethod
    def of(cls, rows: Tensor, others: Tensor, values: Tensor, count: int) -> Side:
        """Sort ratings by row.

        Args:
            rows: Row of each rating, (n,).
            others: Its other end, (n,).
            values: The ratings, (n,).
            count: R.
        """
        order = torch.argsort(rows, stable=True)
        counts = torch.bincount(rows, minlength=count)
        starts = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
        return cls(starts, others[order], values[order])


def ridge(side: Side, features: Tensor, offsets: Tensor, penalty: float) -> Tensor:
    """Return the coefficients w that minimise, for every row on its own,

        Σ (value - offset[other] - w · features[other])² + penalty · n · |w|²

    over its n ratings; 0 for rows without any.

    Args:
        side: R rows of ratings.
        features: One row for each other end, (O, F).
        offsets: What is taken off the ratings of each other end, (O,).
        penalty: λ, above 0.

    Returns:
        Shape (R, F).

    Example:
        >>> one = Side.of(torch.tensor([0, 0]), torch.tensor([0, 1]), torch.tensor([2.0, 4.0]), 1)
        >>> ridge(one, torch.tensor([[1.0], [2.0]]), torch.zeros(2), 1e-9).round(decimals=3)
        tensor([[2.]])
    """
    counts = side.starts.diff()
    found = features.new_zeros(len(counts), features.shape[1])
    order = torch.argsort(counts, descending=True, stable=True)
    start = 0
    while start < len(order) and counts[order[start]] > 0:
        longest = int(counts[order[start]])
        rows = order[start : start + max(1, NUMBERS // (longest * features.shape[1]))]
        found[rows] = _solve(side, rows, longest, features, offsets, penalty)
        start += len(rows)
    return found


def _solve(
    side: Side, rows: Tensor, longest: int, features: Tensor, offsets: Tensor, penalty: float
) -> Tensor:
    """Return the coefficients of rows of nearly the same length, laid side by side."""
    first, counts = side.starts[rows], side.starts[rows + 1] - side.starts[rows]
    steps = torch.arange(longest, device=rows.device)
    there = steps < counts[:, None]  # (rows, longest)
    places = (first[:, None] + steps).clamp(max=len(side.values) - 1)
    others = side.others[places]
    x = features[others] * there[..., None]  # (rows, longest, F)
    y = (side.values[places] - offsets[others]) * there
    weight = penalty * counts.clamp(min=1).to(x.dtype)[:, None, None]
    normal = x.mT @ x + weight * torch.eye(x.shape[2], dtype=x.dtype, device=x.device)
    return torch.cholesky_solve(x.mT @ y[..., None], torch.linalg.cholesky(normal))[..., 0]
