"""JSON lines (one object a line), and a JSON array of objects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from fieldguide.data import Ledger
from fieldguide.errors import DataError
from fieldguide.formats.csv import text_suffix
from fieldguide.formats.format import Options
from fieldguide.formats.json_sniff import holds_trees
from fieldguide.formats.table import RawTable, TableFormat
from fieldguide.formats.text import read_text

Row = dict[str, Any]


class JsonLines(TableFormat):
    """Objects, one a row; objects inside objects become columns named ``outer.inner``."""

    name = "json"
    looks_for = "a .jsonl, .ndjson or .json file of objects, packed with gzip or not"

    def knows(self, path: Path) -> bool:
        """Say whether the suffix is one of JSON's; trees of words are no rows."""
        named = path.is_file() and text_suffix(path) in (".jsonl", ".ndjson", ".json")
        return named and not holds_trees(path)

    def raw(self, path: Path, options: Options) -> RawTable:
        """Return the values; a column of mixed types becomes text.

        Raises:
            DataError: No objects in the file.
        """
        text = read_text(path)
        ledger = Ledger()
        ledger.book("repaired", "not UTF-8: read as Latin-1", text.foreign, file=path)
        content = text.data.decode("utf-8")
        if content.lstrip().startswith("["):
            rows, origins = _array(content, ledger, path)
        else:
            rows, origins = _lines(content, ledger, path)
        if not rows:
            raise DataError(
                "it holds no rows: no line is a JSON object.",
                'Write one object a line: {"name": value, …}.',
                file=path,
            )
        frame, blocks = _columns(rows)
        return RawTable(frame, origins, str(path), ledger, blocks=blocks)


def _lines(content: str, ledger: Ledger, path: Path) -> tuple[list[Row], np.ndarray]:
    rows, origins, broken, others = [], [], [], []
    for number, line in enumerate(content.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (json.JSONDecodeError, RecursionError):
            broken.append(number)
            continue
        if isinstance(value, dict):
            rows.append(_flat(value))
            origins.append(number)
        else:
            others.append(number)
    ledger.total = len(origins) + len(broken) + len(others)
    _refuse_document(content, broken, rows, path)
    ledger.book("excluded", "not JSON", broken, file=path)
    ledger.book("excluded", "not an object", others, file=path)
    return rows, np.array(origins, dtype=np.int64)


def _refuse_document(content: str, broken: list[int], rows: list[Row], path: Path) -> None:
    """Refuse one JSON object written over many lines; its lines are no rows.

    Raises:
        DataError: Naming what was expected, or the line where the JSON breaks.
    """
    if rows or not broken:
        return
    try:
        json.loads(content)
    except (json.JSONDecodeError, RecursionError) as error:
        raise DataError(
            f"it is not JSON ({getattr(error, 'msg', 'nested too deeply')}).",
            "Write one object a line, or one array of objects.",
            file=path,
            row=getattr(error, "lineno", None),
        ) from error
    raise DataError(
        "it is one JSON document, not a list of rows.",
        "Write one object a line, or one array of objects.",
        file=path,
    )


def _array(content: str, ledger: Ledger, path: Path) -> tuple[list[Row], np.ndarray]:
    try:
        values = json.loads(content)
    except (json.JSONDecodeError, RecursionError) as error:
        raise DataError(
            f"the JSON array is broken ({getattr(error, 'msg', 'nested too deeply')}).",
            "Write the file again; a cut-off download looks like this.",
            file=path,
            row=getattr(error, "lineno", None),
        ) from error
    numbers = np.arange(1, len(values) + 1)
    good = np.array([isinstance(value, dict) for value in values], dtype=bool)
    ledger.total = len(values)
    ledger.book("excluded", "not an object", numbers[~good], file=path)
    return [_flat(value) for value in values if isinstance(value, dict)], numbers[good]


def _flat(row: Row, prefix: str = "") -> Row:
    flat: Row = {}
    for name, value in row.items():
        if isinstance(value, dict) and value:
            flat.update(_flat(value, f"{prefix}{name}."))
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def _columns(rows: list[Row]) -> tuple[pl.DataFrame, dict[str, np.ndarray]]:
    names = list(dict.fromkeys(name for row in rows for name in row))
    series: list[pl.Series] = []
    blocks: dict[str, np.ndarray] = {}
    for name in names:
        values = [row.get(name) for row in rows]
        block = _block(values)
        if block is None:
            series.append(_series(name, values))
        else:
            blocks[name] = block
    return pl.DataFrame(series), blocks


def _series(name: str, values: list[Any]) -> pl.Series:
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int, float} and all(abs(v) < 2**63 for v in values if isinstance(v, int)):
        return pl.Series(name, values, dtype=pl.Int64 if kinds == {int} else pl.Float64)
    if kinds == {bool}:
        return pl.Series(name, values, dtype=pl.Boolean)
    return pl.Series(name, [_as_text(value) for value in values], dtype=pl.String)


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _block(values: list[Any]) -> np.ndarray | None:
    """Return lists of numbers of one length as an array, anything else as None."""
    first = values[0]
    if not isinstance(first, list) or not first:
        return None
    try:
        block = np.array(values)
    except ValueError:  # lists of different lengths
        return None
    return block if block.ndim >= 2 and block.dtype.kind in "iuf" else None
