"""Splits in time: every forecast that is scored is of what came after the cut."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from fieldguide.data import Dataset
from fieldguide.data.rolling import runs
from fieldguide.errors import DataError
from fieldguide.tasks.forecasting import Forecasting


def series(lengths: dict[str, int], *, starts: dict[str, int] | None = None) -> Dataset:
    """Daily series of consecutive numbers; each may start some days late."""
    parts = []
    for name, count in lengths.items():
        day = np.arange(count) + (starts or {}).get(name, 0)
        time = np.datetime64("2024-01-01", "us") + day * np.timedelta64(1, "D")
        parts.append(pl.DataFrame({"time": time, "name": [name] * count, "y": day * 1.0}))
    frame = pl.concat(parts)
    columns = {name: frame[name] for name in frame.columns}
    return Dataset.from_columns(columns).as_series(
        3, time="time", series="name", lookback=5, season=1
    )


def test_every_window_of_the_test_part_is_of_the_time_after_the_cut() -> None:
    data = series({"a": 50, "b": 50})
    train, test = data.split(0.2)
    last = train.columns["time"].max()
    windows = Forecasting.fit(train).encode(test)
    assert len(windows) == 2 * (10 - 3 + 1)
    first_ahead = windows.starts.numpy() + 5
    times = test.columns["time"]
    assert times.gather(first_ahead).min() > last
    assert (times.gather(first_ahead).dt.date() - last.date()).min().days == 1


def test_no_window_crosses_from_one_series_to_another() -> None:
    data = series({"a": 20, "b": 30})
    found = runs(data).windows(5, 3)
    names = data.columns["name"]
    assert len(found) == 13 + 23
    assert all(names[int(at)] == names[int(at) + 7] for at in found)


def test_all_series_are_cut_on_the_same_day() -> None:
    data = series({"a": 60, "late": 40}, starts={"late": 20})
    train, test = data.split(0.25)
    days = train.columns["time"]

    ends = pl.DataFrame({"n": train.columns["name"], "t": days}).group_by("n").max()
    assert ends["t"].n_unique() == 1
    assert test.columns["time"].max() == data.columns["time"].max()


def test_at_least_a_horizon_is_held_out() -> None:
    _, test = series({"a": 50}).split(0.01)
    assert len(test) == 5 + 3


def test_too_little_to_cut_is_said() -> None:
    with pytest.raises(DataError, match=r"10 steps are left to learn from|left to learn from"):
        series({"a": 10}).split(0.9)


def test_rows_that_are_missing_end_a_run() -> None:
    data = series({"a": 30})
    holed = data.take(np.delete(np.arange(30), 12))
    assert runs(holed).starts.tolist() == [0, 12]


def test_validation_in_fit_is_cut_the_same_way() -> None:
    train, held = series({"a": 400}).split(0.1)
    again, inner = train.split(0.1)
    assert again.columns["y"].max() == inner.columns["y"][5] - 1
    assert inner.columns["y"].max() == train.columns["y"].max() == held.columns["y"][5] - 1
