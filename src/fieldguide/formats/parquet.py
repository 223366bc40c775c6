"""Parquet files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
from polars.exceptions import PolarsError

from fieldguide.data import Dataset, Ledger
from fieldguide.errors import DataError
from fieldguide.formats.format import Options
from fieldguide.formats.table import RawTable, TableFormat


class Parquet(TableFormat):
    """Typed columns; structures become columns named ``outer.inner``, lists of numbers blocks."""

    name = "parquet"
    looks_for = "a .parquet or .pq file"

    def knows(self, path: Path) -> bool:
        """Say whether the suffix is Parquet's."""
        return path.is_file() and path.suffix.lower() in (".parquet", ".pq")

    def read(self, path: Path, options: Options) -> Dataset:
        """Read the table, or leave it on disk where it is too large for memory."""
        from fieldguide.formats.streaming import should_stream

        if should_stream(path, options.stream, expansion=8.0):
            from fieldguide.formats.parquet_blocks import ParquetBlocks
            from fieldguide.formats.streaming import stream

            return stream(ParquetBlocks(path), Ledger(), {}, options)
        return super().read(path, options)

    def raw(self, path: Path, options: Options) -> RawTable:
        """Return the typed columns."""
        try:
            frame = pl.read_parquet(path)
        except (PolarsError, pl.exceptions.PanicException) as error:
            raise broken(path) from error
        return typed_table(frame, path)


def broken(path: Path) -> DataError:
    """Return the error for a file that is no Parquet or is cut off."""
    size = path.stat().st_size
    what = "it is empty (0 bytes)." if not size else "it is damaged, cut off or no Parquet file."
    return DataError(what, "Write, copy or download the file again.", file=path)


def typed_table(frame: pl.DataFrame, path: Path, first_row: int = 1) -> RawTable:
    """Return a raw table of typed columns; what has no use in a table is left out and noted.

    Args:
        frame: As the file holds it.
        path: The file.
        first_row: Number of the first row.
    """
    ledger = Ledger(total=frame.height)
    while any(isinstance(kind, pl.Struct) for kind in frame.dtypes):
        frame = _unnested(frame)
    blocks: dict[str, np.ndarray] = {}
    for name, kind in frame.schema.items():
        if isinstance(kind, (pl.List, pl.Array)):
            block = _block(frame[name])
            if block is not None:
                blocks[name] = block
        if isinstance(kind, (pl.List, pl.Array)) or kind in (pl.Binary, pl.Object):
            frame = frame.drop(name)
            if name not in blocks:
                reason = f"a column of type {kind} was left out"
                ledger.book("noted", reason, [name], file=path, field=name)
    origins = np.arange(first_row, first_row + ledger.total)
    return RawTable(frame, origins, str(path), ledger, blocks=blocks)


def _unnested(frame: pl.DataFrame) -> pl.DataFrame:
    columns: list[pl.Series] = []
    for series in frame:
        if isinstance(series.dtype, pl.Struct):
            inner = series.struct.unnest()
            columns += [part.alias(f"{series.name}.{part.name}") for part in inner]
        else:
            columns.append(series)
    return pl.DataFrame(columns)


def _block(series: pl.Series) -> np.ndarray | None:
    try:
        block = np.array(series.to_list())
    except ValueError:  # lists of different lengths
        return None
    return block if block.ndim >= 2 and block.dtype.kind in "iufb" else None
