"""Our clouds beside scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import mixture

import fieldguide as fg
from fieldguide.algorithms.baseline import gaussian_mixture

CHANCE = np.random.default_rng(2)
VALUES = np.concatenate([CHANCE.normal(size=(60, 3)) * s + m for s, m in ((1, 0), (0.3, 6))])


@pytest.mark.parametrize("full", [True, False])
def test_densities_equal_scikit_learns(full: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gaussian_mixture, "FULL", 64 if full else 0)
    model = fg.GaussianMixture(clouds=3, seed=5, validation=0).fit(VALUES)
    scaled = ((VALUES - VALUES.mean(axis=0)) / VALUES.std(axis=0)).astype(np.float32)
    kind = "full" if full else "diag"
    peer = mixture.GaussianMixture(3, covariance_type=kind, reg_covar=1e-3, random_state=5)
    expected = peer.fit(scaled.astype(np.float64)).score_samples(scaled)
    np.testing.assert_allclose(model.score_samples(VALUES), expected, atol=1e-3)


def test_samples_come_from_both_clouds() -> None:
    drawn = fg.GaussianMixture(clouds=2).fit(VALUES).sample(2000, seed=3)
    near = np.abs(drawn - 6).max(axis=1) < 2
    assert 0.4 < near.mean() < 0.6
    np.testing.assert_allclose(drawn[near].std(axis=0), 0.3, atol=0.1)


def test_more_clouds_than_examples_are_too_many() -> None:
    model = fg.GaussianMixture(clouds=8).fit(CHANCE.normal(size=(4, 2)))
    assert int((model.network_.weights > 0).sum()) == 2
    assert np.isfinite(model.sample(5)).all()
