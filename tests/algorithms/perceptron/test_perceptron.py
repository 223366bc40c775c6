from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import torch
from sklearn import datasets
from sklearn.linear_model import Perceptron

import fieldguide as fg
from fieldguide.algorithms.perceptron.perceptron import correct


def orders(count, epochs, seed=0):
    """The order of the examples in each epoch."""
    return [np.random.default_rng((seed, 0, epoch)).permutation(count) for epoch in range(epochs)]


def one_at_a_time(x, signs, epochs):
    """Rosenblatt's rule as he wrote it down: weights, bias and mistakes in each epoch."""
    weight, bias, mistakes = np.zeros((signs.shape[1], x.shape[1])), np.zeros(signs.shape[1]), []
    for order in orders(len(x), epochs):
        wrong_rows = 0
        for row in order:
            wrong = signs[row] * (weight @ x[row] + bias) <= 0
            weight[wrong] += signs[row][wrong][:, None] * x[row]
            bias[wrong] += signs[row][wrong]
            wrong_rows += wrong.any()
        mistakes.append(wrong_rows)
    return weight, bias, mistakes


def blobs(classes=2, rows=301, seed=0):
    chance = np.random.default_rng(seed)
    centres = chance.integers(-9, 10, (classes, 4))
    y = chance.integers(classes, size=rows)
    return (centres[y] + chance.integers(-4, 5, (rows, 4))).astype(float), y


def fitted(x, y, **options):
    """A perceptron on the numbers as they are: no standardising, no validation."""
    options = {"validation": 0.0, "epochs": 5, **options}
    model = fg.Perceptron(**options)
    model.fit(x, y)
    return model


def encoded(model, x):
    data = fg.Dataset.from_columns({"x": x})
    return model.task_.encode(data, with_target=False).x.double().numpy()


@pytest.mark.parametrize("batch_size", [1, 7, 64, 1000])
@pytest.mark.parametrize("classes", [2, 4])
def test_equals_one_example_at_a_time(classes, batch_size):
    x, y = blobs(classes)
    model = fitted(x, y, batch_size=batch_size)
    signs = np.where(y[:, None] == (np.arange(classes) if classes > 2 else [1]), 1.0, -1.0)
    weight, bias, mistakes = one_at_a_time(encoded(model, x), signs, epochs=5)
    sums = model.network_.sums
    np.testing.assert_allclose(sums.weight.detach().numpy(), weight, atol=1e-9)
    np.testing.assert_array_equal(sums.bias.detach().numpy(), bias)
    counted = [record["mistakes"] * len(x) for record in model.history_]
    np.testing.assert_allclose(counted, mistakes, rtol=1e-6)


def test_whole_numbers_give_the_same_weights_to_the_bit():
    chance = np.random.default_rng(3)
    x = chance.integers(-5, 6, (200, 3)).astype(float)
    signs = np.where(chance.random((200, 2)) < 0.5, 1.0, -1.0)
    changes = correct(np.zeros((200, 2)), signs, x @ x.T + 1)
    weight, bias = np.zeros((2, 3)), np.zeros(2)
    for row in range(200):
        wrong = signs[row] * (weight @ x[row] + bias) <= 0
        np.testing.assert_array_equal(changes[row], np.where(wrong, signs[row], 0))
        weight += changes[row][:, None] * x[row]
        bias += changes[row]


@pytest.mark.parametrize("name", ["iris", "wine", "digits", "breast_cancer"])
def test_equals_scikit_learn(name):
    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    model = fitted(x, y)
    table = encoded(model, x)
    truth = Perceptron(shuffle=False, tol=None, penalty=None)
    for order in orders(len(x), 5):
        truth.partial_fit(table[order], y[order], classes=np.unique(y))
    sums = model.network_.sums
    np.testing.assert_allclose(sums.weight.detach().numpy(), truth.coef_, atol=1e-6)
    np.testing.assert_allclose(sums.bias.detach().numpy(), truth.intercept_, atol=1e-6)
    assert (model.predict(x) == truth.predict(table)).all()


def test_novikoff_bounds_the_mistakes():
    chance = np.random.default_rng(0)
    x = chance.normal(size=(500, 3))
    plane = np.array([1.0, -2.0, 0.5])
    x = x[np.abs(x @ plane) > 0.5]
    y = x @ plane > 0
    model = fitted(x, y, epochs=60)
    table = np.c_[encoded(model, x), np.ones(len(x))]
    # The plane in standardised numbers, bias included.
    mean, scale = x.mean(axis=0), x.std(axis=0)
    normal = np.r_[plane * scale, plane @ mean]
    margin = (np.where(y, 1, -1) * (table @ normal)).min() / np.linalg.norm(normal)
    bound = (np.linalg.norm(table, axis=1).max() / margin) ** 2
    total = sum(record["mistakes"] * len(x) for record in model.history_)
    assert 0 < total <= bound
    assert model.separable_
    assert model.notes_ == []


def test_it_says_when_planes_cannot_part_the_classes(tmp_path):
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    model = fitted(x, ["no", "yes", "yes", "no"], epochs=20)
    assert not model.separable_
    assert "not linearly separable" in model.notes_[0]
    assert "MLP" in model.notes_[0]
    model.save(tmp_path / "model")
    assert fg.load(tmp_path / "model").notes_ == model.notes_


def test_nothing_is_said_before_an_epoch_has_passed():
    assert fitted(*blobs(), epochs=0).notes_ == []


def test_it_needs_no_autograd():
    model = fitted(*blobs())
    assert all(weight.grad is None for weight in model.network_.parameters())


def test_words_are_columns_of_zeros_and_ones():
    town = pl.Series("town", ["Ulm", "Bonn", "Kiel"] * 30)
    data = fg.Dataset.from_columns(
        {"town": town, "south": pl.Series("south", (town == "Ulm").to_list())}, target="south"
    )
    model = fg.Perceptron(validation=0.0).fit(data)
    assert model.separable_
    assert model.evaluate(data)["accuracy"] == 1.0


def test_the_best_epoch_on_validation_data_is_kept():
    chance = np.random.default_rng(0)
    x = chance.normal(size=(400, 2))
    y = x[:, 0] + chance.normal(size=400) > 0
    model = fg.Perceptron(epochs=12).fit(x, y)
    best = max(record["accuracy"] for record in model.history_)
    assert best > model.history_[-1]["accuracy"]
    train, held = fg.Dataset.from_columns({"x": x, "y": pl.Series("y", y)}, target="y").split(
        test=0.1, seed=0
    )
    assert len(train) == 360
    assert model.score(held) == pytest.approx(best)


def test_what_has_no_meaning_is_no_hyperparameter():
    with pytest.raises(TypeError, match="lr"):
        fg.Perceptron(lr=0.1)
    assert set(fg.Perceptron().get_params()) >= {"epochs", "batch_size", "seed", "patience"}


def test_outputs_of_two_classes_mirror_each_other():
    x, y = blobs()
    model = fitted(x, y)
    outputs = model.network_(torch.from_numpy(encoded(model, x)))
    assert torch.equal(outputs[:, 0], -outputs[:, 1])
