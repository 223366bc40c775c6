"""Perceptrons in contest: they learn a toy, and maxout is what it was in 2014."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from rings import nearest, ring

import fieldguide as fg
from fieldguide.algorithms.adversarial.gan import PIECES, DenseDiscriminator, Maxout
from tests import toys


def test_maxout_is_the_largest_of_five_linear_functions() -> None:
    torch.manual_seed(0)
    layer = Maxout(3, 4)
    x = torch.randn(6, 3)
    weight, bias = layer.linear.weight.detach().numpy(), layer.linear.bias.detach().numpy()
    every = x.numpy() @ weight.T + bias
    expected = every.reshape(6, 4, PIECES).max(axis=2)
    assert np.allclose(layer(x).detach().numpy(), expected, atol=1e-6)


def test_the_discriminator_equals_numpys() -> None:
    torch.manual_seed(0)
    network = DenseDiscriminator(width=3, hidden=(5,))
    x = torch.randn(4, 3)
    (w, b), (v, c) = (
        (layer.weight.detach().numpy(), layer.bias.detach().numpy())
        for layer in network.layers
        if isinstance(layer, torch.nn.Linear)
    )
    inner = x.numpy() @ w.T + b
    expected = np.maximum(inner, 0.2 * inner) @ v.T + c
    assert np.allclose(network(x).detach().numpy(), expected[:, 0], atol=1e-6)


def test_it_learns_where_the_data_are() -> None:
    chance = np.random.default_rng(0)
    x = chance.normal(size=(1000, 2)) @ np.array([[1.0, 0.8], [0.0, 0.6]]) + 5
    model = fg.GAN(epochs=20, hidden=(32, 32), latent=4, validation=0).fit(x)
    made = model.sample(1000)
    assert np.allclose(made.mean(axis=0), x.mean(axis=0), atol=0.4)
    assert np.corrcoef(made.T)[0, 1] > 0.5
    assert model.evaluate(x)["coverage"] > 0.5


@pytest.mark.parametrize("activation", ["leaky", "maxout"])
@pytest.mark.parametrize("objective", ["non-saturating", "minimax"])
def test_every_form_of_it_runs(activation: str, objective: str) -> None:
    data = toys.table("generation")
    model = fg.GAN(
        epochs=1, activation=activation, objective=objective, dropout=0.2, hidden=(8,)
    ).fit(data)
    assert model.sample(3).columns == ["size", "age", "colour", "wild"]
    assert np.isfinite(model.history_[-1]["generator"])


def test_the_ring_is_what_the_tests_say() -> None:
    points, which = ring(500)
    assert np.array_equal(nearest(points), which)
