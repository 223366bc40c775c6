"""Fields from values: what each column holds, found out by looking at it, with the reason.

A column is asked, in this order: is it empty or constant? true and false? numbers (as people write
them)? dates? Otherwise it is words: categories, running text or identifiers. Numbers with leading
zeros are codes and stay words. Where at least 99 % of the cells are numbers (or dates), the rest
become missing values and are booked as repaired; where fewer are, the column stays words and the
reason says how close it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from fieldguide.data.bundle import Bundle
from fieldguide.data.column import Column
from fieldguide.data.facts import facts_of, missing_spellings
from fieldguide.data.field import Field, Kind
from fieldguide.data.guess import infer_series
from fieldguide.data.recipe import Recipe
from fieldguide.errors import DataError


@dataclass
class Cleaned:
    """Columns after a look at their values.

    Attributes:
        columns: The values, typed; null where one is missing.
        fields: What each column holds.
        repairs: By column, the reason and the positions of cells that became missing.
    """

    columns: dict[str, Column] = field(default_factory=dict)
    fields: dict[str, Field] = field(default_factory=dict)
    repairs: dict[str, tuple[str, np.ndarray]] = field(default_factory=dict)


def infer_fields(columns: Mapping[str, Column]) -> dict[str, Field]:
    """Look at the values of each column and say what they are and why."""
    return clean(columns).fields


def clean(columns: Mapping[str, Column], known: Mapping[str, Field] | None = None) -> Cleaned:
    """Find the field of each column and bring its values to the field's type.

    Args:
        columns: Raw text or typed values.
        known: Fields found earlier, on other rows: their recipes are applied, nothing is guessed.
    """
    cleaned = Cleaned()
    for name, column in columns.items():
        before = (known or {}).get(name)
        if isinstance(column, pl.Series):
            _clean_series(cleaned, name, column, before)
        else:
            cleaned.columns[name] = column
            found = _block_field(name, column)
            if before is not None:
                _check_clips(before, found)
            cleaned.fields[name] = before or found
    return cleaned


def typed_field(name: str, values: pl.Series) -> Field:
    """Return the field of values that are taken as they are, such as targets passed in memory."""
    kind: Kind = "category"
    if values.dtype.is_numeric():
        kind = "number"
    elif values.dtype == pl.Boolean:
        kind = "boolean"
    elif values.dtype.is_temporal():
        kind = "datetime"
    return _field(name, values, values, Recipe(kind), "taken as it was passed", {})


def refine(
    cleaned: Cleaned,
    raw: Mapping[str, Column],
    target: str | None,
    known: Mapping[str, Field] | None = None,
) -> None:
    """Look again, now that the target is known.

    Classes keep the user's own spelling: a target of "yes" and "no" stays words. Where nothing
    but identifiers is left to predict from, they are taken for what they look like otherwise.

    Args:
        cleaned: Changed in place.
        raw: The columns before cleaning.
        target: The column to predict, or None.
        known: Fields found earlier on other rows; those are not changed.
    """
    wanted = None if target is None or target in (known or {}) else raw[target]
    if target is not None and isinstance(wanted, pl.Series):
        kind = cleaned.fields[target].kind
        if kind == "boolean" and wanted.dtype == pl.String:
            reason = cleaned.fields[target].reason
            _replace(cleaned, target, wanted, Recipe("category"), reason)
        if kind == "identifier":
            recipe, reason, _ = infer_series(target, wanted, allow_identifier=False)
            _replace(cleaned, target, wanted, recipe, reason)
    inputs = [name for name in cleaned.fields if name != target]
    if known is not None or any(cleaned.fields[name].is_input for name in inputs):
        return
    for name in inputs:
        column = raw[name]
        if cleaned.fields[name].kind == "identifier" and isinstance(column, pl.Series):
            recipe, reason, _ = infer_series(name, column, allow_identifier=False)
            _replace(cleaned, name, column, recipe, f"{reason}; nothing else can inform")


def _replace(cleaned: Cleaned, name: str, raw: pl.Series, recipe: Recipe, reason: str) -> None:
    values = recipe.apply(raw)
    cleaned.columns[name] = values
    cleaned.fields[name] = _field(name, raw, values, recipe, reason, {})


def _clean_series(cleaned: Cleaned, name: str, raw: pl.Series, before: Field | None) -> None:
    if before is None:
        recipe, reason, facts = infer_series(name, raw)
    else:
        recipe, reason, facts = Recipe.of(before, raw), before.reason, {}
    values = recipe.apply(raw)
    bad = recipe.unreadable(raw, values)
    if len(bad):
        examples = ", ".join(repr(str(value)[:40]) for value in raw.gather(bad).unique().sort()[:3])
        noun = {"number": "a number", "datetime": "a date"}.get(recipe.kind, "true or false")
        cleaned.repairs[name] = (f"not {noun}, read as missing (such as {examples})", bad)
    cleaned.columns[name] = values
    cleaned.fields[name] = before or _field(name, raw, values, recipe, reason, facts)


def _field(
    name: str, raw: pl.Series, values: pl.Series, recipe: Recipe, reason: str, facts: dict[str, Any]
) -> Field:
    missing = values.null_count()
    facts = {"recipe": recipe.to_dict(), **facts_of(recipe.kind, values), **facts}
    if missing > raw.null_count():
        spelled = missing_spellings(raw)
        facts |= {"missing_spelled": spelled} if spelled else {}
    distinct = values.n_unique() - (missing > 0)
    return Field(name, recipe.kind, reason, missing, distinct, facts=facts)


def _block_field(name: str, column: np.ndarray | Bundle) -> Field:
    if isinstance(column, Bundle):
        return Field(name, column.kind, _REASONS[column.kind], shape=column.shape)
    kind: Kind = "image" if column.ndim == 4 else "array"
    return Field(name, kind, f"an array of shape {column.shape}", shape=column.shape[1:])


def _check_clips(before: Field, found: Field) -> None:
    """Refuse clips where a model learnt from something else, and the other way round."""
    if before.kind != found.kind and "clip" in (before.kind, found.kind):
        raise DataError(
            f"the model learnt from the kind {before.kind}, and these values are of the kind "
            f"{found.kind}, of the shape {found.shape}.",
            "A clip has the axes (frames, channels, height, width), an image has no frames.",
            field=before.name,
        )


_REASONS = {
    "image": "paths of image files",
    "series": "a sequence of steps for each example",
    "clip": "frames one after the other",
    "tree": "words in a tree",
}
