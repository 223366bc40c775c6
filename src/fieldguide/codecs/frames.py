"""Clips: one size, one number of channels, at most so many frames, bytes until the last moment.

The form ``clip``: ``x = {"frames": (B, T, C, H, W) float32, standardised for each channel and 0
after a clip's end; "lengths": (B,) int64}``, where T is the longest clip of the batch. Longer
clips than ``most`` are represented by frames at even distances; shorter ones keep their own.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from fieldguide.codecs.codec import Codec
from fieldguide.codecs.picture import Picture
from fieldguide.data import Column, Examples, Kind
from fieldguide.data.clip_examples import ClipExamples
from fieldguide.data.clip_frames import MODES, with_channels
from fieldguide.data.clips import ClipColumn
from fieldguide.errors import DataError

MOST_FRAMES = 16  # of longer clips, frames spread evenly are used by default
LARGEST_SIDE = 112  # pixels; larger frames are scaled down to this by default
SAMPLE = 400  # clips looked at to learn brightness,
SAMPLE_FRAMES = 5  # and frames of each
STREAM_BYTES = 1 << 31  # encoded clips above 2 GiB are mapped from a temporary file


@dataclass(frozen=True)
class Frames(Codec):
    """Brings clips to a common size; normalises each channel by its mean and deviation.

    Attributes:
        most: Frames of one clip at most.
        channels: 1 for grey, 3 for colour, 4 with transparency.
        height: Pixels.
        width_pixels: Pixels.
        means: Mean of each channel, in stored units.
        deviations: Standard deviation of each channel; never 0.
        stored: ``"uint8"`` for bytes, ``"float32"`` for clips that came as other numbers.
    """

    most: int
    channels: int
    height: int
    width_pixels: int
    means: tuple[float, ...]
    deviations: tuple[float, ...]
    stored: str = "uint8"
    name = "frames"
    forms: ClassVar[tuple[str, ...]] = ("clip",)
    kinds: ClassVar[tuple[Kind, ...]] = ("clip",)

    @classmethod
    def fit(
        cls, column: Column, *, most: int = MOST_FRAMES, largest_side: int = LARGEST_SIDE
    ) -> Self:
        """Learn the common size (the median, limited), the number of frames and the brightness."""
        clips = as_clips(column)
        height, width = _common_size(clips.sizes[:, 1:3], largest_side)
        channels = int(clips.sizes[:, 3].max())
        longest = min(most, int(clips.lengths.max()))
        chosen = np.linspace(0, len(clips) - 1, min(len(clips), SAMPLE)).astype(int)
        looked = [clips.load(index, SAMPLE_FRAMES) for index in chosen]
        stored = "uint8" if all(clip.dtype == np.uint8 for clip in looked) else "float32"
        blank = cls(longest, channels, height, width, (0.0,) * channels, (1.0,) * channels, stored)
        values = np.concatenate([blank.fit_one(clip) for clip in looked]).astype(np.float64)
        deviations = values.std(axis=(0, 2, 3))
        return cls(
            longest,
            channels,
            height,
            width,
            tuple(values.mean(axis=(0, 2, 3)).tolist()),
            tuple(np.where(deviations > 0, deviations, 1.0).tolist()),
            stored,
        )

    @cached_property
    def picture(self) -> Picture:
        """The codec of a single frame."""
        return Picture(
            self.channels, self.height, self.width_pixels, self.means, self.deviations, self.stored
        )

    @property
    def width(self) -> int:
        """Numbers in one clip of full length."""
        return self.most * self.picture.width

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Frames at most, channels, height, width."""
        return self.most, *self.picture.shape

    def encode(self, column: Column) -> np.ndarray:
        """Return clips of one length, (n, frames, channels, height, width), as stored.

        Every clip is brought to `most` frames at even distances, a shorter one by showing frames
        again. What networks of clips take is `examples`.
        """
        whole = np.empty((len(column), *self.shape), dtype=self.stored)
        for place, clip in enumerate(self._each(as_clips(column))):
            again = np.linspace(0, len(clip) - 1, self.most).round().astype(np.int64)
            whole[place] = clip[again]
        return whole

    def examples(self, column: Column, *, once: bool = False) -> Examples:
        """Return clips of their own lengths, ready to be drawn in batches.

        Args:
            column: The clips.
            once: Whether each will be read a single time; makes no difference.
        """
        clips = as_clips(column)
        lengths = np.minimum(clips.lengths, self.most)
        frames = _allocate((int(lengths.sum()), *self.picture.shape), np.dtype(self.stored))
        filled = 0
        for clip in self._each(clips):
            frames[filled : filled + len(clip)] = clip
            filled += len(clip)
        x = {"frames": torch.from_numpy(frames), "lengths": torch.from_numpy(lengths)}
        return ClipExamples(x, normalise=self.normalise)

    def normalise(self, frames: Tensor) -> Tensor:
        """Return (frames - mean) / deviation, per channel, float32; shape (m, C, H, W)."""
        return self.picture.normalise(frames)

    def fit_one(self, clip: np.ndarray) -> np.ndarray:
        """Bring one clip (frames, channels, height, width) to the common channels and size.

        Raises:
            DataError: Other channels, and either number is none of 1 (grey), 3 and 4 (colours).
        """
        have = clip.shape[1]
        colours = have in MODES and self.channels in MODES
        if have != self.channels and not colours:
            raise DataError(
                f"a clip has {have} channels, and others have {self.channels}.",
                "Bring all clips to the same channels.",
            )
        if self.stored == "uint8" and clip.dtype == np.uint8 and colours:
            return self.picture.encode(clip)
        found = _fit_floats(clip, self.picture.shape)
        return found.round().astype(np.uint8) if self.stored == "uint8" else found

    def _each(self, clips: ClipColumn) -> Iterator[np.ndarray]:
        for index in range(len(clips)):
            yield self.fit_one(clips.load(index, self.most))


def as_clips(column: Column) -> ClipColumn:
    """Return a column of clips; a block (n, frames, channels, height, width) becomes one."""
    return column if isinstance(column, ClipColumn) else ClipColumn.of_block(np.asarray(column))


def _common_size(sizes: np.ndarray, largest: int) -> tuple[int, int]:
    height, width = np.median(sizes, axis=0)
    shrink = min(1.0, largest / max(height, width))
    return max(1, round(height * shrink)), max(1, round(width * shrink))


def _fit_floats(clip: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """Bring numbers that are no bytes to a size; grey fills colours, opacity is left out."""
    channels, height, width = shape
    spread = with_channels(np.asarray(clip, dtype=np.float32), channels)
    values = torch.from_numpy(np.array(spread))
    if values.shape[2:] != (height, width):
        values = functional.interpolate(
            values, (height, width), mode="bilinear", align_corners=False, antialias=True
        )
    return values.numpy()


def _allocate(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    if int(np.prod(shape)) * dtype.itemsize <= STREAM_BYTES:
        return np.empty(shape, dtype=dtype)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the map keeps it open, then it is gone
    return np.memmap(file, dtype=dtype, shape=shape, mode="w+")
