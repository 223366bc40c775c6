"""A column of image files, decoded when they are needed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps


class ImageFiles:
    """Images on disk that behave like a column.

    Args:
        paths: One file per example; names of members where ``archive`` is given.
        archive: A zip file that holds them, or None.
        sizes: (height, width, channels) of each image where known, shape (n, 3).
        decoded: The images themselves where they are few and small enough to be kept.
    """

    def __init__(
        self,
        paths: Sequence[str | Path],
        *,
        archive: str | Path | None = None,
        sizes: np.ndarray | None = None,
        decoded: Sequence[np.ndarray] | None = None,
    ):
        self.paths = [str(path) for path in paths]
        self.archive = None if archive is None else str(archive)
        self.sizes, self.decoded = sizes, decoded

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, height, width), 0 for what varies or is not known."""
        if self.sizes is None or not len(self.sizes):
            return (0, 0, 0)
        height, width, channels = (
            int(axis[0]) if (axis == axis[0]).all() else 0 for axis in self.sizes.T
        )
        return (channels, height, width)

    def take(self, indices: np.ndarray) -> ImageFiles:
        """Return the column of the examples at ``indices``."""
        decoded = self.decoded
        return ImageFiles(
            [self.paths[index] for index in indices],
            archive=self.archive,
            sizes=None if self.sizes is None else self.sizes[indices],
            decoded=None if decoded is None else [decoded[index] for index in indices],
        )

    def load(self, index: int) -> np.ndarray:
        """Return one image; shape (height, width, channels), uint8, channels 1, 3 or 4."""
        if self.decoded is not None:
            return self.decoded[index]
        with self.open(index) as opened:
            return to_array(opened)

    def open(self, index: int) -> Image.Image:
        """Open one image without decoding it."""
        if self.archive is None:
            return Image.open(self.paths[index])
        with zipfile.ZipFile(self.archive) as archive:
            return Image.open(io.BytesIO(archive.read(self.paths[index])))


def to_array(image: Image.Image) -> np.ndarray:
    """Bring any picture to (height, width, channels) in uint8, upright.

    The camera's rotation tag is applied; 16-bit and float grey are scaled to 8 bits; CMYK and
    palettes become RGB, palettes with transparency RGBA. Of an animation the first picture counts.
    """
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith(("I", "F")):
        values = np.asarray(upright, dtype=np.float32)
        if upright.mode == "F":  # a float picture has no agreed range: stretch its own
            low, high = float(values.min()), float(values.max())
            values = (values - low) * (255.0 / (high - low) if high > low else 0.0)
        else:
            values = values / 257.0  # 65535 -> 255
        return np.clip(values + 0.5, 0, 255).astype(np.uint8)[..., None]
    return np.atleast_3d(np.asarray(upright.convert(_eight_bit_mode(upright))))


def canonical_images(block: np.ndarray) -> np.ndarray:
    """Bring a block of images to (n, channels, height, width), contiguous.

    Args:
        block: (n, height, width), (n, height, width, channels) or (n, channels, height, width).
            Four axes are channels-last where only the last can be a number of channels (1, 3, 4).
    """
    if block.ndim == 3:
        return np.ascontiguousarray(block[:, None])
    if block.shape[-1] in (1, 3, 4) and block.shape[1] not in (1, 3, 4):
        return np.ascontiguousarray(block.transpose(0, 3, 1, 2))
    return np.ascontiguousarray(block)


def _eight_bit_mode(image: Image.Image) -> str:
    if image.mode in ("L", "RGB") and "transparency" not in image.info:
        return image.mode
    if image.mode == "1":
        return "L"
    transparent = image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info
    return "RGBA" if transparent else "RGB"
