"""Tables: from raw columns, whatever file they came from, to a data set with fields and ledger."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import polars as pl

from fieldguide.data import Column, Dataset, Ledger
from fieldguide.data.checks import note_peculiarities
from fieldguide.data.infer import Cleaned, clean, refine
from fieldguide.data.target import check_target, guess_target
from fieldguide.errors import DataError, UsageError, did_you_mean
from fieldguide.formats.clip_column import read_clip_columns
from fieldguide.formats.columns import unique_names
from fieldguide.formats.format import Format, Options
from fieldguide.formats.image_column import names_images, read_image_columns


@dataclass
class RawTable:
    """A table before anybody looked at its values.

    Attributes:
        frame: Text as it stands in the file, or values that already have a type.
        origins: Row number of each row, from 1, as an editor shows it.
        source: The file.
        ledger: What became of the rows so far; ``total`` counts all rows met.
        naming: How columns got names that are not in the file, by column.
        provided: The provider's split of each row, or None.
        blocks: Columns that hold an array per row.
    """

    frame: pl.DataFrame
    origins: np.ndarray
    source: str
    ledger: Ledger = field(default_factory=Ledger)
    naming: dict[str, str] = field(default_factory=dict)
    provided: np.ndarray | None = None
    blocks: dict[str, np.ndarray] = field(default_factory=dict)

    def keep(self, mask: np.ndarray) -> RawTable:
        """Return the rows where the mask is true."""
        return replace(
            self,
            frame=self.frame.filter(pl.Series(mask)),
            origins=self.origins[mask],
            provided=None if self.provided is None else self.provided[mask],
            blocks={name: block[mask] for name, block in self.blocks.items()},
        )


PLAIN_SUFFIXES = (".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".parquet", ".pq", ".xlsx",
                  ".xls", ".ods")  # fmt: skip
"""Suffixes that say "table" and nothing else."""


def has_plain_table(folder: Path) -> bool:
    """Say whether a folder holds, at its top, a file whose suffix says that it is a table."""
    return any(is_plain_table(entry.name) for entry in folder.iterdir())


def is_plain_table(name: str) -> bool:
    """Say whether a file's suffix says that it is a table."""
    return name.lower().removesuffix(".gz").endswith(PLAIN_SUFFIXES)


class TableFormat(Format):
    """A format that holds one table; subclasses say how to get at its raw cells."""

    @abstractmethod
    def raw(self, path: Path, options: Options) -> RawTable:
        """Return the table before anybody looked at its values.

        Raises:
            DataError: The file breaks a rule of the format.
        """

    def read(self, path: Path, options: Options) -> Dataset:
        """Read the table; columns that name image files become images."""
        return to_dataset(self.raw(path, options), options, folder=path.parent)


def to_dataset(
    raw: RawTable, options: Options, *, folder: Path | None = None, default_target: str = ""
) -> Dataset:
    """Look at the values of a raw table: fields, target, ledger.

    Args:
        raw: The table.
        options: What the user said.
        folder: Where paths in the table start, or None where it can hold none.
        default_target: Target where the user named none; guessed if that is empty too.

    Raises:
        DataError: No rows, no such target, or nothing to predict it from.
    """
    raw = _without_empty_rows(_named(raw))
    if not len(raw.origins):
        raise _no_rows(raw)
    columns: dict[str, Column] = {**_series(raw.frame), **raw.blocks}
    check_names(columns, options, raw.source)
    cleaned = clean(columns, options.fields)
    tell_naming(cleaned, raw.naming)
    target, reason = choose_target(cleaned, raw.source, options, default_target)
    refine(cleaned, columns, target, known=options.fields)
    keep = _with_target(cleaned, raw, target, options)
    _book_repairs(cleaned, raw)
    data = Dataset(
        fields=cleaned.fields,
        columns=cleaned.columns,
        target=target,
        target_reason=reason,
        source=raw.source,
        ledger=raw.ledger,
        origins=raw.origins,
        provided=raw.provided,
        group=options.group,
        time=options.time,
    )
    data = data if keep.all() else data.take(np.flatnonzero(keep))
    if folder is not None:
        data = read_image_columns(read_clip_columns(data, folder), folder)
    if options.fields is None and options.forecast is None and options.ratings is None:
        note_peculiarities(data)
    return data


def check_names(columns: Collection[str], options: Options, source: str) -> None:
    """Make sure that the columns the user named as group and time are there.

    Raises:
        UsageError: One is not, with the nearest name.
    """
    for role, name in (("group", options.group), ("time", options.time)):
        if name is not None and name not in columns:
            raise UsageError(
                f"{source} has no column '{name}' (named as the {role})."
                f"{did_you_mean(name, columns)} It has: {', '.join(list(columns)[:20])}."
            )


def choose_target(
    cleaned: Cleaned, source: str, options: Options, default_target: str = ""
) -> tuple[str | None, str]:
    """Return the column to predict, and how it was chosen.

    Raises:
        DataError: The user named one that is not there or cannot be predicted.
    """
    if options.forecast is not None:
        return None, "series are forecast"
    if options.ratings is not None:
        return None, "ratings are to be guessed"
    if options.target:
        named = cleaned.columns.get(options.target)
        if not (isinstance(named, pl.Series) and names_images(named)):  # unique names are no ids
            check_target(options.target, cleaned.fields, source)
        return options.target, "you named it"
    if options.fields is not None:
        return None, "the rows are to be predicted"
    if default_target:
        return default_target, "it comes with the data"
    if options.target is not None:
        return None, "no column was named"
    return guess_target(cleaned.fields)


def tell_naming(cleaned: Cleaned, naming: Mapping[str, str]) -> None:
    """Add to the reasons of fields how they got names that are not in the file."""
    for name, how in naming.items():
        if name in cleaned.fields:
            found = cleaned.fields[name]
            cleaned.fields[name] = replace(found, reason=f"{found.reason}; {how}")


def _series(frame: pl.DataFrame) -> dict[str, Column]:
    return dict(zip(frame.columns, frame.iter_columns(), strict=True))


def _named(raw: RawTable) -> RawTable:
    names, naming = unique_names(raw.frame.columns)
    frame = raw.frame.rename(dict(zip(raw.frame.columns, names, strict=True)))
    if not raw.ledger.total:
        raw.ledger.total = len(raw.origins)
    return replace(raw, frame=frame, naming={**naming, **raw.naming})


def _without_empty_rows(raw: RawTable) -> RawTable:
    if raw.blocks or raw.frame.width < 2:
        return raw
    checks = [_is_empty(name, kind) for name, kind in raw.frame.schema.items()]
    empty = raw.frame.select(pl.all_horizontal(checks)).to_series().to_numpy()
    if not empty.any():
        return raw
    raw.ledger.book("excluded", "every cell is empty", raw.origins[empty], file=raw.source)
    return raw.keep(~empty)


def _is_empty(name: str, kind: pl.DataType) -> pl.Expr:
    if kind == pl.String:
        return pl.col(name).is_null() | (pl.col(name).str.strip_chars() == "")
    return pl.col(name).is_null()


def _no_rows(raw: RawTable) -> DataError:
    if not raw.ledger.total:
        problem = "it holds a header and no rows."
    else:
        problem = (
            f"none of its {raw.ledger.total} rows is usable: {'; '.join(raw.ledger.counts())}."
        )
    return DataError(problem, "Add rows, or name another file.", file=raw.source)


def _with_target(
    cleaned: Cleaned, raw: RawTable, target: str | None, options: Options
) -> np.ndarray:
    """Return which rows have a target, and book those that have none."""
    column = None if target is None else cleaned.columns[target]
    if not isinstance(column, pl.Series) or (options.fields is not None and not options.target):
        return np.ones(len(raw.origins), dtype=bool)
    absent = column.is_null().to_numpy()
    reason = "the target is missing"
    raw.ledger.book("excluded", reason, raw.origins[absent], file=raw.source, field=target)
    return ~absent


def _book_repairs(cleaned: Cleaned, raw: RawTable) -> None:
    for name, (reason, positions) in cleaned.repairs.items():
        places = raw.origins[positions]
        raw.ledger.book("repaired", reason, places, file=raw.source, field=name)
