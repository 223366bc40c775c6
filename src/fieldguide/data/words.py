"""Words: whether a column of text holds categories, running text or identifiers."""

from __future__ import annotations

import polars as pl

from fieldguide.data.field import Kind
from fieldguide.data.spellings import UUID, is_identifier_name

MANY_CATEGORIES = 100
"""Up to this many distinct values are categories whatever the number of rows."""


def kind_of_words(name: str, text: pl.Series, *, allow_identifier: bool) -> tuple[Kind, str]:
    """Decide what a column of text holds.

    Args:
        name: Column name.
        text: Stripped text; null where a value is missing.
        allow_identifier: Whether the answer may be an identifier.

    Returns:
        The kind, and the reason in plain words.
    """
    present = text.drop_nulls()
    distinct = present.n_unique()
    if allow_identifier and distinct == len(present):
        reason = _identifier_reason(name, present)
        if reason:
            return "identifier", reason
    share = distinct / len(present)
    words = float(present.str.count_matches(r"\S+").mean() or 0)  # type: ignore[arg-type]
    letters = float(present.str.len_chars().mean() or 0)  # type: ignore[arg-type]
    if (words >= 4 or letters >= 40) and distinct > 2 and share > 0.2:
        return "text", f"{words:.0f} words on average, {distinct} different texts"
    if distinct > MANY_CATEGORIES and share > 0.5:
        return (
            "text",
            f"{distinct} different values in {len(present)} rows: too many for categories",
        )
    reason = f"{distinct} distinct words in {len(present)} rows"
    if is_identifier_name(name):
        reason += "; the name says identifier but the values repeat: name it as the group, if it is"
    return "category", reason


def _identifier_reason(name: str, present: pl.Series) -> str:
    """Say why text that is different in every row identifies rows, or return an empty string."""
    if is_identifier_name(name) and len(present) >= 3:
        return f"named '{name}', and different in every row"
    if len(present) >= 3 and present.str.contains(UUID).all():
        return "universally unique identifiers (UUIDs)"
    if len(present) < 20 or present.str.contains(r"\s").any():
        return ""
    lengths = present.str.len_chars()
    even = int(lengths.max()) - int(lengths.min()) <= 3  # type: ignore[arg-type]
    coded = present.str.contains(r"\d").all() and present.str.contains(r"^[\w\-.:/#]+$").all()
    return "a code that is different in every row" if even and coded else ""
