"""What a column's values may be stored as."""

from __future__ import annotations

import numpy as np
import polars as pl

from fieldguide.data.bundle import Bundle

Column = pl.Series | np.ndarray | Bundle


def take(column: Column, indices: np.ndarray) -> Column:
    """Return the values at ``indices``, in that order."""
    if isinstance(column, pl.Series):
        return column.gather(indices)
    if isinstance(column, Bundle):
        return column.take(indices)
    return column[indices]
