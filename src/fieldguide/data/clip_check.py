"""Clips looked at once, when they are read: what can be decoded, how long and large they are.

Small clips are kept decoded, so that training does not decode them again. A frame that cannot be
read is left out of its clip; a clip without a readable frame is excluded.
"""

from __future__ import annotations

import os
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fieldguide.data import clip_frames, video
from fieldguide.data.clip_frames import MOST_FRAMES
from fieldguide.data.clips import ClipColumn
from fieldguide.data.image_check import KEEP_BYTES, Look, look_at
from fieldguide.data.ledger import Status

AT_ONCE = 64  # clips looked at before memory is counted

Note = tuple[Status, str]
Read = Callable[[str], bytes]


@dataclass(frozen=True)
class ClipLook:
    """What a look at one clip found.

    Attributes:
        files: The files that its frames come from, unreadable ones left out.
        size: (frames, height, width, channels); all 0 where it cannot be read.
        problem: Why it cannot be read, in plain words, or an empty string.
        notes: What was repaired or is worth knowing, for the ledger.
        frames: The clip decoded, (frames, channels, height, width), where it is small.
    """

    files: tuple[str, ...]
    size: tuple[int, int, int, int] = (0, 0, 0, 0)
    problem: str = ""
    notes: tuple[Note, ...] = ()
    frames: np.ndarray | None = None


def check_clips(
    files: Sequence[Sequence[str]],
    *,
    archive: str | Path | None = None,
    keep_bytes: int = KEEP_BYTES,
) -> tuple[ClipColumn, list[ClipLook]]:
    """Look at every clip once, on all processors.

    Args:
        files: The files of each clip, or members of ``archive``.
        archive: A zip file that holds them, or None.
        keep_bytes: Keep decoded clips in memory while they need no more than this.

    Returns:
        The column of the readable clips, and one look per clip given.
    """
    with zipfile.ZipFile(archive) if archive else nullcontext() as members:
        looks = _looks(files, members.read if members else _read_file, keep_bytes)
    good = [look for look in looks if not look.problem]
    kept = [look.frames for look in good if look.frames is not None]
    column = ClipColumn(
        [look.files for look in good],
        archive=archive,
        sizes=np.array([look.size for look in good], dtype=np.int64).reshape(-1, 4),
        decoded=kept if len(kept) == len(good) else None,
    )
    return column, looks


def look_at_clip(files: Sequence[str], read: Read) -> ClipLook:
    """Decode one clip, or prove that its frames can be decoded."""
    names = tuple(files)
    if len(names) == 1 and video.is_video(names[0]):
        return _moving(names, video.frames(names[0]))
    if len(names) == 1 and clip_frames.is_moving(names[0]):
        try:
            return _moving(names, clip_frames.animation(read(names[0])))
        except OSError as error:
            return ClipLook(names, problem=f"it cannot be read ({type(error).__name__})")
    chosen = tuple(names[place] for place in clip_frames.spread(len(names), MOST_FRAMES))
    looks = [look_at(name, read) for name in chosen]
    return _stills(chosen, looks, _thinning(len(names), len(chosen)))


def _stills(files: tuple[str, ...], looks: list[Look], notes: tuple[Note, ...]) -> ClipLook:
    good = [(name, look) for name, look in zip(files, looks, strict=True) if not look.problem]
    if not good:
        return ClipLook(files, problem=f"none of its frames can be read: {looks[0].problem}")
    if len(good) < len(files):
        notes += (("repaired", "frames that cannot be read are left out"),)
    names = tuple(name for name, _ in good)
    sizes = [look.size for _, look in good if look.size]
    pixels = [look.pixels for _, look in good if look.pixels is not None]
    return _sized(names, sizes, pixels if len(pixels) == len(good) else None, notes)


def _moving(files: tuple[str, ...], every: Iterator[np.ndarray]) -> ClipLook:
    """Decode an animation or a video; one that breaks off keeps what came before."""
    whole = clip_frames.Unbroken(every)
    kept = list(video.thinned(whole, MOST_FRAMES))
    if not kept:
        kind = f" ({whole.problem})" if whole.problem else ""
        return ClipLook(files, problem=f"no frame of it can be decoded{kind}")
    notes = _thinning(whole.count, len(kept))
    if whole.problem:
        notes += (("repaired", "it breaks off: the frames before that are used"),)
    sizes = [(frame.shape[0], frame.shape[1], frame.shape[2]) for frame in kept]
    return _sized(files, sizes, kept, notes)


def _sized(
    files: tuple[str, ...],
    sizes: list[tuple[int, int, int]],
    pixels: list[np.ndarray] | None,
    notes: tuple[Note, ...],
) -> ClipLook:
    (height, width), _ = Counter(size[:2] for size in sizes).most_common(1)[0]
    channels = max(size[2] for size in sizes)
    if len({size[:2] for size in sizes}) > 1:
        notes += (("repaired", "frames of other sizes are brought to the clip's commonest"),)
    if len(sizes) == 1:
        notes += (("noted", "a clip of one frame: nothing moves in it"),)
    frames = None
    if pixels is not None:
        frames = clip_frames.stack(
            [clip_frames.alike(one, height, width, channels) for one in pixels]
        )
    return ClipLook(files, (len(sizes), height, width, channels), "", notes, frames)


def _thinning(count: int, kept: int) -> tuple[Note, ...]:
    if kept == count:
        return ()
    return (("noted", f"longer than {MOST_FRAMES} frames: frames at even distances are kept"),)


def _looks(files: Sequence[Sequence[str]], read: Read, keep_bytes: int) -> list[ClipLook]:
    """Look at all, some at a time, so that what is kept never grows far beyond the limit."""
    looks: list[ClipLook] = []
    kept = 0
    with ThreadPoolExecutor(min(8, (os.cpu_count() or 1) + 1)) as pool:
        for start in range(0, len(files), AT_ONCE):
            some = list(
                pool.map(lambda names: look_at_clip(names, read), files[start : start + AT_ONCE])
            )
            kept += sum(look.frames.nbytes for look in some if look.frames is not None)
            looks += some
            if kept > keep_bytes:
                looks = [replace(look, frames=None) for look in looks]
    return looks


def _read_file(path: str) -> bytes:
    return Path(path).read_bytes()
