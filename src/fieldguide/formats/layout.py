"""How a delimited text file is laid out: delimiter, quotes, header, names; found by looking."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fieldguide.errors import DataError
from fieldguide.formats.columns import has_header
from fieldguide.formats.records import Records, scan

DELIMITERS = ("\t", ";", "|", ",")
SPACES = " "
"""Stands for runs of white space between fields."""


@dataclass(frozen=True)
class Layout:
    """How a file is laid out.

    Attributes:
        delimiter: Between fields; empty where each line is one field.
        quote: Quote character, or empty.
        names: Column names.
        first: Number of the first record that holds data.
        naming: For columns named by us, why.
        preamble: Numbers of lines above the header.
        spaced: Whether blanks follow the delimiters, before opening quotes.
    """

    delimiter: str
    quote: str
    names: list[str]
    first: int
    naming: dict[str, str] = field(default_factory=dict)
    preamble: tuple[int, ...] = ()
    spaced: bool = False

    def prepare(self, data: bytes) -> bytes:
        """Bring runs of white space, or blanks before quotes, into the form that is scanned."""
        return prepare(data, self.delimiter, self.spaced)

    def scan(self, data: bytes) -> Records:
        """Find the records of prepared text."""
        return scan(data, "\t" if self.delimiter == SPACES else self.delimiter, self.quote)


def prepare(data: bytes, delimiter: str, spaced: bool) -> bytes:
    """Bring runs of white space, or blanks before quotes, into the form that is scanned."""
    if delimiter == SPACES:
        return re.sub(rb"[ \t]+", b"\t", re.sub(rb"(?m)^[ \t]+|[ \t]+$", b"", data))
    if spaced:
        mark = re.escape(delimiter.encode())
        return re.sub(rb"(" + mark + rb') +(")', rb"\1\2", data)
    return data


def find_layout(data: bytes, path: Path) -> Layout:
    """Look at the start of a file and find its layout.

    Args:
        data: UTF-8 text, or a first part of it that ends with a line.
        path: The file, for messages.

    Raises:
        DataError: The header does not fit the rows.
    """
    sample = first_lines(data)
    if len(sample) < len(data) and not sniffable(sample):
        sample = data  # the first row alone is longer than a sample
    delimiter, quote = sniff(sample)
    spaced = len(re.findall(rb", +\"", sample)) > len(re.findall(rb",\"", sample))
    spaced = spaced and delimiter == "," and quote == '"'
    layout = Layout(delimiter, quote, [], 0, spaced=spaced)
    records = layout.scan(layout.prepare(sample))
    full = np.flatnonzero(~records.is_blank())
    if not len(full):
        _refuse_open_quote(records, path)
    width = _usual(records.counts[full][1:]) or int(records.counts[full[0]])
    return _named(layout, records, full, width, path)


def sniff(sample: bytes) -> tuple[str, str]:
    """Return the delimiter that cuts the lines most evenly, and the quote character.

    The delimiter is empty where none cuts most lines into the same number (two or more).
    """
    quote = '"' if b'"' in sample else "'" if _single_quoted(sample) else ""
    best, evenness = _most_even(sample, quote)
    if evenness < 0.9 and _spaced_numbers(sample):
        return SPACES, ""
    if evenness >= 0.4:
        return best, quote
    without, evenness = _most_even(sample, "")  # a quote that is never closed hides the delimiters
    return (without, quote) if quote and evenness >= 0.4 else (_commonest(sample), quote)


def first_lines(data: bytes, limit: int = 1 << 17) -> bytes:
    """Return the start of a text, cut at the end of a line where it has any."""
    if len(data) <= limit:
        return data
    end = data.rfind(b"\n", 0, limit)
    return data[: end + 1] if end >= 0 else data


def sniffable(sample: bytes) -> bool:
    """Say whether a sample holds a whole record at least, quotes considered."""
    delimiter, quote = sniff(sample)
    return delimiter == SPACES or len(scan(sample, delimiter, quote)) > 1


def is_even(sample: bytes) -> bool:
    """Say whether text without a telling suffix is a table: nine in ten lines cut alike."""
    delimiter, quote = sniff(sample)
    if not delimiter:
        return False
    if delimiter == SPACES:
        return True
    share, width = _evenness(sample, delimiter, quote)
    return width > 1 and share >= 0.9 and sample.count(b"\n") >= 1


def _evenness(sample: bytes, delimiter: str, quote: str) -> tuple[float, int]:
    records = scan(sample, delimiter, quote)
    counts = records.counts[records.starts < records.ends]
    width = _usual(counts)
    return (float((counts == width).mean()), width) if width else (0.0, 0)


def _most_even(sample: bytes, quote: str) -> tuple[str, float]:
    best, evenness = "", 0.0
    for delimiter in DELIMITERS:
        share, width = _evenness(sample, delimiter, quote)
        if width > 1 and share > evenness:
            best, evenness = delimiter, share
    return best, evenness


def _commonest(sample: bytes) -> str:
    """Return a delimiter that cuts the header and most lines, if into uneven numbers, or empty."""
    lines = [line for line in sample.split(b"\n") if line.strip()]
    for delimiter in DELIMITERS:
        cut = [delimiter.encode() in line for line in lines]
        if cut and cut[0] and sum(cut) >= 0.6 * len(cut):
            return delimiter
    return ""


def _usual(counts: np.ndarray) -> int:
    """Return the commonest count, the larger of equals, or 0."""
    if not len(counts):
        return 0
    tally = np.bincount(counts)
    return int(len(tally) - 1 - tally[::-1].argmax())


def _spaced_numbers(sample: bytes) -> bool:
    lines = [line.split() for line in sample.split(b"\n") if line.strip()]
    widths = {len(line) for line in lines[1:]} or {len(line) for line in lines}
    if len(widths) != 1 or widths <= {0, 1}:
        return False
    tokens = [token for line in lines[1:] or lines for token in line]
    numeric = sum(
        re.fullmatch(rb"[+-]?[\d.]+([eE][+-]?\d+)?", token) is not None for token in tokens
    )
    return numeric > 0.5 * len(tokens)


def _single_quoted(sample: bytes) -> bool:
    lines = [line for line in sample.split(b"\n")[1:50] if line]
    cells = [re.findall(rb"(?:^|[,;\t|])'[^']*'(?=$|[,;\t|])", line) for line in lines]
    return bool(lines) and sum(bool(found) for found in cells) >= 0.9 * len(lines)


def _named(layout: Layout, records: Records, full: np.ndarray, width: int, path: Path) -> Layout:
    counts = records.counts[full]
    head = _header_position(counts, width)
    lines = tuple(int(line) for line in records.lines[full[:head]])
    header_count = int(counts[head])
    every = np.zeros(len(records), dtype=bool)
    every[full[head]] = True
    cells = [str(cell or "") for cell in records.frame(every, header_count).row(0)]
    fit = np.zeros(len(records), dtype=bool)
    fit[full[head + 1 :]] = records.counts[full[head + 1 :]] == width
    rows = records.frame(fit, width)
    changes: dict[str, str] = {}
    if header_count == width and not has_header(cells, rows):
        names = [f"column_{position}" for position in range(1, width + 1)]
        changes = dict.fromkeys(names, "the file has no header: named by its position")
        return Layout(layout.delimiter, layout.quote, names, int(full[head]), changes, lines,
                      layout.spaced)  # fmt: skip
    if header_count == width - 1:
        last = rows.to_series(width - 1)
        if last.is_null().all() or (last.str.strip_chars() == "").all():
            cells = [*cells, ""]  # every row ends with a delimiter
        else:
            cells = ["", *cells]  # R names all columns but that of the row names
    elif header_count == width + 1 and not cells[-1].strip():
        cells = cells[:-1]
    elif header_count != width:
        raise DataError(
            f"the header names {header_count} columns and the rows have {width} fields.",
            "Give every column a name, or remove the header.",
            file=path,
            row=int(records.lines[full[head]]),
        )
    return Layout(layout.delimiter, layout.quote, cells, int(full[head]) + 1, changes, lines,
                  layout.spaced)  # fmt: skip


def _header_position(counts: np.ndarray, width: int) -> int:
    """Skip titles above the header: lines that do not hold a single delimiter."""
    position = 0
    while width > 1 and counts[position] == 1 and position + 1 < len(counts):
        position += 1
    return position


def _refuse_open_quote(records: Records, path: Path) -> None:
    raise DataError(
        "a quote is opened and never closed." if records.open_at >= 0 else "the file is empty.",
        "Close the quote, or double it if it belongs to the text.",
        file=path,
        row=1,
    )
