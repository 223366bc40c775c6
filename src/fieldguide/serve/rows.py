"""From the rows and pictures of a request to a data set; every complaint names row and field."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
from PIL import Image

from fieldguide.codecs import Array, DateTime, Picture
from fieldguide.data import Column, Dataset, Field, ImageFiles
from fieldguide.data.images import to_array
from fieldguide.data.infer import clean
from fieldguide.errors import DataError, did_you_mean
from fieldguide.serve.served import Served

_TYPES: dict[str, tuple[type, ...]] = {
    "number": (int, float, str),
    "boolean": (bool, str),
    "datetime": (str,),
    "category": (str, int, float, bool),
    "words": (str,),
}
_WANTED = {
    "number": "a number",
    "boolean": "true or false",
    "datetime": "a date as text, such as 2024-12-31",
    "category": "a word",
    "words": "text",
}


def from_rows(served: Served, rows: Sequence[Any]) -> Dataset:
    """Return a data set from JSON rows.

    Args:
        served: The model that is asked.
        rows: Objects by column name, or lists of numbers for a model of arrays.

    Raises:
        DataError: A row or a value is not what the model takes.
    """
    if not rows:
        raise DataError("the request holds no rows.", 'Send {"rows": [ … ]}.')
    if served.form == "array":
        ((name, codec),) = served.codecs.items()
        assert isinstance(codec, Array)
        return _dataset({name: _block(name, codec.length, rows)}, served)
    objects = [_checked(served, row, number) for number, row in enumerate(rows, start=1)]
    columns = {name: _column(served, name, objects) for name in served.codecs}
    return _dataset(columns, served)


def from_files(served: Served, files: Sequence[tuple[str, bytes]]) -> Dataset:
    """Return a data set from pictures.

    Args:
        served: The model that is asked.
        files: Name and content of each.

    Raises:
        DataError: A file is no picture that can be read.
    """
    ((name, codec),) = served.codecs.items()
    assert isinstance(codec, Picture)
    decoded = [_decode(file, content) for file, content in files]
    if codec.stored == "uint8":
        names = [file for file, _ in files]
        return _dataset({name: ImageFiles(names, decoded=decoded)}, served)
    raise DataError(
        "this model learnt from pictures whose pixels are not bytes, and files hold bytes.",
        "Use the model from Python: fieldguide.load(folder).predict(pixels).",
        field=name,
    )


def _dataset(columns: Mapping[str, Column], served: Served) -> Dataset:
    fields = {name: _field(served, name) for name in columns}
    return Dataset(fields=fields, columns=dict(columns), source="request")


def _field(served: Served, name: str) -> Field:
    return served.estimator.fields_[name]


def _checked(served: Served, row: Any, number: int) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise DataError(
            f"expected an object with the fields of `/model`, not {_kind(row)}.",
            'Send {"rows": [{"field": value, …}]}.',
            row=number,
        )
    known = served.estimator.fields_
    for name in row:
        if name not in known:
            raise DataError(
                f"the model knows no field of that name.{did_you_mean(name, served.codecs)}",
                "GET /model lists the fields.",
                row=number,
                field=name,
            )
    for name, codec in served.codecs.items():
        if name not in row:
            raise DataError(
                "the field is missing.", "Send null for a missing value.", row=number, field=name
            )
        value, types = row[name], _TYPES.get(codec.name, ())
        fits = value is None or (isinstance(value, types) and _is_honest(value, types))
        if types and not fits:
            raise _unfit(codec.name, _kind(value), number, name)
    return row


def _is_honest(value: Any, types: tuple[type, ...]) -> bool:
    """Truth values are whole numbers to Python, but not to people."""
    return not isinstance(value, bool) or bool in types


def _column(served: Served, name: str, rows: Sequence[dict[str, Any]]) -> Column:
    """Read a column's values as the training data's were read."""
    values, codec = [row[name] for row in rows], served.codecs[name]
    if isinstance(codec, Array):
        return _block(name, codec.length, values)
    if isinstance(codec, DateTime) and not served.date_format(name):
        values = [_iso(value, number, name) for number, value in enumerate(values, start=1)]
    elif any(isinstance(value, str) for value in values):
        values = [value if value is None or isinstance(value, str) else str(value).lower()
                  for value in values]  # fmt: skip
    raw = pl.Series(name, values, strict=False)
    cleaned = clean({name: raw}, {name: _field(served, name)})
    if name in cleaned.repairs:
        place = int(cleaned.repairs[name][1][0])
        raise _unfit(codec.name, repr(rows[place][name]), place + 1, name)
    return cleaned.columns[name]


def _iso(text: str | None, row: int, name: str) -> datetime | None:
    try:
        date = None if text is None else datetime.fromisoformat(text)
    except ValueError:
        raise _unfit("datetime", repr(text), row, name) from None
    if date is None or date.tzinfo is None:
        return date
    return date.astimezone(UTC).replace(tzinfo=None)


def _block(name: str, length: int, rows: Sequence[Any]) -> np.ndarray:
    for number, row in enumerate(rows, start=1):
        right = isinstance(row, list) and len(row) == length
        if not right or not all(isinstance(x, (int, float)) for x in row):
            got = f"{len(row)} values" if isinstance(row, list) else _kind(row)
            raise DataError(
                f"expected a list of {length} numbers, not {got}.",
                "GET /model shows an example.",
                row=number,
                field=name,
            )
    return np.asarray(rows, dtype=np.float64)


def _decode(name: str, content: bytes) -> np.ndarray:
    try:
        with Image.open(io.BytesIO(content)) as opened:
            return to_array(opened)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError(
            f"the file cannot be read as a picture ({error}).",
            "Send PNG, JPEG or another common format.",
            file=name,
        ) from error


def _unfit(codec: str, got: str, row: int, name: str) -> DataError:
    return DataError(
        f"expected {_WANTED[codec]}, not {got}.",
        "Send null for a missing value.",
        row=row,
        field=name,
    )


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a number"}
    return names.get(type(value), "a number" if isinstance(value, float) else "null")
