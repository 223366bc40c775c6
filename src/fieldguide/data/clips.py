"""A column of clips: frames in order, decoded when they are needed."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch.nn import functional

from fieldguide.data import video
from fieldguide.data.bundle import Bundle
from fieldguide.data.clip_frames import (
    MOST_FRAMES,
    Unbroken,
    alike,
    animation,
    is_moving,
    spread,
    stack,
    still,
    with_channels,
)
from fieldguide.data.field import Kind
from fieldguide.data.images import canonical_images
from fieldguide.errors import DataError

THUMBNAIL_FRAMES, THUMBNAIL_SIDE = 8, 16  # of a clip that is laid out as a row of numbers


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
        """Return a column of clips in memory, each (frames, channels, height, width).

        Raises:
            DataError: A clip has other axes, no frames, no numbers or values that are not finite.
        """
        held = [_checked(np.asarray(clip), place) for place, clip in enumerate(clips, start=1)]
        sizes = [(len(clip), *clip.shape[2:], clip.shape[1]) for clip in held]
        return cls([()] * len(held), sizes=np.array(sizes), decoded=held)

    @classmethod
    def of_block(cls, block: np.ndarray) -> Self:
        """Return a column of clips of one size.

        Args:
            block: (n, frames, channels, height, width), or channels last where only the last axis
                can be a number of channels (1, 3, 4).
        """
        pictures = canonical_images(block.reshape(-1, *block.shape[2:]))
        return cls.of(list(pictures.reshape(*block.shape[:2], *pictures.shape[1:])))

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

    def digest(self, index: int) -> bytes:
        """Return a clip's shape and pixels where it is decoded, else the bytes of its files."""
        if self.decoded is not None:
            clip = np.ascontiguousarray(self.decoded[index])
            return repr(clip.shape).encode() + clip.tobytes()
        return b"".join(self._content(file) for file in self.files[index])

    def stored(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return sizes, and the frames of all clips on end; or where the files lie."""
        if self.decoded is not None:
            flat = [np.asarray(clip).reshape(-1) for clip in self.decoded]
            values = np.concatenate(flat) if flat else np.empty(0, dtype=np.uint8)
            return {"sizes": self.sizes, "values": values}, {}
        files = [list(names) for names in self.files]
        if self.archive is None:
            files = [[os.path.abspath(name) for name in names] for names in files]
        archive = self.archive and os.path.abspath(self.archive)
        return {"sizes": self.sizes}, {"files": files, "archive": archive}

    @classmethod
    def restored(cls, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> Self:
        """Return the column again."""
        sizes = np.asarray(arrays["sizes"])
        if "values" not in arrays:
            return cls(facts["files"], sizes=sizes, archive=facts["archive"])
        ends = np.cumsum(sizes.prod(axis=1))[:-1]
        flat = np.split(arrays["values"], ends) if len(sizes) else []
        order = sizes[:, [0, 3, 1, 2]]  # (frames, channels, height, width)
        clips = [one.reshape(shape) for one, shape in zip(flat, order, strict=True)]
        return cls([()] * len(sizes), sizes=sizes, decoded=clips)

    @property
    def nbytes(self) -> int:
        """Bytes of the clips that are decoded."""
        return sum(clip.nbytes for clip in self.decoded or [])

    @property
    def one_unit(self) -> bool:
        """Pixels are of one unit."""
        return True

    def flat(self, width: int | None = None) -> np.ndarray:
        """Return every clip as thumbnails, shape (n, frames * channels * side * side).

        Eight frames at even distances, each brought to 16x16 pixels: rows of numbers that models
        of vectors can take, whatever the clips' lengths and sizes.

        Args:
            width: Numbers in a row, which tell the channels; None for the most that a clip has.
        """
        side = THUMBNAIL_SIDE
        channels = int(self.sizes[:, 3].max(initial=1))
        if width is not None:
            channels = width // (THUMBNAIL_FRAMES * side * side)
        rows = np.empty((len(self), THUMBNAIL_FRAMES, channels, side, side), dtype=np.float32)
        for place, row in enumerate(rows):
            clip = torch.from_numpy(np.array(self.load(place, THUMBNAIL_FRAMES), dtype=np.float32))
            pooled = functional.adaptive_avg_pool2d(clip, side)
            again = np.linspace(0, len(pooled) - 1, THUMBNAIL_FRAMES).round().astype(np.int64)
            row[:] = with_channels(pooled.numpy(), channels)[again]
        return rows.reshape(len(self), -1)

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


def _checked(clip: np.ndarray, place: int) -> np.ndarray:
    if clip.ndim != 4 or not clip.size or clip.dtype.kind not in "iufb":
        raise DataError(
            f"a clip has the shape {clip.shape} and the type {clip.dtype}; expected numbers of "
            "the shape (frames, channels, height, width), none of them 0.",
            "Bring every clip to these axes, or leave it out.",
            row=place,
        )
    if clip.dtype.kind == "f" and not np.isfinite(clip).all():
        raise DataError(
            "a clip holds NaN or infinity.", "Replace these values, or leave the clip out.",
            row=place,
        )  # fmt: skip
    return clip.astype(np.uint8) if clip.dtype == bool else clip
