"""Delimited text: CSV and its relatives.

The delimiter, the quotes and the header are found by looking. Rows with too few or too many
fields are excluded with their line numbers; lines that are not UTF-8 are read as Latin-1 and
booked as repaired; blank lines are layout, not rows (in a table of one column they are missing
values).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from fieldguide.data import Dataset, Field, Ledger
from fieldguide.errors import DataError
from fieldguide.formats import layout as layouts
from fieldguide.formats.brackets import is_treebank
from fieldguide.formats.columns import unique_names
from fieldguide.formats.format import Options
from fieldguide.formats.labelled_series import of_sequences
from fieldguide.formats.layout import Layout
from fieldguide.formats.records import Records
from fieldguide.formats.series_text import is_series_text
from fieldguide.formats.table import RawTable, TableFormat
from fieldguide.formats.text import decode_lines, read_bytes, read_text

SUFFIXES = (".csv", ".tsv", ".tab")
PERHAPS = (".txt", ".data", ".dat")
"""Suffixes of text that may be a table: its lines must be cut alike."""


class Csv(TableFormat):
    """Delimited text."""

    name = "csv"
    looks_for = "a .csv, .tsv, .txt or .data file with one record a line, packed with gzip or not"

    def knows(self, path: Path) -> bool:
        """Say whether the suffix is that of a table, or the text is cut like one."""
        return is_table_text(path) and not is_series_text(path)

    def knows_as(self, path: Path, fields: Mapping[str, Field]) -> bool:
        """Say whether a model learnt from tables, and the file may be one."""
        return not of_sequences(fields) and is_table_text(path)

    def read(self, path: Path, options: Options) -> Dataset:
        """Read the table, or leave it on disk where it is too large for memory."""
        from fieldguide.formats.streaming import should_stream

        if should_stream(path, options.stream, expansion=7.0):
            from fieldguide.formats.csv_blocks import CsvBlocks
            from fieldguide.formats.streaming import stream

            blocks = CsvBlocks(path)
            return stream(blocks, blocks.ledger, blocks.naming, options)
        return super().read(path, options)

    def raw(self, path: Path, options: Options) -> RawTable:
        """Return the cells as text."""
        text = read_text(path)
        layout = layouts.find_layout(text.data, path)
        records = layout.scan(layout.prepare(text.data))
        if records.open_at >= 0:
            refuse_open_quote(records, path)
        ledger = Ledger()
        keep = usable(records, layout, ledger, path)
        frame = records.frame(keep, len(layout.names))
        book_foreign(text.foreign, ledger, path)
        ledger.book("noted", "a line above the header", list(layout.preamble), file=path)
        frame.columns, naming = unique_names(layout.names)
        naming = {**naming, **layout.naming}
        return RawTable(frame, records.lines[keep], str(path), ledger, naming)


def is_table_text(path: Path) -> bool:
    """Say whether the suffix is that of a table, or the text is cut like one."""
    suffix = text_suffix(path)
    if not path.is_file() or suffix not in (*SUFFIXES, *PERHAPS):
        return False
    if suffix in SUFFIXES:
        return True
    try:
        sample = read_bytes(path, 1 << 16)
    except DataError:
        return False
    if b"\0" in sample:
        return sample[:2] in (b"\xff\xfe", b"\xfe\xff")
    if sample.lstrip().startswith(b"(") and is_treebank(path):
        return False  # commas among the words of trees may be as even as those of a table
    lines = decode_lines(sample.replace(b"\r\n", b"\n")).data
    whole = lines if len(sample) < 1 << 16 else lines[: lines.rfind(b"\n") + 1]
    return layouts.is_even(whole)


def text_suffix(path: Path) -> str:
    """Return the suffix in lower case, that of the packing aside (``.csv`` for ``a.csv.gz``)."""
    inner = Path(path.stem) if path.suffix.lower() == ".gz" else path
    return inner.suffix.lower()


def usable(
    records: Records, layout: Layout, ledger: Ledger, path: Path, first: int | None = None
) -> np.ndarray:
    """Return which records are rows of the right width, and book the others.

    Args:
        records: Of the file, or of a part of it.
        layout: How the file is laid out.
        ledger: Where excluded rows are booked and all are counted.
        path: The file, for the ledger.
        first: Number of the first record that holds data; the layout's own if None.
    """
    width = len(layout.names)
    rows = np.arange(len(records)) >= (layout.first if first is None else first)
    blank = records.is_blank()
    if width == 1:
        last = len(records) - int(blank[::-1].argmin()) if not blank.all() else 0
        blank &= np.arange(len(records)) >= last  # only at the end of a single column
    rows &= ~blank
    wrong = rows & (records.counts != width)
    for count in np.unique(records.counts[wrong]):
        reason = f"{count} fields where the header has {width}"
        lines = records.lines[wrong & (records.counts == count)]
        ledger.book("excluded", reason, lines, file=path)
    ledger.total += int(rows.sum())
    return rows & ~wrong


def book_foreign(lines: np.ndarray, ledger: Ledger, path: Path) -> None:
    """Book lines that were not UTF-8."""
    ledger.book("repaired", "not UTF-8: read as Latin-1", lines, file=path)


def refuse_open_quote(records: Records, path: Path, first_line: int = 1) -> None:
    """Name the row whose quote is never closed.

    Args:
        records: Of the file, or of its last part.
        path: The file.
        first_line: Number of the first line of ``records``.

    Raises:
        DataError: Always.
    """
    line = first_line + int((records.data[: records.open_at] == ord("\n")).sum())
    raise DataError(
        "a quote is opened in this row and never closed.",
        "Close it, or double it if it belongs to the text.",
        file=path,
        row=line,
    )
