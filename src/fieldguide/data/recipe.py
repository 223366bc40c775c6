"""A recipe: how the raw cells of one column become values; fixed once, applied to any rows.

It is kept with the field (``field.facts["recipe"]``), so that rows read later, a chunk at a time
or for prediction, are read exactly as the rows that the field was found on.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from fieldguide.data.dates import parse_dates
from fieldguide.data.field import Field, Kind
from fieldguide.data.numbers import NumberStyle, parse_numbers
from fieldguide.data.spellings import MISSING_NUMBERS, without_missing


@dataclass(frozen=True)
class Recipe:
    """How raw cells become values.

    Attributes:
        kind: What the values are.
        decimal: Decimal mark of numbers.
        thousands: Mark between thousands, or an empty string.
        sign: Currency or percent sign that is set aside, or an empty string.
        format: Format of dates, or an empty string.
        true: Spelling of true.
        false: Spelling of false.
    """

    kind: Kind
    decimal: str = "."
    thousands: str = ""
    sign: str = ""
    format: str = ""
    true: str = "true"
    false: str = "false"

    def apply(self, raw: pl.Series) -> pl.Series:
        """Return the values; a cell that the recipe cannot read becomes null.

        Args:
            raw: Text as it stands in the file, or values that already have a type.
        """
        if raw.dtype != pl.String:
            return self._typed(raw)
        text = without_missing(raw)
        if self.kind == "number":
            return parse_numbers(text, NumberStyle(self.decimal, self.thousands, self.sign))
        if self.kind == "boolean":
            lower = text.str.to_lowercase()
            known = lower.is_in([self.true.lower(), self.false.lower()])
            return (lower == self.true.lower()).set(~known, None)
        if self.kind == "datetime":
            return parse_dates(text, self.format or "%Y-%m-%d")
        return text

    def unreadable(self, raw: pl.Series, values: pl.Series) -> np.ndarray:
        """Return the positions of cells that held something which the recipe cannot read."""
        if raw.dtype != pl.String or self.kind not in ("number", "boolean", "datetime"):
            return np.empty(0, dtype=np.int64)
        text = without_missing(raw)
        if self.kind == "number":
            text = text.set(text.str.to_lowercase().is_in(list(MISSING_NUMBERS)), None)
        return np.flatnonzero((values.is_null() & text.is_not_null()).to_numpy())

    def _typed(self, raw: pl.Series) -> pl.Series:
        if self.kind == "number":
            numbers = raw.cast(pl.Float64, strict=False) if not raw.dtype.is_integer() else raw
            return numbers.set(~numbers.is_finite(), None) if raw.dtype.is_float() else numbers
        if self.kind == "datetime":
            if getattr(raw.dtype, "time_zone", None):
                raw = raw.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
            return raw.cast(pl.Datetime("us"), strict=False)
        if self.kind == "boolean":
            return raw.cast(pl.Boolean, strict=False)
        if self.kind in ("category", "text") and not raw.dtype.is_integer():
            return without_missing(raw.cast(pl.String, strict=False))
        return raw

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form without what is ordinary."""
        return {
            name: value
            for name, value in asdict(self).items()
            if name == "kind" or value != getattr(Recipe, name)
        }

    @classmethod
    def of(cls, field: Field) -> Recipe:
        """Return the recipe that a field was read with."""
        return cls(**field.facts.get("recipe", {"kind": field.kind}))
