"""One data set of the suite, and what is done to real data so that the right answer changes."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from fieldguide.data import Dataset


@dataclass(frozen=True)
class Case:
    """A data set to advise on.

    Attributes:
        name: What to call it in tables.
        origin: The data that it was made from; cases of one origin are left out together.
        make: Returns the data set, the same each time.
        needs: Folder of real data that it needs, or empty.
    """

    name: str
    origin: str
    make: Callable[[], Dataset]
    needs: str = ""

    @property
    def is_there(self) -> bool:
        """Whether its data are on this machine."""
        return not self.needs or (root() / self.needs).exists()


def root() -> Path:
    """Return the folder of real data."""
    return Path(os.environ.get("FIELDGUIDE_DATA", "nowhere"))


def some(dataset: Dataset, count: int, seed: int = 0) -> Dataset:
    """Return ``count`` examples drawn at random."""
    order = np.random.default_rng(seed).permutation(len(dataset))
    return dataset.take(np.sort(order[:count]))


def block(x: np.ndarray, y: np.ndarray) -> Dataset:
    """Return a data set of one block of numbers, or of pictures, and a target."""
    return Dataset.from_columns({"x": x, "y": _target(y)}, target="y")


def table(x: np.ndarray, y: np.ndarray, names: list[str] | None = None) -> Dataset:
    """Return a data set with one column a feature."""
    names = names or [f"feature {number}" for number in range(x.shape[1])]
    columns = {name: pl.Series(x[:, number]) for number, name in enumerate(names)}
    return Dataset.from_columns({**columns, "target": _target(y)}, target="target")


def _target(y: np.ndarray) -> pl.Series:
    """Whole numbers are classes, and say so by name; others are numbers to predict."""
    return pl.Series([f"class {value}" for value in y] if y.dtype.kind in "iu" else y)


def wrong_labels(y: np.ndarray, share: float, seed: int = 0) -> np.ndarray:
    """Return labels of which a share was drawn anew from all classes."""
    chance = np.random.default_rng(seed)
    drawn = chance.choice(np.unique(y), len(y))
    return np.where(chance.random(len(y)) < share, drawn, y)
