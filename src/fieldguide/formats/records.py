"""Records of delimited text: where each starts, on which line, and how many fields it has.

Quotes count only where they can: an opening one at the start of a field, a closing one at its end.
A stray quote inside a field (a 5" pipe) is just a character. With the structure known, the text is
handed to polars with separators that cannot occur in it, so that both always agree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

_UNIT, _RECORD = 0x1F, 0x1E  # ASCII's own separators between fields and between records
_NEWLINE = 0x0A


@dataclass(frozen=True)
class Records:
    """The structure of some delimited text.

    Attributes:
        data: The bytes, shape (n,), uint8.
        starts: First byte of each record.
        ends: Byte after its last one.
        lines: Line that it starts on, from 1.
        counts: Number of its fields.
        delimiters: Places of the delimiters that separate fields.
        quote: The quote character, or 0.
        open_at: Place of a quote that is never closed, or -1.
    """

    data: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    lines: np.ndarray
    counts: np.ndarray
    delimiters: np.ndarray
    quote: int
    open_at: int = -1

    def __len__(self) -> int:
        return len(self.starts)

    def head(self, count: int) -> Records:
        """Return the first records only."""
        return replace(
            self,
            starts=self.starts[:count],
            ends=self.ends[:count],
            lines=self.lines[:count],
            counts=self.counts[:count],
        )

    def is_blank(self) -> np.ndarray:
        """Return which records hold nothing but white space."""
        blank = self.starts == self.ends
        spaced = np.isin(self.data[np.minimum(self.starts, len(self.data) - 1)], (32, 9))
        for index in np.flatnonzero((self.counts == 1) & spaced & ~blank):
            blank[index] = not self.data[self.starts[index] : self.ends[index]].tobytes().strip()
        return blank

    def frame(self, keep: np.ndarray, width: int) -> pl.DataFrame:
        """Return the fields of the chosen records as text, columns named ``0``, ``1``, ….

        Args:
            keep: Which records, a mask; each of them has ``width`` fields.
            width: Number of columns.
        """
        names = [str(position) for position in range(width)]
        if not keep.any():
            return pl.DataFrame(
                {name: [] for name in names}, schema=dict.fromkeys(names, pl.String)
            )
        text = self.data.copy()
        text[self.delimiters] = _UNIT
        text[self.ends[self.ends < len(text)]] = _RECORD
        if not keep.all():
            wanted = np.zeros(len(text) + 1, dtype=np.int8)
            wanted[self.starts[keep]] += 1
            wanted[np.minimum(self.ends[keep] + 1, len(text))] -= 1
            text = text[np.cumsum(wanted[:-1], dtype=np.int8).astype(bool)]
        frame = pl.read_csv(
            text.tobytes(),
            has_header=False,
            schema=dict.fromkeys(names, pl.String),
            separator=chr(_UNIT),
            eol_char=chr(_RECORD),
            quote_char=None,
        )
        return frame if not self.quote else frame.with_columns(_unquoted(names, chr(self.quote)))


def scan(data: bytes, delimiter: str, quote: str = "") -> Records:
    """Find the records of delimited text.

    Args:
        data: UTF-8 text, lines ending with a line feed.
        delimiter: One ASCII character, or empty where each line is one field.
        quote: Quote character, or empty.
    """
    text = np.frombuffer(data, dtype=np.uint8)
    newlines = np.flatnonzero(text == _NEWLINE)
    delimiters = np.flatnonzero(text == ord(delimiter)) if delimiter else newlines[:0]
    ends, open_at = newlines, -1
    if quote:
        quotes, open_at = _structural_quotes(text, ord(delimiter or "\n"), ord(quote))
        ends = newlines[np.searchsorted(quotes, newlines) % 2 == 0]
        delimiters = delimiters[np.searchsorted(quotes, delimiters) % 2 == 0]
    if len(text) and text[-1] != _NEWLINE and open_at < 0:
        ends = np.append(ends, len(text))
    starts = np.concatenate([[0], ends[:-1] + 1]).astype(np.int64)[: len(ends)]
    counts = 1 + _count_between(delimiters, starts, ends)
    lines = np.arange(1, len(starts) + 1)
    if len(ends) < len(newlines):  # line feeds inside quotes
        lines = 1 + np.searchsorted(newlines, starts)
    return Records(text, starts, ends, lines, counts, delimiters, ord(quote or "\0"), open_at)


def _count_between(places: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Count the places in each span; quick where every span has as many."""
    each = len(places) // max(1, len(starts))
    if each * len(starts) == len(places):
        if not each:
            return np.zeros(len(starts), dtype=np.int64)
        table = places.reshape(len(starts), each)
        if (table[:, 0] >= starts).all() and (table[:, -1] < ends).all():
            return np.full(len(starts), each)
    return np.searchsorted(places, ends) - np.searchsorted(places, starts)


def _structural_quotes(text: np.ndarray, delimiter: int, quote: int) -> tuple[np.ndarray, int]:
    """Return the places of quotes that open and close fields, alternately, and an unclosed one."""
    quotes = np.flatnonzero(text == quote)
    if not len(quotes):
        return quotes, -1
    edges = (delimiter, _NEWLINE)
    before = np.where(quotes > 0, text[quotes - 1], _NEWLINE)
    after = np.where(quotes < len(text) - 1, text[np.minimum(quotes + 1, len(text) - 1)], _NEWLINE)
    opens, closes = np.isin(before, edges), np.isin(after, edges)
    pairs_before, pairs_after = before == quote, after == quote
    counted = opens | closes | pairs_before | pairs_after
    places = quotes[counted]
    first = np.arange(len(places)) % 2 == 0
    regular = np.where(
        first, (opens | pairs_before)[counted], (closes | pairs_after)[counted]
    ).all()
    if regular:
        return places, -1 if len(places) % 2 == 0 else int(places[-1])
    return _one_by_one(quotes, opens, closes, np.flatnonzero(text == _NEWLINE))


def _one_by_one(
    quotes: np.ndarray, opens: np.ndarray, closes: np.ndarray, newlines: np.ndarray
) -> tuple[np.ndarray, int]:
    """Walk over the quotes with a state: the exact rule, for text where quotes are irregular.

    A quote that can only open, lines below one that is still open, shows that the first was never
    closed: else it would swallow the rows in between.
    """
    places: list[int] = []
    inside = doubled = False
    rows = zip(quotes.tolist(), opens.tolist(), closes.tolist(), strict=True)
    following = [*quotes[1:].tolist(), -1]
    for (place, can_open, can_close), after in zip(rows, following, strict=True):
        if doubled:
            doubled = False
        elif not inside:
            if can_open:
                inside = True
                places.append(place)
        elif after == place + 1:
            doubled = True
        elif can_close:
            inside = False
            places.append(place)
        elif can_open and np.searchsorted(newlines, place) > np.searchsorted(newlines, places[-1]):
            break
    return np.array(places, dtype=np.int64), places[-1] if inside else -1


def _unquoted(names: list[str], quote: str) -> list[pl.Expr]:
    """Take quotes off fields that have them, and halve doubled ones inside."""
    expressions = []
    for name in names:
        cell = pl.col(name)
        quoted = cell.str.starts_with(quote) & cell.str.ends_with(quote)
        quoted &= cell.str.len_bytes() >= 2
        bare = cell.str.slice(1, cell.str.len_chars() - 2).str.replace_all(
            quote * 2, quote, literal=True
        )
        expressions.append(pl.when(quoted).then(bare).otherwise(cell).alias(name))
    return expressions
