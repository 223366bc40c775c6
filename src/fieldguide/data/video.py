"""Video files, read by whichever decoder is installed."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from fieldguide.errors import DataError

SUFFIXES = (".mp4", ".m4v", ".avi", ".mov", ".webm", ".mkv", ".mpg", ".mpeg", ".wmv", ".ogv")


def is_video(name: str | Path) -> bool:
    """Say whether a file is a video, by its suffix."""
    return PurePath(name).suffix.lower() in SUFFIXES


def decoder() -> str:
    """Return the import name of the decoder that is installed, or an empty string."""
    return next((name for name in _DECODERS if importlib.util.find_spec(name)), "")


def require_decoder(path: str | Path) -> None:
    """Refuse a video file where nothing can decode it.

    Raises:
        DataError: Naming the package to install.
    """
    if not decoder():
        raise DataError(
            "it is a video file, and no package that decodes videos is installed.",
            "Install one with `pip install 'fieldguide[video]'`, or save the frames as numbered "
            "pictures, a folder for each clip.",
            file=path,
        )


def frames(path: str | Path) -> Iterator[np.ndarray]:
    """Yield the frames of a video, each (height, width, 3), uint8.

    Raises:
        DataError: No decoder is installed.
    """
    require_decoder(path)
    return _DECODERS[decoder()](str(path))


def thinned(every: Iterable[np.ndarray], most: int) -> Iterator[np.ndarray]:
    """Yield at most ``most`` frames at even distances, of any number, holding no more than that.

    Example:
        >>> [int(one) for one in thinned(map(np.array, range(10)), 4)]
        [0, 4, 8]
    """
    kept: list[np.ndarray] = []
    step = 1
    for place, frame in enumerate(every):
        if place % step:
            continue
        if len(kept) == most:
            kept, step = kept[::2], 2 * step
            if place % step:
                continue
        kept.append(frame)
    yield from kept


def _by_av(path: str) -> Iterator[np.ndarray]:
    av: Any = importlib.import_module("av")
    with av.open(path) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="rgb24")


def _by_cv2(path: str) -> Iterator[np.ndarray]:
    cv2: Any = importlib.import_module("cv2")
    capture = cv2.VideoCapture(path)
    try:
        while True:
            there, frame = capture.read()
            if not there:
                return
            yield np.ascontiguousarray(frame[..., ::-1])  # blue, green, red
    finally:
        capture.release()


def _by_ffmpeg(path: str) -> Iterator[np.ndarray]:
    imageio_ffmpeg: Any = importlib.import_module("imageio_ffmpeg")
    reader = imageio_ffmpeg.read_frames(path)
    try:
        width, height = next(reader)["size"]
        for content in reader:
            yield np.frombuffer(content, dtype=np.uint8).reshape(height, width, 3)
    finally:
        reader.close()


_DECODERS: dict[str, Callable[[str], Iterator[np.ndarray]]] = {
    "av": _by_av,
    "cv2": _by_cv2,
    "imageio_ffmpeg": _by_ffmpeg,
}
