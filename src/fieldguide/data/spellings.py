"""Spellings that people use for "no value", for true and false, and for names of identifiers."""

from __future__ import annotations

import re

import polars as pl

MISSING = frozenset(
    ("", "na", "n/a", "#n/a", "n.a.", "null", "nan", "nat", "<na>", "?", "-", "--", "#null!")
)
"""Cells that stand for a missing value in any column, in lower case."""

MISSING_NUMBERS = MISSING | {"none", "unknown", "missing", ".", "inf", "-inf", "+inf", "infinity"}
"""Cells that stand for a missing value among numbers; among words they may mean something."""

TRUE_FALSE = (
    ("true", "false"),
    ("yes", "no"),
    ("y", "n"),
    ("t", "f"),
    ("on", "off"),
    ("ja", "nein"),
    ("oui", "non"),
    ("si", "no"),
    ("sí", "no"),
    ("wahr", "falsch"),
    ("vrai", "faux"),
)
"""Pairs that spell true and false, in lower case."""

TRUE = frozenset(true for true, _ in TRUE_FALSE)
FALSE = frozenset(false for _, false in TRUE_FALSE)

_IDENTIFIER_NAME = re.compile(
    r"(^|[\s_.\-])(id|uuid|guid|index|rowid|row_?num(ber)?)$|^unnamed: 0$", re.IGNORECASE
)
_CAMEL_IDENTIFIER = re.compile(r"[a-z](Id|ID|Uuid|UUID)$")
UUID = r"^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$"


def is_identifier_name(name: str) -> bool:
    """Say whether a column's name claims that it identifies rows (``id``, ``PassengerId``…)."""
    return bool(_IDENTIFIER_NAME.search(name) or _CAMEL_IDENTIFIER.search(name))


def without_missing(text: pl.Series) -> pl.Series:
    """Strip white space and turn every spelling of "no value" into null."""
    stripped = text.str.strip_chars()
    return stripped.set(stripped.str.to_lowercase().is_in(list(MISSING)), None)


def true_false_pair(values: list[str]) -> tuple[str, str] | None:
    """Return the pair that all values belong to, in the user's spelling, or None."""
    spelled = {value.lower(): value for value in values}
    for true, false in TRUE_FALSE:
        if set(spelled) == {true, false}:
            return spelled[true], spelled[false]
    return None
