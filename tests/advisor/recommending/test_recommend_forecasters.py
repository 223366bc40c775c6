"""Forecasters are ranked by a backtest of simple forecasts, and timed by windows."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from fieldguide import catalog, tasks
from fieldguide.advisor.profiling.profile import Profile, profile
from fieldguide.advisor.recommending import of_series, probe_growth
from fieldguide.advisor.recommending.pace import seconds_an_example
from fieldguide.advisor.recommending.probe import prepare, probe
from fieldguide.advisor.recommending.recommend import recommend
from fieldguide.advisor.recommending.recommendation import Recommendations
from fieldguide.data import Dataset
from fieldguide.data.rolling import count_examples


def series(values: np.ndarray, season: int = 1) -> Dataset:
    data = Dataset.from_columns({"y": pl.Series(values)})
    return data.as_series(4, lookback=16, season=season)


@pytest.fixture(scope="module")
def walk() -> Dataset:
    return series(np.cumsum(np.random.default_rng(0).normal(size=900)))


@pytest.fixture(scope="module")
def wave() -> Dataset:
    """An autoregression around a season: more than the season before tells."""
    chance, noise = np.random.default_rng(0), np.zeros(900)
    for step in range(1, 900):
        noise[step] = 0.7 * noise[step - 1] + 0.3 * chance.normal()
    return series(np.sin(np.arange(900) * 2 * np.pi / 12) + noise, season=12)


@pytest.fixture(scope="module")
def of_walk(walk: Dataset) -> Profile:
    return profile(walk)


@pytest.fixture(scope="module")
def of_wave(wave: Dataset) -> Profile:
    return profile(wave)


def advice(data: Dataset, known: Profile) -> Recommendations:
    return recommend(data, profile=known, probe=False)


def by_name(found: Recommendations) -> dict:
    return {one.name: one for one in found}


def test_on_a_random_walk_the_naive_forecast_comes_first(walk: Dataset, of_walk: Profile) -> None:
    found = advice(walk, of_walk)
    first = found.ranked[0]
    assert first.name in ("naive", "seasonal-naive")  # the same, where there is no season
    assert "hard to beat" in found.summary and "do not need deep learning" in found.summary
    assert any("hard to beat" in said for said in first.reasons)
    networks = [one for one in found.ranked if not one.baseline]
    assert networks and all("hard to beat" in " ".join(one.doubts) for one in networks)
    assert all(one.score.expected < first.score.expected for one in networks)
    assert of_series.hard_to_beat(of_walk)


def test_what_was_measured_is_expected(wave: Dataset, of_wave: Profile) -> None:
    found, skills = by_name(advice(wave, of_wave)), of_wave.findings["series"].figures["skills"]
    for name, skill in skills.items():
        score = found[name].score
        assert score.expected == pytest.approx(skill) and score.low < skill < score.high
        assert found[name].facts["backtest_skill"] == pytest.approx(skill)
    ranked = [one.name for one in advice(wave, of_wave).ranked]
    assert ranked.index("ridge-regression") < ranked.index("seasonal-naive") < ranked.index("naive")
    assert any("does better there" in said for said in found["naive"].doubts)


def test_where_there_is_something_to_learn_networks_may_find_it(
    wave: Dataset, of_wave: Profile
) -> None:
    found = advice(wave, of_wave)
    assert not of_series.hard_to_beat(of_wave) and "hard to beat" not in found.summary
    ridge, network = by_name(found)["ridge-regression"], by_name(found)["gru"]
    assert network.score.expected == pytest.approx(ridge.score.expected)
    assert network.score.high - network.score.low > ridge.score.high - ridge.score.low
    assert any("something to learn" in said for said in network.reasons)
    assert not network.doubts


def test_the_deviation_of_a_skill_is_that_of_blocks(walk: Dataset, of_walk: Profile) -> None:
    figures = of_walk.findings["series"].figures["backtest"]["naive"]
    train, test = walk.split(0.2)
    model = catalog.get("naive").load()().fit(train)
    outputs, truth = model._outputs_and_truth(test, None)
    each = model.task_.each(outputs, truth)
    blocks = np.array([part.mean() for part in np.array_split(each, len(each) // 4)])
    assert figures["windows"] == len(each)
    assert figures["deviation"] == pytest.approx(
        blocks.std(ddof=1) / np.sqrt(len(blocks)), abs=1e-4
    )


def test_examples_are_windows(wave: Dataset, of_wave: Profile) -> None:
    assert of_wave.examples == count_examples(wave) == 900 - 20 + 1
    assert "881 windows" in of_wave.sentences()[0]
    trial = prepare(wave, tasks.choose(wave)[0])
    assert trial.examples == 881


@pytest.mark.parametrize("name", ["dlinear", "ridge-regression", "naive"])
def test_probes_keep_series_whole(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = series(np.sin(np.arange(3_000) / 5.0))
    monkeypatch.setattr(probe_growth, "QUICK", 0.0)  # so that the smaller sample is tried as well
    cost = probe(catalog.get(name), prepare(data, tasks.choose(data)[0]), allowance=0.05)
    assert not cost.problem and cost.seconds is not None and cost.memory_bytes is not None


def test_judging_is_timed_window_by_window(wave: Dataset) -> None:
    kind = catalog.get("deepar").load()
    each = seconds_an_example(kind, {"paths": 50}, wave)
    assert each > 0
