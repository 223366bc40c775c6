"""What one column holds: the questions asked of its values, in order, and the reason given."""

from __future__ import annotations

from typing import Any

import polars as pl

from fieldguide.data.dates import guess_dates
from fieldguide.data.numbers import guess_style, has_leading_zeros
from fieldguide.data.recipe import Recipe
from fieldguide.data.spellings import (
    MISSING_NUMBERS,
    is_identifier_name,
    true_false_pair,
    without_missing,
)
from fieldguide.data.words import kind_of_words

ENOUGH = 0.99
"""Share of cells that must be numbers (or dates) for the rest to count as slips."""

Guess = tuple[Recipe, str, dict[str, Any]]


def infer_series(name: str, raw: pl.Series, *, allow_identifier: bool = True) -> Guess:
    """Find out what one column holds.

    Args:
        name: Column name.
        raw: Raw text or typed values.
        allow_identifier: Whether the answer may be an identifier.

    Returns:
        How to read it, the reason in plain words, and facts worth keeping.
    """
    if raw.dtype == pl.String:
        return _text_recipe(name, without_missing(raw), allow_identifier)
    present = raw.fill_nan(None).drop_nulls() if raw.dtype.is_float() else raw.drop_nulls()
    if _is_constant(present, len(raw)):
        return Recipe("constant"), _constant_reason(present), {}
    if raw.dtype.is_numeric():
        return _number_recipe(
            name, present, Recipe("number"), "all values are numbers", allow_identifier
        )
    if raw.dtype == pl.Boolean:
        return Recipe("boolean"), "true or false", {}
    if raw.dtype.is_temporal() and raw.dtype not in (pl.Time, pl.Duration):
        return Recipe("datetime"), "the file says that these are dates", {}
    if isinstance(raw.dtype, (pl.Categorical, pl.Enum)):
        return Recipe("category"), "the file says that these are categories", {}
    return _text_recipe(name, without_missing(raw.cast(pl.String)), allow_identifier)


def _text_recipe(name: str, text: pl.Series, allow_identifier: bool) -> Guess:
    present = text.drop_nulls()
    if _is_constant(present, len(text)):
        return Recipe("constant"), _constant_reason(present), {}
    few = present.unique().head(5).to_list()
    pair = true_false_pair(few) or true_false_pair(list({value.lower() for value in few}))
    if pair:
        return Recipe("boolean", true=pair[0], false=pair[1]), f"{pair[0]} or {pair[1]}", {}
    if has_leading_zeros(present):
        kind, reason = kind_of_words(name, text, allow_identifier=allow_identifier)
        return Recipe(kind), f"numbers with leading zeros are codes: {reason}", {}
    return (
        _written_numbers(name, text, allow_identifier)
        or _written_dates(text)
        or _words(name, text, allow_identifier)
    )


def _written_numbers(name: str, text: pl.Series, allow_identifier: bool) -> Guess | None:
    bare = text.set(text.str.to_lowercase().is_in(list(MISSING_NUMBERS)), None)
    style, share = guess_style(bare)
    if share < ENOUGH:
        return None
    recipe = Recipe("number", decimal=style.decimal, thousands=style.thousands, sign=style.sign)
    reason = "all values are numbers" if share == 1 else f"{share:.1%} of the values are numbers"
    if style.words:
        reason += f", written with {style.words}"
    if style.thousands == "," and not bare.str.contains(r",.*[,.]").any():
        reason += " (if ',' is the decimal mark, write a point instead)"
    return _number_recipe(name, recipe.apply(bare).drop_nulls(), recipe, reason, allow_identifier)


def _number_recipe(
    name: str, present: pl.Series, recipe: Recipe, reason: str, allow_identifier: bool
) -> Guess:
    counted = _identifying_numbers(name, present) if allow_identifier else ""
    if counted:
        return Recipe("identifier"), counted, {}
    return recipe, reason, {}


def _identifying_numbers(name: str, present: pl.Series) -> str:
    """Say why whole numbers identify rows, or return an empty string."""
    if not present.dtype.is_integer() or present.n_unique() < len(present) or len(present) < 3:
        return ""
    if is_identifier_name(name):
        return f"named '{name}', and different in every row"
    steps = present.diff().drop_nulls()
    if len(present) >= 20 and steps.n_unique() == 1 and abs(int(steps[0])) == 1:
        return f"counts the rows, from {present[0]} to {present[-1]}"
    return ""


def _written_dates(text: pl.Series) -> Guess | None:
    found = guess_dates(text)
    if found is None or found[1] < ENOUGH:
        return None
    style, share = found
    reason = f"{share:.0%} of the values are dates like {style.format}"
    if style.ambiguous:
        reason += f"; {style.ambiguous} fits as well: write dates as 2024-12-31 to be sure"
    return Recipe("datetime", format=style.format), reason, {"ambiguous": bool(style.ambiguous)}


def _words(name: str, text: pl.Series, allow_identifier: bool) -> Guess:
    kind, reason = kind_of_words(name, text, allow_identifier=allow_identifier)
    numbers = guess_style(text)[1]
    if numbers >= 0.5:
        others = text.filter(text.cast(pl.Float64, strict=False).is_null() & text.is_not_null())
        example = f", but not such as {others[0]!r}" if len(others) else ""
        reason += f"; {numbers:.1%} of the values are numbers{example}"
        return Recipe(kind), reason, {"numbers": round(numbers, 4)}
    return Recipe(kind), reason, {}


def _is_constant(present: pl.Series, rows: int) -> bool:
    return not len(present) or (len(present) == rows and present.n_unique() == 1)


def _constant_reason(present: pl.Series) -> str:
    if not len(present):
        return "no values at all"
    return f"always {str(present[0])[:40]!r}"
