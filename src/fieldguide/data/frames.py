"""Columns of data frames (pandas, polars, Arrow and what else narwhals knows) as polars Series."""

from __future__ import annotations

from collections import Counter
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl
from narwhals.exceptions import DuplicateError
from sklearn.utils.validation import column_or_1d

from fieldguide.data.column import Column
from fieldguide.errors import DataError


def is_frame(data: Any) -> bool:
    """Say whether an object is a data frame held in memory.

    Raises:
        DataError: Two of its columns share a name.
    """
    if isinstance(data, np.ndarray):
        return False  # as narwhals finds too, after asking every library of frames
    try:
        native = nw.from_native(data, eager_only=True, pass_through=True)
    except DuplicateError as error:
        twice = [str(name) for name, count in Counter(data.columns).items() if count > 1]
        raise DataError(
            f"the data frame has several columns named '{twice[0]}'.", "Rename them."
        ) from error
    return isinstance(native, nw.DataFrame)


def columns_of(frame: nw.DataFrame[Any]) -> dict[str, Column]:
    """Return the columns of a data frame by name; names that are no text are spelled out."""
    return {str(name): _series(str(name), frame.get_column(name)) for name in frame.columns}


def column_of(name: str, values: Any) -> pl.Series:
    """Return targets as a column: a series of any kind, an array or a list.

    Raises:
        ValueError: More than one value an example.
    """
    native = nw.from_native(values, allow_series=True, eager_only=True, pass_through=True)
    if isinstance(native, nw.DataFrame) and len(native.columns) == 1:
        native = native[native.columns[0]]
    if isinstance(native, nw.Series):
        return _series(name, native)
    return series_of(name, column_or_1d(target_of(values), warn=True))


def series_of(name: str, array: np.ndarray) -> pl.Series:
    """Return an array with one axis as a column, NaN as missing.

    Raises:
        DataError: Values of several types, such as words among numbers.
    """
    if array.dtype != object:
        column = pl.Series(name, array)
        return column.fill_nan(None) if column.dtype.is_float() else column
    try:
        return pl.Series(name, array.tolist())
    except TypeError as error:
        kinds = sorted({type(value).__name__ for value in array})
        raise DataError(
            f"the targets are of several types: {', '.join(kinds)}.",
            "Bring them to one type, such as y.astype(str).",
            field=name,
        ) from error


def target_of(values: Any) -> np.ndarray:
    """Return targets as an array; a series or a frame of one column is taken apart."""
    native = nw.from_native(values, allow_series=True, eager_only=True, pass_through=True)
    if isinstance(native, (nw.Series, nw.DataFrame)):
        return native.to_numpy()
    return np.asarray(values)


def _series(name: str, column: nw.Series[Any]) -> pl.Series:
    """Bring one column over; categories keep their type, mixed objects become text."""
    native = column.to_native()
    if isinstance(native, pl.Series):
        return native.alias(name)
    kind = column.dtype
    if isinstance(kind, (nw.Categorical, nw.Enum)):
        texts = [None if value is None else str(value) for value in _plain(column)]
        return pl.Series(name, texts, dtype=pl.Categorical)
    if (kind.is_numeric() or kind == nw.Boolean) and not column.is_null().any():
        return pl.Series(name, np.ascontiguousarray(column.to_numpy()))
    values = _plain(column)
    if kind.is_numeric():
        return pl.Series(name, values, dtype=pl.Float64 if kind.is_float() else None)
    if kind == nw.Object and len({type(value) for value in values if value is not None}) > 1:
        values = [None if value is None else str(value) for value in values]
    return pl.Series(name, values, strict=False)


def _plain(column: nw.Series[Any]) -> list[Any]:
    """Return Python values, None for whatever the library calls missing."""
    missing = column.is_null().to_list()
    return [None if gone else value for value, gone in zip(column.to_list(), missing, strict=True)]
