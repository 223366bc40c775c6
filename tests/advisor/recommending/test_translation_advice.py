"""Translations of pictures: what simple answers are worth, who comes first, and what is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import fieldguide as fg
from fieldguide.advisor.profiling.profile import Profile, profile
from fieldguide.advisor.racing.leaderboard import Row
from fieldguide.advisor.racing.verdict_of_pictures import against_simple_answers
from fieldguide.advisor.recommending import of_pictures
from fieldguide.advisor.recommending.recommend import recommend
from fieldguide.data import Dataset, as_dataset
from tests import toys
from tests.advisor.advisor_data import entry

TASKS = ("image_translation",)
NETWORK = entry("network", tasks=TASKS, capacity=3, needs_examples=100)
HUNGRY = entry("hungry", tasks=TASKS, capacity=3, needs_examples=600)
FACTS = {"algorithm": "x", "status": "finished"}


@pytest.fixture(scope="module")
def seen() -> Profile:
    return profile(toys.pairs(80))


def negatives(count: int = 80) -> Dataset:
    x = np.random.default_rng(0).integers(0, 256, (count, 1, 12, 12)).astype(np.uint8)
    return as_dataset(x, 255 - x)


def test_simple_answers_are_scored_as_a_race_would(seen: Profile) -> None:
    assert seen.task == "image_translation" and seen.score_name == "ssim"
    assert seen.pictures is not None and seen.pictures.channels == 3
    marks = seen.findings["translations"].figures["marks"]
    data = toys.pairs(80).in_memory(400)
    train, held = data.split(1 / 3, 0)
    for name, kind in (("mean-picture", fg.MeanPicture), ("linear-filter", fg.LinearFilter)):
        assert marks[name]["score"] == pytest.approx(kind().fit(train).score(held))
    assert marks["linear-filter"]["judged"] == len(held)
    (counted, worth) = seen.findings["translations"].sentences
    assert counted.startswith("80 pairs of pictures") and "structural similarity" in worth
    assert not any("too few examples" in said or "Label noise" in said for said in seen.sentences())


def test_networks_come_first_where_they_have_enough(seen: Profile) -> None:
    found = recommend(toys.pairs(80), profile=seen, probe=False)
    ranked = [one.name for one in found.ranked]
    assert set(ranked) == {"pix2pix", "unchanged-picture", "mean-picture", "linear-filter"}
    few = recommend(toys.pairs(80), profile=seen, probe=False, entries=(NETWORK, HUNGRY))
    assert [one.name for one in few.ranked] == ["network", "hungry"]
    assert of_pictures.standing(NETWORK.card, seen) > of_pictures.standing(HUNGRY.card, seen)
    linear = next(one for one in found.ranked if one.name == "linear-filter")
    assert linear.score is not None and linear.score.low < linear.score.expected
    assert found.ranked[0].score is None or found.ranked[0].baseline


def test_where_a_filter_is_right_already_a_network_has_little_to_add() -> None:
    seen = profile(negatives())
    assert seen.findings["translations"].figures["marks"]["linear-filter"]["score"] > 0.99
    (doubt,) = of_pictures.doubts(NETWORK.card, seen)
    assert "Linear filter reaches structural similarity" in doubt and "little left" in doubt
    assert of_pictures.reasons(NETWORK.card, seen) == []


def test_equal_questions_with_other_answers_are_no_label_noise() -> None:
    x = np.zeros((40, 1, 12, 12), dtype=np.uint8)
    answers = np.random.default_rng(0).integers(0, 256, (40, 1, 12, 12)).astype(np.uint8)
    seen = profile(as_dataset(x, answers))
    assert seen.duplicates.conflicting == 0


def test_too_few_pairs_are_said_so_without_a_crash() -> None:
    marks = profile(toys.pairs(2)).findings["translations"].figures["marks"]
    assert marks == {}  # two pairs cannot be split
    alone = profile(toys.pairs(1))
    assert not alone.task and "one pair" in alone.task_reason


def test_two_classes_are_judged_by_coverage() -> None:
    data = toys.images("classification", 60)
    seen = profile(data, "unpaired_image_translation")
    marks = seen.findings["translations"].figures["marks"]
    assert set(marks) == {"unchanged-picture", "colour-statistics"}
    found = recommend(data, profile=seen, task="unpaired_image_translation", probe=False)
    assert {one.name for one in found.ranked} <= {"cyclegan", *marks}
    assert profile(data).task == "classification"


def test_the_verdict_compares_with_what_learns_nothing() -> None:
    plain = Row("plain", **FACTS, title="Unchanged picture", score=0.5, capacity=0)
    line = Row("line", **FACTS, title="Linear filter", score=0.6, capacity=1)
    network = Row("network", **FACTS, title="pix2pix", score=0.8, capacity=3, winner=True)
    said = against_simple_answers(network, [network, line, plain], "ssim")
    assert "reaches 0.500; the winner is 0.300 above" in said[0]
    assert "reaches 0.600; the winner is 0.200 above" in said[1]
    tied = replace(line, tied=True)
    assert "within the noise" in against_simple_answers(network, [network, tied], "ssim")[0]
    winner = replace(plain, winner=True)
    assert against_simple_answers(winner, [winner, line], "ssim") == []
