from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from fieldguide.advisor.reporting import calibration


def drawn(count: int, power: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Confidences, and answers that are right with the confidence to a power."""
    chance = np.random.default_rng(0)
    confidence = chance.uniform(0.3, 1.0, count)
    return confidence, chance.random(count) < confidence**power


def test_bins_are_scikit_learns() -> None:
    confidence, right = drawn(2000)
    found = calibration.reliability(confidence, right)
    assert found is not None
    share, middle = calibration_curve(right, confidence, n_bins=calibration.BINS)
    assert np.allclose([one["right"] for one in found["bins"]], share)
    assert np.allclose([one["confidence"] for one in found["bins"]], middle)
    weights = np.array([one["count"] for one in found["bins"]]) / 2000
    assert found["error"] == pytest.approx(float(weights @ np.abs(share - middle)))


def test_a_calibrated_model_is_within_chance_and_an_overconfident_one_is_not() -> None:
    for seed in range(3):
        found = calibration.reliability(*drawn(1000), seed)
        assert found is not None and found["error"] <= found["chance"]
    found = calibration.reliability(*drawn(1000, power=3.0))
    assert found is not None and found["error"] > found["chance"]
    assert found["low"] < found["error"] < found["high"]


def test_few_examples_say_nothing() -> None:
    assert calibration.reliability(np.ones(19), np.ones(19)) is None
    assert calibration.coverage(np.ones(19), np.ones(19)) is None


def test_a_confidence_on_the_edge_falls_into_one_bin() -> None:
    confidence = np.array([0.6, 3 / 5, 0.1 + 0.5, 1 - 0.4] * 10)
    found = calibration.reliability(confidence, np.ones(40))
    assert found is not None and len(found["bins"]) == 1


def test_intervals_cover_what_they_promise() -> None:
    chance = np.random.default_rng(1)
    guess = chance.uniform(0, 100, 4000)
    truth = guess + chance.normal(0, 2.0, 4000)
    found = calibration.coverage(truth, guess)
    assert found is not None
    for one in found["levels"]:
        assert one["covered"] == pytest.approx(one["level"], abs=0.02)
        expected = 2.0 * NormalDist().inv_cdf(0.5 + one["level"] / 2)
        assert one["radius"] == pytest.approx(expected, rel=0.06)
        assert one["low"] <= one["covered"] <= one["high"]
    assert sum(third["count"] for third in found["thirds"]) == 4000


def test_errors_that_grow_show_in_the_thirds() -> None:
    chance = np.random.default_rng(2)
    guess = chance.uniform(0, 100, 3000)
    truth = guess + chance.normal(0, 0.1 + guess / 20)
    found = calibration.coverage(truth, guess)
    assert found is not None
    low, _, high = (third["covered"] for third in found["thirds"])
    assert low > 0.97 and high < 0.85


def test_wilson_is_the_textbooks() -> None:
    low, high = calibration.wilson(15, 50)
    p, n, z = 0.3, 50, 1.959964
    ends = np.roots([1 + z * z / n, -(2 * p + z * z / n), p * p])
    assert sorted(ends) == pytest.approx([low, high])
    assert calibration.wilson(0, 0) == (0.0, 1.0)
