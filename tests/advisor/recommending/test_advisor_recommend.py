from __future__ import annotations

import json

import numpy as np
import pytest

from fieldguide import catalog
from fieldguide.advisor.profiling.profile import profile
from fieldguide.advisor.recommending.recommend import recommend
from fieldguide.errors import DataError
from tests.advisor.advisor_data import (
    CATALOG,
    CONSTANT,
    DEEP,
    DENSE,
    LINE,
    TREES,
    WINDOWS,
    blobs,
    entry,
    mixed_table,
    pictures,
    table,
    xor,
)  # fmt: skip


def ranks(data, entries=CATALOG):
    """Rank by name, of those not ruled out."""
    advice = recommend(data, entries=entries, probe=False)
    return {one.name: one.rank for one in advice.ranked}


def by_name(advice, name):
    return next(one for one in advice if one.name == name)


def test_every_algorithm_of_the_catalog_appears_once_and_says_why():
    advice = recommend(xor(200), probe=False)
    assert sorted(one.name for one in advice) == sorted(e.name for e in catalog.entries())
    assert [one.rank for one in advice.ranked] == list(range(1, len(advice.ranked) + 1))
    assert list(advice) == [*advice.ranked, *advice.ruled_out]
    for one in advice.ranked:
        assert one.reasons, one.name
        assert one.score.low <= one.score.expected <= one.score.high
    for one in advice.ruled_out:
        assert one.ruled_out.endswith("."), one.name


def test_on_xor_a_line_is_demoted():
    advice = recommend(xor(), entries=CATALOG, probe=False)
    line = by_name(advice, "line")
    assert line.rank >= len(advice.ranked) - 1  # with the constant, which is as bad
    assert line.score.expected < 0.65
    assert any("too stiff" in doubt for doubt in line.doubts)


def test_on_blobs_the_simplest_that_does_comes_first():
    assert ranks(blobs())["line"] == 1
    assert ranks(blobs(40))["line"] == 1


def test_on_mixed_columns_trees_come_first_and_the_reason_says_why():
    advice = recommend(mixed_table(), entries=CATALOG, probe=False)
    assert advice[0].name == "trees"
    assert any("columns are mixed" in reason for reason in advice[0].reasons)
    assert any("boosted trees usually win" in doubt for doubt in by_name(advice, "dense").doubts)


def test_windows_lead_on_patterns_that_move_and_not_on_shuffled_pixels():
    moving = ranks(pictures(500))
    assert moving["windows"] == 1
    assert moving["windows"] < min(moving["dense"], moving["line"])
    advice = recommend(pictures(500, shuffled=True), entries=CATALOG, probe=False)
    assert by_name(advice, "windows").rank > by_name(advice, "dense").rank
    assert any("tell nothing" in doubt for doubt in by_name(advice, "windows").doubts)


def test_the_wrong_task_form_size_and_number_rule_out():
    small = entry("small", inputs=("image",), smallest_image=64, local=True, capacity=3)
    numbers = entry("numbers", tasks=("regression",))
    columns = entry("columns", inputs=("table",))
    far = entry("far", devices=("tpu",))
    advice = recommend(
        pictures(60), entries=(small, numbers, columns, DEEP, LINE, far), probe=False
    )
    why = {one.name: one.ruled_out for one in advice}
    assert "at least 64 pixels" in why["small"]
    assert "16 by 16" in why["small"]
    assert "does regression; these data pose classification" in why["numbers"]
    assert "takes a table of columns; these data are pictures" in why["columns"]
    assert "needs about 10,000 examples; there are 60" in why["deep"]
    assert "tpu only" in why["far"]
    assert why["line"] == ""
    assert all(one.rank is None for one in advice.ruled_out)


def test_an_algorithm_from_elsewhere_takes_its_place_by_its_card_alone():
    first = ranks(xor(), (*CATALOG, entry("newcomer", capacity=2, needs_examples=100, year=2030)))
    assert first["newcomer"] < first["dense"]  # the same card, but newer
    hungry = ranks(xor(), (*CATALOG, entry("hungry", capacity=2, needs_examples=50_000)))
    assert hungry["hungry"] > hungry["dense"]


def test_names_play_no_part():
    renamed = [entry(f"n{i}", **facts(e.card)) for i, e in enumerate(CATALOG)]
    plain = recommend(mixed_table(), entries=CATALOG, probe=False)
    other = recommend(mixed_table(), entries=renamed, probe=False)
    place = {f"n{i}": e.name for i, e in enumerate(CATALOG)}
    assert [place[one.name] for one in other] == [one.name for one in plain]


def facts(card):
    return {
        name: getattr(card, name)
        for name in ("tasks", "inputs", "capacity", "needs_examples", "local", "baseline", "rule")
    }


def test_forecasts_hold_on_data_whose_best_score_is_known():
    chance = np.random.default_rng(0)
    X = chance.normal(size=(2_000, 5))
    y = X @ np.array([3.0, -2, 1, 0.5, 0.1]) + chance.normal(size=2_000)
    true = 1 - 1 / np.var(y)  # what the generating line scores
    advice = recommend(
        table(**{f"x{i}": X[:, i] for i in range(5)}, y=y), entries=(LINE, CONSTANT), probe=False
    )
    line = by_name(advice, "line").score
    assert line.low < true < line.high
    assert line.expected == pytest.approx(true, abs=0.02)
    assert "of your examples" in line.source


def test_label_noise_bounds_every_forecast():
    data = table(a=np.repeat(np.arange(200), 2) + 0.5, y=["u", "v"] * 200)
    found = profile(data)
    assert found.duplicates.floor == 0.5
    advice = recommend(data, profile=found, entries=(LINE, TREES, DENSE), probe=False)
    assert all(one.score.high <= 0.5 for one in advice.ranked)


def test_few_examples_make_wide_intervals():
    few = recommend(xor(60), entries=(DENSE,), probe=False)[0].score
    many = recommend(xor(2_000), entries=(DENSE,), probe=False)[0].score
    assert few.high - few.low > 2 * (many.high - many.low)


def test_to_dict_is_json_and_like_a_list():
    advice = recommend(xor(120), entries=CATALOG, probe=False)
    stored = json.loads(json.dumps(advice.to_dict(), allow_nan=False))
    assert [one["name"] for one in stored["recommendations"]] == [one.name for one in advice]
    assert stored["recommendations"][0]["score"]["low"] == pytest.approx(advice[0].score.low)
    assert advice[:2] == tuple(advice)[:2]
    assert len(advice.sentences()) == len(advice) == len(CATALOG)
    assert advice.baseline is not None
    assert advice.baseline.baseline


def test_without_a_task_there_is_no_advice():
    with pytest.raises(DataError, match="--target"):
        recommend(table(a=np.arange(20.5), y=["x"] * 21), probe=False)


def test_too_few_to_measure_still_ranks_by_simplicity():
    advice = recommend(blobs(6), entries=(DENSE, LINE, CONSTANT), probe=False)
    assert [one.score for one in advice] == [None, None, None]
    assert [one.name for one in advice][-1] == "dense"
    assert WINDOWS.card.local
