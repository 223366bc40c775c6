"""Baselines that forecast, against formulas and published values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import torch
from sklearn.linear_model import Ridge

import fieldguide as fg
from fieldguide.algorithms.baseline import _rehearsal
from fieldguide.algorithms.baseline.drift import Line
from fieldguide.algorithms.baseline.exponential_smoothing import Smoothing
from fieldguide.algorithms.baseline.naive import LastValue
from fieldguide.algorithms.baseline.seasonal_naive import LastSeason
from fieldguide.data import Dataset

# Annual oil production of Saudi Arabia, 1996 to 2013, in millions of tonnes: Hyndman &
# Athanasopoulos (2018), Forecasting: principles and practice, 2nd edition, section 7.1.
OIL = [
    445.3641, 453.1950, 454.4096, 422.3789, 456.0371, 440.3866, 425.1944, 486.2052, 500.4291,
    521.2759, 508.9476, 488.8889, 509.8706, 456.7229, 473.8166, 525.9509, 549.8338, 542.3405,
]  # fmt: skip


def past(*values: float) -> dict[str, torch.Tensor]:
    return {"past": torch.tensor(values, dtype=torch.float64)[None, :, None]}


def series(values: np.ndarray, **asked) -> Dataset:
    return Dataset.from_columns({"y": pl.Series(values)}).as_series(**asked)


def test_naive_formulas() -> None:
    x = past(1, 5, 2, 8, 3, 9)
    assert LastValue(horizon=2, targets=1)(x).flatten().tolist() == [9, 9]
    ahead = LastSeason(season=4, horizon=6, targets=1)(x).flatten().tolist()
    assert ahead == [2, 8, 3, 9, 2, 8]
    line = Line(horizon=2, targets=1)(x).flatten().tolist()
    assert line == pytest.approx([9 + 8 / 5, 9 + 16 / 5])


def smoothed(values: list[float], ahead: int, season: int, *parameters: float) -> list[float]:
    network = Smoothing(season=season, lookback=len(values), horizon=ahead, targets=1).double()
    network.chosen.copy_(torch.tensor(parameters, dtype=torch.float64)[:, None])
    return network(past(*values)).flatten().tolist()


def test_simple_smoothing_equals_a_published_forecast() -> None:
    """α = 0.8339 forecasts 542.68 for 2014; started elsewhere, it has forgotten where by then."""
    assert smoothed(OIL, 2, 0, 0.8339, 0, 0, 0, 0) == pytest.approx([542.68, 542.68], abs=0.01)


def test_holt_equals_its_recursion() -> None:
    alpha, beta, phi, values = 0.4, 0.2, 0.9, OIL
    slope = (values[10] - values[0]) / 10
    level, trend = values[0] - slope, slope
    for value in values:
        before = level
        level = alpha * value + (1 - alpha) * (before + phi * trend)
        trend = beta * (level - before) + (1 - beta) * phi * trend
    expected = [level + sum(phi**k for k in range(1, h + 1)) * trend for h in (1, 2, 3)]
    assert smoothed(values, 3, 0, alpha, beta, 0, phi, 0) == pytest.approx(expected)


def test_holt_winters_equals_its_recursion() -> None:
    alpha, beta, gamma, phi, m = 0.3, 0.1, 0.2, 1.0, 4
    values = [10 + i / 3 + (3, -1, 2, -4)[i % m] + 0.1 * (i % 3) for i in range(23)]
    first, second = np.mean(values[:m]), np.mean(values[m : 2 * m])
    trend = (second - first) / m
    level = first - trend * (m + 1) / 2
    season = {i - m: values[i] - first - trend * (i - (m - 1) / 2) for i in range(m)}
    for t, value in enumerate(values):
        before, old = level, season[t - m]
        level = alpha * (value - old) + (1 - alpha) * (before + phi * trend)
        season[t] = gamma * (value - before - phi * trend) + (1 - gamma) * old
        trend = beta * (level - before) + (1 - beta) * phi * trend
    n = len(values)
    expected = [level + h * trend + season[n - 1 + h - m * -(-h // m)] for h in range(1, 7)]
    assert smoothed(values, 6, m, alpha, beta, gamma, phi, 1) == pytest.approx(expected)


def test_smoothing_goes_on_with_a_perfect_season_and_trend() -> None:
    values = np.array([5 + i / 2 + (3.0, -1, 2)[i % 3] for i in range(90)])
    data = series(values, horizon=6, lookback=12, season=3)
    ahead = np.array([5 + i / 2 + (3.0, -1, 2)[i % 3] for i in range(90, 96)])
    guess = fg.ExponentialSmoothing().fit(data).predict(data)[0]
    np.testing.assert_allclose(guess, ahead, atol=0.3)


def test_smoothing_chooses_by_target() -> None:
    """A random walk wants the last value, noise about a mean wants a long memory."""
    chance = np.random.default_rng(0)
    columns = {
        "walk": pl.Series(np.cumsum(chance.normal(size=800))),
        "noise": pl.Series(chance.normal(size=800)),
    }
    data = Dataset.from_columns(columns).as_series(3, lookback=30, season=1)
    level = fg.ExponentialSmoothing().fit(data).network_.chosen[0]
    assert level[0] >= 0.6 and level[1] <= 0.1


def test_ridge_is_linear_autoregression() -> None:
    chance, y = np.random.default_rng(0), [0.0, 0.0]
    for _ in range(2000):
        y.append(1.2 * y[-1] - 0.5 * y[-2] + chance.normal())
    data = series(np.array(y), horizon=1, lookback=2, season=1)
    model = fg.RidgeRegression(regularisation=0.0).fit(data)
    before, level = model.network_.weight[0].tolist()  # of differences from the last, and of that
    assert [before, 1 + level - before] == pytest.approx([-0.5, 1.2], abs=0.06)
    assert model.evaluate(data)["rmse"] == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("kind", [fg.Naive, fg.SeasonalNaive, fg.Drift])
def test_nothing_is_learnt(kind) -> None:
    data = series(np.sin(np.arange(100)), horizon=2, lookback=10)
    assert not kind().fit(data).network_.state_dict()


def test_the_penalty_of_ridge_is_chosen_on_late_windows() -> None:
    """A random walk wants no weights at all, an autoregression wants them."""
    chance = np.random.default_rng(0)
    walk = series(np.cumsum(chance.normal(size=1500)), horizon=6, lookback=48, season=1)
    train, test = walk.split(0.3)
    model = fg.RidgeRegression().fit(train)
    assert model.history_[0]["regularisation"] >= 1e3
    naive = fg.Naive().fit(train).score(test)
    assert model.score(test) > naive - 0.1
    assert fg.RidgeRegression(regularisation=1.0).fit(train).score(test) < model.score(test)
    wave = series(np.sin(np.arange(800) / 3), horizon=6, lookback=48, season=1)
    assert fg.RidgeRegression().fit(wave).history_[0]["regularisation"] == 1.0


def test_the_rehearsal_equals_scikit_learn() -> None:
    chance = np.random.default_rng(0)
    x, y = chance.normal(size=(80, 5)), chance.normal(size=(80, 3))
    stage = _rehearsal.Stage(np.arange(60), np.arange(60, 80), y[60:])
    for penalty in (0.0, 4.0):
        chosen, errors = _rehearsal.rehearse(stage, x, y, (penalty,))
        solver = Ridge(alpha=penalty).fit(x[:60], y[:60])
        assert chosen == penalty
        np.testing.assert_allclose(errors, np.abs(solver.predict(x[60:]) - y[60:]), atol=1e-9)


def test_intervals_of_ridge_hold_what_they_claim() -> None:
    """With a third as many weights as windows, errors in training are far too small."""
    found, before = [], []
    for seed in range(4):
        chance, many = np.random.default_rng(seed), {}
        for place in range(3):
            y = np.zeros(900)
            for step in range(1, 900):
                y[step] = 0.9 * y[step - 1] + chance.normal()
            many[f"y{place}"] = pl.Series(y)
        data = Dataset.from_columns(many).as_series(6, lookback=60, season=1)
        train, test = data.split(0.3)
        model = fg.RidgeRegression(regularisation=1.0).fit(train)
        examples = model.task_.encode(train)
        found.append(model.evaluate(test)["coverage"])
        model.task_ = replace(model.task_, margins=()).calibrated(model._run_network, examples)
        before.append(model.evaluate(test)["coverage"])
    assert np.mean(found) == pytest.approx(0.8, abs=0.05) and np.mean(before) < 0.72


def test_margins_of_ridge_are_saved_and_resumed(tmp_path) -> None:
    chance = np.random.default_rng(0)
    data = series(np.cumsum(chance.normal(size=400)), horizon=3, lookback=12, season=1)
    model = fg.RidgeRegression().fit(data, run=tmp_path / "run")
    again = fg.RidgeRegression().fit(data, run=tmp_path / "run", resume=True)  # its stage is done
    assert again.task_.margins == model.task_.margins and len(model.task_.margins) == 3
    model.save(tmp_path / "model")
    assert fg.load(tmp_path / "model").task_.margins == model.task_.margins


def test_too_few_windows_are_no_rehearsal() -> None:
    data = series(np.sin(np.arange(60.0)), horizon=3, lookback=10, season=1)
    model = fg.RidgeRegression().fit(data)
    assert "regularisation" not in model.history_[0] and len(model.task_.margins) == 3
