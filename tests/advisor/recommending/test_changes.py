"""What would change the answer: crossings of curves that are known, quicker choices, remedies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fieldguide.advisor.profiling.curves import Curve
from fieldguide.advisor.profiling.profile import profile
from fieldguide.advisor.recommending.changes import FAR, Runner, changes, crossing
from fieldguide.advisor.recommending.expected import Forecast
from fieldguide.advisor.recommending.recommend import recommend
from tests.advisor.advisor_data import (
    CATALOG,
    CONSTANT,
    DEEP,
    DENSE,
    LINE,
    TREES,
    WINDOWS,
    entry,
    pictures,
    xor,
)

SIZES = (50, 100, 200, 400)


def law(rule, scale, power, floor, spread=0.0, seed=0):
    """A curve whose error at n is scale · (n/400)^-power + floor, more or less."""
    draws = np.tile([scale, power, floor], (200, 1))
    draws[:, 1] *= np.exp(spread * np.random.default_rng(seed).normal(size=200))
    errors = tuple(scale * (n / 400) ** -power + floor for n in SIZES)
    return Curve(rule, rule, SIZES, errors, (0.01,) * 4, 300, draws)


def runner(algorithm, score, seconds=None):
    forecast = Forecast(score, score - 0.05, score + 0.05, "made up")
    return Runner(algorithm.card.title, algorithm.card, forecast, seconds)


@pytest.fixture(scope="module")
def seen():
    return profile(xor(400))


def with_curves(seen, *curves):
    return replace(seen, curves={one.rule: one for one in curves})


def test_curves_cross_where_algebra_says(seen):
    """0.1 · (n/400)^-0.5 undercuts 0.06 where n/400 = (0.1 / 0.06)² = 2.8: 1,111 examples."""
    known = with_curves(seen, law("local", 0.1, 0.5, 0.0), law("trees", 0.0, 0.5, 0.06))
    found = crossing(runner(WINDOWS, 0.9), runner(TREES, 0.94), known)
    assert found.examples == pytest.approx(1_111, rel=0.05)
    assert found.low == found.high == found.examples
    assert found.learnt_from == (50, 400)


def test_curves_go_through_the_forecasts_of_today(seen):
    """With a forecast of twice its curve's error, n/400 = (0.2 / 0.06)² = 11.1."""
    known = with_curves(seen, law("local", 0.1, 0.5, 0.0), law("trees", 0.0, 0.5, 0.06))
    found = crossing(runner(WINDOWS, 0.8), runner(TREES, 0.94), known)
    assert found.examples == pytest.approx(4_444, rel=0.05)


def test_what_is_not_sure_has_a_range_and_what_is_unlikely_is_not_said(seen):
    steady = law("trees", 0.0, 0.5, 0.06)
    unsure = with_curves(seen, law("local", 0.1, 0.5, 0.0, spread=0.3), steady)
    found = crossing(runner(WINDOWS, 0.9), runner(TREES, 0.94), unsure)
    assert found.low < 0.8 * found.examples
    assert found.high is None or found.high > 1.25 * found.examples
    never = with_curves(seen, law("local", 0.05, 0.5, 0.07), steady)
    assert crossing(runner(WINDOWS, 0.88), runner(TREES, 0.94), never) is None


def test_the_same_shape_of_rule_a_lead_and_a_missing_forecast_never_cross(seen):
    known = with_curves(seen, law("local", 0.1, 0.5, 0.0), law("trees", 0.0, 0.5, 0.06))
    assert crossing(runner(WINDOWS, 0.9), runner(DEEP, 0.92), known) is None
    assert crossing(runner(WINDOWS, 0.95), runner(TREES, 0.94), known) is None
    blank = Runner("Blank", WINDOWS.card, None, None)
    assert crossing(blank, runner(TREES, 0.94), known) is None


def test_both_sides_are_told_of_a_crossing_with_its_range(seen):
    known = with_curves(seen, law("local", 0.1, 0.5, 0.0, 0.1), law("trees", 0.0, 0.5, 0.06))
    trees, windows = runner(TREES, 0.94), runner(WINDOWS, 0.9)
    (mine,) = changes(windows, [trees, windows], known)
    assert "it overtakes Trees" in mine
    assert "labelled examples (80 % of the estimates: " in mine
    assert "measured on 50 to 400 examples" in mine
    (theirs,) = changes(trees, [trees, windows], known)
    assert "Windows overtakes it" in theirs


def test_a_leader_that_nobody_overtakes_is_told_how_far_that_was_followed(seen):
    known = with_curves(seen, law("linear", 0.1, 0.5, 0.0), law("trees", 0.0, 0.5, 0.2))
    line, trees = runner(LINE, 0.9), runner(TREES, 0.8)
    said = changes(line, [line, trees], known)
    assert f"up to {FAR * 400:,}" in said[0]
    assert changes(trees, [line, trees], known) == ()


def test_a_slow_leader_names_what_is_quicker(seen):
    slow, quick = runner(DENSE, 0.9, 600.0), runner(LINE, 0.85, 2.0)
    said = changes(slow, [slow, quick], replace(seen, curves={}))
    assert said == ("If a fit may not take 10 minutes, Line comes first (85.0%, about 2 s).",)
    fast = runner(DENSE, 0.9, 3.0)
    assert changes(fast, [fast, quick], replace(seen, curves={})) == ()


def test_what_is_ruled_out_says_what_would_let_it_in():
    small = entry("small", inputs=("image",), smallest_image=64, local=True, capacity=3)
    numbers = entry("numbers", tasks=("regression",))
    advice = recommend(pictures(60), entries=(small, numbers, DEEP, LINE), probe=False)
    said = {one.name: one.changes for one in advice}
    assert said["small"] == ("Pictures of 64 pixels on the shorter side would let it in.",)
    assert said["deep"] == ("From about 1,000 examples on it takes part.",)
    assert said["numbers"] == ()


def test_each_carries_facts_evidence_and_the_alternative_outside_deep_learning():
    advice = recommend(xor(300), entries=CATALOG, probe=False)
    best = advice.baseline
    for one in advice.ranked:
        assert one.facts["examples"] == 300
        assert one.facts["constant_score"] == advice.profile.landmarks["constant"].score
        assert one.facts["separability_separable"] is False
        assert one.score.source in one.evidence
        assert "not probed" in one.evidence
        if one.baseline:
            assert one.alternative is None
        else:
            assert (one.alternative.name, one.alternative.score) == (best.name, best.score)
    assert CONSTANT.name in [one.name for one in advice.ranked]


def test_the_summary_is_honest_about_networks():
    plain = recommend(xor(300), entries=(TREES, CONSTANT), probe=False)
    assert plain.summary.startswith("Start outside deep learning: Trees")
    assert "No network of the catalog fits" in plain.summary
    moving = recommend(pictures(500), entries=CATALOG, probe=False)
    assert moving.summary.startswith("Start with Windows")
    assert "Outside deep learning: " in moving.summary
    assert moving.to_dict()["summary"] == moving.summary
