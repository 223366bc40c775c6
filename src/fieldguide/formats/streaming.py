"""Whether a table is left on disk, and how it is then looked over once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import psutil

from fieldguide.data import Field, Ledger
from fieldguide.data.infer import Cleaned, clean, refine
from fieldguide.data.streamed import StreamedTable, TableBlocks, sampled, seen_on_sample
from fieldguide.errors import DataError
from fieldguide.formats.format import Options
from fieldguide.formats.table import check_names, choose_target, tell_naming

SHARE = 0.5
"""Largest share of the free memory that a table may take before it is left on disk."""
SAMPLE = 100_000
"""Rows on which fields are found."""
UNSEARCHED = (
    "left on disk: not searched as a whole for rows that occur twice, classes with one example and "
    "columns that give the target away"
)


def should_stream(path: Path, stream: bool | None, expansion: float) -> bool:
    """Say whether a table is left on disk.

    Args:
        path: The file.
        stream: What the user wants; None decides by size.
        expansion: Bytes in memory for each byte of the file.
    """
    if stream is not None:
        return stream
    return path.stat().st_size * expansion > SHARE * psutil.virtual_memory().available


def stream(
    blocks: TableBlocks, ledger: Ledger, naming: dict[str, str], options: Options
) -> StreamedTable:
    """Return a table that stays on disk, after one look at all of it.

    Fields are found on a sample. The look over the whole file counts missing values, books cells
    that the fields' recipes cannot read, and excludes rows without a target. Duplicate rows and
    leaks are not searched for, and the ledger says so.

    Args:
        blocks: The table on disk.
        ledger: What became of the rows so far.
        naming: How columns got names that are not in the file, by column.
        options: What the user said.

    Raises:
        DataError: No rows, or no such target.
    """
    if not blocks.sizes.sum():
        raise DataError("it holds no usable rows.", "Name another file.", file=blocks.source)
    raw = sampled(blocks, SAMPLE)
    cleaned = clean(raw, options.fields)
    check_names(raw, options, blocks.source)
    tell_naming(cleaned, naming)
    target, reason = choose_target(cleaned, blocks.source, options)
    refine(cleaned, raw, target, known=options.fields)
    keep_all = options.fields is not None and not options.target
    look = Look(ledger, blocks.source, None if keep_all else target)
    for block in range(len(blocks.sizes)):
        columns, origins = blocks.read(block)
        look.over(clean(columns, cleaned.fields), origins)
    rows = look.rows()
    ledger.total = ledger.total or int(blocks.sizes.sum())
    fields = look.completed(cleaned.fields)
    if options.fields is None:
        ledger.book("noted", UNSEARCHED, [blocks.source], file=blocks.source)
        fields = seen_on_sample(fields, min(SAMPLE, int(blocks.sizes.sum())))
    return StreamedTable(
        fields=fields,
        columns={},
        target=target,
        target_reason=reason,
        source=blocks.source,
        ledger=ledger,
        origins=look.origins(),
        group=options.group,
        time=options.time,
        blocks=blocks,
        rows=rows,
    )


class Look:
    """What one look over the whole file finds.

    Args:
        ledger: Where it is booked.
        source: The file.
        target: Rows without it are excluded; None keeps all.
    """

    def __init__(self, ledger: Ledger, source: str, target: str | None):
        self._ledger, self._source, self._target = ledger, source, target
        self._kept: list[np.ndarray] = []
        self._places: list[np.ndarray] = []
        self._missing: dict[str, int] = {}
        self._repairs: dict[str, list[np.ndarray]] = {}
        self._reasons: dict[str, str] = {}
        self._absent: list[np.ndarray] = []

    def over(self, block: Cleaned, origins: np.ndarray) -> None:
        """Look at one block."""
        keep = np.ones(len(origins), dtype=bool)
        for name, column in block.columns.items():
            if isinstance(column, pl.Series):
                self._missing[name] = self._missing.get(name, 0) + column.null_count()
                if name == self._target:
                    keep = column.is_not_null().to_numpy()
        for name, (reason, positions) in block.repairs.items():
            self._reasons.setdefault(name, reason)
            self._repairs.setdefault(name, []).append(origins[positions])
        self._kept.append(keep)
        self._places.append(origins[keep])
        self._absent.append(origins[~keep])

    def rows(self) -> np.ndarray:
        """Return the numbers of the rows kept, from 0, and book what was found."""
        book = self._ledger.book
        book("excluded", "the target is missing", np.concatenate(self._absent), file=self._source,
             field=self._target)  # fmt: skip
        for name, places in self._repairs.items():
            reason = self._reasons[name]
            book("repaired", reason, np.concatenate(places), file=self._source, field=name)
        return np.flatnonzero(np.concatenate(self._kept))

    def origins(self) -> np.ndarray:
        """Return the row numbers of the rows kept, as an editor shows them."""
        return np.concatenate(self._places)

    def completed(self, fields: dict[str, Field]) -> dict[str, Field]:
        """Return the fields with the missing values of the whole file."""
        return {
            name: replace(known, missing=self._missing.get(name, known.missing))
            for name, known in fields.items()
        }
