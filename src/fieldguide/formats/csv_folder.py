"""Folders of CSV files, a folder per class: each file is one sequence, its columns are channels.

``train``, ``validation`` and ``test`` folders around the classes are the provider's split. A column
of time is left out: the rows are taken as they follow each other.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from fieldguide.data import Dataset, Field, Ledger
from fieldguide.errors import DataError
from fieldguide.formats.csv import SUFFIXES, Csv, text_suffix
from fieldguide.formats.format import Format, Options
from fieldguide.formats.image_folder import has_images
from fieldguide.formats.image_tree import Tree, tree_of
from fieldguide.formats.labelled_series import Sequences, of_sequences, to_dataset
from fieldguide.formats.series_cells import numbers
from fieldguide.formats.series_text import is_series_text

ALL = frozenset(SUFFIXES)
TIMES = frozenset(("time", "times", "timestamp", "timestamps", "date", "datetime", "t", "index",
                   "step", "frame", "seconds", "ms"))  # fmt: skip
UNNAMED = "column_1"  # what a first column without a name is called


@dataclass(frozen=True)
class Columns:
    """What every file holds, told by the first one.

    Attributes:
        names: Channels in order.
        time: Column of time that is left out, or None.
        named: Whether the files have a header.
    """

    names: tuple[str, ...]
    time: str | None
    named: bool


class CsvFolder(Format):
    """Sequences in files of their own, their class told by the folder they lie in."""

    name = "folder of sequences"
    looks_for = "a folder per class with a CSV file per sequence, columns being channels"

    def knows(self, path: Path) -> bool:
        """Say whether there are CSV files in folders, none at the top, and no images."""
        if not path.is_dir() or _suffixes(path) & ALL or has_images(path):
            return False
        tree = _tree(path)
        strangers = sum(len(names) for names in tree.excluded.values())
        return len(set(tree.classes or ())) > 1 and strangers <= len(tree.names)

    def knows_as(self, path: Path, fields: Mapping[str, Field]) -> bool:
        """Say whether a model learnt from sequences, and there are CSV files to read as such."""
        if not of_sequences(fields):
            return False
        if path.is_file():
            return text_suffix(path) in ALL and not is_series_text(path)
        tree = _tree(path) if path.is_dir() else None
        if tree is None or not tree.names or has_images(path):
            return False
        return not any(is_series_text(path / name) for name in tree.names)

    def read(self, path: Path, options: Options) -> Dataset:
        """Read every file.

        Raises:
            DataError: A file with other columns than the first, or with cells that are no numbers.
        """
        alone = path.is_file()
        tree = Tree([path.name], None, None) if alone else _tree(path)
        ledger = Ledger()
        ledger.total = sum(len(names) for names in tree.excluded.values())
        for reason, names in tree.excluded.items():
            ledger.book("excluded", reason.replace("an image", "a table"), names, file=path)
        ledger.book("noted", "a class folder without sequences", tree.empty, file=path)
        folder = path.parent if alone else path
        values, columns = _read_all(folder, tree.names, ledger, _channels(options))
        found = Sequences(values, tree.classes, tree.names, path)
        found.channels = columns.names if columns.named else ()
        found.reason, found.ledger = "the folders' names", ledger
        data = to_dataset({"": found}, str(path), options)
        data.ledger.total += ledger.total
        if tree.provided is not None:
            split = dict(zip(tree.names, tree.provided, strict=True))
            data.provided = np.array([split[name] for name in data.origins])
        return data


def _suffixes(folder: Path) -> set[str]:
    """Return the suffixes of the files at the top of a folder."""
    names = (entry.name.lower() for entry in folder.iterdir() if entry.is_file())
    return {Path(name.removesuffix(".gz")).suffix for name in names}


def _tree(folder: Path) -> Tree:
    names: list[str] = []
    for base, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__")))
        relative = Path(base).relative_to(folder)
        names += [(relative / name).as_posix() + "/" for name in folders]
        names += [(relative / name).as_posix() for name in files if not name.startswith(".")]
    return tree_of(names, ALL)


def _channels(options: Options) -> tuple[str, ...]:
    """Return the channels that a model learnt from, or nothing."""
    found = [field for field in (options.fields or {}).values() if field.kind == "series"]
    return tuple(found[0].facts.get("channels", ())) if found else ()


def _read_all(
    folder: Path, names: list[str], ledger: Ledger, known: tuple[str, ...]
) -> tuple[list[np.ndarray], Columns]:
    frames = [_frame(folder / name) for name in names]
    columns = _columns(*frames[0])
    columns = replace(columns, names=known) if set(known) == set(columns.names) else columns
    if known and columns.names != known:
        raise DataError(
            f"its channels are {', '.join(columns.names)[:200]}, and the model was trained on "
            f"{', '.join(known)[:200]}.",
            "Bring the channels that it was trained on.",
            file=folder / names[0],
            row=1,
        )
    values = []
    for name, (frame, origins, named) in zip(names, frames, strict=True):
        path = folder / name
        _check(frame, named, columns, path)
        values.append(
            np.stack([_numbers(frame[one], origins, path) for one in columns.names], axis=1)
        )
    if columns.time is not None:
        reason = "a column of time, left out: rows are taken as they follow each other"
        ledger.book("noted", reason, names, file=folder, field=columns.time)
    return values, columns


def _frame(path: Path) -> tuple[pl.DataFrame, np.ndarray, bool]:
    """Return the cells of one file as text, their lines, and whether it has a header."""
    raw = Csv().raw(path, Options())
    if raw.ledger.excluded:
        place = next(entry for entry in raw.ledger.entries if entry.status == "excluded")
        raise DataError(
            f"a row has {place.reason}.", "Correct it.", file=path, row=int(place.places[0])
        )
    if not len(raw.origins):
        raise DataError("it holds a header and no rows.", "Leave the file out.", file=path)
    named = not any("no header" in how for how in raw.naming.values())
    return raw.frame, raw.origins, named


def _columns(frame: pl.DataFrame, origins: np.ndarray, named: bool) -> Columns:
    """Say which columns are channels; time is told by its name or, without one, by counting."""
    names = list(frame.columns)
    time = next((name for name in names if _is_time(name, frame[name])), None)
    if len(names) == 1:
        time = None
    return Columns(tuple(name for name in names if name != time), time, named)


def _is_time(name: str, column: pl.Series) -> bool:
    """Whether a column is one of time: named so and never falling, or nameless and counting."""
    bare = name.strip().lower()
    known = bare in TIMES or bare.startswith(("timestamp", "time_", "time (", "time["))
    if not known and name != UNNAMED:
        return False
    steps = column.str.strip_chars().cast(pl.Float64, strict=False).diff().drop_nulls()
    if len(steps) < len(column) - 1:  # dates, or gaps
        return known
    if known:
        return bool((steps >= 0).all())
    even = len(steps) >= 2 and steps[0] > 0
    return even and bool(((steps - steps[0]).abs() < 1e-6 * steps[0]).all())


def _check(frame: pl.DataFrame, named: bool, columns: Columns, path: Path) -> None:
    expected = {*columns.names, *([columns.time] if columns.time is not None else [])}
    if set(frame.columns) != expected or named != columns.named:
        raise DataError(
            f"its columns are {', '.join(frame.columns)[:200]}, and those of the first file are "
            f"{', '.join(sorted(expected))[:200]}.",
            "Give every file the same columns, all with a header or all without.",
            file=path,
            row=1,
        )


def _numbers(column: pl.Series, origins: np.ndarray, path: Path) -> np.ndarray:
    cells = column.fill_null("").to_list()
    try:
        return numbers(cells, path, 0)
    except DataError:
        for cell, line in zip(cells, origins.tolist(), strict=True):
            try:
                numbers([cell], path, line)
            except DataError as error:
                raise DataError(
                    f"'{cell[:40]}' is no number, and channels hold numbers only.",
                    "Correct it, leave the cell empty, or remove the column from every file.",
                    file=path,
                    row=line,
                    field=column.name,
                ) from error
        raise
