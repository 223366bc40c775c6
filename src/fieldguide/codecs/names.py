"""Names of users and items: every one has a code of its own, 0 stands for a stranger."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

import numpy as np
import polars as pl

from fieldguide.codecs.codec import Codec
from fieldguide.data import Column
from fieldguide.data.rating_columns import as_names


@dataclass(frozen=True)
class Names(Codec):
    """The k-th commonest name of the training split becomes code k, a stranger's code 0.

    Attributes:
        words: Names, commonest first (ties alphabetically).
    """

    words: tuple[str, ...]
    name = "names"
    codes: ClassVar[bool] = True

    @classmethod
    def fit(cls, column: Column) -> Self:
        """Learn the names."""
        counts = as_names(column).drop_nulls().alias("word").value_counts()
        ordered = counts.sort(["count", "word"], descending=[True, False])
        return cls(tuple(ordered["word"].to_list()))

    @property
    def width(self) -> int:
        """Number of codes, the stranger's included."""
        return len(self.words) + 1

    @cached_property
    def _table(self) -> pl.DataFrame:
        codes = pl.Series("code", np.arange(1, self.width), dtype=pl.Int64)
        return pl.DataFrame({"word": pl.Series(self.words, dtype=pl.String), "code": codes})

    def encode(self, column: Column) -> np.ndarray:
        """Return shape (n,), int64."""
        words = as_names(column).alias("word").to_frame()
        found = words.join(self._table, on="word", how="left", maintain_order="left")
        return np.array(found["code"].fill_null(0))

    def decode(self, values: np.ndarray) -> np.ndarray:
        """Return the names, None for code 0."""
        return np.array([None, *self.words], dtype=object)[values]
