"""Categories: words that become integer codes, commonest first, 0 for unknown or missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import polars as pl

from fieldguide.codecs.codec import Codec
from fieldguide.data import Column, Kind

LARGEST = 10_000  # codes kept; rarer words share code 0 with the unknown


@dataclass(frozen=True)
class Category(Codec):
    """The k-th commonest word of the training split becomes code k, anything else code 0.

    Attributes:
        words: Known words, commonest first (ties alphabetically).
    """

    words: tuple[str, ...]
    name = "category"
    forms: ClassVar[tuple[str, ...]] = ("table",)
    kinds: ClassVar[tuple[Kind, ...]] = ("category",)
    codes: ClassVar[bool] = True

    @classmethod
    def fit(cls, column: Column) -> Self:
        """Learn the words."""
        assert isinstance(column, pl.Series)
        counts = column.cast(pl.String).drop_nulls().alias("word").value_counts()
        ordered = counts.sort(["count", "word"], descending=[True, False])
        return cls(tuple(ordered["word"].head(LARGEST).to_list()))

    @property
    def width(self) -> int:
        """Number of codes, the unknown included."""
        return len(self.words) + 1

    def encode(self, column: Column) -> np.ndarray:
        """Return shape (n,), int64."""
        assert isinstance(column, pl.Series)
        codes = column.cast(pl.String).replace_strict(
            self.words, range(1, self.width), default=0, return_dtype=pl.Int64
        )
        return codes.fill_null(0).to_numpy()

    def decode(self, values: np.ndarray) -> np.ndarray:
        """Return the words, None for code 0."""
        return np.array([None, *self.words], dtype=object)[values]
