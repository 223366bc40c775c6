"""What the training examples are like, column by column: ranges, means, how many values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from fieldguide.errors import DataError

EDGE = 0.1  # share of the range, at either end, within which a value is extreme


@dataclass(frozen=True)
class Measured:
    """Facts about rows (n, width).

    Attributes:
        low: Smallest value of each column or of its group.
        high: Largest value of each column or of its group.
        second: A value of each column between these, where there is one; else ``low``.
        mean: Mean of each column.
        two_valued: Whether each column has no values but ``low`` and ``high``.
        shared: Whether all numbers are of one scale, or one a channel.
        extreme: Share of numbers that are near an end of their range.
        count: Rows.
    """

    low: Tensor
    high: Tensor
    second: Tensor
    mean: Tensor
    two_valued: Tensor
    shared: bool
    extreme: float
    count: int


def measure(batches: Sequence[Tensor], numbers: int, alike: Tensor) -> Measured:
    """Measure rows.

    Args:
        batches: Rows, batch by batch.
        numbers: How many columns are numbers; the rest are categories' ones and zeros.
        alike: Group of each number; columns of one group have one range.

    Raises:
        DataError: All rows are the same.
    """
    count = sum(len(rows) for rows in batches)
    low = torch.stack([rows.amin(0) for rows in batches]).amin(0)
    high = torch.stack([rows.amax(0) for rows in batches]).amax(0)
    _check_varied(low, high, count)
    mean = torch.stack([rows.double().sum(0) for rows in batches]).sum(0) / count
    shared = numbers > 1 and int(alike.max()) + 1 < numbers
    if numbers:
        low, high = (
            _over_groups(low, "amin", numbers, alike),
            _over_groups(high, "amax", numbers, alike),
        )
    span = high - low
    between = torch.zeros_like(low, dtype=torch.bool)
    second, extreme = low.clone(), 0.0
    for rows in batches:
        inside = (rows > low + 1e-4 * span) & (rows < high - 1e-4 * span)
        between |= inside.any(0)
        second = torch.where(inside.any(0), torch.where(inside, rows, low).amax(0), second)
        middle = (rows > low + EDGE * span) & (rows < high - EDGE * span)
        extreme += float((~middle[:, :numbers]).float().mean()) * len(rows) if numbers else 0.0
    return Measured(low, high, second, mean.float(), ~between, shared, extreme / count, count)


def _over_groups(values: Tensor, how: str, numbers: int, alike: Tensor) -> Tensor:
    """Return the smallest or largest value of each number's group; other columns as they are."""
    groups = alike.to(values.device)
    ends = values.new_zeros(int(groups.max()) + 1)
    ends.scatter_reduce_(0, groups, values[:numbers], how, include_self=False)
    return torch.cat([ends[groups], values[numbers:]])


def _check_varied(low: Tensor, high: Tensor, count: int) -> None:
    if count < 2:
        raise DataError(
            "there is one example to learn from, and a distribution needs many.",
            "Bring more examples.",
        )
    if bool((low == high).all()):
        raise DataError(
            f"all {count} examples are the same (a constant picture?): there is nothing to learn.",
            "Look at the data with `fieldguide inspect`, and bring examples that differ.",
        )
