"""Distances between the rows of two matrices, in pieces that fit in memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from fieldguide.errors import DataError

Matrix = Tensor | np.ndarray
PIECE = 1 << 24  # distances held at a time: 128 MiB
NOTHING = 1e-14  # share of the squared norms that rounding leaves of a distance of 0


def matrix(rows: Matrix, name: str = "the matrix", least: int = 1) -> Tensor:
    """Return rows of features in double precision on the CPU, (n, d).

    Args:
        rows: A tensor or an array of two axes, (n, d).
        name: What to call it in messages.
        least: Rows that are needed.

    Raises:
        DataError: Other axes, fewer rows, or a value that is no finite number.
    """
    found = torch.as_tensor(rows).detach().to("cpu", torch.float64)
    if found.dim() != 2:
        raise DataError(
            f"{name} has the shape {tuple(found.shape)}, and rows of features have two axes.",
            "Flatten each example to one row: (n, d).",
        )
    if len(found) < least:
        raise DataError(
            f"{name} has {len(found)} rows, and at least {least} are needed to compare.",
            "Bring more examples, or draw more samples.",
        )
    if not torch.isfinite(found).all():
        raise DataError(
            f"{name} holds values that are no finite numbers.",
            "A network that diverged makes them: lower its learning rate.",
        )
    return found


def pair(one: Matrix, other: Matrix, least: int = 1) -> tuple[Tensor, Tensor]:
    """Return real and generated rows as matrices of the same width.

    Raises:
        DataError: What `matrix` refuses, or the widths differ.
    """
    real, generated = matrix(one, "the real data", least), matrix(other, "the samples", least)
    if real.shape[1] != generated.shape[1]:
        raise DataError(
            f"the real data have {real.shape[1]} features and the samples {generated.shape[1]}.",
            "Both must come from the same feature space.",
        )
    return real, generated


def blocks(rows: Tensor, others: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """Yield the Euclidean distances of some rows at a time to all others, (rows, others).

    Both are moved to a common origin first, and what rounding leaves of a distance of nothing is
    nothing: an exact copy is at distance 0.
    """
    centre = others.mean(dim=0)
    rows, others = rows - centre, others - centre
    norms = (others * others).sum(dim=1)
    step = max(1, PIECE // max(1, len(others)))
    for start in range(0, len(rows), step):
        some = rows[start : start + step]
        sizes = (some * some).sum(dim=1, keepdim=True) + norms
        squares = torch.addmm(sizes, some, others.T, alpha=-2)
        squares[squares < NOTHING * sizes] = 0.0
        yield slice(start, start + len(some)), squares.sqrt_()


def radii(rows: Tensor, k: int) -> Tensor:
    """Return the distance of each row to its k-th nearest other row, (n,).

    Args:
        rows: At least two.
        k: Which neighbour; the farthest where there are fewer others.
    """
    last = min(k, len(rows) - 1) + 1  # itself is among them, at distance 0
    found = [part.kthvalue(last, dim=1).values for _, part in blocks(rows, rows)]
    return torch.cat(found)
