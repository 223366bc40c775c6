"""Samples of a class that was named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from rings import nearest, ring

import fieldguide as fg
from fieldguide.algorithms.adversarial.conditional_gan import (
    ConditionalDiscriminator,
    ConditionalGenerator,
)
from fieldguide.errors import UsageError


def test_it_makes_each_of_eight_gaussians_by_name(tmp_path: Path) -> None:
    x, which = ring(2000)
    model = fg.ConditionalGAN(epochs=15, latent=4, hidden=64, lr=3e-3, validation=0)
    model.fit(x, np.array([f"g{one}" for one in which]))
    hits = [np.mean(nearest(model.sample(50, label=f"g{one}")) == one) for one in range(8)]
    assert np.mean(hits) > 0.7 and min(hits) > 0.1, hits
    assert (model.network_.found > 0.5).all() and not model.notes_
    back = fg.load(model.save(tmp_path / "model"))
    assert np.array_equal(back.sample(5, label="g3"), model.sample(5, label="g3"))
    with pytest.raises(UsageError, match="Did you mean 'g3'"):
        model.sample(5, label="gg3")


def test_without_a_class_they_are_as_frequent_as_in_training() -> None:
    x, y = np.random.default_rng(0).normal(size=(100, 2)), np.repeat(["a", "b"], [80, 20])
    model = fg.ConditionalGAN(epochs=0, validation=0).fit(x, y)
    assert torch.bincount(model.condition(None, 50)).tolist() == [40, 10]
    given = torch.tensor([1, 1, 0])
    assert model.condition(given, 3) is given


def test_the_networks_equal_numpys() -> None:
    torch.manual_seed(0)
    noise, rows, y = torch.randn(5, 3), torch.randn(5, 4), torch.tensor([0, 1, 2, 1, 0])
    hot = np.eye(3)[y]
    make = ConditionalGenerator(latent=3, classes=3, hidden=6, width=4)
    w = {name: value.detach().numpy() for name, value in make.named_parameters()}

    def linear(x: np.ndarray, name: str) -> np.ndarray:
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    first = np.maximum(
        np.concatenate([linear(noise.numpy(), "of_noise"), linear(hot, "of_class")], axis=1), 0
    )
    expected = linear(np.maximum(linear(first, "joint"), 0), "last")
    assert np.allclose(make(noise, y).detach().numpy(), expected, atol=1e-5)

    judge = ConditionalDiscriminator(width=4, classes=3, hidden=8).eval()
    w = {name: value.detach().numpy() for name, value in judge.named_parameters()}

    def bend(x: np.ndarray) -> np.ndarray:
        return np.where(x > 0, x, 0.2 * x)

    first = bend(np.concatenate([linear(rows.numpy(), "of_row"), linear(hot, "of_class")], axis=1))
    expected = linear(bend(linear(first, "joint")), "score")[:, 0]
    assert np.allclose(judge(rows, y).detach().numpy(), expected, atol=1e-5)
