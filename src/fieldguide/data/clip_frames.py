"""Frames of clips: how they are read from files, made alike and laid out."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image, ImageSequence

from fieldguide.data import video
from fieldguide.data.images import to_array

MOST_FRAMES = 128  # of a longer clip, frames spread evenly are kept
MODES = {1: "L", 3: "RGB", 4: "RGBA"}  # Pillow's names of so many channels
ANIMATED = (".gif", ".webp", ".apng", ".png")
"""Suffixes of pictures that may move."""


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


def with_channels(frames: np.ndarray, channels: int) -> np.ndarray:
    """Bring frames (m, channels, height, width) to other channels; grey fills colours."""
    have = frames.shape[1]
    if have == channels:
        return frames
    if channels == 1:
        return frames[:, :3].mean(axis=1, keepdims=True)
    colours = frames[:, :3] if have >= 3 else np.repeat(frames[:, :1], 3, axis=1)
    opaque = np.full_like(frames[:, :1], 255)
    return colours if channels == 3 else np.concatenate([colours, opaque], axis=1)


def stack(frames: Sequence[np.ndarray]) -> np.ndarray:
    """Stack frames (height, width, channels) as (frames, channels, height, width)."""
    return np.ascontiguousarray(np.stack(frames).transpose(0, 3, 1, 2))
