from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from fieldguide.data.spacing import Spacing, find_spacing
from fieldguide.errors import UsageError


def times(texts: list[str]) -> pl.Series:
    return pl.Series([datetime.fromisoformat(text) for text in texts], dtype=pl.Datetime("us"))


def every(step: timedelta, count: int, start: str = "2024-01-01") -> pl.Series:
    first = datetime.fromisoformat(start)
    return pl.Series([first + i * step for i in range(count)], dtype=pl.Datetime("us"))


def found(series: pl.Series) -> str:
    return find_spacing(series, np.zeros(len(series), dtype=int)).text


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (timedelta(minutes=15), "15m"),
        (timedelta(hours=1), "1h"),
        (timedelta(days=1), "1d"),
        (timedelta(days=7), "1w"),
        (timedelta(seconds=30), "30s"),
        (timedelta(days=30), "30d"),
    ],
)
def test_fixed_steps(step: timedelta, text: str) -> None:
    assert found(every(step, 50)) == text


def test_months_are_not_equally_long() -> None:
    months = times([f"{2020 + i // 12}-{1 + i % 12:02}-01" for i in range(30)])
    spacing = find_spacing(months, np.zeros(30, dtype=int))
    assert spacing.text == "1mo" and spacing.seasons == (12,)
    assert (np.diff(spacing.numbers(months)) == 1).all()
    ahead = spacing.after(months[-1:].append(months[-1:]), np.array([1, 7]))
    assert [str(day.date()) for day in ahead] == ["2022-07-01", "2023-01-01"]


def test_the_ends_of_months_stay_ends() -> None:
    ends = times(["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31"])
    spacing = find_spacing(ends, np.zeros(5, dtype=int))
    ahead = spacing.after(ends[[4, 4, 4]], np.array([1, 2, 9]))
    assert [str(day.date()) for day in ahead] == ["2024-06-30", "2024-07-31", "2025-02-28"]


def test_quarters_and_years() -> None:
    assert found(times([f"{2015 + i // 4}-{1 + 3 * (i % 4):02}-01" for i in range(20)])) == "3mo"
    assert found(times([f"{1990 + i}-01-01" for i in range(20)])) == "12mo"


def test_working_days() -> None:
    days = np.busday_offset("2024-01-01", np.arange(60), roll="forward").astype("datetime64[us]")
    spacing = find_spacing(pl.Series(days), np.zeros(60, dtype=int))
    assert spacing.text == "1bd" and spacing.seasons == (5,)
    assert (np.diff(spacing.numbers(pl.Series(days))) == 1).all()
    friday = times(["2024-03-01"])
    assert str(spacing.after(friday, np.array([1]))[0].date()) == "2024-03-04"


def test_counts() -> None:
    years = pl.Series(np.arange(1950, 2000, 2))
    spacing = find_spacing(years, np.zeros(25, dtype=int))
    assert spacing == Spacing(2, "") and spacing.seasons == ()
    assert spacing.after(years[-1:], np.array([3])).to_list() == [2004]


def test_seasons_of_hours_and_quarters_of_an_hour() -> None:
    assert Spacing.parse("1h").seasons == (24, 168)
    assert 96 in Spacing.parse("15m").seasons
    assert Spacing.parse("1d").seasons == (7, 365)


@pytest.mark.parametrize("text", ["15m", "1h", "1d", "1w", "3mo", "1bd", "2"])
def test_text_is_read_back(text: str) -> None:
    assert Spacing.parse(Spacing.parse(text).text) == Spacing.parse(text)


@pytest.mark.parametrize("text", ["", "h", "0h", "1 parsec", "-1d"])
def test_what_is_no_spacing_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no spacing of steps"):
        Spacing.parse(text)
