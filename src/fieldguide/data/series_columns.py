"""Which columns of a table are time, series and targets, and which are known in advance."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from fieldguide.data.column import Column
from fieldguide.data.dataset import Dataset
from fieldguide.data.forecast import Forecast
from fieldguide.data.recipe import Recipe
from fieldguide.errors import DataError

STEP = "step"  # name of the column that counts steps where there are no dates


@dataclass(frozen=True)
class Chosen:
    """The columns of a forecast.

    Attributes:
        forecast: The question, with its columns named.
        times: Time of each row: dates, or whole numbers.
        codes: Number of the series of each row, from 0 in the order of their first rows.
        names: Names of the series.
        columns: Targets, past and known columns as numbers, NaN where missing.
    """

    forecast: Forecast
    times: pl.Series
    codes: np.ndarray
    names: tuple[str, ...]
    columns: dict[str, np.ndarray]


def choose_columns(data: Dataset, forecast: Forecast) -> Chosen:
    """Find the columns of a forecast.

    Raises:
        UsageError: A named column is missing.
        DataError: A column holds no numbers, or no times; there is nothing to forecast.
    """
    for name in (forecast.series, *forecast.channels, *forecast.known):
        if name is not None:
            data.column(name)
    codes, names = _series(data, forecast.series)
    time, times = _times(data, forecast, codes)
    taken = {time, forecast.series, *forecast.known}
    numeric = [name for name in data.columns if name not in taken and _is_numeric(data, name)]
    targets = forecast.targets or tuple(numeric)
    if not targets:
        raise DataError(
            "it has no column of numbers to forecast.",
            "Name one with target=… (--target).",
            file=data.source,
        )
    both = set(targets) & taken
    if both:
        raise DataError(
            "the column to forecast is named as time, series or known in advance as well.",
            "Give each column one part.",
            file=data.source,
            field=sorted(str(name) for name in both)[0],
        )
    resolved = bool(forecast.step)  # a question asked before, of a model that is fitted
    past = forecast.past if resolved else tuple(n for n in numeric if n not in targets)
    asked = replace(forecast, targets=targets, past=past, time=time)
    wanted = (*asked.channels, *asked.known)
    columns = {name: _numbers(data, name) for name in wanted}
    _note_unused(data, {time, asked.series, *wanted})
    return Chosen(asked, times, codes, names, columns)


def _series(data: Dataset, name: str | None) -> tuple[np.ndarray, tuple[str, ...]]:
    if name is None:
        return np.zeros(len(data), dtype=np.int64), ("",)
    values = data.column(name)
    assert isinstance(values, pl.Series)
    if values.null_count():
        row = data.origins[int(values.is_null().arg_max() or 0)]
        raise DataError(
            "the row names no series.", "Fill the cell, or remove the row.",
            file=data.source, row=_number(row), field=name,
        )  # fmt: skip
    text = values.cast(pl.String)
    names = text.unique(maintain_order=True)
    codes = text.replace_strict(names, pl.Series(np.arange(len(names))), return_dtype=pl.Int64)
    return codes.to_numpy(), tuple(names.to_list())


def _times(data: Dataset, forecast: Forecast, codes: np.ndarray) -> tuple[str, pl.Series]:
    """Return name and values of the time; steps are counted where the table has no time."""
    name = forecast.time
    dated = [one for one, field in data.fields.items() if field.kind == "datetime"]
    if name is None and len(dated) == 1:
        name = dated[0]
    if name is None or (name == STEP and name not in data.columns):
        order = np.argsort(codes, kind="stable")
        first = np.searchsorted(codes[order], codes[order])
        counts = np.empty(len(codes), dtype=np.int64)
        counts[order] = np.arange(len(codes)) - first
        return _free_name(data), pl.Series(counts)
    values = data.column(name)
    assert isinstance(values, pl.Series)
    if values.dtype.is_temporal():
        if data.fields[name].facts.get("recipe", {}).get("format", "").endswith("z"):
            data.ledger.book("noted", "times with an offset are read, and forecast, in UTC", [name],
                             file=data.source, field=name)  # fmt: skip
        return name, values.cast(pl.Datetime("us"))
    whole = Recipe("number").apply(values).cast(pl.Int64, strict=False)
    if whole.null_count() > values.null_count():
        bad = int((whole.is_null() & values.is_not_null()).arg_max() or 0)
        raise DataError(
            f"{values[bad]!r} is neither a date nor a whole number; a column of times is needed.",
            "Name the column of dates with time=… (--time), or write dates as 2024-12-31.",
            file=data.source, row=_number(data.origins[bad]), field=name,
        )  # fmt: skip
    return name, whole


def _free_name(data: Dataset) -> str:
    name = STEP
    while name in data.columns:
        name += "_"
    return name


def _is_numeric(data: Dataset, name: str) -> bool:
    column, kind = data.columns[name], data.fields[name].kind
    if not isinstance(column, pl.Series):
        return False
    return kind == "number" or (kind in ("identifier", "constant") and _parsed(column) is not None)


def _parsed(column: Column) -> pl.Series | None:
    """Return the column as numbers, or None where a value is none."""
    if not isinstance(column, pl.Series) or column.dtype.is_temporal():
        return None
    numbers = Recipe("number").apply(column.cast(pl.Int8) if column.dtype == pl.Boolean else column)
    numbers = numbers.cast(pl.Float64)
    lost = numbers.null_count() > column.null_count()
    return None if lost or numbers.null_count() == len(numbers) else numbers


def _numbers(data: Dataset, name: str) -> np.ndarray:
    numbers = _parsed(data.columns[name])
    if numbers is None:
        raise DataError(
            f"it holds no numbers (it is a {data.fields[name].kind}: {data.fields[name].reason}).",
            "Write it as numbers, such as 0 and 1 for no and yes, or leave it out.",
            file=data.source, field=name,
        )  # fmt: skip
    return numbers.fill_null(float("nan")).to_numpy().copy()


def _note_unused(data: Dataset, used: set[str | None]) -> None:
    unused = [name for name in data.columns if name not in used]
    for name in unused:
        data.ledger.book("noted", "no number: plays no part in the forecast", [name],
                         file=data.source, field=name)  # fmt: skip


def _number(row: object) -> int | None:
    return int(row) if isinstance(row, (int, np.integer)) else None
