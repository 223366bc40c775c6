"""Which columns of a table say who rated what, how, and when: by their names, then their values."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from fieldguide.data.column import Column
from fieldguide.data.dataset import Dataset
from fieldguide.data.recipe import Recipe
from fieldguide.errors import DataError

if TYPE_CHECKING:
    from fieldguide.data.ratings import Ratings

NAMES = {
    "user": ("user", "username", "reviewer", "customer", "reader", "member", "person", "visitor",
             "viewer", "listener", "client", "account", "rater"),
    "item": ("item", "movie", "film", "product", "book", "isbn", "joke", "song", "track", "artist",
             "article", "asin", "title", "game", "anime", "recipe", "restaurant", "business",
             "place", "beer", "wine", "course", "app"),
    "rating": ("rating", "stars", "rate", "score", "overall", "vote", "grade", "preference"),
    "time": ("time", "timestamp", "date", "datetime", "unixtime", "unixreviewtime", "reviewtime",
             "ratedat", "createdat"),
}  # fmt: skip
"""Names that the columns usually have, the surest first; ``userId`` and ``user_ids`` count too."""
ONCE = 0.95  # share of the rows whose user has not rated the same item before, at least
FEWEST = 20  # rows from which a table may be recognised
COUNTED = 100_000  # rows that are looked at for that


def choose_columns(data: Dataset, asked: Ratings) -> Ratings:
    """Return the question with its columns named.

    A column that is not named is found by its name, or because no other can be meant.

    Raises:
        UsageError: A named column is missing.
        DataError: A column cannot be found, or one column is given two parts.
    """
    named = {role: getattr(asked, role) or "" for role in NAMES}
    for name in named.values():
        if name:
            data.column(name)
    for role in NAMES:
        if not named[role]:
            named[role] = _by_name(data, role, set(named.values()))
    for role in ("rating", "user", "item"):
        if not named[role]:
            named[role] = _by_values(data, role, set(named.values()))
    found = [name for name in named.values() if name]
    double = next((name for name in found if found.count(name) > 1), None)
    if double is not None:
        raise DataError(
            "the column is given two parts.",
            "Name different columns with user=…, item=…, rating=…, time=….",
            file=data.source,
            field=double,
        )
    return replace(asked, user=named["user"], item=named["item"], rating=named["rating"],
                   time=named["time"] or None)  # fmt: skip


def recognised(data: Dataset) -> Ratings | None:
    """Return the columns of a table that looks like ratings, or None.

    All three have names that are usual for them; ratings are numbers; users and items come back,
    and hardly any user rates an item twice.
    """
    from fieldguide.data.ratings import Ratings

    if len(data) < FEWEST:
        return None
    named = {role: _by_name(data, role, set()) for role in NAMES}
    if not all(named[role] for role in ("user", "item", "rating")):
        return None
    if len({name for name in named.values() if name}) < 3 + bool(named["time"]):
        return None
    if data.fields[named["rating"]].kind not in ("number", "boolean", "category"):
        return None
    if np.isnan(as_numbers(data, named["rating"])).mean() > 0.5:
        return None
    pair = pl.DataFrame({role: as_names(data.column(named[role])) for role in ("user", "item")})
    pair = pair.head(COUNTED)
    users, items = (pair[role].n_unique() for role in ("user", "item"))
    once = pair.n_unique() / len(pair)
    if not (2 <= users < len(pair) and 2 <= items < len(pair) and once >= ONCE):
        return None
    return Ratings(named["user"], named["item"], named["rating"], named["time"] or None)


def as_names(column: Column) -> pl.Series:
    """Return names as text: 7 and 7.0 are both ``"7"``.

    Example:
        >>> as_names(pl.Series([7.0, None])).to_list(), as_names(pl.Series(["u7"])).to_list()
        (['7', None], ['u7'])
    """
    if not isinstance(column, pl.Series):
        column = pl.Series(np.asarray(column).astype(str))
    if column.dtype.is_float():
        whole = column.cast(pl.Int64, strict=False)
        if (whole.cast(pl.Float64) == column).all():
            column = whole
    return column.cast(pl.String)


def as_numbers(data: Dataset, name: str) -> np.ndarray:
    """Return a column of ratings as numbers, NaN where a cell holds none.

    Raises:
        DataError: It holds no numbers at all.
    """
    column = data.column(name)
    if isinstance(column, pl.Series) and not column.dtype.is_temporal():
        if not (column.dtype.is_numeric() or column.dtype == pl.Boolean):
            column = Recipe("number").apply(column.cast(pl.String))
        numbers = column.cast(pl.Float64)
        numbers = numbers.set(~numbers.is_finite(), None).fill_null(float("nan"))
        if numbers.is_not_nan().any():
            return numbers.to_numpy().copy()
    raise DataError(
        f"it holds no ratings: no value is a number (it is a {data.fields[name].kind}: "
        f"{data.fields[name].reason}).",
        "Write ratings as numbers, or name another column with rating=… (--rating).",
        file=data.source,
        field=name,
    )


def _by_name(data: Dataset, role: str, taken: set[str]) -> str:
    """Return the column with the surest of a role's usual names, or an empty string."""
    plain = {name: re.sub(r"[^a-z]", "", name.lower()) for name in data.columns}
    for usual in NAMES[role]:
        spellings = {usual + end for end in ("", "s", "id", "ids", "name", "no", "code")}
        for name, bare in plain.items():
            if bare in spellings and name not in taken:
                return name
    return ""


def _by_values(data: Dataset, role: str, taken: set[str]) -> str:
    """Return the only column that can have a part.

    Raises:
        DataError: None can, or several.
    """
    left = [name for name in data.columns if name not in taken]
    fitting = [name for name in left if _can(data, name, role)]
    if len(fitting) == 1:
        return fitting[0]
    what = {"user": "names the users", "item": "names the items", "rating": "holds the ratings"}
    may = f"it may be {' or '.join(repr(name) for name in fitting)}" if fitting else "none can"
    raise DataError(
        f"which column {what[role]} cannot be told ({may}).",
        f"Name it with {role}=… (--{role}).",
        file=data.source,
    )


def _can(data: Dataset, name: str, role: str) -> bool:
    """Whether a column's values can have a part: numbers, or names that come back."""
    kind, column = data.fields[name].kind, data.columns[name]
    if not isinstance(column, pl.Series) or column.dtype.is_temporal():
        return False
    if role == "rating":
        return kind == "number"
    return 2 <= column.n_unique() < len(column)
