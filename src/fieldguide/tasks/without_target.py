"""What tasks without a target share: rows, the flat layout of an example that they all speak of.

A row holds the numbers of an example, standardised, and then for each category one number a word:
1 for the word that is there, 0 for the others (one-hot).
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np
import polars as pl
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fieldguide.codecs import Category, Codec, Labels, Nothing
from fieldguide.data import Batch, Dataset, Examples, Inputs, looks_like_classes
from fieldguide.errors import DataError
from fieldguide.tasks import inputs
from fieldguide.tasks.task import Task

WIDEST_CODE, COMPRESSION = 32, 4
AT_ONCE = 4096  # examples that are laid out together
CLASSES = ("category", "boolean", "text", "constant")


class WithoutTarget(Task, ABC):
    """Learns from the inputs alone; a target that the data have is no input."""

    needs_target: ClassVar[bool] = False
    gives: ClassVar[str] = ""
    """What one gets, in plain words."""
    judged: ClassVar[str] = ""
    """How a model of it is judged, in plain words."""

    @classmethod
    def fits(cls, dataset: Dataset) -> tuple[bool, str]:
        """Data never pose such a task by themselves, but for `Representation`."""
        return False, f"nobody named it (task='{cls.name}')"

    @classmethod
    def allows(cls, dataset: Dataset) -> bool:
        """Any inputs will do."""
        return dataset.forecast is None

    @classmethod
    def target_codec(cls, dataset: Dataset) -> Codec:
        """Return nothing: there is no target."""
        return Nothing()

    @classmethod
    def fit(cls, train: Dataset, forms: Sequence[str] = ()) -> Self:
        """Fit the codecs of the inputs.

        Raises:
            DataError: No examples, or no column that could inform anything.
        """
        cls.check_any(train)
        return cls(inputs.Inputs.fit(train, forms), train.target or "", cls.target_codec(train))

    def encode(self, dataset: Dataset, *, with_target: bool = True, once: bool = False) -> Examples:
        """Encode the inputs, and class codes where they are known and told apart.

        Raises:
            DataError: No examples, or sequences longer than those learnt from.
        """
        self.check_any(dataset)
        examples = self.inputs.encode(dataset, once=once)
        self._check_length(dataset, examples)
        if isinstance(self.codec, Labels) and self.target in dataset.columns:
            parts = [self.codec.encode(part.column(self.target)) for part in dataset.chunks()]
            examples.y = torch.from_numpy(np.concatenate(parts))
        return examples

    @property
    def numbers(self) -> int:
        """Numbers in a row before the categories begin."""
        return int(np.prod(self.inputs.shape))

    @property
    def width(self) -> int:
        """Numbers in a row."""
        return self.numbers + sum(self.inputs.cardinalities)

    @property
    def usual_code(self) -> int:
        """Numbers in a code that nobody asked for: the same for all, or races would compare widths.

        A quarter of those of a row, 32 at most.
        """
        return min(WIDEST_CODE, max(1, self.width // COMPRESSION))

    def rows(self, x: Inputs) -> Tensor:
        """Lay inputs out flat; any form to (B, width).

        A sequence that ends early goes on with zeros, the mean.
        """
        if isinstance(x, Tensor):
            return x.flatten(1)
        if "steps" in x:
            steps = x["steps"].flatten(1)
            return F.pad(steps, (0, self.width - steps.shape[1]))
        hot = [
            F.one_hot(codes, count).to(x["numbers"].dtype)
            for codes, count in zip(
                x["categories"].unbind(1), self.inputs.cardinalities, strict=True
            )
        ]
        return torch.cat([x["numbers"], *hot], dim=1)

    def finish_rows(self, raw: Tensor) -> Tensor:
        """Turn a network's raw outputs (B, width) into a row: shares that sum to 1 a category."""
        if not self.inputs.cardinalities:
            return raw
        blocks = raw.split([self.numbers, *self.inputs.cardinalities], dim=1)
        return torch.cat([blocks[0], *(block.softmax(dim=1) for block in blocks[1:])], dim=1)

    def row_loss(self, raw: Tensor, rows: Tensor) -> Tensor:
        """Return (B,): squared errors of the numbers plus the cross-entropy of each category."""
        sizes = [self.numbers, *self.inputs.cardinalities]
        guesses, truths = raw.split(sizes, dim=1), rows.split(sizes, dim=1)
        loss = (guesses[0] - truths[0]).square().sum(dim=1)
        for guess, truth in zip(guesses[1:], truths[1:], strict=True):
            loss = loss - (truth * guess.log_softmax(dim=1)).sum(dim=1)
        return loss

    def head(self, width: int) -> nn.Module:
        """Return a linear layer onto a row."""
        return nn.Linear(width, self.width)

    def loss(self, outputs: Tensor, batch: Batch) -> Tensor:
        """Mean loss of reconstructing the inputs."""
        return self.row_loss(outputs, self.rows(batch.x)).mean()

    def all_rows(self, examples: Examples) -> Tensor:
        """Return the rows of all examples, on the CPU."""
        batches = examples.on("cpu").batches(AT_ONCE, shuffle=False)
        return torch.cat([self.rows(batch.x) for batch in batches])

    def values(self, rows: Tensor) -> np.ndarray:
        """Put rows back into the user's units.

        Returns:
            Pictures (n, channels, height, width), sequences (n, steps, channels), blocks
            (n, features), or the columns of a table (n, columns) as Python values.
        """
        found = rows.double().cpu().numpy()
        codecs = list(self.inputs.codecs.values())
        if len(codecs) == 1 and not codecs[0].codes:
            decoded = codecs[0].decode(found)
            return decoded if self.inputs.form != "table" else decoded.reshape(len(found), -1)
        columns = [np.asarray(one) for one in self._columns(found, codecs)]
        table = np.empty((len(found), len(columns)), dtype=object)
        for place, column in enumerate(columns):
            table[:, place] = column.tolist()
        return table

    def frame(self, rows: Tensor) -> pl.DataFrame:
        """Return rows of a table as a data frame with the user's columns."""
        found = rows.double().cpu().numpy()
        decoded = self._columns(found, list(self.inputs.codecs.values()))
        names = list(self.inputs.codecs)
        return pl.DataFrame([_series(n, v) for n, v in zip(names, decoded, strict=True)])

    def _columns(self, found: np.ndarray, codecs: Sequence[Codec]) -> list[np.ndarray]:
        number, word = 0, self.numbers
        decoded = []
        for codec in codecs:
            if codec.codes:
                block = found[:, word : word + codec.width]
                word += codec.width
                decoded.append(codec.decode(_likeliest(block, codec)))
            else:
                decoded.append(codec.decode(found[:, number : number + codec.width]))
                number += codec.width
        return decoded

    def _check_length(self, dataset: Dataset, examples: Examples) -> None:
        if self.inputs.form != "series":
            return
        batches = examples.batches(AT_ONCE, shuffle=False)
        most = max(_steps(batch.x) for batch in batches)
        if most > self.inputs.shape[0]:
            raise DataError(
                f"a sequence has {most} steps, and the longest that was learnt from "
                f"{self.inputs.shape[0]}.",
                "Cut it, or learn from sequences as long.",
                file=dataset.source,
            )


def _steps(x: Inputs) -> int:
    assert isinstance(x, dict)
    return x["steps"].shape[1]


def refuse_all_the_same(examples: Examples) -> None:
    """Refuse examples that there is nothing to learn about, where nothing is to be predicted.

    Raises:
        DataError: There is one example, or all are the same.
    """
    if len(examples) < 2:
        raise DataError(
            "there is one example, and what examples have in common takes at least two.",
            "Bring more examples: a hundred are a good beginning.",
        )
    parts = examples.x.values() if isinstance(examples.x, dict) else (examples.x,)
    pieces = ((piece, part[:1]) for part in parts for piece in part.split(AT_ONCE))
    if not any(bool((piece != first).any()) for piece, first in pieces):
        raise DataError(
            f"all {len(examples)} examples are the same: there is nothing to learn but that one.",
            "Look whether the files are empty or were read wrongly; bring examples that differ.",
        )


def labels(dataset: Dataset) -> Codec:
    """Return the codec of a target that names classes, or of none."""
    if dataset.target is None:
        return Nothing()
    column, kind = dataset.column(dataset.target), dataset.fields[dataset.target].kind
    known = column.drop_nulls() if isinstance(column, pl.Series) else column
    named = kind in CLASSES or (kind == "number" and looks_like_classes(np.asarray(known))[0])
    return Labels.fit(known) if named and len(known) else Nothing()


def _series(name: str, values: np.ndarray) -> pl.Series:
    """Return decoded values as a column; NumPy's dates to the second are none of polars's."""
    if values.dtype.kind == "M":
        return pl.Series(name, values.astype("datetime64[us]"))
    return pl.Series(name, list(values), strict=False)


def _likeliest(block: np.ndarray, codec: Codec) -> np.ndarray:
    """Return the likeliest code; the unknown only where nothing else was ever seen."""
    if isinstance(codec, Category) and codec.width > 1:
        return np.asarray(block[:, 1:].argmax(axis=1) + 1)
    return np.asarray(block.argmax(axis=1))
