"""pix2pix: its losses against their formulas, what it learns, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import fieldguide as fg
from fieldguide.data import as_dataset
from fieldguide.errors import TaskMismatch, UsageError
from tests import toys


def negatives(count: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of blobs, and their negatives."""
    chance = np.random.default_rng(0)
    rough = chance.integers(0, 256, (count, 1, 4, 4)).astype(np.uint8)
    smooth = np.kron(rough, np.ones((1, 1, 3, 3), dtype=np.uint8))
    return smooth, 255 - smooth


def test_losses_are_those_of_the_paper() -> None:
    x, y = negatives(8)
    model = fg.Pix2Pix(epochs=0, maps=4, dropout=0.0, validation=0.0, l1=100.0).fit(x, y)
    task, net = model.task_, model.network_
    (batch,) = task.encode(as_dataset(x, y)).whole()
    descended: dict[str, torch.Tensor] = {}
    model.descend = lambda name, loss: descended.__setitem__(name, loss)  # type: ignore[method-assign]
    found = model.step(batch)
    questions, truth = batch.x, torch.from_numpy(y).float() / 127.5 - 1
    answers = net.generator(questions)
    real = net.discriminator(torch.cat([questions, truth], dim=1))
    made = net.discriminator(torch.cat([questions, answers], dim=1))
    ones, zeros = torch.ones_like(real), torch.zeros_like(real)
    judged = 0.5 * (
        F.binary_cross_entropy_with_logits(real, ones)
        + F.binary_cross_entropy_with_logits(made, zeros)
    )
    fooled = F.binary_cross_entropy_with_logits(made, ones)
    distance = (answers - truth).abs().mean()
    assert descended["discriminator"].item() == pytest.approx(judged.item(), rel=1e-5)
    assert descended["generator"].item() == pytest.approx(
        (fooled + 100 * distance).item(), rel=1e-5
    )
    assert found["distance"].item() == pytest.approx(distance.item(), rel=1e-5)


def test_it_learns_negatives_and_improves_on_simple_answers() -> None:
    x, y = negatives()
    model = fg.Pix2Pix(epochs=30, maps=8, lr=2e-3, batch_size=16, seed=0).fit(x[:48], y[:48])
    own = model.evaluate(x[48:], y[48:])
    simple = fg.MeanPicture().fit(x[:48], y[:48]).evaluate(x[48:], y[48:])
    assert own["ssim"] > simple["ssim"] + 0.3 and own["mae"] < simple["mae"] / 2


def test_without_the_contest_there_is_no_discriminator() -> None:
    x, y = negatives(16)
    model = fg.Pix2Pix(epochs=1, maps=4, adversarial=0.0).fit(x, y)
    assert not list(model.network_.discriminator.parameters())
    assert set(model.history_[-1]) >= {"distance"} and "generator" not in model.history_[-1]


def test_dropout_is_noise_in_training_alone() -> None:
    x, y = negatives(16)
    model = fg.Pix2Pix(epochs=1, maps=4, dropout=0.5).fit(x, y)
    assert np.array_equal(model.predict(x), model.predict(x))
    model.network_.train()
    questions = torch.randn(2, 1, 12, 12)
    assert not torch.equal(model.network_(questions), model.network_(questions))


def test_both_of_a_pair_are_flipped_together() -> None:
    x, y = negatives(32)
    model = fg.Pix2Pix(epochs=0, maps=4, augment=("flip",)).fit(x, y)
    (batch,) = model.task_.encode(as_dataset(x, x)).whole()
    torch.manual_seed(0)
    questions, truths = model._pairs(batch)
    turned = (questions != batch.x).flatten(1).any(dim=1)
    assert 4 < int(turned.sum()) < 28
    plain = model.task_.wanted(batch.y)
    flipped = torch.where(turned[:, None, None, None], plain.flip(3), plain)
    assert torch.equal(truths, flipped)


def test_scikit_learn_takes_it_for_a_regressor_of_pictures() -> None:
    from sklearn.base import is_classifier, is_regressor

    assert is_regressor(fg.Pix2Pix()) and not is_classifier(fg.Pix2Pix())


def test_sizes_and_colours_of_their_own(tmp_path: Path) -> None:
    pairs = toys.pairs(16)
    model = fg.Pix2Pix(epochs=1, maps=4).fit(pairs)
    again = fg.load(model.save(tmp_path / "model"))
    assert again.predict(pairs).shape == (16, 1, 14, 14)
    assert np.array_equal(again.predict(pairs), model.predict(pairs))


def test_small_answers_and_large_patches_are_refused() -> None:
    x, y = negatives(8)
    with pytest.raises(TaskMismatch, match=r"at least 8 pixels.*6x6"):
        fg.Pix2Pix().fit(x, y[:, :, ::2, ::2])
    with pytest.raises(UsageError, match="patch=70"):
        fg.Pix2Pix(patch=70, maps=4).fit(x, y)


def test_without_pairs_it_says_what_is_missing() -> None:
    with pytest.raises(TaskMismatch, match="image_translation"):
        fg.Pix2Pix().fit(toys.images("classification", 20))
    with pytest.raises(UsageError, match="requires y"):
        fg.Pix2Pix().fit(negatives(8)[0])
