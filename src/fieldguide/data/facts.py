"""Measured facts about the values of one column, JSON-ready, for the profile and the report."""

from __future__ import annotations

from typing import Any

import polars as pl

from fieldguide.data.field import Kind
from fieldguide.data.spellings import MISSING


def facts_of(kind: Kind, values: pl.Series) -> dict[str, Any]:
    """Measure the values of a column.

    Args:
        kind: What the values are.
        values: The values, cleaned; null where one is missing.

    Returns:
        Numbers: ``smallest``, ``largest``, ``mean``. Dates: ``earliest``, ``latest``. Text:
        ``mean_words``, ``longest`` (characters). All other kinds: ``top``, the commonest values
        with their counts.
    """
    present = values.drop_nulls()
    if not len(present):
        return {}
    if kind == "number" or (kind == "identifier" and present.dtype.is_numeric()):
        return {
            "smallest": present.min(),
            "largest": present.max(),
            "mean": float(present.mean()),  # type: ignore[arg-type]
        }
    if kind == "datetime":
        return {"earliest": str(present.min()), "latest": str(present.max())}
    if kind == "text":
        words, letters = present.str.count_matches(r"\S+").mean(), present.str.len_chars().max()
        return {"mean_words": round(float(words or 0), 1), "longest": letters}  # type: ignore[arg-type]
    if present.dtype == pl.Boolean or kind in ("category", "constant", "identifier"):
        counts = present.value_counts(sort=True).head(5)
        return {"top": [[value, count] for value, count in counts.rows()]}
    return {}


def missing_spellings(raw: pl.Series) -> dict[str, int]:
    """Count how missing values were spelled, the empty cell aside (``{"?": 1836}``)."""
    if raw.dtype != pl.String:
        return {}
    bare = raw.drop_nulls().str.strip_chars()
    spelled = bare.filter(bare.str.to_lowercase().is_in(list(MISSING - {""})))
    return {str(value): int(count) for value, count in spelled.value_counts(sort=True).rows()}
