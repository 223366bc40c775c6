"""Measures of lists, beside scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from fieldguide.metrics.ranking import ndcg_at, recall_at


@pytest.mark.parametrize("seed", range(5))
def test_ndcg_is_scikit_learns(seed: int) -> None:
    chance = np.random.default_rng(seed)
    relevant, guesses = chance.random(30) < 0.3, chance.random(30)
    hits = relevant[np.argsort(-guesses)]
    expected = ndcg_score(relevant[None].astype(float), guesses[None], k=10)
    assert ndcg_at(hits, int(relevant.sum()), 10) == pytest.approx(expected)


def test_a_short_list_can_be_perfect() -> None:
    assert ndcg_at(np.array([True]), 1, 10) == 1 and recall_at(np.array([True]), 1) == 1
