"""Whether the pixels of two pictures can correspond."""

from __future__ import annotations

from collections.abc import Sequence

ASKEW = 0.05  # relative difference of two proportions from which pixels do not correspond


def correspond(one: Sequence[int], other: Sequence[int]) -> bool:
    """Say whether two pictures have the same proportions: sizes may differ, by a pixel the rest.

    Args:
        one: Height and width.
        other: Height and width.

    Example:
        >>> correspond((64, 64), (33, 32)), correspond((64, 64), (64, 32))
        (True, False)
    """
    (height, width), (tall, wide) = one, other
    return abs(height * wide - width * tall) <= max(ASKEW * height * wide, tall, wide)
