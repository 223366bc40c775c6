"""Matrix factorisation beside scikit-learn's ridge regression and a loop in NumPy."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge

import fieldguide as fg
from fieldguide.algorithms.ratings import _least_squares
from fieldguide.algorithms.ratings._least_squares import Side, ridge
from fieldguide.data import Dataset
from tests import toys

PENALTY = 0.07


@pytest.fixture(scope="module")
def data() -> Dataset:
    return toys.ratings()


def some_ratings() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    rows, others = torch.randint(0, 9, (70,)), torch.randint(0, 12, (70,))
    rows[rows == 4] = 5  # nobody's ratings are those of row 4
    return rows, others, torch.randn(70)


@pytest.mark.parametrize("at_once", [1 << 22, 50])
def test_each_row_is_a_ridge_regression(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(_least_squares, "NUMBERS", at_once)
    rows, others, values = some_ratings()
    features, offsets = torch.randn(12, 3), torch.randn(12)
    found = ridge(Side.of(rows, others, values, 9), features, offsets, PENALTY)
    for row in range(9):
        mine = rows == row
        if not mine.any():
            assert not found[row].any()
            continue
        x, y = features[others[mine]], (values - offsets[others])[mine]
        expected = Ridge(alpha=PENALTY * int(mine.sum()), fit_intercept=False).fit(x, y).coef_
        assert np.allclose(found[row], expected, atol=1e-5)


def alternate(
    points: np.ndarray, pairs: np.ndarray, values: np.ndarray, rounds: int
) -> tuple[np.ndarray, np.ndarray]:
    """Alternating least squares as the papers write it, one user after the other."""
    users = np.zeros((int(pairs[:, 0].max()) + 1, points.shape[1]))
    sides = [users, points.copy()]
    for _ in range(rounds):
        for side in (0, 1):
            other = sides[1 - side]
            ones = np.column_stack([other[:, :-1], np.ones(len(other))])
            for row in np.unique(pairs[:, side]):
                mine = pairs[:, side] == row
                x = ones[pairs[mine, 1 - side]]
                y = values[mine] - other[pairs[mine, 1 - side], -1]
                weight = PENALTY * mine.sum() * np.eye(x.shape[1])
                sides[side][row] = np.linalg.solve(x.T @ x + weight, x.T @ y)
    return sides[0], sides[1]


def test_rounds_are_those_of_a_plain_loop(data: Dataset) -> None:
    model = fg.MatrixFactorisation(factors=3, penalty=PENALTY, epochs=0).fit(data)
    start = model.network_.of_items.double().numpy()
    examples = model.task_.encode(data)
    users, items = alternate(start, examples.x.numpy(), examples.y[:, 0].double().numpy(), 4)
    model = fg.MatrixFactorisation(factors=3, penalty=PENALTY, epochs=4).fit(data)
    assert np.allclose(model.network_.of_users, users, atol=2e-3)
    assert np.allclose(model.network_.of_items, items, atol=2e-3)
    guesses = (users[examples.x[:, 0], :-1] * items[examples.x[:, 1], :-1]).sum(axis=1)
    guesses += users[examples.x[:, 0], -1] + items[examples.x[:, 1], -1]
    expected = np.clip(model.task_.codec.decode(guesses[:, None]), 1, 5)
    assert np.allclose(model.predict(data), expected, atol=2e-3)


def test_every_round_brings_the_objective_down(data: Dataset) -> None:
    def objective(epochs: int) -> float:
        model = fg.MatrixFactorisation(epochs=epochs, factors=4).fit(data)
        net, examples = model.network_, model.task_.encode(data)
        error = (net(examples.x)[:, 0] - examples.y[:, 0]).square().sum()
        for side, points in enumerate((net.of_users, net.of_items)):
            counts = torch.bincount(examples.x[:, side], minlength=len(points))
            error += model.penalty * (counts * points.square().sum(dim=1)).sum()
        return float(error)

    values = [objective(epochs) for epochs in range(1, 6)]
    assert all(after < before for before, after in pairwise(values))


def test_a_newcomer_with_a_users_ratings_is_that_user(data: Dataset) -> None:
    model = fg.MatrixFactorisation(epochs=60).fit(data)
    mine = data.column("user") == "u3"
    pairs = zip(data.column("item").filter(mine), data.column("rating").filter(mine), strict=True)
    new = model.recommend(ratings=dict(pairs))
    known = model.recommend("u3")
    assert new["item"].to_list() == known["item"].to_list()
    assert np.allclose(new["rating"], known["rating"], atol=0.05)


def test_it_finds_tastes(data: Dataset) -> None:
    train, test = data.split(0.2, seed=1)
    factors = fg.MatrixFactorisation(factors=2).fit(train).evaluate(test)
    means = fg.ItemMeans().fit(train).evaluate(test)
    assert factors["rmse"] < 0.7 * means["rmse"]
    assert factors["explained"] > 0.6 > means["explained"]
