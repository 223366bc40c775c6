"""Folders that hold one table, or one table cut into training and test files."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from fieldguide.data import Dataset, Field, Ledger
from fieldguide.errors import DataError
from fieldguide.formats.brackets import is_treebank
from fieldguide.formats.discovery import formats
from fieldguide.formats.format import Format, Options
from fieldguide.formats.image_folder import has_images
from fieldguide.formats.labelled_series import of_sequences
from fieldguide.formats.table import (
    RawTable,
    TableFormat,
    has_plain_table,
    is_plain_table,
    to_dataset,
)

SPLITS: dict[str, str] = {"train": "train", "training": "train", "test": "test", "testing": "test",
          "val": "validation", "valid": "validation", "validation": "validation",
          "dev": "validation"}  # fmt: skip


class TableFolder(Format):
    """A folder of one table."""

    name = "table folder"
    looks_for = "a folder with exactly one table, or with train and test tables of the same columns"

    def knows(self, path: Path) -> bool:
        """Say whether there is a table at the top, not just a text file beside images or trees."""
        if not path.is_dir() or not tables_in(path):
            return False
        return has_plain_table(path) or not (
            has_images(path) or any(map(is_treebank, path.iterdir()))
        )

    def knows_as(self, path: Path, fields: Mapping[str, Field]) -> bool:
        """Say whether a model learnt from a table, and there is one at the top."""
        return not of_sequences(fields) and self.knows(path)

    def read(self, path: Path, options: Options) -> Dataset:
        """Read the table; train and test files become the provider's split.

        Raises:
            DataError: Several tables that are not train and test.
        """
        tables = tables_in(path)
        splits = _splits(tables)
        if splits is not None:
            raws = {split: tables[file].raw(file, options) for split, file in splits.items()}
            data = to_dataset(_joined(raws, splits, path), options, folder=path)
        else:
            file = _only(tables, path)
            splits = {"": file}
            data = tables[file].read(file, options)
        unread = [file.name for file in tables if file not in splits.values()]
        data.ledger.book("noted", "a file that was not read", unread, file=path)
        return data


def _only(tables: Collection[Path], folder: Path) -> Path:
    """Return the one table; a text or JSON file beside a plain table describes it.

    Raises:
        DataError: There are several.
    """
    plain = [file for file in tables if is_plain_table(file.name)]
    several = plain or list(tables)
    if len(several) == 1:
        return several[0]
    listed = ", ".join(file.name for file in several)
    raise DataError(
        f"it holds {len(several)} tables: {listed}.",
        "Name one of them, or name them …-train and …-test.",
        file=folder,
    )


def tables_in(folder: Path) -> dict[Path, TableFormat]:
    """Return the tables at the top of a folder with the formats that know them."""
    readers = [known for known in formats() if isinstance(known, TableFormat)]
    files = sorted(file for file in folder.iterdir() if file.is_file() and file.name[0] != ".")
    return {file: reader for file in files for reader in readers if reader.knows(file)}


def _splits(files: Collection[Path]) -> dict[str, Path] | None:
    """Return files by split where their names differ in the split only, else None.

    Files whose names speak of no split describe the others.
    """
    found: dict[str, Path] = {}
    rest = set()
    for file in files:
        bare = Path(file.name.lower().removesuffix(".gz")).stem
        tokens = re.split(r"[-_. ]", bare)
        split = [SPLITS[token] for token in tokens if token in SPLITS]
        if not split and not is_plain_table(file.name):
            continue
        if len(split) != 1 or split[0] in found:
            return None
        found[split[0]] = file
        rest.add(tuple(token for token in tokens if token not in SPLITS))
    names = [split for split in dict.fromkeys(SPLITS.values()) if split in found]
    ordered = {split: found[split] for split in names}
    return ordered if "train" in found and len(rest) == 1 else None


def _joined(raws: dict[str, RawTable], files: dict[str, Path], folder: Path) -> RawTable:
    columns = raws["train"].frame.columns
    ledger = Ledger()
    kept: dict[str, RawTable] = {}
    for split, raw in raws.items():
        _check_columns(columns, raw, files, split)
        ledger.total += raw.ledger.total or len(raw.origins)
        ledger.entries += raw.ledger.entries
        kept[split] = replace(raw, frame=raw.frame.select(columns))
    provided = [np.full(len(raw.origins), split) for split, raw in kept.items()]
    origins = [f"{files[split].name}, row {row}" for split, raw in kept.items()
               for row in raw.origins.tolist()]  # fmt: skip
    return RawTable(
        pl.concat([raw.frame for raw in kept.values()], how="vertical_relaxed"),
        np.array(origins, dtype=object),
        str(folder),
        ledger,
        raws["train"].naming,
        np.concatenate(provided),
    )


def _check_columns(columns: list[str], raw: RawTable, files: dict[str, Path], split: str) -> None:
    missing = [name for name in columns if name not in raw.frame.columns]
    extra = [name for name in raw.frame.columns if name not in columns]
    if missing or extra or raw.blocks:
        differ = ", ".join(f"'{name}'" for name in [*missing, *extra][:10])
        raise DataError(
            f"its columns differ from those of {files['train'].name}: {differ}.",
            "Give both files the same columns, or name one of them.",
            file=files[split],
        )
