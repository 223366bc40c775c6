"""A critic of slope 1: it learns a ring of eight Gaussians and drops none."""

from __future__ import annotations

import numpy as np
import torch
from rings import nearest, ring

import fieldguide as fg
from fieldguide.algorithms.adversarial._convolutions import PictureDiscriminator
from fieldguide.metrics.generation import mode_coverage
from tests import toys


def test_it_covers_all_eight_gaussians() -> None:
    x, which = ring(2000)
    model = fg.WGANGP(
        epochs=60, lr=2e-3, momentum=0.5, penalty=1.0, hidden=(64, 64), latent=8,
        batch_size=128, validation=0,
    ).fit(x)  # fmt: skip
    found = nearest(model.sample(1000), within=0.6)
    assert (found >= 0).mean() > 0.5
    assert mode_coverage(which, found[found >= 0], least=0.3).covered == 8
    assert model.evaluate(x)["frechet_distance"] < 0.1
    assert not any("won" in note for note in model.notes_)


def test_the_critic_sees_each_example_alone() -> None:
    torch.manual_seed(0)
    critic = PictureDiscriminator(channels=1, height=16, width=16, maps=4, norm="layer").train()
    pictures = torch.randn(6, 1, 16, 16)
    together = critic(pictures)
    alone = torch.cat([critic(picture[None]) for picture in pictures])
    assert torch.allclose(together, alone, atol=1e-5)


def test_small_pictures_get_perceptrons_and_larger_ones_convolutions() -> None:
    small = fg.WGANGP(epochs=1, hidden=(8,), validation=0).fit(
        np.random.default_rng(0).integers(0, 255, (40, 1, 5, 5)).astype(np.uint8)
    )
    assert small.sample(2).shape == (2, 1, 5, 5)
    large = fg.WGANGP(epochs=1, maps=4, validation=0, batch_size=8).fit(toys.images("generation"))
    assert isinstance(large.network_.discriminator, PictureDiscriminator)
    assert large.sample(2).shape == (2, 3, 16, 16)
