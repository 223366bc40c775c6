"""A column of image files, decoded when they are needed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps


class ImageFiles:
    """Paths of images that behave like a column.

    Args:
        paths: One file per example.
    """

    def __init__(self, paths: Sequence[str | Path]):
        self.paths = [str(path) for path in paths]

    def __len__(self) -> int:
        return len(self.paths)

    def take(self, indices: np.ndarray) -> ImageFiles:
        """Return the column of the examples at ``indices``."""
        return ImageFiles([self.paths[index] for index in indices])

    def load(self, index: int) -> np.ndarray:
        """Decode one image; shape (height, width, channels), uint8, channels 1, 3 or 4."""
        with Image.open(self.paths[index]) as opened:
            return to_array(opened)


def to_array(image: Image.Image) -> np.ndarray:
    """Bring any picture to (height, width, channels) in uint8, upright.

    The camera's rotation tag is applied; 16-bit and float grey are scaled to 8 bits; CMYK and
    palettes become RGB, palettes with transparency RGBA.
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


def _eight_bit_mode(image: Image.Image) -> str:
    if image.mode in ("L", "RGB", "RGBA"):
        return image.mode
    if image.mode == "1":
        return "L"
    transparent = image.mode in ("LA", "PA", "La", "RGBa") or "transparency" in image.info
    return "RGBA" if transparent else "RGB"
