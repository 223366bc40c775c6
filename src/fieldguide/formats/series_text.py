"""Labelled sequences as the UCR archive keeps them: a class number, then the steps, one a line.

Such a file has no header, so that it could be a table as well. It is read as sequences if all of
this holds, and as a table otherwise (giving it a header makes it one):

- the suffix is ``.tsv`` or ``.txt``, and every cell of every line is a number;
- the first column holds whole numbers, the others hold fractions;
- its name ends in ``_TRAIN`` or ``_TEST``, and there are at least 4 steps; or, under any name,
  there are at least 24 steps, each class occurs twice on average, among at most 60, and values
  follow each other from column to column: they change less than half as much as they would in
  random order, and less than from row to row.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fieldguide.errors import DataError
from fieldguide.formats.labelled_series import PAIR, Sequences, SeriesFormat
from fieldguide.formats.series_cells import numbers
from fieldguide.formats.text import decode_lines, read_bytes, read_text

SUFFIXES = (".tsv", ".txt")
SAMPLE_BYTES = 1 << 18
FEWEST_NAMED, FEWEST_STEPS = 4, 24
MOST_CLASSES = 60
RESTLESS = 0.5  # of the change from step to step that values in random order show


class SeriesText(SeriesFormat):
    """Sequences with one channel; what is missing at the end makes a sequence shorter."""

    name = "labelled sequences"
    looks_for = (
        "a .tsv or .txt file without a header, a class number and then a sequence on every line, "
        "as in the UCR archive"
    )

    def knows(self, path: Path) -> bool:
        """Say whether it is more likely sequences than a table; see the top of this file."""
        return path.is_file() and is_series_text(path)

    def sequences(self, path: Path) -> Sequences:
        """Read every line."""
        found = Sequences([], [], [], path, reason="the numbers in the first column")
        lines = read_text(path).data.decode("utf-8").split("\n")
        mark = delimiter(next(line for line in lines if line.strip()))
        width = 0
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            label, *cells = cut(line, mark)
            width = width or len(cells)
            if len(cells) != width:
                raise DataError(
                    f"the line has {len(cells)} steps, and the first one has {width}.",
                    "Fill shorter sequences up with NaN.",
                    file=path,
                    row=number,
                )
            found.values.append(numbers(cells, path, number)[:, None])
            found.places.append(number)
            assert found.labels is not None
            found.labels.append(_label(label, path, number))
        return found


def is_series_text(path: Path) -> bool:
    """Say whether a file is labelled sequences; cheap, from its first 256 KiB."""
    if not path.name.lower().removesuffix(".gz").endswith(SUFFIXES):
        return False
    try:
        data = read_bytes(path, SAMPLE_BYTES)
        rows = _rows(data, path)
    except DataError:
        return False
    if rows is None:
        return False
    labels, values = rows[:, 0], rows[:, 1:]
    present = values[np.isfinite(values)]
    if not np.isfinite(labels).all() or (labels % 1).any() or not (present % 1).any():
        return False
    if PAIR.search(path.name):
        return values.shape[1] >= FEWEST_NAMED
    kinds = len(np.unique(labels))
    if values.shape[1] < FEWEST_STEPS or not 2 <= kinds <= min(MOST_CLASSES, len(labels) // 2):
        return False
    along, across = restlessness(values), restlessness(values.T)
    return along < RESTLESS and along < across


def restlessness(values: np.ndarray) -> float:
    """Return how much values change from column to column: about 1 in random order, 0 if smooth.

    It is von Neumann's ratio, the mean square of successive differences over twice the variance,
    taken over all rows.
    """
    with np.errstate(invalid="ignore"):
        centre = np.nanmean(np.where(np.isfinite(values).any(1, keepdims=True), values, 0.0), 1)
        spread = np.nanmean(np.square(values - centre[:, None]))
        change = np.nanmean(np.square(np.diff(values, axis=1)))
    return float(change / (2 * spread)) if spread > 0 else 1.0


def delimiter(line: str) -> str | None:
    """Return what stands between the cells: a tab, a comma, or (None) white space."""
    return "\t" if "\t" in line else "," if "," in line else None


def cut(line: str, mark: str | None) -> list[str]:
    """Cut a line into cells."""
    return line.split() if mark is None else line.strip(" \r").split(mark)


def _rows(data: bytes, path: Path) -> np.ndarray | None:
    """Return the numbers of whole lines of a sample, or None if they make no block of numbers."""
    if b"\0" in data:
        return None
    text = decode_lines(data.replace(b"\r\n", b"\n")).data.decode("utf-8").lstrip("\ufeff")
    lines = text.split("\n")
    lines = [line for line in (lines if len(data) < SAMPLE_BYTES else lines[:-1]) if line.strip()]
    if not lines:
        return None
    mark = delimiter(lines[0])
    cells = [cut(line, mark) for line in lines]
    if len({len(row) for row in cells}) != 1 or len(cells[0]) < 2:
        return None
    return np.stack([numbers(row, path, 0) for row in cells])


def _label(cell: str, path: Path, line: int) -> str:
    (value,) = numbers([cell], path, line)
    if value != value:
        return ""
    if value % 1:
        raise DataError(
            f"the label in the first column is {cell.strip()[:40]!r}; class numbers are whole.",
            "Correct it, or write ? where it is missing.",
            file=path,
            row=line,
        )
    return str(int(value))
