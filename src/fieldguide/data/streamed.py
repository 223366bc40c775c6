"""Tables larger than memory: left on disk, read in blocks of rows, cleaned as they are read.

What a column holds is found on a sample; after that every block is read by the same recipe. In
memory are only the numbers of the selected rows (16 bytes a row) and the block at hand.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from fieldguide.data.column import Column, take
from fieldguide.data.dataset import Dataset
from fieldguide.data.field import Field
from fieldguide.data.infer import clean
from fieldguide.errors import UsageError, did_you_mean


class TableBlocks(ABC):
    """A table on disk, in blocks of consecutive rows that can be read in any order.

    Attributes:
        source: The file.
        sizes: Number of rows of each block, shape (blocks,).
    """

    source: str
    sizes: np.ndarray

    @abstractmethod
    def read(self, block: int) -> tuple[dict[str, Column], np.ndarray]:
        """Return the raw columns of one block, and the row numbers that an editor shows."""


@dataclass(kw_only=True)
class StreamedTable(Dataset):
    """A data set whose values stay on disk.

    It behaves like any `Dataset`. `chunks` reads the file once, in order; a selection in another
    order is read right, but slowly. A single column (`column`) is brought into memory when it is
    asked for, which takes one pass over the file.

    Attributes:
        blocks: The table on disk.
        rows: Numbers of the selected rows, from 0, in the order of the examples.
    """

    blocks: TableBlocks
    rows: np.ndarray
    _kept: dict[int, tuple[dict[str, Column], np.ndarray]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        self.columns = StreamedColumns(self)
        super().__post_init__()

    def take(self, indices: np.ndarray) -> StreamedTable:
        """Return the examples at ``indices``, in that order; nothing is read."""
        provided = None if self.provided is None else self.provided[indices]
        return replace(
            self, rows=self.rows[indices], origins=self.origins[indices], provided=provided
        )

    def with_target(self, name: str) -> Dataset:
        """Return the same data with another column to predict; rows without it are excluded."""
        if name not in self.fields:
            raise UsageError(
                f"{self.source} has no column '{name}'.{did_you_mean(name, self.fields)}"
            )
        return super().with_target(name)

    def in_memory(self, limit: int, seed: int = 0) -> Dataset:
        """Return at most ``limit`` examples held in memory, sampled where there are more."""
        if len(self) <= limit:
            return self.load(np.arange(len(self)))
        chosen = np.random.default_rng(seed).choice(len(self), size=limit, replace=False)
        return self.load(np.sort(chosen))

    def chunks(self, rows: int = 262_144) -> Iterator[Dataset]:
        """Yield the data in order, at most ``rows`` examples at a time, each held in memory."""
        for start in range(0, max(1, len(self)), rows):
            yield self.load(np.arange(start, min(start + rows, len(self))))

    def load(self, indices: np.ndarray, names: list[str] | None = None) -> Dataset:
        """Return the examples at ``indices`` held in memory.

        Args:
            indices: Positions of the examples.
            names: Columns to load; all if None.
        """
        wanted = list(self.fields) if names is None else names
        fields = {name: self.fields[name] for name in wanted}
        wished = self.rows[indices]
        order = np.argsort(wished, kind="stable")
        parts = [
            clean({name: part[name] for name in wanted}, fields).columns
            for part in self._parts(wished[order])
        ]
        back = np.empty(len(order), dtype=np.int64)
        back[order] = np.arange(len(order))
        joined = {name: take(_joined([part[name] for part in parts]), back) for name in wanted}
        return Dataset(
            fields=fields if names else self.fields,
            columns=joined,
            target=self.target,
            target_reason=self.target_reason,
            source=self.source,
            ledger=self.ledger,
            origins=self.origins[indices],
            provided=None if self.provided is None else self.provided[indices],
            group=self.group,
            time=self.time,
        )

    def _parts(self, rows: np.ndarray) -> Iterator[Mapping[str, Column]]:
        """Yield the raw columns of sorted rows, block by block; an empty part if there are none."""
        ends = np.cumsum(self.blocks.sizes)
        starts = ends - self.blocks.sizes
        needed = np.unique(np.searchsorted(ends, rows, side="right")) if len(rows) else [0]
        for block in needed:
            inside = rows[(rows >= starts[block]) & (rows < ends[block])] - starts[block]
            columns, _ = self._block(int(block))
            yield {name: take(column, inside) for name, column in columns.items()}

    def _block(self, block: int) -> tuple[dict[str, Column], np.ndarray]:
        """Return a block; the last one is kept, because chunks end in the middle of blocks."""
        if block not in self._kept:
            self._kept.clear()
            self._kept[block] = self.blocks.read(block)
        return self._kept[block]


class StreamedColumns(Mapping[str, Column]):
    """The columns of a `StreamedTable` by name; one that is asked for is brought into memory.

    Args:
        table: The table on disk.
    """

    def __init__(self, table: StreamedTable):
        self._table = table

    def __getitem__(self, name: str) -> Column:
        if name not in self._table.fields:
            raise KeyError(name)
        return self._table.load(np.arange(len(self._table)), [name]).columns[name]

    def __contains__(self, name: object) -> bool:
        return name in self._table.fields

    def __iter__(self) -> Iterator[str]:
        return iter(self._table.fields)

    def __len__(self) -> int:
        return len(self._table.fields)


def _joined(parts: list[Column]) -> Column:
    if isinstance(parts[0], pl.Series):
        frames = [pl.DataFrame({"": part}) for part in parts]
        return pl.concat(frames, how="vertical_relaxed").to_series().alias(parts[0].name)
    return np.concatenate([np.asarray(part) for part in parts])


def sampled(blocks: TableBlocks, rows: int, seed: int = 0) -> dict[str, Column]:
    """Return the raw columns of a seeded sample of rows, from at most 32 blocks.

    Args:
        blocks: The table on disk.
        rows: Number of rows at most.
        seed: Decides which.
    """
    chance = np.random.default_rng(seed)
    filled = np.flatnonzero(blocks.sizes)
    chosen = np.sort(chance.choice(filled, size=min(32, len(filled)), replace=False))
    each = -(-rows // max(1, len(chosen)))
    parts: list[dict[str, Column]] = []
    for block in chosen.tolist():
        columns, origins = blocks.read(block)
        picked = chance.choice(len(origins), size=min(each, len(origins)), replace=False)
        parts.append({name: take(column, np.sort(picked)) for name, column in columns.items()})
    return {name: _joined([part[name] for part in parts]) for name in parts[0]}


def seen_on_sample(fields: Mapping[str, Field], rows: int) -> dict[str, Field]:
    """Say in each field's reason that it was found on a sample."""
    return {
        name: replace(known, reason=f"{known.reason} (seen on a sample of {rows:,} rows)")
        for name, known in fields.items()
    }
