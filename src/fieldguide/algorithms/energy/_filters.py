"""Weights laid out as a picture: what each hidden unit looks for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

MARGIN = 1  # pixels between tiles


def filter_grid(weights: Tensor, shape: Sequence[int], count: int = 64) -> np.ndarray:
    """Return the filters of the strongest hidden units as one picture.

    Grey is no weight, bright is a positive one, dark a negative one; each filter has a scale of
    its own.

    Args:
        weights: W, (visible, hidden).
        shape: Channels, height, width of a picture; channels 1 or 3.
        count: Filters at most.

    Returns:
        uint8, (height, width) of the grid for one channel, else (height, width, channels).
    """
    channels, height, width = shape
    assert len(weights) == channels * height * width, "these are not the pictures of the weights"
    order = weights.norm(dim=0).argsort(descending=True)[:count]
    tiles = weights[:, order].T.reshape(-1, channels, height, width).double().cpu().numpy()
    peaks = np.abs(tiles).max(axis=(1, 2, 3), keepdims=True)
    tiles = np.round(127.5 + 127.5 * tiles / np.where(peaks > 0, peaks, 1)).astype(np.uint8)
    across = int(np.ceil(np.sqrt(len(tiles))))
    down = -(-len(tiles) // across)
    step = np.array([height, width]) + MARGIN
    grid = np.full((*(step * [down, across] - MARGIN), channels), 255, dtype=np.uint8)
    for place, tile in enumerate(tiles):
        top, left = step * divmod(place, across)
        grid[top : top + height, left : left + width] = tile.transpose(1, 2, 0)
    return grid[..., 0] if channels == 1 else grid
