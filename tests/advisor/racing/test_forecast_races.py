"""Races of forecasts: blocks of windows, the split on disk, and what the verdict says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

import fieldguide as fg
from fieldguide.advisor import scoring
from fieldguide.advisor.racing import data_store
from fieldguide.advisor.racing.leaderboard import Row, rank
from fieldguide.advisor.racing.learning import Parts
from fieldguide.advisor.racing.race import _split, race
from fieldguide.advisor.racing.verdict import verdict
from fieldguide.data import Dataset
from fieldguide.tasks import backtest


@pytest.fixture
def series() -> Dataset:
    chance = np.random.default_rng(0)
    y = np.sin(np.arange(700) * 2 * np.pi / 12) + 0.3 * chance.normal(size=700)
    return Dataset.from_columns({"y": pl.Series(y)}).as_series(6, lookback=24, season=12)


def test_the_score_is_that_of_the_task(series: Dataset) -> None:
    train, test = series.split(0.2)
    model = fg.Drift().fit(train)
    outputs, truth = model._outputs_and_truth(test, None)
    parts = model.task_.summands(outputs, truth)
    assert scoring.score_of(parts.sum(axis=0)) == pytest.approx(model.score(test))
    assert parts[:, 1].sum() == len(truth) and parts[:, 1].min() >= 6


def test_blocks_tell_the_noise_of_overlapping_windows() -> None:
    """Averages over 10 neighbours: single ones claim an interval that is √10 too narrow."""
    noise = np.random.default_rng(0).normal(size=4_000)
    values = np.convolve(noise, np.ones(10) / 10, mode="valid")
    blocks = backtest.in_blocks(values, 10)
    alone = np.stack([values, np.ones(len(values))], axis=1)
    wide, narrow = (np.std(scoring.resampled(parts, 0)) for parts in (blocks, alone))
    assert 2.0 < wide / narrow < 3.5
    assert wide == pytest.approx(1 / np.sqrt(len(noise)), rel=0.3)


def test_few_windows_still_make_blocks_to_resample() -> None:
    assert len(backtest.in_blocks(np.arange(20.0), 300)) == backtest.FEWEST_BLOCKS
    assert len(backtest.in_blocks(np.arange(3.0), 300)) == 3


def test_the_split_keeps_the_context_of_validation(series: Dataset, tmp_path: Path) -> None:
    train, held, validation, fitted = _split(series, {"test": 0.2, "seed": 0})
    data_store.write(tmp_path, series, train, held, validation, fitted)
    parts = Parts.read(tmp_path)
    assert parts.known.forecast == series.forecast
    cut = len(parts.fitted)
    assert parts.validation is not None
    # Validation looks back on the last steps that are learnt from, and forecasts the next ones.
    assert np.array_equal(parts.validation.origins[:24], parts.fitted.origins[-24:])
    assert parts.validation.origins[24] == parts.fitted.origins[-1] + 1
    assert parts.known.origins[-1] == parts.validation.origins[-1]
    assert parts.held_out.origins[24] == parts.known.origins[-1] + 1 and cut < len(parts.known)


def test_another_question_is_another_fingerprint(series: Dataset) -> None:
    longer = Dataset.from_columns({"y": series.columns["y"]}).as_series(7, lookback=24, season=12)
    assert data_store.fingerprint(series) != data_store.fingerprint(longer)


def parts(skill: float, seed: int) -> np.ndarray:
    noise = 0.02 * np.random.default_rng(seed).normal(size=60)
    return np.stack([10 * (skill + noise), np.full(60, 10.0)], axis=1)


def said(skills: dict[str, tuple[int, float]]) -> list[str]:
    found = {name: parts(skill, place) for place, (name, (_, skill)) in enumerate(skills.items())}
    rows = [
        Row(name, "finished", title=name, capacity=capacity, seconds=1.0, deep=capacity > 1)
        for name, (capacity, _) in skills.items()
    ]
    return verdict(rank(rows, found), found, task="forecasting", target="y", score_name="skill",
                   held_out=600)  # fmt: skip


def test_where_naive_is_hard_to_beat_the_verdict_says_so() -> None:
    close = said({"naive": (0, 0.0), "line": (1, 0.001), "net": (3, -0.4)})
    assert any("naive is hard to beat here" in sentence for sentence in close)
    beaten = said({"naive": (0, 0.0), "line": (1, 0.3), "net": (3, 0.2)})
    assert not any("hard to beat" in sentence for sentence in beaten)


def test_a_race_of_forecasts(series: Dataset, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    outcome = race(
        series, budget=90, run=tmp_path / "run", algorithms=["dlinear"], tune=False, progress=False
    )
    status = {row.name: row.status for row in outcome.leaderboard}
    for name in ("naive", "seasonal-naive", "drift", "exponential-smoothing", "ridge-regression"):
        assert status[name] == "finished"
    assert status["dlinear"] == "finished" and outcome.best is not None
    best = fg.load(outcome.best)
    assert best.task_.forecast == series.forecast
    assert best.predict(series).shape == (1, 6)
    found = {row.name: row.score for row in outcome.leaderboard}
    assert found["dlinear"] > found["naive"]
