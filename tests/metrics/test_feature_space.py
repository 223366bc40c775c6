"""Feature spaces say what they are, and learn from training rows alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch import nn

from fieldguide.metrics.features import compare, space_of_classifier, space_of_rows


def test_narrow_rows_are_compared_as_they_are() -> None:
    rows = torch.randn(20, 3)
    space = space_of_rows(rows)
    assert space.name == "the 3 standardised values"
    assert torch.equal(space.features(rows), rows.double())


@pytest.mark.parametrize("count", [100, 9])
def test_wide_rows_are_compared_by_scikit_learns_components(count: int) -> None:
    chance = np.random.default_rng(0)
    rows = chance.normal(size=(count, 12)) @ chance.normal(size=(12, 12))
    other = chance.normal(size=(30, 12))
    theirs = PCA(4).fit(rows)
    space = space_of_rows(rows, most=4)
    ours = space.features(torch.tensor(other)).numpy()
    assert np.allclose(np.abs(ours), np.abs(theirs.transform(other)))
    assert f"{theirs.explained_variance_ratio_.sum():.0%} of variance" in space.name


def test_the_classifiers_space_and_a_result_that_states_it() -> None:
    torch.manual_seed(0)
    layer = nn.Linear(6, 3)
    space = space_of_classifier(layer, "a linear layer, untrained")
    rows = torch.randn(700, 6)
    assert torch.allclose(space.features(rows), layer(rows).double(), atol=1e-6)
    found = compare(space, rows[:350], rows[350:])
    assert found["space"] == "the last hidden layer of a linear layer, untrained"
    assert found["rows"] == 350 and found["coverage"] > 0.9 and found["precision"] > 0.8
    assert found["frechet_distance"] == pytest.approx(0, abs=0.1)
