"""Classes and how evenly the examples are spread over them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from fieldguide.data import Column


@dataclass(frozen=True)
class Classes:
    """Classes of the target.

    Attributes:
        counts: Examples of each class, the commonest first.
        lonely: Classes with one example.
    """

    counts: tuple[tuple[Any, int], ...]
    lonely: tuple[Any, ...]

    def __len__(self) -> int:
        return len(self.counts)

    @property
    def majority(self) -> float:
        """Share of the commonest class: the accuracy of always naming it."""
        return self.counts[0][1] / sum(count for _, count in self.counts)

    @property
    def smallest(self) -> tuple[Any, int]:
        """The rarest class and its count."""
        return self.counts[-1]

    @property
    def imbalance(self) -> float:
        """How many times as common the commonest class is as the rarest."""
        return self.counts[0][1] / self.counts[-1][1]


def count_classes(target: Column) -> Classes:
    """Count the classes of a target column without missing values."""
    values = target if isinstance(target, pl.Series) else pl.Series(np.asarray(target))
    table = values.alias("class").drop_nulls().value_counts()
    table = table.sort(["count", "class"], descending=[True, False])
    counts = tuple((label, int(count)) for label, count in table.rows())
    return Classes(counts, tuple(label for label, count in counts if count == 1))
