"""Column names: made unique, made up where the file has none; whether a file has any."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import polars as pl

from fieldguide.data.numbers import guess_style, is_number
from fieldguide.data.spellings import MISSING


def unique_names(names: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Strip names, name the empty ones by position and number those that occur twice.

    Returns:
        The new names, and for each changed one what happened, in plain words.
    """
    stripped = [name.strip().strip("\ufeff") for name in names]
    counts = Counter(stripped)
    new: list[str] = []
    changes: dict[str, str] = {}
    for position, name in enumerate(stripped, start=1):
        chosen = name or f"column_{position}"
        if not name:
            changes[chosen] = "the header cell is empty: named by its position"
        if chosen in new:
            repeat = 2
            while f"{chosen}_{repeat}" in new or f"{chosen}_{repeat}" in counts:
                repeat += 1
            changes[f"{chosen}_{repeat}"] = f"the header names '{name}' twice"
            chosen = f"{chosen}_{repeat}"
        new.append(chosen)
    return new, changes


def has_header(first: Sequence[str], rows: pl.DataFrame) -> bool:
    """Say whether the first row of a table of text names its columns.

    It does not if it holds numbers where the rows below hold numbers, unless those numbers just
    count the columns (0, 1, 2, … or years). A row that mixes numbers and words is a header unless
    one of its words occurs again below.

    Args:
        first: Cells of the first row.
        rows: Some of the rows below it.
    """
    cells = [cell.strip() for cell in first]
    numbers = [_is_number(cell) for cell in cells]
    if not any(numbers) or _counts_up(cells):
        return True
    words = [i for i, cell in enumerate(cells) if not numbers[i] and cell.lower() not in MISSING]
    for i in range(min(len(cells), rows.width)):
        if numbers[i] and rows.height and not _mostly_numbers(rows.to_series(i)):
            return True
    return bool(words) and not any(
        cells[i] in rows.to_series(i).str.strip_chars().to_list() for i in words if i < rows.width
    )


def _is_number(cell: str) -> bool:
    return bool(cell) and is_number(cell)


def _mostly_numbers(column: pl.Series) -> bool:
    present = column.str.strip_chars().drop_nulls()
    present = present.filter(~present.str.to_lowercase().is_in(list(MISSING)))
    return not len(present) or guess_style(present)[1] >= 0.5


def _counts_up(cells: Sequence[str]) -> bool:
    """Whether the cells are consecutive whole numbers, as pandas and spreadsheets write them."""
    if len(cells) < 2 or not all(cell.isascii() and cell.isdigit() for cell in cells):
        return False
    numbers = [int(cell) for cell in cells]
    return all(after == before + 1 for before, after in pairwise(numbers))
