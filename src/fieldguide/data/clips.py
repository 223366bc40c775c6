"""A column of clips: frames in order, decoded when they are needed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
from PIL import Image, ImageSequence

from fieldguide.data import video
from fieldguide.data.bundle import Bundle
from fieldguide.data.field import Kind
from fieldguide.data.images import to_array

MOST_FRAMES = 128  # of a longer clip, frames spread evenly are kept
MODES = {1: "L", 3: "RGB", 4: "RGBA"}


class ClipColumn(Bundle):
    """Clips that behave like a column: in memory, or read from disk one at a time.

    Args:
        files: The files of each clip: one per frame in order, or a single animation or video.
        archive: A zip file that holds them, or None.
        sizes: (frames, height, width, channels) of each clip, shape (n, 4).
        decoded: The clips themselves, each (frames, channels, height, width), where they are small.

    Example:
        >>> column = ClipColumn.of([np.zeros((5, 1, 8, 8)), np.zeros((3, 1, 8, 8))])
        >>> len(column), column.shape, column[1].shape
        (2, (0, 1, 8, 8), (3, 1, 8, 8))
    """

    kind: ClassVar[Kind] = "clip"

    def __init__(
        self,
        files: Sequence[Sequence[str]],
        *,
        sizes: np.ndarray,
        archive: str | Path | None = None,
        decoded: Sequence[np.ndarray] | None = None,
    ):
        self.files = [tuple(map(str, names)) for names in files]
        self.archive = None if archive is None else str(archive)
        self.sizes = np.asarray(sizes, dtype=np.int64).reshape(-1, 4)
        self.decoded = decoded

    @classmethod
    def of(cls, clips: Sequence[np.ndarray]) -> Self:
        """Return a column of clips in memory, each (frames, channels, height, width)."""
        held = [np.asarray(clip) for clip in clips]
        sizes = [(len(clip), *clip.shape[2:], clip.shape[1]) for clip in held]
        return cls([()] * len(held), sizes=np.array(sizes), decoded=held)

    def __len__(self) -> int:
        return len(self.sizes)

    def __getitem__(self, index: int) -> np.ndarray:
        return self.load(index)

    @property
    def lengths(self) -> np.ndarray:
        """Frames of each clip, shape (n,)."""
        lengths: np.ndarray = self.sizes[:, 0]
        return lengths

    @property
    def shape(self) -> tuple[int, ...]:
        """(frames, channels, height, width) of one clip, 0 for what varies."""
        if not len(self.sizes):
            return (0, 0, 0, 0)
        frames, height, width, channels = (
            int(axis[0]) if (axis == axis[0]).all() else 0 for axis in self.sizes.T
        )
        return (frames, channels, height, width)

    @property
    def in_memory(self) -> bool:
        """Whether the clips need no reading from disk."""
        return self.decoded is not None

    def take(self, indices: np.ndarray) -> Self:
        """Return the column of the clips at ``indices``."""
        decoded = self.decoded
        return type(self)(
            [self.files[index] for index in indices],
            archive=self.archive,
            sizes=self.sizes[indices],
            decoded=None if decoded is None else [decoded[index] for index in indices],
        )

    def load(self, index: int, most: int = 0) -> np.ndarray:
        """Return one clip, shape (frames, channels, height, width).

        Args:
            index: Which one.
            most: Frames wanted at most, spread evenly over the clip; 0 for all.
        """
        length, height, width, channels = map(int, self.sizes[index])
        chosen = spread(length, most)
        if self.decoded is not None:
            clip = self.decoded[index]
            return clip if len(chosen) == length else clip[chosen]
        frames = self._read(self.files[index], chosen)
        return stack([alike(frame, height, width, channels) for frame in frames])

    def _read(self, files: tuple[str, ...], chosen: np.ndarray) -> list[np.ndarray]:
        if len(files) > 1 or not is_moving(files[0]):
            return [still(self._content(files[place])) for place in chosen]
        moving = video.is_video(files[0])
        every = Unbroken(video.frames(files[0]) if moving else animation(self._content(files[0])))
        kept = list(video.thinned(every, MOST_FRAMES))
        return [kept[place] for place in chosen]

    def _content(self, file: str) -> bytes:
        if self.archive is None:
            return Path(file).read_bytes()
        with zipfile.ZipFile(self.archive) as archive:
            return archive.read(file)


def spread(length: int, most: int) -> np.ndarray:
    """Return the places of at most ``most`` frames, spread evenly, the first and last included.

    Example:
        >>> spread(9, 3).tolist(), spread(3, 9).tolist(), spread(9, 1).tolist()
        ([0, 4, 8], [0, 1, 2], [4])
    """
    if not most or length <= most:
        return np.arange(length)
    if most == 1:
        return np.array([length // 2])
    return np.linspace(0, length - 1, most).round().astype(np.int64)


def is_moving(name: str) -> bool:
    """Say whether a file may hold several frames, by its suffix."""
    return video.is_video(name) or name.lower().endswith(ANIMATED)


ANIMATED = (".gif", ".webp", ".apng", ".png")
"""Suffixes of pictures that may move."""


def still(content: bytes) -> np.ndarray:
    """Return one picture, shape (height, width, channels), uint8."""
    with Image.open(io.BytesIO(content)) as image:
        return to_array(image)


def animation(content: bytes) -> Iterator[np.ndarray]:
    """Yield the pictures of an animation, each (height, width, channels), uint8."""
    with Image.open(io.BytesIO(content)) as image:
        for frame in ImageSequence.Iterator(image):
            yield plainest(to_array(frame))


class Unbroken:
    """The frames of an animation or a video up to where it breaks off, if it does.

    Attributes:
        count: Frames given so far.
        problem: The kind of error that ended it, or an empty string.
    """

    def __init__(self, frames: Iterator[np.ndarray]):
        self.frames, self.count, self.problem = frames, 0, ""

    def __iter__(self) -> Iterator[np.ndarray]:
        try:
            for frame in self.frames:
                self.count += 1
                yield frame
        except Exception as error:  # decoders raise anything at all on broken files
            self.problem = type(error).__name__


def plainest(frame: np.ndarray) -> np.ndarray:
    """Drop channels that say nothing: full opacity, and colour where all is grey.

    Palettes hide whether a picture is grey, and animations mark what did not change as
    transparent, so the pictures of one animation would differ in channels.
    """
    if frame.shape[2] == 4 and (frame[..., 3] == 255).all():
        frame = frame[..., :3]
    if frame.shape[2] == 3 and (frame[..., 1:] == frame[..., :1]).all():
        frame = frame[..., :1]
    return frame


def alike(frame: np.ndarray, height: int, width: int, channels: int) -> np.ndarray:
    """Bring a frame (height, width, channels) to a clip's size and channels."""
    if frame.shape == (height, width, channels):
        return frame
    image = Image.fromarray(frame.squeeze(-1) if frame.shape[2] == 1 else frame)
    image = image.convert(MODES[channels])
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    return np.atleast_3d(np.asarray(image))


def stack(frames: Sequence[np.ndarray]) -> np.ndarray:
    """Stack frames (height, width, channels) as (frames, channels, height, width)."""
    return np.ascontiguousarray(np.stack(frames).transpose(0, 3, 1, 2))
