"""Label noise: injected, and estimated again."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import load_digits, load_iris

from fieldguide.advisor.profiling.measures.label_noise import confident_joint, find, noise
from fieldguide.data import Dataset
from tests.advisor.advisor_data import table
from tests.advisor.profiling.material import material


def flipped(y, share, seed=0):
    """Give a share of the labels another class, and say which."""
    chance = np.random.default_rng(seed)
    wrong = chance.choice(len(y), round(share * len(y)), replace=False)
    noisy, classes = y.copy(), y.max() + 1
    noisy[wrong] = (noisy[wrong] + chance.integers(1, classes, len(wrong))) % classes
    return noisy, wrong


def digits(share):
    X, y = load_digits(return_X_y=True)
    y, wrong = flipped(y, share)
    images = X.reshape(-1, 1, 8, 8).astype(np.uint8)
    columns = {"image": images, "digit": pl.Series(y).cast(pl.String)}
    return Dataset.from_columns(columns, target="digit"), wrong


@pytest.mark.parametrize("share", [0.0, 0.1, 0.2, 0.3])
def test_injected_noise_is_found_on_digits(share):
    data, wrong = digits(share)
    found = find(material(data))
    figures = found.figures
    assert figures["estimated"] == pytest.approx(share, abs=0.03)
    assert figures["low"] <= figures["estimated"] <= figures["high"]
    assert figures["high"] - figures["low"] < 0.06
    assert not figures["upper_bound_only"]
    assert "hardly any" in found.sentences[0] if share == 0 else "look wrong" in found.sentences[0]
    if share:  # origins count from 1
        assert np.isin(np.array(figures["suspects"]) - 1, wrong).mean() >= 0.9


def test_few_flowers_are_enough_to_see_much_noise():
    X, y = load_iris(return_X_y=True)
    noisy, _ = flipped(y, 0.2)
    data = table(**{f"x{i}": X[:, i] for i in range(4)}, y=np.array(["a", "b", "c"])[noisy])
    assert find(material(data)).figures["estimated"] == pytest.approx(0.2, abs=0.06)


def test_without_signal_nothing_is_claimed():
    chance = np.random.default_rng(0)
    data = table(a=chance.normal(size=400), y=np.where(chance.random(400) < 0.5, "u", "v"))
    found = find(material(data))
    assert found.figures["estimated"] is None
    assert "cannot be estimated" in found.sentences[0]


def test_overlapping_classes_give_an_upper_bound_only():
    """Two clouds of which 16 % lie on the wrong side, whoever labels them."""
    chance = np.random.default_rng(0)
    y = np.arange(800) % 2
    data = table(a=chance.normal(size=800) + 1.2 * y, b=chance.normal(size=800), y=y.astype(str))
    found = find(material(data))
    assert found.figures["upper_bound_only"]
    assert "at most" in found.sentences[0]


def test_twins_are_counted_once_and_contradictions_are_told():
    chance = np.random.default_rng(0)
    a = np.repeat(chance.normal(size=200), 2)
    y = np.where(a > 0, "up", "down")
    y[1:41:2] = np.where(y[1:41:2] == "up", "down", "up")  # 20 pairs contradict each other
    figures = find(material(table(a=a, b=a**2, y=y))).figures
    assert figures["contradicting"] == pytest.approx(40 / 400)
    assert figures["examples"] == 220  # 180 twins are left out
    assert figures["estimated"] > 0.04


def test_the_confident_joint_of_the_paper_by_hand():
    """Six examples; thresholds are 0.6 and 0.7."""
    p1 = np.array([0.1, 0.3, 0.8, 0.9, 0.8, 0.4])
    p, y = np.stack([1 - p1, p1], axis=1), np.array([0, 0, 0, 1, 1, 1])
    # t = (0.9 + 0.7 + 0.2) / 3 and (0.9 + 0.8 + 0.4) / 3; both sure of 0, third and on of 1, the
    # last has 1 - 0.4 = 0.6 ≥ 0.6 for class 0.
    assert np.allclose(confident_joint(p, y), [[2, 1], [1, 2]])
    assert noise(p, y) == pytest.approx(1 / 3)


def test_a_label_that_nobody_is_sure_of_is_believed():
    p = np.array([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2], [0.4, 0.5, 0.1]])
    joint = confident_joint(p, np.array([0, 0, 1]))
    assert np.allclose(joint.sum(axis=1), [2, 1, 0])
    assert noise(p, np.array([0, 0, 1])) == 0
