"""The target of a task that has none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from fieldguide.codecs.codec import Codec
from fieldguide.data import Column


@dataclass(frozen=True)
class Nothing(Codec):
    """Stands where other tasks keep their target's codec."""

    name = "nothing"

    @classmethod
    def fit(cls, column: Column) -> Self:
        """Learn nothing."""
        return cls()

    @property
    def width(self) -> int:
        """Always 0."""
        return 0

    def encode(self, column: Column) -> np.ndarray:
        """Return shape (n, 0), float32."""
        return np.empty((len(column), 0), dtype=np.float32)
