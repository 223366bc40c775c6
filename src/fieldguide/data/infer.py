"""Fields from values. (First form: numbers, categories, arrays and images by dtype.)"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from fieldguide.data.column import Column
from fieldguide.data.field import Field, Kind
from fieldguide.data.images import ImageFiles


def infer_fields(columns: Mapping[str, Column]) -> dict[str, Field]:
    """Look at the values of each column and say what they are and why."""
    return {name: _field(name, column) for name, column in columns.items()}


def _field(name: str, column: Column) -> Field:
    if isinstance(column, ImageFiles):
        return Field(name, "image", "paths of image files", shape=(0, 0, 0))
    if isinstance(column, np.ndarray):
        kind: Kind = "image" if column.ndim == 4 else "array"
        return Field(name, kind, f"an array of shape {column.shape}", shape=column.shape[1:])
    missing, distinct = column.null_count(), column.n_unique()
    if column.dtype == pl.Boolean:
        return Field(name, "boolean", "true or false", missing, distinct)
    if column.dtype.is_numeric():
        return Field(name, "number", "all values are numbers", missing, distinct)
    return Field(name, "category", f"{distinct} distinct words", missing, distinct)
