"""Learning curves: laws that are known, and real data whose later scores are known."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.datasets import load_digits

from fieldguide.advisor.profiling.curves import POWERS, curve
from fieldguide.advisor.profiling.landmarks import landmarks, survey
from fieldguide.advisor.profiling.narrow import at_most
from fieldguide.advisor.profiling.sample import encode
from fieldguide.tasks.classification import Classification
from tests.advisor.advisor_data import table, xor

SIZES = (62, 125, 250, 500, 1000)


def simulate(scale, power, floor, judged=500, seed=0):
    """Losses of a model whose error is scale · n^-power + floor: coins, and the same for each n."""
    luck = np.random.default_rng(seed).random(judged)
    errors = [scale * n**-power + floor for n in SIZES]
    losses = [(luck < error).astype(float) for error in errors]
    return curve("smooth", "a model", SIZES, losses, np.ones(judged), 0.9, seed)


def test_the_fit_of_one_draw_is_numpys_weighted_least_squares():
    """With the power given, scale and floor are those of `numpy.polyfit` with weights."""
    found = simulate(3.0, 0.5, 0.1, judged=20_000)
    power = found.draws[0, 1]
    assert power in POWERS
    x = (np.array(SIZES) / SIZES[-1]) ** -0.5
    slope, height = np.polyfit(x, found.errors, 1, w=1 / np.array(found.deviations))
    near = found.draws[np.isclose(found.draws[:, 1], 0.5)]
    assert near[:, 0].mean() == pytest.approx(slope, rel=0.15)
    assert near[:, 2].mean() == pytest.approx(height, abs=0.02)


@pytest.mark.parametrize(
    ("scale", "power", "floor"), [(2, 0.5, 0.02), (3, 0.5, 0.1), (1, 0.3, 0.05)]
)
def test_intervals_hold_what_a_known_law_gives_eight_times_further_out(scale, power, floor):
    truth = scale * 8000**-power + floor
    expected = [simulate(scale, power, floor, seed=seed).expect(8000) for seed in range(40)]
    assert np.mean([one.low <= truth <= one.high for one in expected]) >= 0.65
    assert np.median([one.error for one in expected]) == pytest.approx(truth, rel=0.4)
    assert all(one.low <= one.error <= one.high for one in expected)


def test_further_out_is_less_sure():
    found = simulate(3.0, 0.4, 0.05)
    near, far = found.expect(1_000), found.expect(16_000)
    assert np.log(far.high / far.low) > 1.5 * np.log(near.high / near.low)


def test_sizes_before_learning_begins_are_left_out():
    losses = [np.ones(100), np.ones(100), *(np.arange(100) < e for e in (50, 30, 20))]
    assert curve("trees", "trees", SIZES, losses, np.ones(100), 0.9, 0).sizes == SIZES[2:]
    late = [*losses[:2], losses[0], *losses[3:]]
    assert curve("trees", "trees", SIZES, late, np.ones(100), 0.9, 0) is None


def test_errors_at_several_sizes_and_at_one_agree():
    found = simulate(2.0, 0.5, 0.02)
    grid = np.array([1_000.0, 3_000.0, 9_000.0])
    several = found.errors_at(grid)
    assert several.shape == (len(found.draws), 3)
    assert np.array_equal(several[:, 1], found.errors_at(3_000.0))
    assert (np.diff(several, axis=1) <= 0).all()  # more examples never hurt


def test_to_dict_is_json_and_tells_where_the_curve_is_heading():
    stored = json.loads(json.dumps(simulate(2.0, 0.5, 0.02).to_dict(), allow_nan=False))
    assert [one["examples"] for one in stored["ahead"]] == [2000, 4000, 8000, 16000]
    assert stored["sizes"] == list(SIZES)
    assert 0.1 <= stored["power"] <= 1


def sample_of_digits():
    X, y = load_digits(return_X_y=True)
    columns = {f"p{i}": X[:, i] for i in range(64) if X[:, i].any()}
    data = table(**columns, y=y.astype(str))
    return encode(Classification.fit(data), data)


def test_curves_of_200_digits_foretell_the_scores_of_1500():
    whole = sample_of_digits()
    truth = survey(whole, 0)[1]
    held = []
    for seed in range(2):
        few = survey(at_most(whole, 200, seed), seed)[1]
        for rule in ("linear", "smooth", "neighbours"):
            expected = few[rule].expect(truth[rule].sizes[-1])
            error, slack = truth[rule].errors[-1], 2 * truth[rule].deviations[-1]
            held.append(expected.low - slack <= error <= expected.high + slack)
            assert expected.error < few[rule].errors[-1]  # all of them go on learning
    assert np.mean(held) >= 0.7


def test_landmarks_are_the_same_with_and_without_curves_and_curves_end_at_their_scores():
    data = xor(900)
    sample = encode(Classification.fit(data), data)
    marks, curves = survey(sample, 3)
    again = landmarks(sample, 3)
    for rule, mark in marks.items():
        assert (mark.score, mark.slope) == (again[rule].score, again[rule].slope)
    assert "constant" not in curves
    for rule in ("smooth", "trees"):
        assert curves[rule].sizes[-1] == marks[rule].trained
        assert curves[rule].errors[-1] == pytest.approx(1 - marks[rule].score)
    assert "linear" not in curves  # it never learns xor
