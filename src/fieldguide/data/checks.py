"""What a careful person looks for in a table before training: copies, leaks, lonely classes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from fieldguide.data.dataset import Dataset
from fieldguide.data.field import Field
from fieldguide.data.numbers import NumberStyle
from fieldguide.data.rating_columns import recognised
from fieldguide.data.spacing import find_spacing

_STYLE = ("decimal", "thousands", "sign")
_ROWS_LOOKED_AT = 100_000
FEWEST_STEPS = 20  # different times from which rows may be steps of a series
EVEN = 0.9  # share of times that are one step after the one before
_COLUMNS_LOOKED_AT = 500


def note_peculiarities(data: Dataset) -> None:
    """Note duplicate rows, classes with one example, and columns that give the target away.

    Nothing is removed. What is found is noted in the ledger, and leaks in their field's facts too.
    """
    _note_duplicates(data)
    _note_series(data)
    _note_ratings(data)
    for name, field in data.fields.items():
        _note_column(data, name, field)
    if data.target is None:
        return
    _note_lonely_classes(data, data.target)
    for name, field in data.fields.items():
        warning = _leak(data, name, field, data.target)
        if warning:
            data.fields[name] = replace(field, facts={**field.facts, "leaks": warning})
            data.ledger.book("noted", f"leaks: {warning}", [name], file=data.source, field=name)


def _note_column(data: Dataset, name: str, field: Field) -> None:
    """Book missing values, columns left out of the inputs, and unusual ways of writing numbers."""
    book = data.ledger.book
    if not field.is_input and name != data.target:
        book("noted", f"{field.kind}: no input", [name], file=data.source, field=name)
        return
    column = data.columns[name]
    if isinstance(column, pl.Series) and field.missing:
        places = data.origins[column.is_null().to_numpy()]
        book("repaired", "missing value", places, file=data.source, field=name)
    recipe = field.facts.get("recipe", {"kind": field.kind})
    style = NumberStyle(**{part: recipe[part] for part in _STYLE if part in recipe})
    if style.words:
        book("noted", f"written with {style.words}", [name], file=data.source, field=name)


def _note_series(data: Dataset) -> None:
    """Note that rows with even times look like steps of a series, and how to forecast them."""
    dated = [name for name, field in data.fields.items() if field.kind == "datetime"]
    numbers = [name for name, field in data.fields.items() if field.kind == "number"]
    if len(dated) != 1 or not numbers or len(data) < FEWEST_STEPS:
        return
    times = data.columns[dated[0]]
    assert isinstance(times, pl.Series)
    steps = times.drop_nulls().unique().sort()
    spacing = find_spacing(steps, np.zeros(len(steps), dtype=np.int64))
    jumps = np.diff(spacing.numbers(steps))
    if len(jumps) < FEWEST_STEPS - 1 or (jumps == 1).mean() < EVEN:
        return
    several = " --series COLUMN" if len(steps) < 0.9 * len(data) else ""
    reason = (
        f"looks like the times of a series, {spacing.text} apart: to forecast it, add "
        f"--horizon STEPS --time {dated[0]}{several} (horizon=…, time='{dated[0]}')"
    )
    data.ledger.book("noted", reason, [dated[0]], file=data.source, field=dated[0])


def _note_ratings(data: Dataset) -> None:
    """Note that rows look like ratings, and how to recommend by them."""
    found = recognised(data)
    if found is None:
        return
    roles = {"user": found.user, "item": found.item, "rating": found.rating, "time": found.time}
    named = [(role, name) for role, name in roles.items() if name]
    options = " ".join(f"--{role} {name}" for role, name in named)
    keywords = ", ".join(f"{role}='{name}'" for role, name in named)
    reason = f"looks like ratings: to recommend by them, add {options} ({keywords})"
    data.ledger.book("noted", reason, [found.rating], file=data.source, field=found.rating)


def _note_duplicates(data: Dataset) -> None:
    """Note rows that equal an earlier one, and held-out rows that occur in training as well."""
    names = [name for name, field in data.fields.items() if field.kind != "identifier"]
    columns = [data.columns[name] for name in names]
    if not columns or not all(isinstance(column, pl.Series) for column in columns):
        return
    frame = pl.DataFrame({str(i): column for i, column in enumerate(columns)})
    rows = frame.hash_rows()
    again = ~rows.is_first_distinct().to_numpy()
    if data.provided is not None:
        fit = data.provided == "train"
        leaked = ~fit & rows.is_in(rows.filter(pl.Series(fit)).implode()).to_numpy()
        _note(data, "a held-out row that occurs in the training data too", leaked)
        again &= ~leaked
    _note(data, "the same as an earlier row (kept)", again)


def _note_lonely_classes(data: Dataset, target: str) -> None:
    column = data.columns[target]
    if data.fields[target].kind not in ("category", "boolean") or not isinstance(column, pl.Series):
        return
    lonely = (column.is_unique() & column.is_not_null()).to_numpy()
    _note(data, "the only example of its class", lonely, field=target)


def _note(data: Dataset, reason: str, chosen: np.ndarray, field: str | None = None) -> None:
    places = data.origins[np.flatnonzero(chosen)]
    data.ledger.book("noted", reason, places, file=data.source, field=field)


def _leak(data: Dataset, name: str, field: Field, target: str) -> str:
    """Say how a column gives the target away, or return an empty string."""
    column, wanted = data.columns[name], data.columns[target]
    if name == target or len(data) < 20 or len(data.fields) > _COLUMNS_LOOKED_AT:
        return ""
    if not isinstance(column, pl.Series) or not isinstance(wanted, pl.Series):
        return ""
    pair = pl.DataFrame({"x": column, "y": wanted}).drop_nulls().head(_ROWS_LOOKED_AT)
    if field.kind == "identifier":
        return _sorted_by_target(pair)
    distinct = pair["x"].n_unique()
    if len(pair) < 20 or not 2 <= distinct <= len(pair) // 2 or pair["y"].n_unique() < 2:
        return _follows(pair) if field.kind == "number" else ""
    if pair.unique().height == distinct:
        return f"each of its {distinct} values goes with one value of '{target}' only"
    return ""


def _sorted_by_target(pair: pl.DataFrame) -> str:
    """The rows of a file sorted by class: their number alone then tells the class."""
    target = pair.sort("x")["y"]
    classes = target.n_unique()
    changes = int((target != target.shift(1)).sum() or 0)
    if 2 <= classes <= len(target) // 5 and changes == classes - 1:
        return "the rows are sorted by the target, so that their number gives it away"
    return ""


def _follows(pair: pl.DataFrame) -> str:
    if not pair["y"].dtype.is_numeric() or len(pair) < 20 or pair["y"].n_unique() < 3:
        return ""
    x, y = pair["x"].to_numpy().astype(float), pair["y"].to_numpy().astype(float)
    if x.std() == 0 or y.std() == 0 or abs(np.corrcoef(x, y)[0, 1]) < 0.999999:
        return ""
    return "a straight line leads from it to the target: it is the target in another unit"
