from __future__ import annotations

import numpy as np
import pytest
import torch
from baseline_data import array_set, as_data, mixed_frame
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

import fieldguide as fg
from fieldguide.algorithms.baseline import nearest_neighbours


def settled(truth, table, k):
    """Rows whose k-th neighbour is nearer than the next, so that no tie decides."""
    distances, _ = truth.kneighbors(table, n_neighbors=k + 1)
    return distances[:, k] > distances[:, k - 1] * (1 + 1e-9)


@pytest.mark.parametrize("chunk", [8192, 37])
@pytest.mark.parametrize("name", ["iris", "wine", "digits", "diabetes"])
def test_equals_scikit_learn(name, chunk, monkeypatch):
    monkeypatch.setattr(nearest_neighbours, "CHUNK", chunk)
    inputs, targets = array_set(name)
    model = fg.NearestNeighbours(neighbours=7).fit(inputs, targets)
    table = model.network_.numbers.double().numpy()
    kind = KNeighborsRegressor if name == "diabetes" else KNeighborsClassifier
    truth = kind(n_neighbors=7, algorithm="brute").fit(table, targets)
    rows = settled(truth, table, 7)
    assert rows.mean() > 0.9
    if name == "diabetes":
        np.testing.assert_allclose(
            model.predict(inputs)[rows], truth.predict(table)[rows], rtol=1e-6
        )
    else:
        np.testing.assert_allclose(
            model.predict_proba(inputs)[rows], truth.predict_proba(table)[rows], atol=1e-6
        )


def test_words_that_differ_count_like_columns_of_zeros_and_ones():
    data = as_data(mixed_frame(), "score")
    model = fg.NearestNeighbours().fit(data)
    x = model.task_.encode(data, with_target=False).x
    hot = [np.eye(n)[x["categories"][:, c]] for c, n in enumerate(model.task_.inputs.cardinalities)]
    table = np.concatenate([x["numbers"].double().numpy(), *hot], axis=1)
    truth = KNeighborsRegressor(5, algorithm="brute").fit(table, mixed_frame()["score"])
    rows = settled(truth, table, 5)
    assert rows.mean() > 0.9
    np.testing.assert_allclose(model.predict(data)[rows], truth.predict(table)[rows], atol=1e-6)


def test_more_neighbours_than_examples_asks_all():
    inputs = np.array([[0.0], [1.0], [2.0], [3.0]])
    model = fg.NearestNeighbours(neighbours=50).fit(inputs, np.array(["a", "a", "a", "b"]))
    np.testing.assert_allclose(model.predict_proba([[9.0]]), [[0.75, 0.25]], atol=1e-6)


def test_a_score_is_finite_though_a_share_is_zero():
    inputs, targets = array_set("iris")
    model = fg.NearestNeighbours(neighbours=1).fit(inputs, targets)
    wrong = (targets + 1) % 3
    assert 15 < model.evaluate(inputs, wrong)["log_loss"] < 25


def test_far_from_zero_distances_stay_exact():
    chance = np.random.default_rng(0)
    inputs = chance.normal(size=(300, 4))
    inputs[0] = 1e4  # squeezes the rest together once the columns are standardised
    targets = inputs[:, 1]
    model = fg.NearestNeighbours(neighbours=1).fit(inputs, targets)
    nearest = model.network_.find(model.network_.numbers)[:, 0]
    assert torch.equal(nearest, torch.arange(300))


@pytest.mark.parametrize("chunk", [8192, 7])
def test_of_equals_those_that_were_stored_first_are_asked(chunk, monkeypatch):
    monkeypatch.setattr(nearest_neighbours, "CHUNK", chunk)
    table = np.random.default_rng(0).integers(0, 3, (60, 4))
    stored = torch.from_numpy(table / 10).float()
    network = nearest_neighbours.NeighbourNetwork(
        neighbours=9, numbers=4, categories=0, targets=1, shares=False
    )
    none = torch.zeros(60, 0, dtype=torch.int64)
    network.learn(numbers=stored, categories=none, targets=torch.zeros(60, 1))
    distances = ((table[:, None] - table) ** 2).sum(axis=2)
    wanted = np.sort(distances.argsort(axis=1, kind="stable")[:, :9], axis=1)
    ninth, tenth = np.sort(distances, axis=1)[:, 8:10].T
    assert (ninth == tenth).mean() > 0.5, "hardly a tie to break"
    found = network.find(stored).sort(dim=1).values
    np.testing.assert_array_equal(found, wanted)


def test_an_outlier_in_a_later_chunk_changes_no_tie(monkeypatch):
    monkeypatch.setattr(nearest_neighbours, "CHUNK", 4)
    inputs = np.array([[0.1], [0.3], [0.3], [0.1], [0.3], [0.1], [1e3], [0.3]])
    model = fg.NearestNeighbours(neighbours=2).fit(inputs, np.arange(8.0))
    assert model.network_.find(model.network_.numbers[:2]).tolist() == [[0, 3], [1, 2]]
