"""Sequences of different lengths in one tensor: zeros fill up what the shorter ones lack.

Nothing that is computed from those zeros may reach an output. Shapes: steps (B, T, C), lengths
(B,).
"""

from __future__ import annotations

import torch
from torch import Tensor


def inside(lengths: Tensor, longest: int) -> Tensor:
    """Return which steps belong to their sequence, (B, T).

    Example:
        >>> inside(torch.tensor([1, 3]), 3).tolist()
        [[True, False, False], [True, True, True]]
    """
    return torch.arange(longest, device=lengths.device) < lengths.unsqueeze(1)


def reverse(steps: Tensor, lengths: Tensor | None) -> Tensor:
    """Turn each sequence round within its own length; the filling stays at the end.

    Args:
        steps: (B, T, C).
        lengths: (B,), or None where all have T steps.
    """
    if lengths is None:
        return steps.flip(1)
    places = torch.arange(steps.shape[1], device=steps.device)
    mirrored = lengths.unsqueeze(1) - 1 - places  # (B, T), negative in the filling
    index = torch.where(mirrored < 0, places, mirrored)
    return steps.gather(1, index.unsqueeze(2).expand_as(steps))


def last(steps: Tensor, lengths: Tensor | None) -> Tensor:
    """Return the last step of each sequence, (B, C)."""
    if lengths is None:
        return steps[:, -1]
    index = (lengths - 1).view(-1, 1, 1).expand(-1, 1, steps.shape[2])
    return steps.gather(1, index).squeeze(1)


def mean(steps: Tensor, lengths: Tensor | None) -> Tensor:
    """Return the mean over the steps of each sequence, (B, C)."""
    if lengths is None:
        return steps.mean(dim=1)
    kept = steps.masked_fill(~inside(lengths, steps.shape[1]).unsqueeze(2), 0.0)
    return kept.sum(dim=1) / lengths.unsqueeze(1)


def uneven(lengths: Tensor, longest: int) -> Tensor | None:
    """Return the lengths, or None where every sequence fills the tensor."""
    return None if bool((lengths == longest).all()) else lengths


def ends(steps: Tensor, lengths: Tensor | None) -> Tensor:
    """Return, of outputs in both directions side by side, where each direction ends, (B, C).

    The first half of the channels was read forwards and ends at the last step, the second half
    backwards and ends at the first.
    """
    half = steps.shape[2] // 2
    return torch.cat([last(steps[..., :half], lengths), steps[:, 0, half:]], dim=1)


SUMMARIES = {"last": last, "mean": mean, "ends": ends}
"""What a network may make of its outputs, one row a sequence."""
