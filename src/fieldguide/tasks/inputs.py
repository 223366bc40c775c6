"""The input side of a task: one codec a column, assembled into what a network takes.

What the forms are, and which of them data can be read in, is told in `fieldguide.tasks.forms`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fieldguide import data
from fieldguide.codecs import Codec, Picture
from fieldguide.codecs import from_config as codec_from_config
from fieldguide.data import Dataset
from fieldguide.errors import DataError
from fieldguide.tasks.forms import OF_COLUMNS, choose_form, codec_for, columns_for

FIT_ROWS = 1_000_000  # codecs of a table larger than this learn from a seeded sample
READY_BYTES = 1 << 29  # pictures are stored normalised if that takes at most 512 MiB
STREAM_BYTES = 1 << 31  # encoded data above 2 GiB are mapped from a temporary file


@dataclass(frozen=True)
class Inputs:
    """Codecs by column, and the form that they make together.

    Attributes:
        form: What the network is fed: ``"table"``, ``"array"``, ``"image"``, ``"series"``…
        codecs: One frozen codec for each column used, in order.
    """

    form: str
    codecs: dict[str, Codec]

    @classmethod
    def fit(cls, train: Dataset, forms: Sequence[str] = ()) -> Inputs:
        """Choose the form and fit the codecs on the training split.

        Args:
            train: The training split.
            forms: The forms that the algorithm takes; the first that the data can be read in
                counts, and the one that suits the data best if there is none.

        Raises:
            DataError: No column can inform a prediction.
        """
        sample = train.in_memory(FIT_ROWS)
        usable = sample.inputs
        if not usable:
            raise DataError(
                "no column can inform a prediction: every one is a constant, an identifier or "
                "the target.",
                "Name another target, or look at `fieldguide inspect` for the reasons.",
                file=train.source,
            )
        form = choose_form(sample, forms)
        codecs: dict[str, Codec] = {}
        chosen = columns_for(form, usable)
        _note_others(train, form, chosen, [name for name in usable if name not in chosen])
        for name in chosen:
            codec = codec_for(form, usable[name].kind)
            assert codec is not None
            codecs[name] = codec.fit(sample.column(name))
        return cls(form, codecs)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one example's numbers: (width,), (channels, height, width), (steps, width)…"""
        if self.form not in OF_COLUMNS:
            return next(iter(self.codecs.values())).shape
        return (sum(codec.width for codec in self.codecs.values() if not codec.codes),)

    @property
    def cardinalities(self) -> tuple[int, ...]:
        """Number of codes of each category column, the unknown's code 0 included."""
        return tuple(codec.width for codec in self.codecs.values() if codec.codes)

    def encode(self, dataset: Dataset, *, once: bool = False) -> data.Examples:
        """Encode every example; large results live in a temporary file, not in memory.

        Pictures that will be read more than ``once`` are normalised now, if memory allows.
        """
        if self.form not in (*OF_COLUMNS, "image"):
            ((name, codec),) = self.codecs.items()
            return codec.examples(_column(dataset, name), once=once)
        store = _Store(len(dataset))
        for chunk in dataset.chunks():
            store.add(self._parts(chunk))
        x = store.tensors()
        if self.form == "image":
            return self._pictures(x["numbers"], once)
        return data.Examples(x if self.cardinalities else x["numbers"])

    def finish(self, x: data.Inputs) -> data.Inputs:
        """Turn stored pictures into normalised floats; anything else passes unchanged."""
        first = next(iter(self.codecs.values()))
        assert isinstance(first, Picture) and isinstance(x, Tensor)
        return first.normalise(x)

    def scales(self) -> list[tuple[float, float]]:
        """Return the mean and the deviation of each channel of a picture.

        `finish` takes the one off and divides by the other.
        """
        codec = next(iter(self.codecs.values()))
        assert isinstance(codec, Picture)
        return list(zip(codec.means, codec.deviations, strict=True))

    def config(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {
            "form": self.form,
            "codecs": {name: codec.config() for name, codec in self.codecs.items()},
        }

    @classmethod
    def from_config(cls, stored: dict[str, Any]) -> Inputs:
        """Rebuild from `config`."""
        codecs = {name: codec_from_config(kept) for name, kept in stored["codecs"].items()}
        return cls(stored["form"], codecs)

    def _pictures(self, stored: Tensor, once: bool) -> data.Examples:
        if not once and stored.numel() * 4 <= READY_BYTES:
            return data.Examples(self.finish(stored))
        return data.Examples(stored, finish=self.finish)

    def _parts(self, dataset: Dataset) -> dict[str, np.ndarray]:
        numbers: list[np.ndarray] = []
        codes: list[np.ndarray] = []
        for name, codec in self.codecs.items():
            encoded = codec.encode(_column(dataset, name, codec))
            (codes if codec.codes else numbers).append(encoded)
        parts: dict[str, np.ndarray] = {}
        if len(numbers) == 1:
            parts["numbers"] = numbers[0]
        else:
            empty = np.empty((len(dataset), 0), dtype=np.float32)
            parts["numbers"] = np.concatenate(numbers, axis=1) if numbers else empty
        if codes:
            parts["categories"] = np.stack(codes, axis=1)
        return parts


class _Store:
    """Collects encoded chunks: in memory while small, else in a file that vanishes with us."""

    def __init__(self, count: int):
        self.count, self.filled = count, 0
        self.arrays: dict[str, np.ndarray] = {}

    def add(self, parts: dict[str, np.ndarray]) -> None:
        length = len(next(iter(parts.values())))
        if length == self.count:
            self.arrays = parts
            return
        for name, part in parts.items():
            if name not in self.arrays:
                self.arrays[name] = self._allocate((self.count, *part.shape[1:]), part.dtype)
            self.arrays[name][self.filled : self.filled + length] = part
        self.filled += length

    def tensors(self) -> dict[str, Tensor]:
        return {name: torch.from_numpy(_writable(array)) for name, array in self.arrays.items()}

    @staticmethod
    def _allocate(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        if int(np.prod(shape)) * dtype.itemsize <= STREAM_BYTES:
            return np.empty(shape, dtype=dtype)
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the map keeps it open, then it is gone
        return np.memmap(file, dtype=dtype, shape=shape, mode="w+")


def _writable(array: np.ndarray) -> np.ndarray:
    array = np.ascontiguousarray(array)
    return array if array.flags.writeable else array.copy()


def _column(dataset: Dataset, name: str, codec: Codec | None = None) -> data.Column:
    """Return a column by name; the only pictures there are, whatever their name, for pictures."""
    if name not in dataset.columns and isinstance(codec, Picture):
        alone = [other for other, known in dataset.fields.items() if known.kind == "image"]
        name = alone[0] if len(alone) == 1 else name
    if name not in dataset.columns:
        raise DataError(
            f"the model needs the column '{name}', and the data has none of that name.",
            f"Rename or add it; the data has: {', '.join(list(dataset.columns)[:20])}.",
            file=dataset.source,
            field=name,
        )
    return dataset.column(name)


def _note_others(train: Dataset, form: str, chosen: Sequence[str], others: Sequence[str]) -> None:
    """Book, once, columns that a form of one column has no place for."""
    reason = f"plays no part: the form '{form}' is made of '{', '.join(chosen)}' alone"
    known = {(entry.field, entry.reason) for entry in train.ledger.entries}
    for name in others:
        if (name, reason) not in known:
            train.ledger.book("noted", reason, [name], file=train.source, field=name)
