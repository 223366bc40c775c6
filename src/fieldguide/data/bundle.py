"""Columns whose values are no scalars and no blocks of one shape: pictures on disk, sequences…

A new one is a file here, imported by `fieldguide.data`, and a codec that turns it into a form.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np

from fieldguide.data.field import Kind


class Bundle(ABC):
    """One value an example, of a kind of its own.

    Attributes:
        kind: What a value is.
    """

    kind: ClassVar[Kind]
    known: ClassVar[dict[Kind, type[Bundle]]] = {}

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        if not inspect.isabstract(cls):
            Bundle.known.setdefault(cls.kind, cls)

    @abstractmethod
    def __len__(self) -> int:
        """Number of examples."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Shape of one value, 0 for what varies or is not known."""

    @abstractmethod
    def take(self, indices: np.ndarray) -> Self:
        """Return the values at ``indices``, in that order."""

    @abstractmethod
    def digest(self, index: int) -> bytes:
        """Return bytes that are equal where the values are, for the search for copies."""

    @abstractmethod
    def stored(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return arrays and JSON-ready facts that `restored` makes the column of again."""

    @classmethod
    @abstractmethod
    def restored(cls, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> Self:
        """Return the column that `stored` took apart; arrays may be mapped from a file."""

    @property
    def nbytes(self) -> int:
        """Bytes that the values take in memory."""
        return sum(array.nbytes for array in self.stored()[0].values())

    @property
    def one_unit(self) -> bool:
        """Whether all numbers of `flat` are of one unit, as pixels are."""
        return False

    def missing(self) -> np.ndarray:
        """Return which examples have no value at all; shape (n,)."""
        return np.zeros(len(self), dtype=bool)

    def flat(self, width: int | None = None) -> np.ndarray:
        """Return every value as one row of numbers, shape (n, width), NaN where there is none.

        Args:
            width: Numbers in a row; what is longer is cut. None for those of the longest.

        Raises:
            TypeError: Values of this kind are no numbers.
        """
        raise TypeError(f"values of the kind {self.kind} are no rows of numbers")
