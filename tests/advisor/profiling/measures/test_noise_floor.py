"""Noise of numbers: variances that are known, estimated again."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, make_friedman1

from fieldguide.advisor.profiling.measures.noise_floor import find, gamma_test
from fieldguide.advisor.profiling.profile import profile
from tests.advisor.advisor_data import table
from tests.advisor.profiling.material import material


def waves(count=1_500, seed=0):
    x = np.random.default_rng(seed).uniform(size=(count, 2))
    return x, np.sin(6 * x[:, 0]) * x[:, 1]


def noisy(clean, share, seed=1):
    """Add noise that makes up this share of the sum's variance."""
    spread = clean.std() * np.sqrt(share / (1 - share))
    return clean + spread * np.random.default_rng(seed).normal(size=len(clean))


def data_of(x, y):
    return table(**{f"x{i}": x[:, i] for i in range(x.shape[1])}, y=y)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.6])
def test_injected_noise_is_found(share):
    x, clean = waves()
    found = find(material(data_of(x, noisy(clean, share)), 0.0)).figures
    assert found["estimated"] == pytest.approx(share, abs=0.05)
    assert found["low"] <= found["estimated"] <= found["high"]


def test_friedmans_function_of_five_numbers():
    x, clean = make_friedman1(1_500, n_features=5, random_state=0)
    for share in (0.1, 0.3):
        found = find(material(data_of(x, noisy(clean, share)), 0.0)).figures
        assert found["estimated"] == pytest.approx(share, abs=0.08)


def test_the_gamma_test_is_the_line_of_the_paper():
    """Against distances and a line from elsewhere."""
    from sklearn.neighbors import NearestNeighbors

    x, clean = waves(300)
    y = noisy(clean, 0.2)
    apart, nearest = NearestNeighbors(n_neighbors=11).fit(x).kneighbors(x)
    delta = np.square(apart[:, 1:]).mean(axis=0)
    gamma = 0.5 * np.square(y[:, None] - y[nearest[:, 1:]]).mean(axis=0)
    assert gamma_test(x, y[:, None]) == pytest.approx(np.polyfit(delta, gamma, 1)[1])


def test_what_a_model_explains_already_is_no_noise():
    """In 40 directions neighbours are far away; a straight line knows better."""
    chance = np.random.default_rng(0)
    x = chance.normal(size=(800, 40))
    found = profile(data_of(x, noisy(x @ chance.normal(size=40), 0.05))).findings["noise_floor"]
    assert found.figures["estimated"] <= 1 - found.figures["best_reached"] + 1e-9
    assert found.figures["best_reached"] > 0.9


def test_diabetes_is_half_noise_as_everyone_finds():
    X, y = load_diabetes(return_X_y=True)
    found = profile(data_of(X, y + 0.5)).findings["noise_floor"]
    assert 0.35 < found.figures["estimated"] < 0.55
    assert "expect no R² above" in found.sentences[0]


def test_pure_noise_is_all_noise_and_few_examples_tell_nothing():
    chance = np.random.default_rng(0)
    pure = profile(table(a=chance.normal(size=200), y=chance.normal(size=200)))
    assert pure.findings["noise_floor"].figures["estimated"] > 0.7
    few = profile(table(a=chance.normal(size=20), y=chance.normal(size=20)))
    assert "noise_floor" not in few.findings
