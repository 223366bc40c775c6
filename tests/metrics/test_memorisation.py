"""Copies are found, and chance is not taken for copying."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import mannwhitneyu, norm

from fieldguide.errors import DataError
from fieldguide.metrics.memorisation import mann_whitney, memorisation, nearest_neighbours


def test_nearest_neighbours_equal_brute_force() -> None:
    chance = np.random.default_rng(0)
    samples, train = chance.normal(size=(30, 4)), chance.normal(size=(50, 4))
    apart = np.linalg.norm(samples[:, None] - train[None], axis=2)
    distances, which = nearest_neighbours(samples, train)
    assert np.allclose(distances, apart.min(axis=1))
    assert np.array_equal(which, apart.argmin(axis=1))
    assert nearest_neighbours(train[3:4], train)[0].tolist() == [0]


@pytest.mark.parametrize("values", [100, 5])
def test_the_statistic_equals_scipys(values: int) -> None:
    chance = np.random.default_rng(0)
    one = chance.integers(0, values, 30).astype(float)
    other = chance.integers(0, values + values // 5, 50).astype(float)
    z = mann_whitney(torch.tensor(one), torch.tensor(other))
    theirs = mannwhitneyu(one, other, method="asymptotic", use_continuity=False)
    assert 2 * norm.sf(abs(z)) == pytest.approx(theirs.pvalue, rel=1e-9)
    assert mann_whitney(torch.zeros(3), torch.zeros(4)) == 0


def test_copies_are_told_from_fresh_examples() -> None:
    chance = np.random.default_rng(0)
    train, held, fresh = (chance.normal(size=(400, 6)) for _ in range(3))
    honest = memorisation(fresh, train, held)
    assert not honest.suspected and honest.copied < 0.01 and "no sign" in str(honest)
    copies = train[:200] + 1e-3 * chance.normal(size=(200, 6))
    caught = memorisation(copies, train, held)
    assert caught.suspected and caught.copied == 1 and "copies of training" in str(caught)
    assert caught.samples < 0.01 < caught.held_out
    mixed = memorisation(np.concatenate([fresh[:300], copies[:100]]), train, held)
    assert mixed.suspected and mixed.copied == pytest.approx(0.25, abs=0.01)


def test_nothing_held_out_is_answered() -> None:
    rows = np.zeros((3, 2))
    with pytest.raises(DataError, match="held-out data has 0 rows"):
        memorisation(rows, rows, rows[:0])
