"""Pictures: one size, one number of channels, bytes until the last moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from fieldguide.codecs.codec import Codec
from fieldguide.data import Column, ImageFiles, Kind

SAMPLE = 2_000  # pictures looked at to learn sizes and brightness
LARGEST_SIDE = 224  # pixels; larger pictures are scaled down to this by default


@dataclass(frozen=True)
class Picture(Codec):
    """Resizes to a common size; normalises each channel by its mean and deviation.

    Attributes:
        channels: 1 for grey, 3 for colour, 4 with transparency.
        height: Pixels.
        width_pixels: Pixels.
        means: Mean of each channel, in stored units.
        deviations: Standard deviation of each channel; never 0.
        stored: ``"uint8"`` for bytes, ``"float32"`` for pictures that came as other numbers.
    """

    channels: int
    height: int
    width_pixels: int
    means: tuple[float, ...]
    deviations: tuple[float, ...]
    stored: str = "uint8"
    name = "picture"
    forms: ClassVar[tuple[str, ...]] = ("image",)
    kinds: ClassVar[tuple[Kind, ...]] = ("image",)

    @classmethod
    def fit(cls, column: Column) -> Self:
        """Learn the common size (the median, at most 224 on a side) and the brightness."""
        count = len(column)
        chosen = np.linspace(0, count - 1, min(count, SAMPLE)).astype(int)
        if isinstance(column, ImageFiles):
            shapes = np.array([column.load(index).shape for index in chosen])
            channels, (height, width) = int(shapes[:, 2].max()), _common_size(shapes[:, :2])
        else:
            channels, height, width = np.asarray(column).shape[1:]
        blank = cls(channels, height, width, (0.0,) * channels, (1.0,) * channels)
        encoded = blank.encode(_part(column, chosen))
        values = encoded.astype(np.float64)
        spread = values.std(axis=(0, 2, 3))
        return cls(
            channels,
            height,
            width,
            tuple(values.mean(axis=(0, 2, 3)).tolist()),
            tuple(np.where(spread > 0, spread, 1.0).tolist()),
            "uint8" if encoded.dtype == np.uint8 else "float32",
        )

    @property
    def width(self) -> int:
        """Numbers in one picture."""
        return self.channels * self.height * self.width_pixels

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height, width."""
        return self.channels, self.height, self.width_pixels

    @property
    def black(self) -> list[float]:
        """What 0 becomes in each channel once it is normalised."""
        return [-mean / scale for mean, scale in zip(self.means, self.deviations, strict=True)]

    def encode(self, column: Column) -> np.ndarray:
        """Return shape (n, channels, height, width), as stored: bytes stay bytes."""
        if not isinstance(column, ImageFiles):
            values = np.asarray(column)
            if values.shape[1:] == self.shape:
                return values if values.dtype == np.uint8 else values.astype(np.float32, copy=False)
            return np.stack([self._fit_one(picture.transpose(1, 2, 0)) for picture in values])
        encoded = np.empty((len(column), *self.shape), dtype=np.uint8)
        for index in range(len(column)):
            encoded[index] = self._fit_one(column.load(index))
        return encoded

    def normalise(self, pictures: Tensor) -> Tensor:
        """Return (pictures - mean) / deviation, per channel, float32."""
        mean = torch.tensor(self.means, device=pictures.device).view(1, -1, 1, 1)
        scale = 1 / torch.tensor(self.deviations, device=pictures.device).view(1, -1, 1, 1)
        return (pictures.to(torch.float32) - mean).mul_(scale)

    def decode(self, values: np.ndarray) -> np.ndarray:
        """Return pictures (n, channels, height, width) in the units they came in."""
        pictures = values.reshape(-1, *self.shape).astype(np.float32)
        pictures *= np.array(self.deviations, dtype=np.float32)[:, None, None]
        pictures += np.array(self.means, dtype=np.float32)[:, None, None]
        if self.stored != "uint8":
            return pictures
        return np.asarray(pictures.clip(0, 255).round().astype(np.uint8))

    def as_image(self, picture: np.ndarray) -> Image.Image:
        """Bring one picture (height, width, channels) to the common channels."""
        image = Image.fromarray(picture.squeeze(-1) if picture.shape[2] == 1 else picture)
        return image.convert({1: "L", 3: "RGB", 4: "RGBA"}[self.channels])

    def _fit_one(self, picture: np.ndarray) -> np.ndarray:
        """Bring one picture (height, width, channels) to the common channels and size."""
        image = self.as_image(picture)
        if image.size != (self.width_pixels, self.height):
            # Without Pillow's shortcut for strong reduction (reducing_gap), which would differ
            # from an exported model's resize by more than one step of 255.
            size = (self.width_pixels, self.height)
            image = image.resize(size, Image.Resampling.BILINEAR)
        return np.atleast_3d(np.asarray(image)).transpose(2, 0, 1)


def _common_size(sizes: np.ndarray) -> tuple[int, int]:
    height, width = np.median(sizes, axis=0)
    shrink = min(1.0, LARGEST_SIDE / max(height, width))
    return max(1, round(height * shrink)), max(1, round(width * shrink))


def _part(column: Column, chosen: np.ndarray) -> Column:
    return column.take(chosen) if isinstance(column, ImageFiles) else np.asarray(column)[chosen]
