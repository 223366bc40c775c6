from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_diabetes, load_digits, load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from fieldguide.advisor.profiling.landmarks import WORDS
from fieldguide.advisor.profiling.pictures import describe
from fieldguide.advisor.profiling.profile import profile
from fieldguide.data import Dataset, ImageFiles
from fieldguide.errors import UsageError
from fieldguide.formats import read
from tests.advisor.advisor_data import blobs, pictures, table, xor


def iris():
    X, y = load_iris(return_X_y=True)
    return table(**{f"x{i}": X[:, i] for i in range(4)}, y=np.array(["a", "b", "c"])[y]), X, y


def test_facts_of_iris_agree_with_scikit_learn():
    data, X, y = iris()
    found = profile(data)
    assert (found.examples, found.task, found.target, found.form) == (
        150, "classification", "y", "table",
    )  # fmt: skip
    assert found.classes.counts == (("a", 50), ("b", 50), ("c", 50))
    assert found.sampled == 0
    assert found.duplicates.rows == 1  # rows 102 and 143 of Fisher's table
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)
    theirs = cross_val_score(LogisticRegression(), scaled, y, cv=5).mean()
    assert found.landmarks["linear"].score == pytest.approx(theirs, abs=0.03)
    assert found.landmarks["constant"].score == pytest.approx(1 / 3, abs=0.01)
    nearest = KNeighborsClassifier(2).fit(scaled, y).kneighbors(scaled)[1]
    own = nearest[:, 0] == np.arange(150)  # a twin may stand first in the list
    others = np.where(own, nearest[:, 1], nearest[:, 0])
    assert found.purity == pytest.approx(np.mean(y[others] == y), abs=0.01)


def test_digits_are_pictures_with_neighbours_that_belong_together():
    X, y = load_digits(return_X_y=True)
    images = X.reshape(-1, 1, 8, 8).astype(np.uint8)
    found = profile(Dataset.from_columns({"i": images, "y": pl.Series(y).cast(str)}, target="y"))
    assert (found.pictures.height, found.pictures.width, found.pictures.channels) == (8, 8, 1)
    assert found.pictures.locality > 0.3
    assert found.landmarks["local"].score > 0.96
    assert found.landmarks["smooth"].score > 0.96


def test_shuffled_pixels_have_no_locality():
    def locality(data):
        return describe(data.column("image"), data.column("image")).locality

    assert locality(pictures()) > 0.4
    assert locality(pictures(shuffled=True)) < 0.1


def test_copies_are_counted_exactly():
    a = np.array([1, 1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9.5])
    y = ["p", "p", "q", "p", "q", "q", "p", "q", "p", "q", "p", "q"]
    found = profile(table(a=a, y=y)).duplicates
    assert found.rows == 1  # (1, p) twice
    assert found.inputs == 3  # two more ones, one more two
    assert found.conflicting == 5  # ones and twos occur with p and q
    assert found.floor == pytest.approx(2 / 12)  # one wrong among the ones, one among the twos


def test_label_noise_of_numbers_is_a_share_of_the_variance():
    a, y = np.repeat([1.5, 2.0, 3.0, 4.0], 3), np.arange(12.0) ** 2 + 0.5
    found = profile(table(a=a, y=y)).duplicates
    groups = y.reshape(4, 3)
    assert found.floor == pytest.approx(groups.var(axis=1).mean() / y.var())


def test_equal_picture_files_are_copies(tmp_path):
    chance = np.random.default_rng(0)
    paths = [tmp_path / f"{i}.png" for i in range(12)]
    for path in paths:
        Image.fromarray(chance.integers(0, 255, (12, 10), dtype=np.uint8)).save(path)
    paths[7].write_bytes(paths[2].read_bytes())
    columns = {"i": ImageFiles(paths), "y": pl.Series(["a", "b", "c"] * 4)}
    found = profile(Dataset.from_columns(columns, target="y"))
    assert (found.duplicates.inputs, found.duplicates.conflicting) == (1, 2)
    assert (found.pictures.height, found.pictures.width, found.pictures.channels) == (12, 10, 1)


@pytest.mark.parametrize(
    "copy",
    [
        lambda y: y * 3.7 + 1,  # the class, in another unit
        lambda y: np.array(["x", "u", "w"])[y],  # the class, in other words
        lambda y: np.where(y == 1, 900.5, np.arange(len(y)) / len(y) + 5 * y),  # in ranges
    ],
)
def test_leaking_columns_are_found_and_others_are_not(copy):
    chance = np.random.default_rng(1)
    y = chance.integers(0, 3, 300)
    hint = y + chance.normal(size=300)
    found = profile(table(hint=hint, z=chance.normal(size=300), told=copy(y), y=y.astype(str)))
    assert [leak.field for leak in found.leaks] == ["told"]
    assert any("'told'" in sentence for sentence in found.sentences())


def test_leak_of_a_quantity():
    chance = np.random.default_rng(1)
    y = chance.normal(size=400)
    found = profile(table(told=np.exp(y), hint=y + chance.normal(size=400), y=y))
    assert [leak.field for leak in found.leaks] == ["told"]
    assert found.leaks[0].score > 0.99


def test_a_line_fails_on_xor_and_not_on_blobs():
    bent, straight = profile(xor()).landmarks, profile(blobs()).landmarks
    assert bent["linear"].score < 0.65 < 0.9 < bent["smooth"].score
    assert bent["trees"].score > 0.9
    assert straight["linear"].score == 1


def test_large_data_are_sampled_and_it_is_said():
    found = profile(xor(6_001))
    assert (found.examples, found.sampled) == (6_001, 5_000)
    assert "looked at 5,000 of them (seed 0)" in found.sentences()[0]


def test_missing_left_out_and_unbalanced_are_reported():
    count = 200
    chance = np.random.default_rng(0)
    hole = [None if i % 4 == 0 else float(v) for i, v in enumerate(chance.normal(size=count))]
    y = ["rare"] + ["seldom"] * 9 + ["often"] * (count - 10)
    data = table(a=chance.normal(size=count), hole=hole, same=[1.0] * count, y=y)
    found = profile(data)
    assert found.missing == {"hole": 50}
    assert found.classes.lonely == ("rare",)
    assert found.classes.imbalance == 190
    said = " ".join(found.sentences())
    assert "'hole' 25.0%" in said
    assert "unbalanced (190 to 1)" in said
    if "same" not in data.inputs:
        assert "constant" in found.left_out["same"]


def test_a_target_that_is_missing_here_and_there_is_no_example():
    X, y = load_diabetes(return_X_y=True)
    holes = [None if i % 10 == 0 else v for i, v in enumerate(y)]
    found = profile(table(a=X[:, 2], b=X[:, 8], y=holes))
    assert found.task == "regression"
    assert found.landmarks["linear"].score > 0.35


def test_without_a_target_the_profile_says_so():
    found = profile(table(target=None, a=np.arange(30.5), b=np.arange(30.5) % 7))
    assert (found.task, found.landmarks) == ("representation", {})
    assert list(found.offers) == ["representation", "generation", "outliers"]
    said = found.sentences()
    assert any(one.startswith("Nothing is there to predict") for one in said)
    for judged in ("comes back out of the code", "area under the ROC curve", "judged by coverage"):
        assert any(judged in one for one in said)
    assert found.offered() == said[2:6]
    assert profile(table(a=np.arange(30.5), y=[0, 1] * 15 + [0])).offers == {}


def test_few_examples_are_no_reason_to_fail():
    for count in (2, 5, 9, 11):
        found = profile(blobs(count))
        assert found.examples == count
        assert found.sentences()


def test_one_class_and_unknown_tasks_are_explained():
    found = profile(table(a=np.arange(30.5), y=["x"] * 31))
    assert not found.task
    assert "one" in found.task_reason or "single" in found.task_reason
    with pytest.raises(UsageError, match="There is no task"):
        profile(xor(50), task="clasification")


def test_to_dict_is_json_and_carries_what_was_measured():
    for data in (xor(200), pictures(60), blobs(9)):
        found = profile(data)
        stored = json.loads(json.dumps(found.to_dict(), allow_nan=False))
        assert stored["examples"] == found.examples
        assert set(stored["landmarks"]) == set(found.landmarks)
        for rule, mark in found.landmarks.items():
            assert stored["landmarks"][rule]["score"] == pytest.approx(mark.score)


def test_same_seed_same_profile_and_no_global_chance_is_touched():
    torch.manual_seed(5)
    before, numbers = torch.get_rng_state(), np.random.get_state()[1].copy()
    first, second = profile(pictures(100)).to_dict(), profile(pictures(100)).to_dict()
    for stored in (first, second):
        stored.pop("seconds")
        for mark in stored["landmarks"].values():
            mark.pop("seconds")
    assert first == second
    assert torch.equal(before, torch.get_rng_state())
    assert np.array_equal(numbers, np.random.get_state()[1])


def test_columns_of_every_kind_are_measured():
    chance = np.random.default_rng(0)
    y = chance.integers(0, 2, 120)
    days = pl.Series(19_000 + 900 * y + chance.integers(0, 900, 120)).cast(pl.Date)
    text = [" ".join(chance.permutation(["sun", "moon", "star", ("up", "down")[i]])) for i in y]
    data = Dataset.from_columns(
        {"day": days, "text": pl.Series(text), "y": pl.Series(y).cast(str)}, target="y"
    )
    found = profile(data)
    assert found.landmarks["linear"].score > 0.95
    assert set(found.landmarks) == set(WORDS) - {"local"}


def test_more_classes_than_examples_for_each():
    found = profile(table(a=np.arange(200.5), y=[f"c{i % 150}" for i in range(201)]))
    assert len(found.classes) == 150
    assert len(found.classes.lonely) == 99


def test_a_table_on_disk_is_sampled(tmp_path):
    data, path = xor(3_000), tmp_path / "xor.csv"
    pl.DataFrame({name: data.column(name) for name in ("a", "b", "y")}).write_csv(path)
    found = profile(read(path, stream=True))
    assert found.examples == 3_000
    assert found.duplicates.rows == 0
    assert found.landmarks["smooth"].score > 0.9
