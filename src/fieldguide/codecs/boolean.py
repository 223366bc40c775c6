"""Truth values: -1 for false, 1 for true, 0 for missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from fieldguide.codecs.codec import Codec
from fieldguide.codecs.number import as_floats
from fieldguide.data import Column, Kind


@dataclass(frozen=True)
class Boolean(Codec):
    """False, missing and true become -1, 0 and 1; there is nothing to learn."""

    name = "boolean"
    forms: ClassVar[tuple[str, ...]] = ("table",)
    kinds: ClassVar[tuple[Kind, ...]] = ("boolean",)

    @classmethod
    def fit(cls, column: Column) -> Self:
        """Learn nothing."""
        return cls()

    @property
    def width(self) -> int:
        """Always 1."""
        return 1

    def encode(self, column: Column) -> np.ndarray:
        """Return shape (n, 1), float32."""
        return np.nan_to_num(as_floats(column) * 2 - 1, nan=0.0).astype(np.float32)[:, None]

    def decode(self, values: np.ndarray) -> np.ndarray:
        """Return True, False or None; shape (n, 1) to (n,)."""
        signs = np.sign(values[:, 0])
        return np.array([None if s == 0 else bool(s > 0) for s in signs], dtype=object)
