"""Tables whose column names clips, relative to the table: videos, animations, folders of frames."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from fieldguide.data import Dataset, Field, video
from fieldguide.data.clip_check import ClipLook, check_clips
from fieldguide.data.clip_frames import ANIMATED
from fieldguide.data.ledger import Status
from fieldguide.errors import DataError
from fieldguide.formats.clip_tree import natural
from fieldguide.formats.picture_files import image_suffixes, is_animated

LOOKED_AT = 20  # cells looked at to tell what a column names
SHARE = 0.5  # of those: more must name clips; the others may be lost or damaged


def read_clip_columns(data: Dataset, folder: Path) -> Dataset:
    """Turn columns that name clips into clips; rows without a readable one are excluded.

    Args:
        data: A table.
        folder: Where relative paths start.

    Raises:
        DataError: None of the clips can be read, or videos without a decoder.
    """
    for name, field in list(data.fields.items()):
        column = data.columns[name]
        if name != data.target and isinstance(column, pl.Series) and names_clips(column, folder):
            data = _read(data, name, field, column, folder)
    return data


def names_clips(column: pl.Series, folder: Path) -> bool:
    """Say whether a column of text names clips, by the first of its values."""
    if column.dtype != pl.String:
        return False
    present = column.drop_nulls().head(LOOKED_AT).to_list()
    found = [_is_clip(folder, text) for text in present]
    return sum(found) > SHARE * len(found)


def _is_clip(folder: Path, text: str) -> bool:
    if video.is_video(text):
        return True
    path = folder / text
    try:
        if path.suffix.lower() in ANIMATED:
            return path.is_file() and is_animated(path)
        return bool(text.strip(" ./")) and path.is_dir() and len(_frames(path)) > 1
    except OSError:  # a long sentence is no name of a file
        return False


def _frames(path: Path) -> list[str]:
    known = image_suffixes()
    names = [one.name for one in path.iterdir() if one.suffix.lower() in known and one.is_file()]
    return [str(path / name) for name in sorted(names, key=natural) if not name.startswith(".")]


def _read(data: Dataset, name: str, field: Field, column: pl.Series, folder: Path) -> Dataset:
    present = np.flatnonzero(column.is_not_null().to_numpy())
    texts = column.gather(present).to_list()
    files = [_files(folder / text) for text in texts]
    clips, looks = check_clips(files)
    absent = np.flatnonzero(column.is_null().to_numpy())
    _book(data, name, [texts, present, absent], looks)
    readable = np.array([not look.problem for look in looks], dtype=bool)
    if not readable.any():
        raise DataError(
            f"none of the {len(texts)} clips it names can be read; the first is '{texts[0]}' "
            f"({looks[0].problem}).",
            f"Paths start at the table's folder, {folder}.",
            file=data.source,
            field=name,
        )
    kept = data.take(present[readable])
    new = replace(field, kind="clip", reason="names clips", shape=clips.shape, facts={})
    return replace(kept, columns={**kept.columns, name: clips}, fields={**kept.fields, name: new})


def _files(path: Path) -> list[str]:
    """Return the files of one clip; of a folder without frames, the folder, which is no picture."""
    return (_frames(path) if path.is_dir() else []) or [str(path)]


def _book(data: Dataset, name: str, cells: list, looks: list[ClipLook]) -> None:
    texts, present, absent = cells
    data.ledger.book(
        "excluded", "no clip is named", data.origins[absent], file=data.source, field=name
    )
    fates: dict[tuple[Status, str], list[object]] = defaultdict(list)
    for position, text, look in zip(present, texts, looks, strict=True):
        place = data.origins[position]
        if look.problem:
            fates["excluded", f"'{text}': {look.problem}"].append(place)
        for note in () if look.problem else look.notes:
            fates[note].append(place)
    for (status, reason), places in fates.items():
        data.ledger.book(status, reason, places, file=data.source, field=name)
