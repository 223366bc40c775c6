"""What is measured of data that nothing is predicted from, on shapes whose answer is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import load_digits, make_swiss_roll
from sklearn.decomposition import PCA

from fieldguide.advisor.profiling import duplicates
from fieldguide.advisor.profiling.measure import Material
from fieldguide.advisor.profiling.measures import (
    bend,
    clusters,
    extremes,
    intrinsic_dimension,
    quick_rows,
)
from fieldguide.advisor.profiling.profile import profile
from fieldguide.advisor.profiling.rows import Rows, directions_for, turned
from fieldguide.data import Dataset


def material(values: np.ndarray, task: str = "representation", **facts: Any) -> Material:
    """What a measure of rows looks at."""
    values = values - values.mean(axis=0)
    values = values / np.where(values.std(axis=0) > 0, values.std(axis=0), 1.0)
    data = Dataset.from_columns({"x": values})
    return Material(
        task=task, form="array", dataset=data, looked_at=data, encoded=None, origins=None,
        score_name="explained", seed=0, landmarks={}, curves={},
        duplicates=duplicates.find(data, classes=False),
        rows=Rows(values, **facts),
    )  # fmt: skip


def sphere(count: int, dimension: int, seed: int = 0) -> np.ndarray:
    """Points on a sphere of this dimension, one number more each."""
    drawn = np.random.default_rng(seed).normal(size=(count, dimension + 1))
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def knot(count: int = 600, seed: int = 0) -> np.ndarray:
    """A closed curve through eight numbers: one direction to go, and bent all over."""
    turn = np.random.default_rng(seed).uniform(0, 2 * np.pi, count)
    waves = [wave(k * turn) for k in (1, 2, 3, 4) for wave in (np.sin, np.cos)]
    return np.stack(waves, axis=1)


def plane(count: int, dimension: int, width: int) -> np.ndarray:
    """Gaussian points on a plane."""
    chance = np.random.default_rng(0)
    return chance.normal(size=(count, dimension)) @ chance.normal(size=(dimension, width))


@pytest.mark.parametrize(
    ("rows", "truth"),
    [
        (make_swiss_roll(2_000, random_state=0)[0], 2),
        (sphere(2_000, 4), 4),
        (knot(1_000), 1),
        (plane(2_000, 3, 10), 3),
        (plane(2_000, 5, 5), 5),
    ],
    ids=["swiss roll", "sphere", "curve", "plane", "cloud"],
)
def test_the_intrinsic_dimension_of_known_shapes(rows: np.ndarray, truth: int) -> None:
    found = intrinsic_dimension.find(material(rows))
    assert found is not None
    assert found.figures["dimension"] == pytest.approx(truth, rel=0.1)
    assert found.figures["low"] < found.figures["dimension"] < found.figures["high"]


def test_the_dimension_is_the_slope_that_the_ratios_were_drawn_with() -> None:
    """F(m) = 1 - m^-d: m = (1 - u)^(-1 / d)."""
    ratios = (1 - np.random.default_rng(0).uniform(size=50_000)) ** (-1 / 7)
    assert intrinsic_dimension.dimension(ratios) == pytest.approx(7, rel=0.02)


def test_copies_do_not_matter_to_the_dimension() -> None:
    rows = sphere(500, 2)
    once, twice = (
        intrinsic_dimension.neighbour_ratios(some) for some in (rows, np.concatenate([rows, rows]))
    )
    assert np.allclose(np.sort(once), np.sort(twice))
    assert intrinsic_dimension.find(material(np.ones((80, 3)))) is None


def test_a_curve_is_bent_and_a_plane_is_not() -> None:
    bent, flat = bend.find(material(knot())), bend.find(material(plane(600, 3, 8)))
    cloud = bend.find(material(plane(600, 8, 8)))
    assert bent is not None and flat is not None and cloud is not None
    assert bent.figures["bent"] and not flat.figures["bent"] and not cloud.figures["bent"]
    assert bent.figures["saved"] > 0.8 > bent.figures["usual"]
    assert "something to find" in bent.sentences[1] and "No bend" in flat.sentences[1]


def test_what_a_plane_keeps_agrees_with_scikit_learn() -> None:
    given = material(load_digits().data[:800], code=12)
    found = bend.find(given)
    assert found is not None and given.rows is not None
    values = given.rows.values[np.random.default_rng(0).permutation(800)]
    held, known = values[:200], values[200:]
    theirs = PCA(12).fit(known)
    lost = np.square(held - theirs.inverse_transform(theirs.transform(held))).sum()
    kept = 1 - lost / np.square(held - known.mean(axis=0)).sum()
    assert found.figures["code"]["score"] == pytest.approx(kept, abs=2e-3)
    assert found.figures["code"]["low"] < kept < found.figures["code"]["high"]
    assert found.figures["bent"]


def test_clusters_are_counted() -> None:
    groups = np.random.default_rng(0).normal(size=(300, 4)) + 12 * np.eye(4)[np.arange(300) % 3]
    found, none = clusters.find(material(groups)), clusters.find(material(sphere(300, 5)))
    assert found is not None and none is not None
    assert found.figures["clusters"] == 3 and "3 clear clusters" in found.sentences[0]
    assert none.figures["clusters"] == 1 and "No clusters" in none.sentences[0]


def test_extreme_rows_are_counted() -> None:
    rows = np.random.default_rng(0).normal(size=(1_000, 3))
    rows[:20, 1] = 40
    rows[20:30] += 12 * np.random.default_rng(1).normal(size=(10, 3))
    found = extremes.find(material(rows))
    assert found is not None
    assert 0.02 <= found.figures["extreme_share"] <= 0.03
    assert 0.02 <= found.figures["lonely_share"] <= 0.05  # the ten, and the cloud's own rim
    assert extremes.extreme(np.repeat(np.eye(5), 20, axis=0)) == 0.0  # indicators do not count


def test_quick_detectors_find_known_outliers_by_their_shape() -> None:
    """A correlation that is broken is seen by an ellipsoid, and hardly by cuts along columns."""
    chance = np.random.default_rng(0)
    x, odd = chance.normal(size=600), np.arange(600) % 10 == 0
    y = np.where(odd, -x, x) + 0.1 * chance.normal(size=600)
    facts = {"codes": odd.astype(int), "classes": ("fine", "odd")}
    found = quick_rows.find(material(np.stack([x, y], axis=1), "outliers", **facts))
    assert found is not None
    marks = found.figures["marks"]
    assert marks["linear"]["score"] > 0.9 and marks["linear"]["score"] > marks["trees"]["score"]
    assert all(0 <= mark["deviation"] < 0.15 for mark in marks.values())


def test_quick_generators_tell_clouds_from_columns() -> None:
    chance = np.random.default_rng(0)
    groups = 0.3 * chance.normal(size=(800, 5)) + 6 * (np.arange(800) % 2)[:, None]
    found = quick_rows.find(material(groups, "generation", code=5))
    assert found is not None
    scores = {rule: mark["score"] for rule, mark in found.figures["marks"].items()}
    assert scores["smooth"] > 0.85 > scores["linear"]
    assert scores["smooth"] > scores["constant"] + 0.1


def test_directions_and_turning_keep_distances() -> None:
    rows = np.random.default_rng(0).normal(size=(50, 3)) @ np.ones((3, 400))
    assert directions_for(rows) == 1 and directions_for(np.ones((5, 4))) == 0
    kept = turned(rows, 10)
    assert kept.shape == (50, 10)
    gaps = [np.linalg.norm(some[0] - some[1]) for some in (rows, kept)]
    assert gaps[0] == pytest.approx(gaps[1], rel=1e-4)


def test_labels_tell_what_is_normal() -> None:
    chance = np.random.default_rng(0)
    columns = {"a": pl.Series(chance.normal(size=100)), "b": pl.Series(chance.normal(size=100)),
               "kind": pl.Series(["fine"] * 90 + ["cracked"] * 6 + ["bent"] * 4)}  # fmt: skip
    found = profile(Dataset.from_columns(columns, target="kind"), "outliers")
    assert found.classes is not None and found.classes.majority == 0.9
    (said,) = [one for one in found.sentences() if one.startswith("Normal is")]
    assert "'fine'" in said and "'cracked' 6, 'bent' 4" in said
    alone = profile(Dataset.from_columns(columns), "outliers")
    assert alone.classes is None and "No column tells outliers" in " ".join(alone.sentences())


@pytest.mark.parametrize("count", [2, 5, 20])
def test_few_examples_are_no_reason_to_fail(count: int) -> None:
    rows = np.random.default_rng(0).normal(size=(count, 3))
    for task in ("representation", "outliers", "generation"):
        assert profile(Dataset.from_columns({"x": rows}), task).sentences()
