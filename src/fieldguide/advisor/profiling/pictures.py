"""What pictures are like: sizes, channels, and whether neighbouring pixels belong together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fieldguide.data import Column, ImageFiles

LOCAL_FROM = 0.2  # locality above which small windows have something to see
LOOKED_AT = 300  # files opened for their size where the reader did not note it


@dataclass(frozen=True)
class Pictures:
    """Sizes and structure of pictures.

    Attributes:
        channels: Most channels of any picture: 1 grey, 3 colour, 4 with transparency.
        height: Median height in pixels.
        width: Median width in pixels.
        shortest: Shortest side of any picture looked at, in pixels.
        longest: Longest side.
        sizes: Number of different sizes seen.
        neighbours: Correlation of neighbouring pixels, each pixel's own mean taken away.
        strangers: The same for pixels far from each other.
    """

    channels: int
    height: int
    width: int
    shortest: int
    longest: int
    sizes: int
    neighbours: float
    strangers: float

    @property
    def locality(self) -> float:
        """How much more neighbours are alike than strangers: 0 (not at all) to 1."""
        return locality(self.neighbours, self.strangers)


def locality(neighbours: float, strangers: float) -> float:
    """Return how much more neighbours are alike than strangers: 0 (not at all) to 1."""
    return max(0.0, (neighbours - strangers) / max(1e-6, 1 - strangers))


def describe(column: Column, small: np.ndarray) -> Pictures:
    """Measure pictures.

    Args:
        column: All of them, as they came.
        small: Some of them, shrunk; (n, channels, height, width).
    """
    sizes = _sizes(column)
    sides = sizes[:, :2]
    neighbours, strangers = correlations(small)
    height, width = np.median(sides, axis=0)
    return Pictures(
        channels=int(sizes[:, 2].max()),
        height=int(height),
        width=int(width),
        shortest=int(sides.min()),
        longest=int(sides.max()),
        sizes=len(np.unique(sides, axis=0)),
        neighbours=neighbours,
        strangers=strangers,
    )


def correlations(pictures: np.ndarray) -> tuple[float, float]:
    """Return the mean correlation across pictures of neighbouring and of arbitrary pixels.

    Each pixel is seen as a variable, so that a fixed shuffling of all pixels, which leaves every
    pixel's own mean and spread as they were, leaves nothing of the neighbours' correlation.
    """
    count, channels, height, width = pictures.shape
    centred = pictures.astype(np.float64) - pictures.mean(axis=0, dtype=np.float64)
    spread = np.sqrt(np.square(centred).mean(axis=0))
    alive = spread > 0.05 * max(float(spread.max()), 1e-12)
    scaled = np.where(alive, centred / np.where(alive, spread, 1.0), 0.0)
    across = _mean_product(scaled[..., :-1], scaled[..., 1:], alive[..., :-1] & alive[..., 1:])
    down = _mean_product(scaled[:, :, :-1], scaled[:, :, 1:], alive[:, :-1, :] & alive[:, 1:, :])
    order = np.random.default_rng(0).permutation(height * width)
    flat, living = scaled.reshape(count, channels, -1), alive.reshape(channels, -1)
    far = _mean_product(flat, flat[..., order], living & living[..., order])
    return (across + down) / 2, far


def _mean_product(a: np.ndarray, b: np.ndarray, valid: np.ndarray) -> float:
    pairs = (a * b).mean(axis=0)[valid]
    return float(pairs.mean()) if pairs.size else 0.0


def _sizes(column: Column) -> np.ndarray:
    """Return height, width and channels of pictures, (n, 3) or fewer rows."""
    if not isinstance(column, ImageFiles):
        channels, height, width = np.asarray(column).shape[1:]
        return np.array([[height, width, channels]])
    noted = column.sizes
    if noted is not None:
        return np.asarray(noted)
    chosen = np.linspace(0, len(column) - 1, min(len(column), LOOKED_AT)).astype(int)
    return np.array([column.load(index).shape for index in chosen])
