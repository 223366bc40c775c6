"""Tables of series: what is repaired and booked, and what is refused with its row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import fieldguide as fg
from fieldguide.data import Dataset
from fieldguide.data.forecast import Forecast, find_season
from fieldguide.data.gaps import CARRIED, CARRIED_TARGET
from fieldguide.errors import DataError, UsageError

HOURS = 60


def hourly(count: int = HOURS, start: str = "2024-01-01") -> list[str]:
    first = np.datetime64(start, "s")
    return [str(first + np.timedelta64(i, "h")).replace("T", " ") for i in range(count)]


def written(folder: Path, rows: list[str], header: str = "date,load") -> Path:
    path = folder / "series.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def plain(folder: Path, change: dict[int, str] | None = None, drop: tuple[int, ...] = ()) -> Path:
    """A file of hours; rows (from 0) may be replaced or dropped."""
    rows = [f"{time},{5 + np.sin(i):.3f}" for i, time in enumerate(hourly())]
    for place, text in (change or {}).items():
        rows[place] = text
    return written(folder, [row for i, row in enumerate(rows) if i not in drop])


def read(path: Path, **more: object) -> Dataset:
    return fg.read(path, **({"time": "date", "horizon": 4, "lookback": 8} | more))


def test_a_plain_file(tmp_path: Path) -> None:
    data = read(plain(tmp_path))
    asked = data.forecast
    assert asked.targets == ("load",) and asked.step == "1h" and asked.series is None
    assert len(data) == HOURS and data.target is None
    assert not data.ledger.counts()


def test_without_a_horizon_rows_stay_examples(tmp_path: Path) -> None:
    assert fg.read(plain(tmp_path)).forecast is None


def test_the_column_of_dates_is_found(tmp_path: Path) -> None:
    assert fg.read(plain(tmp_path), horizon=4).forecast.time == "date"


def test_unsorted_rows_are_sorted_and_booked(tmp_path: Path) -> None:
    rows = [f"{time},{i}.5" for i, time in enumerate(hourly())]
    rows[10], rows[11] = rows[11], rows[10]
    data = read(written(tmp_path, rows))
    assert data.columns["load"].to_list() == [i + 0.5 for i in range(HOURS)]
    (entry,) = data.ledger.entries
    assert entry.status == "repaired" and "sorted by time" in entry.reason
    assert entry.field == "date" and list(entry.places) == [13]  # header is row 1


def test_missing_steps_are_filled_and_booked(tmp_path: Path) -> None:
    data = read(plain(tmp_path, drop=(20, 21)))
    assert len(data) == HOURS
    assert data.columns["load"].is_null().arg_true().to_list() == [20, 21]
    reasons = data.ledger.counts()
    assert reasons["repaired: steps of 1h are missing after it: filled in in 'date'"] == 1
    assert reasons[f"repaired: {CARRIED_TARGET} in 'load'"] == 2
    assert data.columns["date"].diff().drop_nulls().n_unique() == 1


def test_too_many_missing_steps_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"row 21.*33% of the steps are missing.*20 of them after"):
        read(plain(tmp_path, drop=tuple(range(20, 40))))


def test_missing_values_of_other_columns_are_carried_forward() -> None:
    columns = {
        "y": pl.Series([float(i) for i in range(40)]),
        "x": pl.Series([None if i == 30 else 2.0 * i for i in range(40)]),
    }
    data = Dataset.from_columns(columns).as_series(4, targets=("y",), lookback=8)
    assert data.columns["x"][30] == data.columns["x"][29]
    (entry,) = data.ledger.entries
    assert entry.reason == CARRIED and entry.field == "x"


def test_missing_targets_stay_missing_and_are_booked(tmp_path: Path) -> None:
    data = read(plain(tmp_path, change={30: f"{hourly()[30]},"}))
    assert data.columns["load"][30] is None
    (entry,) = data.ledger.entries
    assert entry.status == "repaired" and entry.field == "load" and list(entry.places) == [32]


def test_too_many_missing_values_are_refused(tmp_path: Path) -> None:
    gaps = {i: f"{hourly()[i]}," for i in range(10, 30)}
    with pytest.raises(DataError, match=r"row 12, field 'load': 33% of its values are missing"):
        read(plain(tmp_path, change=gaps))


def test_the_same_row_twice_counts_once(tmp_path: Path) -> None:
    rows = [f"{time},{i}" for i, time in enumerate(hourly())]
    data = read(written(tmp_path, [*rows[:5], *rows[4:]]))
    assert len(data) == HOURS
    assert data.ledger.counts() == {"excluded: the same step as the row before it": 1}


def test_two_values_for_one_time_are_refused(tmp_path: Path) -> None:
    rows = [f"{time},{i}" for i, time in enumerate(hourly())]
    rows.insert(5, f"{hourly()[4]},99")
    with pytest.raises(DataError, match=r"row 7, field 'date'.*occurs twice.*row 6.*series=") as e:
        read(written(tmp_path, rows))
    assert "clocks were put back" in str(e.value)


def test_clocks_put_back_with_an_offset_are_no_duplicates(tmp_path: Path) -> None:
    summer = [f"2024-10-27T0{h}:00:00+02:00,{h}" for h in range(3)]
    winter = [f"2024-10-27T{h:02}:00:00+01:00,{h}" for h in range(2, 24)]
    data = read(written(tmp_path, [*summer, *winter]), lookback=4)
    assert len(data) == 25 and data.forecast.step == "1h"
    assert str(data.columns["date"][0]) == "2024-10-26 22:00:00"
    assert list(data.ledger.counts()) == [
        "noted: times with an offset are read, and forecast, in UTC in 'date'"
    ]


def test_the_hour_that_summer_time_skips_is_a_gap(tmp_path: Path) -> None:
    rows = [f"{time},{i}" for i, time in enumerate(hourly(48, "2024-03-31")) if i != 2]
    data = read(written(tmp_path, rows))
    assert len(data) == 48 and data.columns["load"][2] is None


def test_a_time_off_the_grid_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"row 12.*00:10:17|row 12.*does not fit the spacing of 1h"):
        read(plain(tmp_path, change={10: "2024-01-01 10:17:00,3"}))


def test_irregular_times_are_averaged_if_asked(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    minutes = np.sort(chance.choice(HOURS * 60, 600, replace=False))
    first = np.datetime64("2024-01-01", "s")
    stamps = [str(first + np.timedelta64(int(m), "m")).replace("T", " ") for m in minutes]
    rows = [f"{stamp},{m // 60}" for stamp, m in zip(stamps, minutes, strict=True)]
    data = read(written(tmp_path, rows), every="1h")
    assert data.columns["load"].to_list() == [float(h) for h in range(HOURS)]
    assert data.forecast.step == "1h"
    assert "repaired: averaged to steps of 1h" in data.ledger.counts()


def long_rows(lengths: dict[str, int]) -> list[str]:
    return [f"{t},{n},{i}" for n, count in lengths.items() for i, t in enumerate(hourly(count))]


def test_series_that_are_too_short_are_left_out(tmp_path: Path) -> None:
    path = written(tmp_path, long_rows({"a": 40, "b": 7, "c": 30}), "date,store,load")
    data = read(path, series="store")
    assert data.columns["store"].unique(maintain_order=True).to_list() == ["a", "c"]
    (reason,) = data.ledger.counts()
    assert reason == "excluded: its series is shorter than the 12 steps of a window in 'store'"


def test_when_all_are_too_short_that_is_said(tmp_path: Path) -> None:
    path = written(tmp_path, long_rows({"a": 9, "b": 7}), "date,store,load")
    with pytest.raises(DataError, match=r"longest of 2 series has 9 steps.*takes 12.*--lookback"):
        read(path, series="store")


def test_a_row_without_a_series_is_refused(tmp_path: Path) -> None:
    rows = long_rows({"a": 40})
    rows[3] = rows[3].replace(",a,", ",,")
    with pytest.raises(DataError, match=r"row 5, field 'store'.*names no series"):
        read(written(tmp_path, [*rows, *long_rows({"b": 40})], "date,store,load"), series="store")


def test_unknown_columns_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no column 'lod'. Did you mean 'load'"):
        read(plain(tmp_path), target="lod")
    with pytest.raises(UsageError, match="no column 'holiday'"):
        read(plain(tmp_path), known="holiday")


def test_words_cannot_be_forecast(tmp_path: Path) -> None:
    rows = [f"{t},{i},{'ab'[i % 2]}" for i, t in enumerate(hourly())]
    path = written(tmp_path, rows, "date,load,kind")
    with pytest.raises(DataError, match=r"field 'kind'.*holds no numbers.*0 and 1"):
        read(path, target="kind")
    noted = read(path).ledger.counts()
    assert noted == {"noted: no number: plays no part in the forecast in 'kind'": 1}


def test_what_belongs_to_a_forecast_asks_for_a_horizon(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="horizon"):
        fg.read(plain(tmp_path), series="date")
    with pytest.raises(UsageError, match="horizon=0"):
        read(plain(tmp_path), horizon=0)


def test_a_file_without_dates_counts_steps(tmp_path: Path) -> None:
    path = tmp_path / "rates.txt"
    path.write_text("\n".join(f"{1 + np.sin(i / 3):.4f},{i * 0.25}" for i in range(50)))
    data = fg.read(path, horizon=4)
    assert data.forecast.time == "step" and data.forecast.targets == ("column_1", "column_2")
    assert data.columns["step"].to_list() == list(range(50))


def test_rows_after_the_last_value_are_the_future(tmp_path: Path) -> None:
    rows = [f"{t},{'' if i >= 56 else i},{i % 2}" for i, t in enumerate(hourly())]
    data = read(written(tmp_path, rows, "date,load,promo"), target="load", known="promo")
    assert data.columns["load"].null_count() == 4 and not data.ledger.counts()


def test_frames_become_series() -> None:
    from fieldguide.data import as_dataset

    frame = pl.DataFrame({"step": range(40), "y": np.sin(np.arange(40))})
    assert as_dataset(frame).as_series(2, time="step").forecast.targets == ("y",)


def test_a_season_is_found_and_a_random_walk_has_none() -> None:
    chance = np.random.default_rng(0)
    wave = np.sin(np.arange(400) * 2 * np.pi / 24)[:, None] + 0.3 * chance.normal(size=(400, 1))
    assert find_season(wave, (24, 168)) == 24
    walks = [np.cumsum(np.random.default_rng(s).normal(size=(600, 1)), axis=0) for s in range(20)]
    assert [find_season(walk, (24, 168)) for walk in walks].count(1) >= 18
    assert [find_season(walk, ()) for walk in walks].count(1) >= 18


def test_the_lookback_fits_the_series() -> None:
    lengths = np.array([1000])
    assert Forecast(24, season=24).resolved(lengths).lookback == 72
    assert Forecast(24, season=168).resolved(lengths * 3).lookback == 336
    assert Forecast(4, season=1).resolved(np.array([30])).lookback >= 1
    assert Forecast(24, lookback=5).resolved(lengths).lookback == 5


def test_a_table_that_looks_like_a_series_says_how_to_forecast_it(tmp_path: Path) -> None:
    (said,) = [r for r in fg.read(plain(tmp_path)).ledger.counts() if "series" in r]
    assert "1h apart" in said and "--horizon STEPS --time date" in said and "--series" not in said
    rows = long_rows({"a": 40, "b": 40})
    (said,) = [
        r
        for r in fg.read(written(tmp_path, rows, "date,store,load")).ledger.counts()
        if "series" in r
    ]
    assert "--series COLUMN" in said


def test_dates_in_no_order_are_no_series(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    days = np.datetime64("1950-01-01") + chance.integers(0, 20_000, 60)
    path = written(tmp_path, [f"{day},{i}.5" for i, day in enumerate(days)], "born,height")
    assert not [reason for reason in fg.read(path).ledger.counts() if "series" in reason]
