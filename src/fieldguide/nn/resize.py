"""Pictures brought to another size, or padded to a multiple of a size and cut back."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor


def to_size(pictures: Tensor, size: Sequence[int]) -> Tensor:
    """Return pictures of another size, bilinear and without aliasing; unchanged if it is theirs.

    Args:
        pictures: (B, channels, height, width), floating point.
        size: Height and width.
    """
    height, width = size
    if pictures.shape[2:] == (height, width):
        return pictures
    return F.interpolate(
        pictures, (height, width), mode="bilinear", align_corners=False, antialias=True
    )


def padded(pictures: Tensor, multiple: int) -> tuple[Tensor, tuple[int, int]]:
    """Repeat the pixels at the edges until both sides are multiples; return where pictures begin.

    Args:
        pictures: (B, channels, height, width).
        multiple: 1 or more.

    Returns:
        Larger pictures, and the row and column of the first pixel; see `cut`.
    """
    down, right = (-side % multiple for side in pictures.shape[2:])
    top, left = down // 2, right // 2
    if not (down or right):
        return pictures, (0, 0)
    return F.pad(pictures, (left, right - left, top, down - top), mode="replicate"), (top, left)


def cut(pictures: Tensor, corner: tuple[int, int], size: Sequence[int]) -> Tensor:
    """Return the part of pictures that begins at a corner."""
    (top, left), (height, width) = corner, size
    return pictures[:, :, top : top + height, left : left + width]
