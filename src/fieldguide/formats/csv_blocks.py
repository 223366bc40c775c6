"""Delimited text in blocks, for tables larger than memory.

One pass over the file finds where blocks of whole records start. Rows are told apart by the same
rules as in memory, so that a streamed file gives the same rows, line numbers and ledger.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fieldguide.data import Column, Ledger
from fieldguide.data.streamed import TableBlocks
from fieldguide.errors import DataError
from fieldguide.formats import layout as layouts
from fieldguide.formats.columns import unique_names
from fieldguide.formats.csv import book_foreign, refuse_open_quote, usable
from fieldguide.formats.records import Records
from fieldguide.formats.text import decode_lines, read_bytes, refuse_binary

BLOCK_BYTES = 16 * 1024**2
_LONGEST_FIELD = 1 << 28  # bytes; a quote that is open for longer was forgotten
_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Span:
    """One block.

    Attributes:
        start: Offset of its first byte.
        stop: Offset after its last byte.
        line: Number of its first line, from 1.
    """

    start: int
    stop: int
    line: int


class CsvBlocks(TableBlocks):
    """A CSV file in blocks.

    Args:
        path: The file; not packed, UTF-8 or Latin-1.
        block_bytes: Bytes in a block; 16 MiB if None.

    Raises:
        DataError: It cannot be read from the middle, or breaks a rule of the format.
    """

    def __init__(self, path: Path, block_bytes: int | None = None):
        self.path, self.source, self.ledger = path, str(path), Ledger()
        head = read_bytes(path, 1 << 20)
        _refuse_unseekable(path, head)
        self._mark = len(_MARK) if head.startswith(_MARK) else 0
        sample = layouts.first_lines(_plain(head[self._mark :]), 1 << 19)
        self.layout = layouts.find_layout(decode_lines(sample).data, path)
        self.names, changes = unique_names(self.layout.names)
        self.naming = {**changes, **self.layout.naming}
        self.ledger.book("noted", "a line above the header", list(self.layout.preamble), file=path)
        self.spans: list[Span] = []
        sizes: list[int] = []
        for span, records, foreign in self._scan(block_bytes or BLOCK_BYTES):
            keep = self._usable(records, span, self.ledger)
            book_foreign(foreign + span.line - 1, self.ledger, path)
            self.spans.append(span)
            sizes.append(int(keep.sum()))
        self.sizes = np.array(sizes, dtype=np.int64)

    def read(self, block: int) -> tuple[dict[str, Column], np.ndarray]:
        """Return the cells of one block as text, and their line numbers."""
        span = self.spans[block]
        with self.path.open("rb") as file:
            file.seek(span.start)
            content = file.read(span.stop - span.start)
        records, _ = self._records(content)
        keep = self._usable(records, span, Ledger())
        frame = records.frame(keep, len(self.names))
        frame.columns = self.names
        lines = records.lines[keep] + span.line - 1
        return dict(zip(self.names, frame, strict=True)), lines

    def _usable(self, records: Records, span: Span, ledger: Ledger) -> np.ndarray:
        first = self.layout.first if span.line == 1 else 0
        shifted = Ledger()
        keep = usable(records, self.layout, shifted, self.path, first)
        ledger.total += shifted.total
        for entry in shifted.entries:
            places = np.asarray(entry.places) + span.line - 1
            ledger.book(entry.status, entry.reason, places, file=entry.file)
        return keep

    def _records(self, content: bytes) -> tuple[Records, np.ndarray]:
        text = decode_lines(_plain(content))
        return self.layout.scan(self.layout.prepare(text.data)), text.foreign

    def _scan(self, block_bytes: int) -> Iterator[tuple[Span, Records, np.ndarray]]:
        """Yield each block's span, records, and lines that are not UTF-8."""
        size = self.path.stat().st_size
        start, line, length = self._mark, 1, block_bytes
        with self.path.open("rb") as file:
            while start < size:
                file.seek(start)
                content = file.read(length)
                last = start + len(content) >= size
                if not last:
                    content = content.removesuffix(b"\r")  # half of a line end
                refuse_binary(content, self.path, line)
                records, foreign = self._records(content)
                if records.open_at >= 0 and (last or length > _LONGEST_FIELD):
                    refuse_open_quote(records, self.path, line)
                whole, lines = (len(records), 0) if last else _complete(records)
                if not last and not whole:
                    length *= 2
                    continue
                stop = size if last else start + _after_line(content, lines)
                yield Span(start, stop, line), records.head(whole), foreign[: _upto(foreign, lines)]
                start, line, length = stop, line + lines, block_bytes


def _complete(records: Records) -> tuple[int, int]:
    """Return how many records are surely complete, and on how many lines they stand."""
    text = records.data
    partial = records.open_at < 0 and len(text) > 0 and text[-1] != ord("\n")
    whole = len(records) - int(partial)
    if not whole:
        return 0, 0
    return whole, int((text[: records.ends[whole - 1] + 1] == ord("\n")).sum())


def _after_line(content: bytes, lines: int) -> int:
    """Return the offset after the given number of lines."""
    mark = ord("\n") if b"\n" in content else ord("\r")
    return 1 + int(np.flatnonzero(np.frombuffer(content, dtype=np.uint8) == mark)[lines - 1])


def _upto(foreign: np.ndarray, lines: int) -> int:
    return int(np.searchsorted(foreign, lines, side="right")) if lines else len(foreign)


def _plain(data: bytes) -> bytes:
    if b"\r" not in data:
        return data
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _refuse_unseekable(path: Path, head: bytes) -> None:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    if packed or head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        how = "packed with gzip" if packed else "written in UTF-16"
        raise DataError(
            f"it is too large for memory and cannot be read in pieces, because it is {how}.",
            "Unpack it first." if packed else "Save it as UTF-8.",
            file=path,
        )
    if not head.strip():
        raise DataError("the file is empty.", "Name another file.", file=path)
    refuse_binary(head, path)
