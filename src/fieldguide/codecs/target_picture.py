"""Pictures to predict: of a size and with channels of their own, in -1 to 1 for networks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import torch
from torch import Tensor

from fieldguide.codecs.codec import Codec
from fieldguide.codecs.picture import Picture
from fieldguide.data import Column

BYTES = (0.0, 255.0)  # what -1 and 1 stand for where pictures are bytes
AT_ONCE = 256  # pictures whose range is looked at together


@dataclass(frozen=True)
class TargetPicture(Codec):
    """Resizes to a common size; networks see -1 for the lowest value and 1 for the highest.

    The size is the median one of the training pictures, at most 224 pixels on a side, and the
    channels are the most that any of them has, whatever the inputs are.

    Attributes:
        channels: 1 for grey, 3 for colour, 4 with transparency.
        height: Pixels.
        width_pixels: Pixels.
        low: What -1 stands for: 0 for bytes, else the lowest value in training.
        high: What 1 stands for: 255 for bytes, else the highest value in training.
        stored: ``"uint8"`` for bytes, ``"float32"`` for pictures that came as other numbers.
    """

    channels: int
    height: int
    width_pixels: int
    low: float
    high: float
    stored: str = "uint8"
    name = "target_picture"

    @classmethod
    def fit(cls, column: Column) -> Self:
        """Learn the common size, the channels and the range."""
        known = Picture.fit(column)
        low, high = BYTES if known.stored == "uint8" else _range(np.asarray(column))
        return cls(known.channels, known.height, known.width_pixels, low, high, stored=known.stored)

    @cached_property
    def picture(self) -> Picture:
        """The codec that brings a picture to the common size and channels."""
        plain = (0.0,) * self.channels, (1.0,) * self.channels
        return Picture(self.channels, self.height, self.width_pixels, *plain, self.stored)

    @property
    def width(self) -> int:
        """Numbers in one picture."""
        return self.picture.width

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height, width."""
        return self.picture.shape

    def encode(self, column: Column) -> np.ndarray:
        """Return shape (n, channels, height, width), as stored: bytes stay bytes."""
        found = self.picture.encode(column)
        return found.astype(np.float32) if self.stored == "float32" else found

    def inward(self, pictures: Tensor) -> Tensor:
        """Bring stored pictures into -1 to 1, float32."""
        scale = 2 / (self.high - self.low)
        return pictures.to(torch.float32).sub(self.low).mul_(scale).sub_(1)

    def outward(self, pictures: Tensor) -> Tensor:
        """Bring pictures from -1 to 1 back to the user's units, clipped; bytes are rounded."""
        found = pictures.float().clamp(-1, 1).add(1).mul_((self.high - self.low) / 2).add_(self.low)
        return found.round_() if self.stored == "uint8" else found

    def decode(self, values: np.ndarray) -> np.ndarray:
        """Return pictures (n, channels, height, width) in the units they came in."""
        found = torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))
        pictures = self.outward(found.view(-1, *self.shape)).numpy()
        return pictures.astype(np.uint8) if self.stored == "uint8" else pictures


def _range(pictures: np.ndarray) -> tuple[float, float]:
    """Return the lowest and the highest value; of constant pictures, one above."""
    parts = [pictures[start : start + AT_ONCE] for start in range(0, len(pictures), AT_ONCE)]
    low = float(min(part.min() for part in parts))
    high = float(max(part.max() for part in parts))
    return low, high if high > low else low + 1.0
