"""Between rows and the user's columns: what can be put right, what is missing, what came of it.

Shapes: B examples, D numbers in a row, E entries (`fieldguide.algorithms.autoencoder._layout`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
import torch
from torch import Tensor

from fieldguide.algorithms.autoencoder._layout import LEAST, Layout
from fieldguide.codecs import Boolean, Category, Codec, Number, Steps
from fieldguide.data import Bundle, Dataset
from fieldguide.tasks.without_target import WithoutTarget


@dataclass(frozen=True)
class Repaired:
    """Data whose wrong entries were replaced.

    Attributes:
        values: The data, in the user's units: a data frame where they were a table, else an array,
            of which what was right is as it came. Sequences are (n, steps, channels), NaN after
            the end of the shorter ones.
        mask: True where a value was replaced, same shape.
    """

    values: np.ndarray | pl.DataFrame
    mask: np.ndarray | pl.DataFrame


class Entries:
    """The entries of a task's rows: values, flags of missing values, and what cannot be decoded.

    Args:
        task: A task without a target.

    Attributes:
        layout: Numbers and blocks.
        fixed: Entries that are never corrected, (E,): flags, and parts of dates.
    """

    def __init__(self, task: WithoutTarget):
        self.layout = Layout(task.numbers, tuple(task.inputs.cardinalities))
        self._values: list[int] = []  # of flagged numbers, and below their flags
        self._flags: list[int] = []
        self._booleans: list[int] = []
        self.fixed = torch.zeros(self.layout.entries, dtype=torch.bool)
        for place, codec in places(task):
            self._look_at(place, codec)
        self.fixed[self._flags] = True
        # Code 0 of a category is the unknown and missing one; no word is decoded from it.
        self._unknown = [isinstance(codec, Category) for _, codec in places(task) if codec.codes]

    def _look_at(self, place: int, codec: Codec) -> None:
        if isinstance(codec, Number) and codec.flagged:
            self._values.append(place)
            self._flags.append(place + 1)
        elif isinstance(codec, Boolean):
            self._booleans.append(place)
        elif isinstance(codec, Steps) and codec.flagged:
            channels = len(codec.means)
            starts = range(0, codec.steps * codec.width, codec.width)
            self._values += [start + one for start in starts for one in range(channels)]
            self._flags += [start + channels + one for start in starts for one in range(channels)]
        elif not isinstance(codec, (Number, Steps, Category)) and codec.forms == ("table",):
            self.fixed[place : place + codec.width] = True

    @property
    def flagged(self) -> bool:
        """Whether any number may be missing."""
        return bool(self._flags)

    def missing(self, rows: Tensor) -> Tensor:
        """Return which entries hold no value, (B, E)."""
        found = torch.zeros(len(rows), self.layout.entries, dtype=torch.bool, device=rows.device)
        found[:, self._values] = rows[:, self._flags] > 0.5
        found[:, self._booleans] = rows[:, self._booleans] == 0
        _, blocks = self.layout.split(rows)
        for number, block in enumerate(blocks):
            if self._unknown[number]:
                found[:, self.layout.numbers + number] = block[:, 0] > 0.5
        return found

    def present(self, rows: Tensor) -> Tensor:
        """Return rows whose flags say that nothing is missing, and no category is unknown."""
        numbers, blocks = self.layout.split(rows)
        numbers = numbers.clone()
        numbers[:, self._flags] = 0.0
        known = []
        for block, unknown in zip(blocks, self._unknown, strict=True):
            if unknown and block.shape[1] > 1:
                rest = block[:, 1:].clamp_min(LEAST)
                share = rest / rest.sum(dim=1, keepdim=True)
                block = torch.cat([torch.zeros_like(block[:, :1]), share], dim=1)
            known.append(block)
        return torch.cat([numbers, *known], dim=1)


def places(task: WithoutTarget) -> Iterator[tuple[int, Codec]]:
    """Yield the first entry of each codec, and the codec."""
    number, block = 0, task.numbers
    for codec in task.inputs.codecs.values():
        if codec.codes:
            yield block, codec
            block += 1
        else:
            yield number, codec
            number += codec.width


def in_users_terms(task: WithoutTarget, dataset: Dataset, rows: Tensor, wrong: Tensor) -> Repaired:
    """Return what came of repaired rows (n, D) and wrong entries (n, E)."""
    if task.inputs.form == "table":
        return _of_table(task, dataset, rows, wrong)
    ((name, codec),) = task.inputs.codecs.items()
    column, found = dataset.column(name), task.values(rows)
    mask = wrong.numpy().reshape(len(found), -1)
    if isinstance(codec, Steps):
        channels = len(codec.means)
        mask = mask.reshape(len(found), -1, codec.width)[..., :channels]
    before = column.flat(mask[0].size) if isinstance(column, Bundle) else np.asarray(column)
    shape = before.shape if isinstance(column, np.ndarray) else found.shape
    marks = mask.reshape(shape)
    return Repaired(np.where(marks, found.reshape(shape), before.reshape(shape)), marks)


def _of_table(task: WithoutTarget, dataset: Dataset, rows: Tensor, wrong: Tensor) -> Repaired:
    decoded, marks = task.frame(rows), {}
    for name, (place, _) in zip(task.inputs.codecs, places(task), strict=True):
        marks[name] = pl.Series(name, wrong[:, place].numpy())
    values, masks = [], []
    for name, column in dataset.columns.items():
        if not isinstance(column, pl.Series):
            continue
        mark = marks.get(name, pl.Series(name, np.zeros(len(dataset), dtype=bool)))
        masks.append(mark.alias(name))
        if name in marks and bool(mark.any()):
            column = column.zip_with(~mark, _like(decoded[name], column))
        values.append(column.alias(name))
    return Repaired(pl.DataFrame(values), pl.DataFrame(masks))


def _like(found: pl.Series, column: pl.Series) -> pl.Series:
    """Return decoded values in the type of the column they go into."""
    if column.dtype.is_integer() and found.dtype.is_float():
        found = found.round()
    return found.cast(column.dtype, strict=False)
