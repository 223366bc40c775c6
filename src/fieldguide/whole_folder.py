"""A folder that appears, or is replaced, whole or not at all, whenever its writer dies."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import platform
import re
import secrets
import shutil
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import psutil

# For renameat2(2) of Linux: paths are relative to the working folder; swap the two.
AT_FDCWD, RENAME_EXCHANGE = -100, 2
# What a writer leaves beside a folder, from the folder's name, its machine, its process and chance.
BESIDE = re.compile(
    r"\.(?P<name>.+)-(?P<machine>[0-9a-f]{8})-(?P<process>\d{1,9})-[0-9a-f]{8}(?P<old>-old)?"
)


@contextlib.contextmanager
def replacing(place: Path) -> Iterator[Path]:
    """Enter with a new, empty folder; on leaving, it stands at ``place``.

    What stood at ``place`` before is deleted. Whatever goes wrong, it stays as it was. What a
    writer that was killed has left beside ``place`` is cleared away.

    Args:
        place: Where to; links in it must be resolved.

    Raises:
        OSError: The folder cannot be made or moved.
    """
    _clear(place.parent)
    beside = place.parent / f".{place.name}-{_machine()}-{os.getpid()}-{secrets.token_hex(4)}"
    try:
        beside.mkdir(parents=True)
        yield beside
        for file in beside.iterdir():
            _flush(file)
        _exchange(beside, place)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _clear(parent: Path) -> None:
    """Delete what writers on this machine left in a folder, if they are dead.

    An old folder that was set aside is kept as long as there is no new one in its place.
    """
    with contextlib.suppress(OSError):
        for path in sorted(parent.glob(".*-*-*-*")):
            found = BESIDE.fullmatch(path.name)
            if found is None or found["machine"] != _machine():
                continue
            needed = found["old"] and not (parent / found["name"]).exists()
            if not needed and not psutil.pid_exists(int(found["process"])):
                shutil.rmtree(path, ignore_errors=True)


@cache
def _machine() -> str:
    """Return a word for where a process number means something: this machine, or container."""
    try:
        numbers = os.readlink("/proc/self/ns/pid")
    except OSError:
        numbers = ""
    return hashlib.sha256(f"{platform.node()} {numbers}".encode()).hexdigest()[:8]


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
