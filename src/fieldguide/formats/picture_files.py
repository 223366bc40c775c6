"""What the files of pictures are called, and whether they move."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

from PIL import Image

_NOT_PICTURES = frozenset((".pdf", ".ps", ".eps", ".h5", ".hdf", ".mpg", ".mpeg", ".grib", ".bufr"))


def image_suffixes() -> frozenset[str]:
    """Return the suffixes of images that can be decoded, in lower case."""
    return frozenset(Image.registered_extensions()) - _NOT_PICTURES


def is_animated(path: Path, member: str = "") -> bool:
    """Say whether an image file (or a member of a zip file) holds more than one picture."""
    try:
        with Image.open(BytesIO(_content(path, member))) as image:
            return int(getattr(image, "n_frames", 1)) > 1
    except Exception:  # decoders raise anything at all; reading will say what is wrong
        return False


def _content(path: Path, member: str) -> bytes:
    if not member:
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return archive.read(member)
