from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from fieldguide.advisor.profiling.measures.series import dickey_fuller
from fieldguide.advisor.profiling.profile import profile
from fieldguide.data import Dataset


def data(values: np.ndarray, season: int = 0) -> Dataset:
    columns = {"y": pl.Series(values)}
    return Dataset.from_columns(columns).as_series(4, lookback=16, season=season)


def walk(count: int = 800, seed: int = 0) -> np.ndarray:
    return np.cumsum(np.random.default_rng(seed).normal(size=count))


def test_the_test_knows_a_random_walk_from_one_that_comes_back() -> None:
    comes_back = []
    for seed in range(40):
        chance, y = np.random.default_rng(seed), [0.0]
        for _ in range(400):
            y.append(0.8 * y[-1] + chance.normal())
        comes_back.append(dickey_fuller(np.array(y)).wanders)
    assert sum(comes_back) == 0
    # At the 5 % level about one walk in twenty looks as if it came back.
    assert 33 <= sum(dickey_fuller(walk(400, seed)).wanders for seed in range(40)) <= 40


def test_without_lags_it_is_the_t_value_of_a_regression() -> None:
    y = walk(30)[:7]  # so short that one lag is used
    lagged, before = np.diff(y)[:-1], y[1:-1]
    design = np.stack([np.ones(5), before, lagged], axis=1)
    weights = np.linalg.solve(design.T @ design, design.T @ np.diff(y)[1:])
    residual = np.diff(y)[1:] - design @ weights
    error = np.sqrt(residual @ residual / 2 * np.linalg.inv(design.T @ design)[1, 1])
    assert dickey_fuller(y).statistic == pytest.approx(weights[1] / error)


def test_a_random_walk_is_hard_to_beat_and_that_is_said() -> None:
    found = profile(data(walk(), season=1))
    series = found.findings["series"]
    assert series.figures["wandering"] == series.figures["tested"] == 1
    assert any("hard to beat" in said for said in found.sentences())
    assert any("wanders like a random walk" in said for said in found.sentences())


def test_a_season_is_beaten_by_nothing_but_itself() -> None:
    wave = np.sin(np.arange(600) * 2 * np.pi / 12) + 0.2 * np.random.default_rng(0).normal(size=600)
    found = profile(data(wave, season=12))
    figures = found.findings["series"].figures
    assert figures["season"] == 12 and figures["wandering"] == 0 and figures["series"] == 1
    assert figures["horizons_in_shortest"] == 150
    assert figures["skills"]["seasonal-naive"] > figures["skills"]["naive"] + 0.5
    assert not any("None" in said for said in found.sentences()), found.sentences()
