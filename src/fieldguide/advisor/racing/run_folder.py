"""The folder of a race: its lock, its settings, and writes that no moment of death can spoil."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil

from fieldguide.errors import RunFolderError

SCHEMA = 1
SETTINGS, LOCK = "race.json", "lock.json"
DATA, ENTRANTS, BEST = "data", "entrants", "best"
LEADERBOARD = "leaderboard.json"
EXCHANGE = 2  # RENAME_EXCHANGE of renameat2(2), RENAME_SWAP of renamex_np(2)
HERE = -100  # AT_FDCWD


def write_text(path: Path, text: str) -> None:
    """Write a file so that it holds the old text or the new, never a part."""
    beside = path.with_name(f".{path.name}.new")
    with open(beside, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


def write_json(path: Path, value: Any) -> None:
    """Write JSON whole or not at all."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False))


def read_json(path: Path) -> Any:
    """Return the JSON in a file, or None where there is none or it is not JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def put_folder(source: Path, place: Path) -> None:
    """Copy a folder to a place where, at every moment, the old or the new one stands whole."""
    beside = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    try:
        shutil.copytree(source, beside / "new")
        if not place.exists():
            os.replace(beside / "new", place)
        elif not _exchange(beside / "new", place):
            os.replace(place, beside / "old")  # file systems that cannot exchange: two steps
            os.replace(beside / "new", place)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


@contextlib.contextmanager
def locked(run: Path) -> Iterator[None]:
    """Hold the folder against a second race in it; a dead race's lock does not count.

    Raises:
        RunFolderError: A living race holds it.
    """
    own = {"pid": os.getpid(), "started": psutil.Process().create_time()}
    path, beside = run / LOCK, run / f".{LOCK}.{os.getpid()}"
    write_json(beside, own)
    try:
        _take_lock(path, beside, run)
    finally:
        beside.unlink()
    try:
        yield
    finally:
        if read_json(path) == own:
            path.unlink(missing_ok=True)


def start(run: Path, settings: Mapping[str, Any]) -> None:
    """Write down what a new race is about; from here on it can be resumed."""
    write_json(run / SETTINGS, {"schema": SCHEMA, **settings})


def refuse_if_taken(run: Path) -> None:
    """Make sure that a new race may use the folder.

    Raises:
        RunFolderError: It holds something already.
    """
    inside = [entry.name for entry in run.iterdir() if LOCK not in entry.name]
    if SETTINGS in inside:
        raise RunFolderError(
            f"{run} holds a race already. Go on with it with --resume {run} (Python: "
            "resume=True), or choose another folder."
        )
    if set(inside) - {DATA}:
        raise RunFolderError(
            f"{run} is not empty and holds no race ({', '.join(sorted(inside)[:5])}); it was left "
            "alone. Choose another folder."
        )


def check(run: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of the race in a folder, which must agree with those given now.

    Args:
        run: The folder.
        settings: Those that decide what is compared with what.

    Raises:
        RunFolderError: No race, a newer one's, or a race of other data or settings.
    """
    stored = read_json(run / SETTINGS)
    if not isinstance(stored, dict) or not isinstance(stored.get("schema"), int):
        raise RunFolderError(
            f"{run} holds no race to go on with ({SETTINGS} is missing or damaged). Start one "
            "without --resume."
        )
    if stored["schema"] > SCHEMA:
        raise RunFolderError(
            f"{run} was written by a newer fieldguide (schema {stored['schema']}; this one reads "
            f"up to {SCHEMA}). Upgrade."
        )
    for name, value in settings.items():
        if stored.get(name) != value:
            what = "of other data" if name == "fingerprint" else f"with another '{name}'"
            detail = (
                f"it ran on {stored.get('source')}"
                if name == "fingerprint"
                else f"it had {stored.get(name)!r}, now {value!r} was given"
            )
            raise RunFolderError(
                f"{run} holds a race {what}: {detail}. Give the same again, or choose another "
                "folder."
            )
    return stored


def _take_lock(path: Path, beside: Path, run: Path) -> None:
    """Give the written lock its name, which only one process can do."""
    for _ in range(2):
        try:
            os.link(beside, path)
        except FileExistsError:
            _free_if_dead(path, run)
        else:
            return
    raise RunFolderError(f"Another race took {run} at the same moment. Choose another folder.")


def _free_if_dead(path: Path, run: Path) -> None:
    holder = read_json(path) or {}
    with contextlib.suppress(psutil.Error, TypeError, ValueError):
        living = psutil.Process(holder.get("pid", -1)).create_time()
        if abs(living - holder.get("started", 0)) < 1:
            raise RunFolderError(
                f"Another race (process {holder['pid']}) is running in {run}. Wait for it, or "
                "choose another folder."
            )
    path.unlink(missing_ok=True)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two names in one step where the system can; say whether it did."""
    try:
        library = ctypes.CDLL(None, use_errno=True)
        names = os.fsencode(one), os.fsencode(other)
        if sys.platform == "darwin":
            return bool(library.renamex_np(*names, EXCHANGE) == 0)
        return bool(library.renameat2(HERE, names[0], HERE, names[1], EXCHANGE) == 0)
    except (OSError, AttributeError, TypeError):
        return False
