"""Splits: seeded, stratified, group- and time-aware, and refused with a reason."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from fieldguide.data import Dataset, looks_like_classes
from fieldguide.errors import DataError, UsageError


def dataset(count: int = 100, **facts: object) -> Dataset:
    chance = np.random.default_rng(0)
    columns = {
        "x": chance.normal(size=(count, 2)),
        "who": pl.Series("who", [f"person {n % 10}" for n in range(count)]),
        "when": pl.Series("when", chance.permutation(count).astype(float)),
        "y": pl.Series("y", np.where(np.arange(count) % 10 == 0, "rare", "common")),
    }
    return Dataset.from_columns(columns, target="y", **facts)


def positions(part: Dataset) -> set[int]:
    return set(part.origins.tolist())


@pytest.mark.parametrize("test", [0.1, 0.25, 0.5, 1 / 3])
def test_parts_are_disjoint_complete_and_of_the_share_asked_for(test: float) -> None:
    train, held = dataset().split(test=test)
    assert positions(train) | positions(held) == set(range(1, 101))
    assert not positions(train) & positions(held)
    assert len(held) == round(100 * test)


def test_classes_keep_their_shares() -> None:
    train, held = dataset().split(test=0.3)
    for part in (train, held):
        assert np.mean(part.column("y").to_numpy() == "rare") == pytest.approx(0.1, abs=0.02)


def test_the_seed_decides() -> None:
    one, same, other = (dataset().split(seed=seed)[1] for seed in (0, 0, 1))
    assert positions(one) == positions(same) != positions(other)


def test_groups_stay_together() -> None:
    for test in (0.01, 0.2, 0.5, 0.99):
        train, held = dataset(group="who").split(test=test)
        assert len(train) and len(held)
        assert not set(train.column("who")) & set(held.column("who"))


def test_one_group_cannot_be_split() -> None:
    data = dataset(group="who")
    with pytest.raises(DataError, match=r"one group.*another column"):
        data.take(np.arange(0, 100, 10)).split()


def test_time_is_cut() -> None:
    train, held = dataset(time="when").split(test=0.2)
    assert max(train.column("when")) < min(held.column("when"))


def test_the_providers_split_comes_first() -> None:
    names = np.array(["train", "validation", "test", "train"] * 25)
    train, held = dataset(provided=names, group="who").split(test=0.9)
    assert len(held) == 25 and set(held.provided) == {"test"}
    inner, validation = train.split(test=0.9)
    assert set(validation.provided) == {"validation"} and set(inner.provided) == {"train"}
    again, rest = inner.split(test=0.2)
    assert len(rest) == 10 and len(again) == 40


def test_a_provider_without_training_data_is_refused() -> None:
    with pytest.raises(DataError, match="no training examples"):
        dataset(provided=np.array(["test"] * 100)).split()


@pytest.mark.parametrize("test", [0, 1, -0.1, 1.5, float("nan"), "0.2", None])
def test_a_share_out_of_range_is_refused(test: object) -> None:
    with pytest.raises(UsageError, match="between 0 and 1"):
        dataset().split(test=test)


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_examples_are_refused(count: int) -> None:
    with pytest.raises(DataError, match=f"{count} example"):
        dataset().take(np.arange(count)).split()


@pytest.mark.parametrize(
    "classes", [["a"] * 9 + ["b"], list("abcdefghij"), ["a"] * 10, list("aabbccddee"), ["a", "b"]]
)
def test_odd_classes_split_all_the_same(classes: list[str]) -> None:
    columns = {"x": np.zeros((len(classes), 1)), "y": pl.Series("y", classes)}
    train, held = Dataset.from_columns(columns, target="y").split(test=0.2)
    assert len(train) and len(held) == max(1, round(0.2 * len(classes)))


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        (np.repeat([0, 1, 2], 10), True),
        (np.repeat([0.0, 1.0], 10), True),
        (np.array([1.0, np.nan] * 10), True),
        (np.arange(100), False),
        (np.linspace(0, 1, 100), False),
        (np.repeat(np.arange(21), 50), False),
        (np.repeat([1, 2, 3], 2), False),
    ],
)
def test_few_whole_numbers_look_like_classes(values: np.ndarray, classes: bool) -> None:
    assert looks_like_classes(values)[0] is classes
