"""A folder that appears, or is replaced, whole or not at all, whenever its writer dies."""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

# For renameat2(2) of Linux: paths are relative to the working folder; swap the two.
AT_FDCWD, RENAME_EXCHANGE = -100, 2


@contextlib.contextmanager
def replacing(place: Path) -> Iterator[Path]:
    """Enter with a new, empty folder; on leaving, it stands at ``place``.

    What stood at ``place`` before is deleted. Whatever goes wrong, it stays as it was.

    Args:
        place: Where to; links in it must be resolved.

    Raises:
        OSError: The folder cannot be made or moved.
    """
    beside = place.parent / f".{place.name}-{secrets.token_hex(4)}"
    try:
        beside.mkdir(parents=True)
        yield beside
        for file in beside.iterdir():
            _flush(file)
        _exchange(beside, place)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _flush(path: Path) -> None:
    with open(path, "rb") as written:
        os.fsync(written.fileno())


def _exchange(new: Path, place: Path) -> None:
    """Move the folder ``new`` to ``place``; what was there before is deleted.

    Where the system can swap two names in one step (Linux), ``place`` holds the old folder or the
    new one at every moment. Elsewhere the old one is set aside first, and put back on failure.

    Raises:
        OSError: The folders cannot be moved; ``place`` is as it was.
    """
    if not place.exists():
        os.replace(new, place)
    elif _swapped(new, place):
        shutil.rmtree(new, ignore_errors=True)
    else:
        aside = place.with_name(f"{new.name}-old")
        os.replace(place, aside)
        try:
            os.replace(new, place)
        except OSError:
            os.replace(aside, place)
            raise
        shutil.rmtree(aside, ignore_errors=True)


def _swapped(one: Path, other: Path) -> bool:
    """Swap two names in one step; False where the system or the file system cannot."""
    if not sys.platform.startswith("linux"):
        return False
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    paths = os.fsencode(one), os.fsencode(other)
    return (
        rename is not None and rename(AT_FDCWD, paths[0], AT_FDCWD, paths[1], RENAME_EXCHANGE) == 0
    )
