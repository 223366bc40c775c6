from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import torch
from scipy import stats
from sklearn.metrics import accuracy_score, r2_score

from fieldguide.advisor import scoring
from fieldguide.data import Dataset
from fieldguide.tasks.classification import Classification
from fieldguide.tasks.regression import Regression


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(0)


def test_r2_from_sums_equals_scikit_learn(generator: np.random.Generator) -> None:
    x, y = generator.normal(size=(200, 3)), generator.normal(5, 3, size=200)
    data = Dataset.from_columns({"x": x, "y": pl.Series("y", y)}, target="y")
    task = Regression.fit(data)
    truth = task.encode(data).y
    assert truth is not None
    outputs = truth + 0.5 * torch.randn(truth.shape, generator=torch.manual_seed(0))
    parts = task.summands(outputs, truth)
    assert scoring.score_of(parts.sum(axis=0)) == pytest.approx(r2_score(truth, outputs), abs=1e-6)


def test_r2_of_a_resample_equals_scikit_learn_on_it(generator: np.random.Generator) -> None:
    y, guess = generator.normal(size=(50, 2)), generator.normal(size=(50, 2))
    parts = np.hstack([(guess - y) ** 2, y, y**2, np.ones((50, 1))])
    chosen = generator.integers(0, 50, 50)
    counts = np.bincount(chosen, minlength=50)
    expected = r2_score(y[chosen], guess[chosen])
    assert scoring.score_of(counts @ parts) == pytest.approx(expected)


def test_accuracy_from_sums(generator: np.random.Generator) -> None:
    labels = generator.choice(["a", "b", "c"], 90)
    data = Dataset.from_columns({"x": generator.normal(size=(90, 2)), "y": pl.Series("y", labels)},
                                target="y")  # fmt: skip
    task = Classification.fit(data)
    truth = task.encode(data).y
    assert truth is not None
    outputs = torch.randn(90, 3, generator=torch.manual_seed(0))
    parts = task.summands(outputs, truth)
    expected = accuracy_score(truth, outputs.argmax(dim=1))
    assert scoring.score_of(parts.sum(axis=0)) == pytest.approx(expected)


def test_interval_agrees_with_scipy(generator: np.random.Generator) -> None:
    right = (generator.random(400) < 0.9).astype(float)
    found = scoring.interval(scoring.resampled(_mean_parts(right), seed=3))
    theirs = stats.bootstrap((right,), np.mean, method="percentile", rng=1).confidence_interval
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=0.006)


def test_paired_difference_agrees_with_scipy(generator: np.random.Generator) -> None:
    first = (generator.random(300) < 0.9).astype(float)
    second = np.where(generator.random(300) < 0.05, 1 - first, first)
    drawn = [scoring.resampled(_mean_parts(each), seed=0) for each in (first, second)]
    found = scoring.difference(drawn[0], drawn[1])
    theirs = stats.bootstrap((first - second,), np.mean, method="percentile", rng=1)
    assert found.low == pytest.approx(theirs.confidence_interval.low, abs=0.005)
    assert found.high == pytest.approx(theirs.confidence_interval.high, abs=0.005)


def test_pairing_beats_separate_intervals(generator: np.random.Generator) -> None:
    first = (generator.random(500) < 0.8).astype(float)
    second = first.copy()
    second[np.flatnonzero(first == 1)[:15]] = 0
    drawn = [scoring.resampled(_mean_parts(each), seed=0) for each in (first, second)]
    assert scoring.difference(drawn[0], drawn[1]).low > 0  # though their intervals overlap
    assert scoring.interval(drawn[0]).low < scoring.interval(drawn[1]).high


def test_many_examples_are_grouped_without_changing_the_interval() -> None:
    generator = np.random.default_rng(5)
    right = (generator.random(40_000) < 0.7).astype(float)
    found = scoring.interval(scoring.resampled(_mean_parts(right), seed=0))
    half = 1.96 * np.sqrt(right.mean() * (1 - right.mean()) / len(right))
    assert found.high - found.low == pytest.approx(2 * half, rel=0.1)
    assert found.low < right.mean() < found.high


@pytest.mark.parametrize("right", [1.0, 0.0])
def test_no_mistake_is_no_certainty(right: float) -> None:
    parts = _mean_parts(np.full(30, right))
    found = scoring.interval_of(parts, scoring.resampled(parts, 0))
    exact = stats.binomtest(int(30 * right), 30, 0.5)
    low, high = exact.proportion_ci(0.9, method="exact")  # 95 % on the one side that is open
    assert (found.low, found.high) == pytest.approx((low, high))


def test_outliers_that_are_all_found_are_no_certainty_either() -> None:
    weights = np.repeat([1 / 6, 1 / 30], [6, 30])  # as `Outliers.summands` has them
    parts = np.column_stack([weights, weights])
    found = scoring.interval_of(parts, scoring.resampled(parts, 0))
    # They are as many as (1 + 1)² / (1/6 + 1/30) = 20 of equal weight.
    assert found.high == 1.0 and found.low == pytest.approx(0.05 ** (1 / 20))


def test_same_seed_same_resamples(generator: np.random.Generator) -> None:
    parts = _mean_parts(generator.random(100))
    assert np.array_equal(scoring.resampled(parts, 1), scoring.resampled(parts, 1))
    assert not np.array_equal(scoring.resampled(parts, 1), scoring.resampled(parts, 2))


def _mean_parts(values: np.ndarray) -> np.ndarray:
    return np.column_stack([values, np.ones(len(values))])
