"""The names of the files in a folder or zip file, hidden ones aside."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

from fieldguide.errors import DataError


def archive_of(path: Path) -> Path | None:
    """Return the path of a zip file, or None."""
    return path if path.suffix.lower() == ".zip" and path.is_file() else None


def names_in(path: Path) -> list[str]:
    """Return the files and folders in a folder or zip file, hidden ones aside."""
    return members(path) if archive_of(path) else files_below(path)


def files_below(path: Path) -> list[str]:
    """Return the files and folders below a folder (or a file's own name), hidden ones aside."""
    if path.is_file():
        return [path.name]
    names: list[str] = []
    for folder, folders, files in os.walk(path, onerror=_raise):
        folders[:] = sorted(name for name in folders if not _hidden(name))
        base = Path(folder).relative_to(path)
        names += [(base / name).as_posix() + "/" for name in folders]
        names += [(base / name).as_posix() for name in files if not _hidden(name)]
    return names


def _raise(error: OSError) -> None:
    raise error


def members(path: Path) -> list[str]:
    """Return the members of a zip file, hidden ones aside.

    Raises:
        DataError: The file is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile as error:
        raise DataError(
            "it is damaged, cut off or no zip file.", "Copy or download it again.", file=path
        ) from error
    return [name for name in names if not any(_hidden(part) for part in name.split("/") if part)]


def _hidden(name: str) -> bool:
    return name.startswith(".") or name in ("__MACOSX", "Thumbs.db", "desktop.ini")
