"""The user's values as an exported file takes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from fieldguide.codecs import Array, Boolean, Category, Codec, DateTime, Number, Picture
from fieldguide.codecs.datetime import seconds_since_1970
from fieldguide.codecs.number import as_floats
from fieldguide.data import Column, Dataset, ImageFiles
from fieldguide.tasks import Inputs

OUTPUTS = ("label", "probabilities", "value")


def feed(inputs: Inputs, dataset: Dataset) -> dict[str, np.ndarray]:
    """Return what to hand to ``onnxruntime.InferenceSession.run`` for a data set.

    Args:
        inputs: The model's input codecs (``model.task_.inputs``).
        dataset: Examples; images among them must all have one size.
    """
    return {
        input_name(name): _values(codec, dataset.column(name))
        for name, codec in inputs.codecs.items()
    }


def input_name(column: str) -> str:
    """Return the name of a column's input: its own, unless an output has that name."""
    return f"{column}_input" if column in OUTPUTS else column


def missing_word(codec: Category) -> str:
    """Return the text that stands for a missing value: one that is no known word."""
    return "" if "" not in codec.words else "\0"


def _values(codec: Codec, column: Column) -> np.ndarray:
    convert = _FEEDS.get(type(codec))
    return codec.encode(column) if convert is None else convert(codec, column)


def _category(codec: Category, column: pl.Series) -> np.ndarray:
    words = column.cast(pl.String).fill_null(missing_word(codec))
    return np.array(words.to_list(), dtype=object)


def _array(codec: Array, column: Any) -> np.ndarray:
    values = np.asarray(column, dtype=np.float64)
    return values.reshape(len(values), -1)


def _picture(codec: Picture, column: Column) -> np.ndarray:
    if isinstance(column, ImageFiles):
        pictures = [column.load(index) for index in range(len(column))]
    else:
        values = np.asarray(column)
        if codec.stored != "uint8":
            return values.astype(np.float32)
        if values.shape[1] == codec.channels:
            return values
        pictures = list(values.transpose(0, 2, 3, 1))
    same_mode = [np.atleast_3d(np.asarray(codec.as_image(picture))) for picture in pictures]
    return np.stack(same_mode).transpose(0, 3, 1, 2)


_FEEDS: dict[type[Codec], Callable[..., np.ndarray]] = {
    Number: lambda codec, column: as_floats(column),
    Boolean: lambda codec, column: as_floats(column),
    DateTime: lambda codec, column: seconds_since_1970(column),
    Category: _category,
    Array: _array,
    Picture: _picture,
}
