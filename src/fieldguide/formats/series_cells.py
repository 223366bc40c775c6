"""Numbers of a sequence as files of labelled sequences write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fieldguide.errors import DataError

MISSING = frozenset(("?", "nan", ""))
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def numbers(cells: Sequence[str], path: Path, line: int) -> np.ndarray:
    """Return the numbers that cells spell, NaN where one is missing (``?``, ``NaN``, empty).

    Args:
        cells: Text of each.
        path: The file, for messages.
        line: Its line.

    Raises:
        DataError: A cell that is no number; names it.
    """
    try:
        values = np.array(cells, dtype=np.float64)
        if np.isfinite(values).all() and "_" not in "".join(cells):  # Python reads 1_0 as 10
            return values
    except ValueError:
        pass
    return np.array([_number(cell, place, path, line) for place, cell in enumerate(cells, 1)])


def _number(cell: str, place: int, path: Path, line: int) -> float:
    bare = cell.strip()
    if bare.lower() in MISSING:
        return np.nan
    if NUMBER.fullmatch(bare) and np.isfinite(float(bare)):
        return float(bare)
    raise DataError(
        f"value {place} of the sequence is {bare[:40]!r}, and a finite number was expected.",
        "Correct it, or write ? where it is missing.",
        file=path,
        row=line,
    )


def channels_of(parts: Sequence[np.ndarray], path: Path, line: int) -> np.ndarray:
    """Put the channels of one example side by side, (steps, channels).

    Raises:
        DataError: They differ in length.
    """
    lengths = [len(part) for part in parts]
    for place, length in enumerate(lengths, start=1):
        if length != lengths[0]:
            raise DataError(
                f"channel {place} has {length} steps and channel 1 has {lengths[0]}.",
                "Give all channels of an example the same number of steps; write ? where a value "
                "is missing.",
                file=path,
                row=line,
            )
    return np.stack(parts, axis=1)
