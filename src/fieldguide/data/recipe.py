"""A recipe: how the raw cells of one column become values; fixed once, applied to any rows.

It is kept with the field (``field.facts["recipe"]``), so that rows read later, a chunk at a time
or for prediction, are read exactly as the rows that the field was found on.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from fieldguide.data.dates import guess_dates, parse_dates
from fieldguide.data.field import Field, Kind
from fieldguide.data.numbers import NumberStyle, guess_style, parse_numbers
from fieldguide.data.spellings import (
    FALSE,
    MISSING_NUMBERS,
    TRUE,
    without_missing,
)


@dataclass(frozen=True)
class Recipe:
    """How raw cells become values.

    Attributes:
        kind: What the values are.
        decimal: Decimal mark of numbers.
        thousands: Mark between thousands, or an empty string.
        sign: Currency or percent sign that is set aside, or an empty string.
        format: Format of dates, or an empty string.
        true: Spelling of true; any known one where it is empty.
        false: Spelling of false; any known one where it is empty.
    """

    kind: Kind
    decimal: str = "."
    thousands: str = ""
    sign: str = ""
    format: str = ""
    true: str = ""
    false: str = ""

    def apply(self, raw: pl.Series) -> pl.Series:
        """Return the values; a cell that the recipe cannot read becomes null.

        Args:
            raw: Text as it stands in the file, or values that already have a type.
        """
        if raw.dtype != pl.String:
            return self._typed(raw)
        if self.kind == "number":
            style = NumberStyle(self.decimal, self.thousands, self.sign)
            return parse_numbers(raw.str.strip_chars(), style)
        text = without_missing(raw)
        if self.kind == "boolean":
            lower = text.str.to_lowercase()
            true = lower.is_in([self.true.lower()] if self.true else list(TRUE))
            false = lower.is_in([self.false.lower()] if self.false else list(FALSE))
            return true.set(~(true | false), None)
        if self.kind == "datetime":
            return parse_dates(text, self.format or "%Y-%m-%d")
        return text

    def unreadable(self, raw: pl.Series, values: pl.Series) -> np.ndarray:
        """Return the positions of cells that held something which the recipe cannot read."""
        lost = values.null_count() - raw.null_count()
        if raw.dtype != pl.String or not lost or self.kind not in ("number", "boolean", "datetime"):
            return np.empty(0, dtype=np.int64)
        text = without_missing(raw)
        if self.kind == "number":
            text = text.set(text.str.to_lowercase().is_in(list(MISSING_NUMBERS)), None)
        return np.flatnonzero((values.is_null() & text.is_not_null()).to_numpy())

    def _typed(self, raw: pl.Series) -> pl.Series:
        if self.kind == "number":
            numbers = raw if raw.dtype.is_numeric() else raw.cast(pl.Float64, strict=False)
            if raw.dtype.is_decimal():
                numbers = raw.cast(pl.Float64)
            return numbers.set(~numbers.is_finite(), None) if numbers.dtype.is_float() else numbers
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
        ordinary = asdict(Recipe(self.kind)) | {"kind": None}
        return {name: value for name, value in asdict(self).items() if value != ordinary[name]}

    @classmethod
    def of(cls, field: Field, raw: pl.Series) -> Recipe:
        """Return the recipe that a field was read with; where only its kind is known, find one.

        Args:
            field: Found on other rows.
            raw: The rows to be read now.
        """
        kept = field.facts.get("recipe")
        if kept is not None:
            return cls(**kept)
        if raw.dtype == pl.String and field.kind == "number":
            style = guess_style(without_missing(raw))[0]
            return cls("number", style.decimal, style.thousands, style.sign)
        if raw.dtype == pl.String and field.kind == "datetime":
            found = guess_dates(without_missing(raw))
            return cls("datetime", format=found[0].format if found else "")
        return cls(field.kind)
