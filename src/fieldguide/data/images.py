"""A column of image files, decoded when they are needed."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from PIL import Image, ImageOps

from fieldguide.data.bundle import Bundle
from fieldguide.data.field import Kind


class ImageFiles(Bundle):
    """Images on disk that behave like a column.

    Args:
        paths: One file per example; names of members where ``archive`` is given.
        archive: A zip file that holds them, or None.
        sizes: (height, width, channels) of each image where known, shape (n, 3).
        decoded: The images themselves where they are few and small enough to be kept.
    """

    kind: ClassVar[Kind] = "image"

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

    def take(self, indices: np.ndarray) -> Self:
        """Return the column of the examples at ``indices``."""
        decoded = self.decoded
        return type(self)(
            [self.paths[index] for index in indices],
            archive=self.archive,
            sizes=None if self.sizes is None else self.sizes[indices],
            decoded=None if decoded is None else [decoded[index] for index in indices],
        )

    def digest(self, index: int) -> bytes:
        """Return a picture's shape and pixels where it is decoded, else the bytes of its file."""
        if self.decoded is not None:
            return repr(self.decoded[index].shape).encode() + self.decoded[index].tobytes()
        if self.archive is None:
            return Path(self.paths[index]).read_bytes()
        with zipfile.ZipFile(self.archive) as opened:
            known = opened.getinfo(self.paths[index])
        return repr((known.CRC, known.file_size)).encode()

    def stored(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return no arrays: where the files lie."""
        paths = self.paths if self.archive else [os.path.abspath(path) for path in self.paths]
        archive = self.archive and os.path.abspath(self.archive)
        return {}, {"paths": paths, "archive": archive}

    @classmethod
    def restored(cls, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> Self:
        """Return the column again."""
        return cls(facts["paths"], archive=facts["archive"])

    @property
    def nbytes(self) -> int:
        """Bytes of the pictures that are decoded."""
        return sum(picture.nbytes for picture in self.decoded or [])

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
