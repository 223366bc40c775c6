"""What of the past a forecast hangs on, found again where it is known."""

from __future__ import annotations

import time

import numpy as np
import polars as pl
import pytest
import torch

import fieldguide as fg
from fieldguide.advisor.reporting import looks, past_seen
from fieldguide.data import Dataset
from tests import toys


def driven(count: int = 900) -> tuple[Dataset, Dataset]:
    """Return series whose steps are those of another column, four steps later."""
    chance = np.random.default_rng(0)
    x = chance.normal(size=count)
    y = np.concatenate([np.zeros(4), x[:-4]]) + 0.1 * chance.normal(size=count)
    columns = {"y": pl.Series(y), "x": pl.Series(x)}
    data = Dataset.from_columns(columns).as_series(1, targets=("y",), lookback=8, season=1)
    return data.split(0.3)


def measured(model: fg.RidgeRegression, held: Dataset) -> dict:
    return past_seen.measure(model, held, until=time.monotonic() + 60)


def test_the_naive_forecast_looks_at_nothing_but_the_last_value() -> None:
    train, held = driven()
    found = measured(fg.Naive().fit(train), held)
    assert {one["drop"] for one in found["columns"]} == {0.0}
    facts, _ = looks._past(found, "skill")
    assert "nothing that these windows can confirm" in facts["says"]


@pytest.mark.parametrize("lookback", [8, 9])
def test_a_season_is_found(lookback: int) -> None:
    """The seasonal-naive forecast of 6 steps back is in the stretch of 4 to 7."""
    data = Dataset.from_columns({"y": pl.Series(np.random.default_rng(0).normal(size=600))})
    series = data.as_series(1, lookback=lookback, season=6)
    found = measured(fg.SeasonalNaive().fit(series), series)
    assert found["columns"][0]["column"] == "4 to 7 back: y"
    assert found["columns"][0]["low"] > 0.1
    assert all(one["drop"] == 0 for one in found["columns"][1:])


def test_both_forms_find_the_column_that_drives() -> None:
    torch.set_num_threads(1)
    train, held = driven()
    for model in (fg.RidgeRegression(), fg.GRU(epochs=15, hidden=16, lr=0.01)):
        found = measured(model.fit(train), held)["columns"]
        assert found[0]["column"] == "2 to 3 back: x"
        assert found[0]["low"] > 0.1


def test_stretches_cover_the_past_once_but_for_the_last_value() -> None:
    train, _ = driven()
    task = fg.Naive().fit(train).task_
    covered = np.zeros((8, 2), dtype=int)
    for place in past_seen.places_of(task):
        covered[place.steps, place.column] += 1
    assert (covered[:-1] == 1).all() and (covered[-1] == 0).all()


@pytest.mark.parametrize("form", ["window", "array"])
def test_shuffling_moves_differences_and_nothing_else(form: str) -> None:
    data = toys.windows()
    task = (fg.Naive() if form == "window" else fg.RidgeRegression()).fit(data).task_
    windows = task.encode(data).some(20)
    x = windows.batch(torch.arange(20)).x
    order = torch.from_numpy(np.random.default_rng(0).permutation(20))
    for place in past_seen.places_of(task):
        changed = past_seen.shuffled(x, place, order, windows)
        back = past_seen.shuffled(changed, place, order.argsort(), windows)
        pairs = (
            [(x, back, changed)]
            if form == "array"
            else [(x[name], back[name], changed[name]) for name in x]
        )
        for before, again, moved in pairs:
            torch.testing.assert_close(again, before)
            assert moved.shape == before.shape
        if form == "window" and not place.known:
            kept = torch.ones(x["past"].shape[1], dtype=torch.bool)
            kept[place.steps] = False
            assert torch.equal(changed["past"][:, kept], x["past"][:, kept])


def test_columns_known_in_advance_take_part() -> None:
    data = toys.windows()
    model = fg.RidgeRegression().fit(data)
    names = [one["column"] for one in measured(model, data)["columns"]]
    assert "known: promoted" in names


def test_where_there_is_no_time_there_is_nothing() -> None:
    train, held = driven()
    assert past_seen.measure(fg.Naive().fit(train), held, until=time.monotonic()) is None
