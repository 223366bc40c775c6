"""Data sets from what is in memory. (First form: NumPy arrays.)"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from fieldguide.data.column import Column
from fieldguide.data.dataset import Dataset


def as_dataset(data: Any, y: Any = None) -> Dataset:
    """Return a data set from a `Dataset` (as it is) or arrays."""
    if isinstance(data, Dataset):
        return data if y is None else data.with_target(y)
    columns: dict[str, Column] = {"x": np.asarray(data)}
    if y is not None:
        columns["y"] = pl.Series("y", np.asarray(y))
    return Dataset.from_columns(columns, target=None if y is None else "y")
