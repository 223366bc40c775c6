"""Turns, notes, films and bad input: what all adversarial networks share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import fieldguide as fg
from fieldguide.algorithms.adversarial._bounds import Bounds
from fieldguide.algorithms.adversarial._notes import notes
from fieldguide.data import Batch, Examples
from fieldguide.errors import DataError, TaskMismatch
from tests import toys

KINDS = [fg.GAN, fg.ConditionalGAN, fg.WGANGP]


def fitted(kind: type[fg.Estimator], **more: object) -> fg.Estimator:
    return kind(epochs=0, validation=0, **more).fit(toys.array("generation"))


def weights(module: torch.nn.Module) -> list[torch.Tensor]:
    return [weight.detach().clone() for weight in module.parameters()]


@pytest.mark.parametrize("kind", [*KINDS, fg.TabularGAN])
def test_each_optimizer_steps_its_own_network_only(kind: type[fg.Estimator]) -> None:
    model = kind(epochs=1, validation=0, seed=1)
    seen: list[tuple[str, bool, bool]] = []
    original = type(model).descend

    def watched(self: fg.Estimator, name: str, loss: torch.Tensor) -> None:
        net = self.network_
        before = weights(net.generator), weights(net.discriminator)
        original(self, name, loss)
        after = weights(net.generator), weights(net.discriminator)
        moved = [
            any(not torch.equal(a, b) for a, b in zip(was, now, strict=True))
            for was, now in zip(before, after, strict=True)
        ]
        seen.append((name, *moved))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(model), "descend", watched)
        model.set_params(batch_size=20).fit(toys.array("generation", 200))
    assert {entry for entry in seen if entry[0] == "discriminator"} == {
        ("discriminator", False, True)
    }
    assert {entry for entry in seen if entry[0] == "generator"} == {("generator", True, False)}
    expected = 2 if kind is fg.WGANGP else 10
    assert sum(name == "generator" for name, *_ in seen) == expected


def test_samples_depend_on_the_seed_alone() -> None:
    model = fitted(fg.GAN)
    torch.manual_seed(1)
    one = model.sample(5, seed=3)
    torch.manual_seed(2)
    assert np.array_equal(one, model.sample(5, seed=3))
    assert not np.array_equal(one, model.sample(5, seed=4))
    noise = np.random.default_rng(0).normal(size=(4, model.latent))
    assert model.decode(noise).shape == (4, 4)


def test_bounds_bring_pictures_into_tanhs_range_and_back() -> None:
    pictures = torch.randn(9, 2, 3, 4) * 5
    pictures[:, 1] = 7.0
    bounds = Bounds(2)
    bounds.learn(Examples(pictures))
    inside = bounds.inward(pictures)
    assert inside[:, 0].amin() == pytest.approx(-1) and inside[:, 0].amax() == pytest.approx(1)
    assert (inside[:, 1] == -1).all(), "a channel that is always the same"
    assert torch.allclose(bounds.outward(inside), pictures, atol=1e-5)


def test_a_film_keeps_the_same_noise_epoch_by_epoch(tmp_path: Path) -> None:
    data = toys.array("generation")
    model = fg.GAN(epochs=3, film=5, validation=0).fit(data)
    film = model.network_.film
    assert film.shown.shape == (4, 5, 4)
    last = model.from_codes(film.noise)
    assert torch.allclose(film.shown[-1], last, atol=2e-3)
    assert not torch.allclose(film.shown[0], film.shown[1])
    back = fg.load(model.save(tmp_path / "model"))
    assert torch.equal(back.network_.film.shown, film.shown)


def test_filming_changes_nothing() -> None:
    data = toys.array("generation")
    one, other = (fg.GAN(epochs=2, film=f, validation=0).fit(data) for f in (0, 3))
    assert np.array_equal(one.sample(4), other.sample(4))


@pytest.mark.parametrize("kind", [fg.WGANGP, fg.ConditionalGAN])
def test_film_and_turns_survive_a_stop_in_the_middle(
    kind: type[fg.Estimator], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIELDGUIDE_CHECKPOINT_EVERY", "0")
    data, given = toys.array("generation"), {"epochs": 4, "film": 3, "batch_size": 8}
    whole = kind(**given, validation=0).fit(data)
    count, step = 0, kind.step

    def stopping(self: fg.Estimator, batch: Batch) -> object:
        nonlocal count
        count += 1
        if count == 20:
            raise RuntimeError("stopped")
        return step(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr(kind, "step", stopping)
        with pytest.raises(RuntimeError, match="stopped"):
            kind(**given, validation=0).fit(data, run=tmp_path / "run")
    resumed = kind(**given, validation=0).fit(data, run=tmp_path / "run", resume=True)
    for name, value in whole.network_.state_dict().items():
        assert torch.equal(value, resumed.network_.state_dict()[name]), name
    assert resumed.network_.film.shown.shape == (5, 3, 4)


def test_one_example_and_constant_pictures_are_answered() -> None:
    with pytest.raises(DataError, match=r"one example.*a hundred"):
        fg.GAN().fit(np.ones((1, 3)))
    same = np.full((20, 1, 16, 16), 7, dtype=np.uint8)
    with pytest.raises(DataError, match=r"nothing to learn but that one|no column can inform"):
        fg.DCGAN(epochs=1).fit(same)
    with pytest.raises(TaskMismatch, match="at least 8 pixels"):
        fg.DCGAN(epochs=1).fit(np.random.default_rng(0).random((20, 1, 7, 20)))


def test_no_classes_is_answered() -> None:
    with pytest.raises(TaskMismatch, match=r"no classes.*target"):
        fg.ConditionalGAN().fit(np.random.default_rng(0).normal(size=(30, 2)))


def records(**figures: float) -> list[dict[str, float]]:
    return [{"discriminator": 1.3, "generator": 0.8, "diversity": 1.0, **figures}] * 10


def test_a_good_contest_has_no_notes() -> None:
    assert notes(records(), {"a": 1.0, "b": 0.5}, critic=False) == []
    assert notes(records(), {}, 0.9, critic=False) == [] == notes([], {}, critic=False)


def test_what_went_wrong_is_said_with_advice() -> None:
    (won,) = notes(records(discriminator=0.01, generator=7.0), {}, critic=False)
    assert "has won" in won and "WGANGP" in won
    assert notes(records(discriminator=-3.0, generator=7.0), {}, critic=True) == []
    (alike,) = notes(records(diversity=0.1), {}, critic=False)
    assert "collapsed" in alike and "10 %" in alike
    (uncovered,) = notes(records(), {}, 0.4, critic=False)
    assert "60 % of the training examples" in uncovered
    (missing,) = notes(records(), {"cat": 0.0, "dog": 1.0, "never there": -1.0}, critic=False)
    assert "1 of 3 classes" in missing and "cat" in missing and "never" not in missing


def test_a_collapsed_generator_is_noticed() -> None:
    x = np.concatenate([np.zeros((50, 2)), np.full((50, 2), 9.0)])
    x += np.random.default_rng(0).normal(size=x.shape) * 0.1
    model = fg.GAN(epochs=1, lr=0.0, validation=0).fit(x, np.repeat(["low", "high"], 50))
    assert any("collapsed" in note for note in model.notes_)
    with torch.no_grad():  # a generator that makes one class only
        last = model.network_.generator.layers[-1]
        last.weight.zero_()
        last.bias.copy_(torch.tensor([-1.0, -1.0]))
    model._look_at_samples(model.task_.encode(toys_of(x)))
    assert any("high" in note and "1 of 2 classes" in note for note in model.notes_)


def toys_of(x: np.ndarray) -> fg.Dataset:
    from fieldguide.data import as_dataset

    return as_dataset(x, np.repeat(["low", "high"], 50))


def test_the_generators_turn_comes_every_so_many_steps() -> None:
    model = fg.GAN(epochs=1, batch_size=10, discriminator_steps=3, validation=0)
    model.fit(toys.array("generation", 70))
    assert int(model.network_.turns) == 7
    batch = Batch(torch.randn(10, 4), None, torch.arange(10))
    assert model.real(batch).shape == (10, 4)
