"""Our forest beside scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import ensemble

import fieldguide as fg
from fieldguide.algorithms.baseline.isolation_forest import usual_path

CHANCE = np.random.default_rng(1)


@pytest.mark.parametrize("sample", [64, 256])
def test_scores_equal_scikit_learns(sample: int) -> None:
    values = CHANCE.normal(size=(400, 5)) * [1, 2, 3, 4, 50]
    model = fg.IsolationForest(trees=30, sample=sample, seed=4, validation=0).fit(values)
    scaled = ((values - values.mean(axis=0)) / values.std(axis=0)).astype(np.float32)
    peer = ensemble.IsolationForest(n_estimators=30, max_samples=sample, random_state=4)
    expected = peer.fit(scaled).score_samples(scaled)
    np.testing.assert_allclose(model.score_samples(values), expected, atol=2e-3)
    assert np.corrcoef(model.score_samples(values), expected)[0, 1] > 0.9999


def test_the_usual_path_is_the_harmonic_formula() -> None:
    harmonic = sum(1 / i for i in range(1, 256))
    assert usual_path(np.array([256]))[0] == pytest.approx(2 * harmonic - 2 * 255 / 256, rel=1e-3)
    assert usual_path(np.array([1, 2])).tolist() == [0, 1]


def test_it_finds_what_lies_outside() -> None:
    values = CHANCE.normal(size=(300, 4))
    values[:10] += 6
    labels = np.where(np.arange(300) < 10, "odd", "usual")
    assert fg.IsolationForest().fit(values, labels).evaluate(values, labels)["auroc"] > 0.99
