"""Recommendations where nothing is predicted: what is expected, in which order, and why."""

from __future__ import annotations

import numpy as np
import pytest

import fieldguide as fg
from fieldguide.advisor.profiling.profile import Profile, profile
from fieldguide.advisor.recommending import without_target
from fieldguide.advisor.recommending.recommend import recommend
from fieldguide.data import Dataset
from tests.advisor.advisor_data import entry
from tests.advisor.profiling.measures.test_measures_of_rows import knot, plane

TASKS = ("representation", "outliers", "generation")
PLANE = entry("plane", tasks=TASKS, capacity=1, baseline=True)
CUTS = entry("cuts", tasks=("outliers",), rule="trees", baseline=True)
CLOUDS = entry("clouds", tasks=("outliers", "generation"), baseline=True)
NETWORK = entry("network", tasks=TASKS, capacity=2, needs_examples=100)
HUNGRY = entry("hungry", tasks=TASKS, capacity=2, needs_examples=5_000)
STRAIGHT = entry("straight", tasks=("classification",), capacity=1)
CATALOG = (STRAIGHT, HUNGRY, NETWORK, CLOUDS, CUTS, PLANE)


def flat() -> Dataset:
    """A cloud on a plane."""
    noise = 0.5 * np.random.default_rng(1).normal(size=(400, 12))
    return Dataset.from_columns({"x": plane(400, 3, 12) + noise})


def bent() -> Dataset:
    """A closed curve."""
    return Dataset.from_columns({"x": knot(500)})


@pytest.fixture(scope="module")
def seen() -> dict[str, Profile]:
    """Profiles of both."""
    return {"flat": profile(flat()), "bent": profile(bent())}


def test_bends_decide_whether_networks_come_first(seen: dict[str, Profile]) -> None:
    order = {}
    for name, data in (("flat", flat()), ("bent", bent())):
        found = recommend(data, profile=seen[name], probe=False, entries=CATALOG)
        assert found.profile.task == "representation"
        order[name] = [one.name for one in found.ranked]
        assert {one.name for one in found.ruled_out} == {"straight", "cuts", "clouds"}
    assert order["flat"][0] == "plane" and order["bent"][0] == "network"
    assert order["bent"].index("hungry") > order["bent"].index("plane")  # too few examples


def test_a_forecast_is_what_a_quick_model_did_or_none(seen: dict[str, Profile]) -> None:
    found = without_target.expected(PLANE.card, seen["bent"])
    assert found is not None and found.low < found.expected < found.high
    assert "not calibrated" in found.source
    assert without_target.expected(NETWORK.card, seen["bent"]) is None
    advice = recommend(bent(), profile=seen["bent"], probe=False, entries=CATALOG)
    named = {one.name: one for one in advice}
    assert named["network"].score is None
    assert "no score can be forecast" in named["network"].evidence.lower()
    assert any("bent" in said for said in named["network"].reasons)
    assert any("one plane" in said for said in named["plane"].doubts)
    assert named["network"].facts["bent"] is True
    assert advice.to_dict()["profile"]["offers"].keys() == set(TASKS)


@pytest.mark.parametrize("data", [flat, bent])
def test_the_forecast_holds_what_the_baseline_then_scores(data) -> None:
    train, test = data().split(0.25, seed=1)
    found = without_target.expected(PLANE.card, profile(train))
    assert found is not None
    score = fg.PrincipalComponents(task="representation").fit(train).evaluate(test)["explained"]
    assert found.low - 0.02 <= score <= found.high + 0.02


def test_outliers_rank_by_what_quick_detectors_found() -> None:
    chance = np.random.default_rng(0)
    x = chance.normal(size=800)
    data = Dataset.from_columns({"x": np.stack([x, x + 0.1 * chance.normal(size=800)], axis=1)})
    found = recommend(data, task="outliers", probe=False, entries=CATALOG)
    named = {one.name: one for one in found.ranked}
    marks = found.profile.findings["quick_rows"].figures["marks"]
    assert named["cuts"].score is not None and named["plane"].score is not None
    assert named["cuts"].score.expected == marks["trees"]["score"]
    assert named["plane"].score.expected == marks["linear"]["score"]
    assert any("Random cuts along columns" in said for said in named["cuts"].reasons)
    places = [one.name for one in found.ranked if one.score is not None]
    expected = [named[name].score.expected for name in places]
    assert expected == sorted(expected, reverse=True)


def test_no_rule_knows_an_algorithm_by_name(seen: dict[str, Profile]) -> None:
    others = [entry(f"other-{n}", tasks=TASKS, capacity=c, baseline=b, needs_examples=e)
              for n, c, b, e in (("a", 1, True, 0), ("b", 2, False, 100))]  # fmt: skip
    again = recommend(bent(), profile=seen["bent"], probe=False, entries=others).ranked
    assert [one.name for one in again] == ["other-b", "other-a"]
