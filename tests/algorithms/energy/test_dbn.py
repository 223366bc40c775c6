"""The deep belief network and the deep autoencoder: each layer, and all of them together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

import fieldguide as fg
from fieldguide.algorithms.energy._machine import Rule
from fieldguide.algorithms.energy._stack import Stack
from fieldguide.algorithms.energy._up_down import up_down, with_labels
from fieldguide.algorithms.energy._visible import Visible
from fieldguide.errors import UsageError

DIGITS = load_digits()
X, Y = DIGITS.images[:, None], DIGITS.target
SMALL: dict[str, Any] = {"hidden": (64, 32), "pretrain_epochs": 4, "epochs": 4, "validation": 0}


def stack(*hidden: int, labels: int = 0) -> Stack:
    """Return an untrained stack over six binary columns."""
    visible = Visible(shape=(6,), cardinalities=(), alike=torch.arange(6), drawn=True)
    visible.kinds.fill_(1)
    torch.manual_seed(0)
    return Stack(visible=visible, hidden=hidden, labels=labels, untied=len(hidden) - 1)


def test_stages_are_drawn_when_the_layer_below_has_learnt() -> None:
    """The trap: drawn all at once, a layer would learn from an untrained one below."""
    model = fg.DBN(**SMALL).fit(X[:400], Y[:400])
    names = [record["stage"] for record in model.history_]
    assert names == ["layer 1"] * 4 + ["layer 2"] * 4 + ["discriminative fine-tuning"] * 4
    # Layer 2's machine models what the learnt layer 1 gives, better than what random weights give.
    frozen = fg.DBN(**{**SMALL, "epochs": 0}, fine_tune="none", task="representation").fit(X[:400])
    layers = frozen.network_.stack
    with torch.no_grad():
        states = layers.visible.checked(frozen.task_.encode(frozen._dataset(X, None, new=True)).x)
        learnt = layers.up(states, 1)
        random = torch.sigmoid(states @ torch.randn(64, 64) * 0.01)
        top = layers.all[1]
        assert top.free_energy(learnt).mean() < top.free_energy(random).mean()


def test_the_way_down_starts_as_the_way_up() -> None:
    layers = stack(5, 4, 3)
    layers.unroll()
    for weights, machine in zip(layers.down, layers.all, strict=False):
        assert torch.equal(weights, machine.weights)
    states = torch.rand(2, 6)
    expected = states
    for machine in layers.all:
        expected = torch.sigmoid(expected @ machine.weights + machine.hidden_bias)
    assert torch.allclose(layers.up(states, 3), expected)
    for machine in reversed(layers.all):
        expected = torch.sigmoid(expected @ machine.weights.T + machine.visible_bias)
    assert torch.allclose(layers.fall(layers.up(states, 3), 3).sigmoid(), expected)


def test_labels_are_one_hot_beside_the_states() -> None:
    found = with_labels(torch.zeros(3, 2), torch.tensor([1, 0, -1]), 2)
    assert found.tolist() == [[0, 0, 0, 1], [0, 0, 1, 0], [0, 0, 0, 0]]


def test_class_scores_are_free_energies_of_the_memory() -> None:
    model = fg.DBN(**SMALL, fine_tune="generative").fit(X[:200], Y[:200])
    network, examples = model.network_, model.task_.encode(model._dataset(X[:5], None, new=True),
                                                            with_target=False)  # fmt: skip
    with torch.no_grad():
        layers = network.stack
        seen = layers.up(layers.visible.checked(examples.x), 1)
        energies = [
            layers.all[-1].free_energy(with_labels(seen, torch.full((5,), label), 10))
            for label in range(10)
        ]
        expected = torch.stack(energies, 1).neg().log_softmax(1)  # p(label | all else)
        assert torch.allclose(network(examples.x).log_softmax(1), expected, atol=1e-3)


def test_up_down_raises_the_likelihood_of_what_it_sees() -> None:
    layers = stack(6, 6, labels=2)
    layers.unroll()
    torch.manual_seed(1)
    y = torch.arange(40) % 2
    states = torch.stack([1.0 - y, 1.0 - y, 1.0 - y, y, y, y], dim=1).float()
    for _ in range(1500):
        up_down(layers, states, y, Rule(steps=1), 0.1)
    top = layers.all[-1]
    seen = layers.up(states, 1)
    right = top.free_energy(with_labels(seen, y, 2))
    wrong = top.free_energy(with_labels(seen, 1 - y, 2))
    assert bool((right < wrong).all())
    assert bool(((layers.natural(0, seen).sigmoid() > 0.5) == (states > 0.5)).all())


@pytest.mark.parametrize(("fine_tune", "least"), [("discriminative", 0.85), ("generative", 0.8)])
def test_it_learns_digits(fine_tune: str, least: float) -> None:
    model = fg.DBN(hidden=(100, 100), pretrain_epochs=8, epochs=8, fine_tune=fine_tune)
    assert model.fit(X[:1400], Y[:1400]).evaluate(X[1400:], Y[1400:])["accuracy"] > least


def test_it_dreams_of_the_class_that_is_asked_for() -> None:
    y = np.arange(300) % 2
    x = np.where(np.arange(8)[None] // 4 == y[:, None], 1.0, 0.0)
    model = fg.DBN(hidden=(16, 16), pretrain_epochs=30, epochs=5, validation=0, task="generation")
    model.fit(x, np.where(y, "right", "left"))
    right = model.sample(50, label="right")
    assert right[:, 4:].mean() > 0.8 and right[:, :4].mean() < 0.2
    assert model.sample(50, label="left")[:, :4].mean() > 0.8


def test_layers_learnt_without_labels_help_where_labels_are_few(tmp_path: Path) -> None:
    first = fg.DBN(hidden=(64, 64), pretrain_epochs=10, fine_tune="none", task="representation")
    folder = first.fit(X[:1400]).save(tmp_path / "layers")
    few = {"hidden": (64, 64), "epochs": 30, "validation": 0, "lr": 0.05}
    scores = []
    for start in ({"pretrained": str(folder)}, {"pretrain_epochs": 0}):
        model = fg.DBN(**few, **start).fit(X[:100], Y[:100])
        scores.append(model.evaluate(X[1400:], Y[1400:])["accuracy"])
    assert scores[0] > scores[1] + 0.05
    back = fg.load(model.save(tmp_path / "classifier"))
    assert np.array_equal(back.predict(X[:9]), model.predict(X[:9]))
    with pytest.raises(UsageError, match="layers do not fit"):
        fg.DBN(hidden=(64, 32), pretrained=str(folder)).fit(X[:100], Y[:100])


def test_the_deep_autoencoder_beats_principal_components() -> None:
    from sklearn.decomposition import PCA

    flat = X.reshape(len(X), -1)
    plane = PCA(6).fit(flat[:1400])
    missed = flat[1400:] - plane.inverse_transform(plane.transform(flat[1400:]))
    model = fg.DeepAutoencoder(hidden=(64, 32), code=6, pretrain_epochs=8, epochs=12, validation=0)
    given = model.fit(X[:1400]).reconstruct(X[1400:])
    assert np.square(given - X[1400:]).mean() < 0.9 * np.square(missed).mean()
    assert model.encode(X[:3]).shape == (3, 6)
    assert np.allclose(model.decode(model.encode(X[:3])), model.reconstruct(X[:3]), atol=1e-3)


def test_codes_have_the_usual_width() -> None:
    quick: dict[str, Any] = {"epochs": 1, "validation": 0}
    assert fg.RBM(**quick).fit(X[:50]).encode(X[:2]).shape == (2, 16)  # a quarter of 64
    assert fg.RBM(**quick, task="outliers").fit(X[:50]).encode(X[:2]).shape == (2, 256)
    layers = {**quick, "pretrain_epochs": 1}
    assert fg.DeepAutoencoder(**layers, hidden=(8,)).fit(X[:50]).encode(X[:2]).shape == (2, 16)
    assert fg.DBN(**layers, task="representation").fit(X[:50]).encode(X[:2]).shape == (2, 16)


def test_the_deep_autoencoder_is_surprised_by_noise() -> None:
    model = fg.DeepAutoencoder(**SMALL).fit(X[:400])
    noise = np.random.default_rng(0).permuted(X[:100].reshape(100, -1), axis=0).reshape(-1, 1, 8, 8)
    assert np.median(model.score_samples(X[:100])) > np.median(model.score_samples(noise))
