"""Numbers as people write them: thousands marks, decimal commas, currency and percent signs."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

_SIGNS = "$€£¥₹"
_PLAIN = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$"


@dataclass(frozen=True)
class NumberStyle:
    """How the numbers of one column are written.

    Attributes:
        decimal: The decimal mark, ``"."`` or ``","``.
        thousands: The mark between groups of three digits, or an empty string.
        sign: A currency or percent sign around the digits, or an empty string.
    """

    decimal: str = "."
    thousands: str = ""
    sign: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether a plain cast reads it."""
        return self == NumberStyle()

    @property
    def words(self) -> str:
        """Say in plain words what is unusual about the style."""
        marks = [f"'{self.thousands}' between thousands"] if self.thousands else []
        marks += ["',' as the decimal mark"] if self.decimal == "," else []
        marks += [f"the sign '{self.sign}' set aside"] if self.sign else []
        return ", ".join(marks)

    @property
    def pattern(self) -> str:
        """Regular expression of the digits, sign of currency removed."""
        mark = "\\" + self.decimal
        if not self.thousands:
            return _PLAIN.replace(r"\.", mark)
        group = "\\" + self.thousands
        return rf"^[+-]?(?:\d{{1,3}}(?:{group}\d{{3}})+|\d+)(?:{mark}\d*)?$"


STYLES = (
    NumberStyle(),
    NumberStyle(thousands=","),
    NumberStyle(decimal=",", thousands="."),
    NumberStyle(decimal=","),
    NumberStyle(decimal=",", thousands=" "),
    NumberStyle(thousands=" "),
    NumberStyle(thousands="'"),
)


def parse_numbers(text: pl.Series, style: NumberStyle) -> pl.Series:
    """Read stripped text as numbers; what is none becomes null.

    Returns:
        Whole numbers where all are whole, else floats.
    """
    if not style.is_plain:
        bare = text.str.replace(r"^\((.+)\)$", "-${1}")  # how accountants write below zero
        if style.sign:
            bare = bare.str.replace(style.sign, "", literal=True).str.strip_chars()
        bare = bare.set(~bare.str.contains(style.pattern), None)
        if style.thousands:
            bare = bare.str.replace_all(style.thousands, "", literal=True)
        text = bare.str.replace(style.decimal, ".", literal=True)
    floats = text.cast(pl.Float64, strict=False)
    floats = floats.set(~floats.is_finite(), None)
    whole = text.cast(pl.Int64, strict=False)
    return whole if whole.null_count() == floats.null_count() else floats


def guess_style(text: pl.Series) -> tuple[NumberStyle, float]:
    """Find the style that reads most of the cells.

    Args:
        text: Stripped text; null where a value is missing.

    Returns:
        The style, and the share of the present values that it reads, 0 to 1.
    """
    present = text.drop_nulls()
    if not len(present):
        return NumberStyle(), 0.0
    plain = _share(present, NumberStyle())
    if plain == 1:
        return NumberStyle(), 1.0
    probe = present.head(10_000)
    if not probe.str.contains(r"\d").any():
        return NumberStyle(), plain
    sign = _common_sign(probe)
    styles = [NumberStyle(style.decimal, style.thousands, sign) for style in STYLES]
    best = max(styles, key=lambda style: _share(probe, style))
    share = _share(present, best)
    return (best, share) if share > plain else (NumberStyle(), plain)


def is_number(cell: str) -> bool:
    """Say whether one cell is a number in any of the styles, signs of currency aside."""
    bare = cell.strip().strip(_SIGNS + "%").strip()
    return any(re.match(style.pattern, bare) for style in STYLES)


def has_leading_zeros(text: pl.Series) -> bool:
    """Say whether whole numbers are written with leading zeros, as codes are."""
    return bool(text.str.contains(r"^0\d+$").any())


def _share(present: pl.Series, style: NumberStyle) -> float:
    return 1 - parse_numbers(present, style).null_count() / len(present)


def _common_sign(present: pl.Series) -> str:
    """Return the one currency or percent sign that the cells carry, or an empty string."""
    percent = present.str.ends_with("%").sum()
    if percent and percent >= 0.99 * len(present):
        return "%"
    counts = {sign: present.str.contains(sign, literal=True).sum() for sign in _SIGNS}
    used = [sign for sign, count in counts.items() if count]
    return used[0] if len(used) == 1 and not percent else ""
