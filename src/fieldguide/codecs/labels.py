"""Class labels: the user's own values, as integer codes and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl

from fieldguide.codecs.codec import Codec
from fieldguide.data import Column


@dataclass(frozen=True)
class Labels(Codec):
    """The k-th class in sorted order becomes code k; a class never seen becomes -1.

    Attributes:
        classes: The classes, sorted, in the user's own type.
        dtype: NumPy type that gives them back.
    """

    classes: tuple[Any, ...]
    dtype: str
    name = "labels"
    codes: ClassVar[bool] = True

    @classmethod
    def fit(cls, column: Column) -> Self:
        """Learn the classes."""
        classes = np.unique(_values(column))
        dtype = "object" if classes.dtype.kind in "OUS" else classes.dtype.str
        return cls(tuple(classes.tolist()), dtype)

    @property
    def width(self) -> int:
        """Number of classes."""
        return len(self.classes)

    def encode(self, column: Column) -> np.ndarray:
        """Return shape (n,), int64."""
        values, classes = _values(column), self.as_array()
        exact = values.dtype == classes.dtype  # large whole numbers blur as a common float type
        if not exact or classes.dtype.kind == "O":
            place = {value: code for code, value in enumerate(self.classes)}
            return np.array([place.get(value, -1) for value in values.tolist()], dtype=np.int64)
        codes = np.searchsorted(classes, values).clip(0, self.width - 1)
        return np.where(classes[codes] == values, codes, -1).astype(np.int64)

    def decode(self, values: np.ndarray) -> np.ndarray:
        """Return the classes in the user's own values; shape (n,)."""
        return self.as_array()[values]

    def as_array(self) -> np.ndarray:
        """Return the classes as an array of the user's type."""
        return np.array(self.classes, dtype=self.dtype)


def _values(column: Column) -> np.ndarray:
    if isinstance(column, pl.Series):
        text = column.dtype in (pl.Categorical, pl.Enum)
        return (column.cast(pl.String) if text else column).to_numpy()
    return np.asarray(column)
