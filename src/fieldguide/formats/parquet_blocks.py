"""Parquet files in blocks of rows, for tables larger than memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
from polars.exceptions import PolarsError

from fieldguide.data import Column
from fieldguide.data.streamed import TableBlocks
from fieldguide.formats.parquet import broken, typed_table

BLOCK_ROWS = 131_072


class ParquetBlocks(TableBlocks):
    """A Parquet file in blocks; only the row groups that a block touches are read.

    Args:
        path: The file.
        block_rows: Rows in a block; 131,072 if None.

    Raises:
        DataError: The file is damaged.
    """

    def __init__(self, path: Path, block_rows: int | None = None):
        self.path, self.source = path, str(path)
        self.block_rows = block_rows or BLOCK_ROWS
        try:
            self._table = pl.scan_parquet(path)
            count = int(self._table.select(pl.len()).collect().item())
        except (PolarsError, pl.exceptions.PanicException) as error:
            raise broken(path) from error
        starts = np.arange(0, count, self.block_rows)
        self.sizes = np.minimum(count - starts, self.block_rows)

    def read(self, block: int) -> tuple[dict[str, Column], np.ndarray]:
        """Return the typed columns of one block, and the row numbers from 1."""
        start = block * self.block_rows
        try:
            frame = self._table.slice(start, self.block_rows).collect()
        except (PolarsError, pl.exceptions.PanicException) as error:
            raise broken(self.path) from error
        raw = typed_table(frame, self.path, first_row=start + 1)
        columns: dict[str, Column] = dict(zip(raw.frame.columns, raw.frame, strict=True))
        return {**columns, **raw.blocks}, raw.origins
