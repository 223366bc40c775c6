"""Exact copies among the examples, and the mistakes that copies with other labels force."""

from __future__ import annotations

import os
import zipfile
from collections import Counter
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
import polars as pl

from fieldguide.data import Bundle, Column, Dataset, ImageFiles
from fieldguide.errors import DataError

MOST = 1_000_000  # examples compared at most
FEW = 100


@dataclass(frozen=True)
class Duplicates:
    """Copies among the examples; identifiers and constants are not compared.

    Attributes:
        compared: Examples compared.
        rows: Examples that equal an earlier one, target included.
        inputs: Examples whose inputs equal an earlier one's, whatever the target.
        conflicting: Examples whose inputs also occur with another target.
        floor: Error that no rule can go below on these examples, because equal inputs have
            different targets: a share of wrong classes, or of the variance (1 - R²).
    """

    compared: int
    rows: int
    inputs: int
    conflicting: int
    floor: float


def find(dataset: Dataset, *, classes: bool) -> Duplicates:
    """Count copies.

    Args:
        dataset: The data, with or without a target.
        classes: Whether the target holds classes rather than quantities.
    """
    data = dataset.in_memory(MOST)
    names = list(data.inputs)
    if not names or not len(data):
        return Duplicates(len(data), 0, 0, 0, 0.0)
    group = _codes([_keys(data.column(name)) for name in names])
    if data.target is None:
        again = len(group) - int(group.max()) - 1
        return Duplicates(len(group), again, again, 0, 0.0)
    target = data.column(data.target)
    both = _codes([group, _keys(target)])
    kinds = np.bincount(_first(both, group), minlength=group.max() + 1)  # targets of each group
    wrong = _least_wrong(group, both) if classes else _least_spread(group, target)
    return Duplicates(
        compared=len(group),
        rows=len(group) - int(both.max()) - 1,
        inputs=len(group) - int(group.max()) - 1,
        conflicting=int((kinds[group] > 1).sum()),
        floor=wrong,
    )


def refuse_all_the_same(dataset: Dataset) -> None:
    """Refuse data of which all examples have the same inputs, where nothing is to be predicted.

    Raises:
        DataError: They do, or there is one.
    """
    if not len(dataset):
        return
    names = list(dataset.inputs)
    few = dataset.take(np.unique(np.linspace(0, len(dataset) - 1, FEW).round().astype(int)))
    for some in (few, dataset.in_memory(MOST)):  # most data differ among a few examples already
        if not names or _codes([_keys(some.column(name)) for name in names]).any():
            return
    raise DataError(
        "there is one example only."
        if len(dataset) < 2
        else f"all {len(dataset):,} examples are the same.",
        "Bring examples that differ: without a target, what they have in common is learnt.",
        file=dataset.source,
    )


def _first(codes: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the value at the first occurrence of each code."""
    found: np.ndarray = values[np.unique(codes, return_index=True)[1]]
    return found


def _least_wrong(group: np.ndarray, both: np.ndarray) -> float:
    """Share of wrong answers when every group is given its commonest class."""
    counts = np.bincount(both)
    best = np.zeros(group.max() + 1, dtype=np.int64)
    np.maximum.at(best, _first(both, group), counts)
    return float(1 - best.sum() / len(group))


def _least_spread(group: np.ndarray, target: Column) -> float:
    """Share of the variance left when every group is given its mean."""
    values = np.asarray(target.to_numpy() if isinstance(target, pl.Series) else target, float)
    values = np.nan_to_num(values.reshape(len(values), -1))
    counts = np.bincount(group)
    left = total = 0.0
    for part in values.T:
        means = np.bincount(group, weights=part) / counts
        left += float(np.square(part - means[group]).sum())
        total += float(np.square(part - part.mean()).sum())
    return left / total if total else 0.0


def _codes(keys: list[np.ndarray]) -> np.ndarray:
    """Return the same code, from 0 without gaps, where all keys are equal."""
    frame = pl.DataFrame({str(place): key for place, key in enumerate(keys)})
    return np.unique(frame.hash_rows().to_numpy(), return_inverse=True)[1]


def _keys(column: Column) -> np.ndarray:
    """Return 64-bit keys that are equal where the values are."""
    if isinstance(column, ImageFiles):
        return _file_keys(column)
    if isinstance(column, Bundle):
        parts = [_digest(column.digest(index)) for index in range(len(column))]
        return np.array(parts, dtype=np.uint64)
    if isinstance(column, pl.Series):
        return column.hash().to_numpy()
    flat = np.ascontiguousarray(column).reshape(len(column), -1)
    return np.array([_digest(row.tobytes()) for row in flat], dtype=np.uint64)


def _file_keys(files: ImageFiles) -> np.ndarray:
    """Compare pictures in memory by their pixels, files by their bytes."""
    if files.decoded is not None:
        parts = [_digest(repr(one.shape).encode() + one.tobytes()) for one in files.decoded]
        return np.array(parts, dtype=np.uint64)
    if files.archive is not None:
        with zipfile.ZipFile(files.archive) as opened:
            known = {one.filename: (one.CRC, one.file_size) for one in opened.infolist()}
        parts = [_digest(repr(known[path]).encode()) for path in files.paths]
        return np.array(parts, dtype=np.uint64)
    sizes = [os.path.getsize(path) for path in files.paths]
    often = Counter(sizes)  # a file of a size that no other has is no copy: it need not be read
    return np.array(
        [
            _digest(Path(path).read_bytes() if often[size] > 1 else str(place).encode())
            for place, (path, size) in enumerate(zip(files.paths, sizes, strict=True))
        ],
        dtype=np.uint64,
    )


def _digest(content: bytes) -> int:
    return int.from_bytes(blake2b(content, digest_size=8).digest())
