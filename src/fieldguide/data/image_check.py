"""Images looked at once, when they are read: which can be decoded, how large they are.

Small images are decoded in full and kept, so that training does not decode them again; large ones
are proven readable in the cheapest way their format has (checksums for PNG, a coarse decoding that
still runs through the whole file for JPEG).
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from fieldguide.data.column import Column
from fieldguide.data.images import ImageFiles, to_array

SMALL_PIXELS = 512 * 512
KEEP_BYTES = 512 * 1024**2


@dataclass(frozen=True)
class Look:
    """What a look at one image found.

    Attributes:
        size: (height, width, channels) upright, or None where it cannot be read.
        problem: Why it cannot be read, in plain words, or an empty string.
        true_format: The format by content where the suffix says another, or an empty string.
        pixels: The decoded image where it is small.
    """

    size: tuple[int, int, int] | None = None
    problem: str = ""
    true_format: str = ""
    pixels: np.ndarray | None = None


@dataclass(frozen=True)
class Checked:
    """A column of readable images, and the looks at all of them.

    Attributes:
        column: The readable ones: (n, channels, height, width) in memory where they are small and
            of one size, else `ImageFiles`.
        looks: One per path given, in the same order.
    """

    column: Column
    looks: list[Look]


def check_images(
    paths: Sequence[str], *, archive: str | Path | None = None, keep_bytes: int = KEEP_BYTES
) -> Checked:
    """Look at every image once, on all processors.

    Args:
        paths: Files, or members of ``archive``.
        archive: A zip file that holds them, or None.
        keep_bytes: Keep decoded images in memory while they need no more than this.
    """
    with zipfile.ZipFile(archive) if archive else nullcontext() as members:
        looks = _looks(paths, members.read if members else _read_file, keep_bytes)
    good = [index for index, look in enumerate(looks) if not look.problem]
    sizes = np.array([looks[index].size for index in good], dtype=np.int64).reshape(-1, 3)
    pixels = [looks[index].pixels for index in good]
    kept = [image for image in pixels if image is not None]
    fits = len(kept) == len(good)
    files = ImageFiles(
        [paths[index] for index in good],
        archive=archive,
        sizes=sizes,
        decoded=kept if fits else None,
    )
    _, height, width = files.shape
    uniform = fits and bool(height and width)
    stacked = height * width * int(sizes[:, 2].max(initial=0)) * len(good)
    return Checked(_stacked(kept) if uniform and stacked <= keep_bytes else files, looks)


def look_at(path: str, read: Callable[[str], bytes]) -> Look:
    """Decode one image, or prove in a cheaper way that it can be decoded."""
    try:
        content = read(path)
        if not content:
            return Look(problem="the file is empty (0 bytes)")
        with Image.open(BytesIO(content)) as image:
            true_format = _contradicted(path, image)
            if image.width * image.height <= SMALL_PIXELS:
                pixels = to_array(image)
                height, width, channels = pixels.shape
                return Look((height, width, channels), true_format=true_format, pixels=pixels)
            _prove(content)
            return Look(_upright_size(image), true_format=true_format)
    except Exception as error:  # decoders raise anything at all on broken files
        return Look(problem=_plain(error))


def _looks(paths: Sequence[str], read: Callable[[str], bytes], keep_bytes: int) -> list[Look]:
    """Look at all, some at a time, so that what is kept never grows far beyond the limit."""
    looks: list[Look] = []
    kept = 0
    with ThreadPoolExecutor(min(8, (os.cpu_count() or 1) + 1)) as pool:
        for start in range(0, len(paths), 1024):
            some = list(pool.map(lambda path: look_at(path, read), paths[start : start + 1024]))
            kept += sum(look.pixels.nbytes for look in some if look.pixels is not None)
            looks += some
            if kept > keep_bytes:
                looks = [replace(look, pixels=None) for look in looks]
    return looks


def _read_file(path: str) -> bytes:
    return Path(path).read_bytes()


def _prove(content: bytes) -> None:
    """Raise unless a large image can be decoded, in the cheapest way its format has."""
    with Image.open(BytesIO(content)) as image:
        if image.format == "PNG":
            image.verify()
            return
        image.draft("RGB", (64, 64))
        image.load()


def _upright_size(image: Image.Image) -> tuple[int, int, int]:
    turned = image.getexif().get(0x0112, 1) >= 5  # orientation tag: 5 to 8 lie on their side
    height, width = (image.width, image.height) if turned else (image.height, image.width)
    return height, width, _channels(image)


def _channels(image: Image.Image) -> int:
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        return 4
    return 1 if image.mode in ("1", "L") or image.mode.startswith(("I", "F")) else 3


def _contradicted(path: str, image: Image.Image) -> str:
    """Return the true format where the suffix names another one."""
    said = Image.registered_extensions().get(Path(path).suffix.lower())
    true = image.format or ""
    same = said == true or {said, true} <= {"JPEG", "MPO"} or {said, true} <= {"PNG", "APNG"}
    return "" if said is None or same else true


def _plain(error: Exception) -> str:
    if isinstance(error, Image.UnidentifiedImageError):
        return "not an image by its content"
    if isinstance(error, PermissionError):
        return "no permission to read the file"
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if "truncated" in str(error) or isinstance(error, EOFError):
        return "the image is truncated"
    return f"the image cannot be decoded ({type(error).__name__})"


def _stacked(images: list[np.ndarray]) -> np.ndarray:
    """Stack images of one size as (n, channels, height, width), grey ones spread to colour."""
    channels = max(image.shape[2] for image in images)
    height, width, _ = images[0].shape
    block = np.empty((len(images), channels, height, width), dtype=np.uint8)
    for place, image in zip(block, images, strict=True):
        place[:] = _spread(image, channels).transpose(2, 0, 1)
    return block


def _spread(image: np.ndarray, channels: int) -> np.ndarray:
    have = image.shape[2]
    if have == channels:
        return image
    colour = image[..., :3] if have >= 3 else np.repeat(image[..., :1], 3, axis=2)
    if channels == 3:
        return colour
    opaque = np.full((*image.shape[:2], 1), 255, dtype=np.uint8)
    return np.concatenate([colour, opaque], axis=2)
