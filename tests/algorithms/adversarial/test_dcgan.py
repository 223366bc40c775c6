"""Convolutions in contest: shapes, layout, published layers, and a toy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import fieldguide as fg
from fieldguide.algorithms.adversarial._convolutions import (
    PictureDiscriminator,
    PictureGenerator,
)
from fieldguide.engine.hardware import choose_layout, pays_in_bf16
from fieldguide.errors import UsageError


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (3, 8, 8), (1, 9, 30), (2, 45, 33)])
def test_pictures_of_any_size(shape: tuple[int, int, int]) -> None:
    channels, height, width = shape
    make = PictureGenerator(latent=7, channels=channels, height=height, width=width, maps=4)
    judge = PictureDiscriminator(channels=channels, height=height, width=width, maps=4)
    pictures = make(torch.randn(3, 7))
    assert pictures.shape == (3, *shape) and pictures.abs().max() <= 1
    assert judge(pictures).shape == (3,)


def test_at_64_pixels_the_layers_are_the_published_ones() -> None:
    make = PictureGenerator(latent=100, channels=3, height=64, width=64, maps=128)
    judge = PictureDiscriminator(channels=3, height=64, width=64, maps=128)
    up = [m for m in make.modules() if isinstance(m, nn.ConvTranspose2d)]
    assert make.base == (4, 4) and make.project.out_features == 1024 * 16
    assert [(m.in_channels, m.out_channels) for m in up] == [
        (1024, 512), (512, 256), (256, 128), (128, 3),
    ]  # fmt: skip
    down = [m for m in judge.modules() if isinstance(m, nn.Conv2d)]
    assert [m.out_channels for m in down] == [128, 256, 512, 1024]
    norms = sum(isinstance(m, nn.BatchNorm2d) for m in make.modules())
    assert norms == 4 and sum(isinstance(m, nn.BatchNorm2d) for m in judge.modules()) == 3
    drawn = torch.cat([m.weight.flatten() for m in (*up, *down)])
    assert drawn.std().item() == pytest.approx(0.02, rel=0.01)


def test_bf16_pays_where_a_processor_has_it_and_layout_stays() -> None:
    make = PictureGenerator(latent=100, channels=1, height=28, width=28, maps=64)
    judge = PictureDiscriminator(channels=1, height=28, width=28, maps=64)
    both = choose_layout(nn.ModuleList([make, judge]))
    assert pays_in_bf16(both)
    pictures = make(torch.randn(4, 100))
    assert make.layers[:-1](
        make.project(torch.randn(4, 100)).unflatten(1, (4, 4, -1)).permute(0, 3, 1, 2)
    ).is_contiguous(memory_format=torch.channels_last)
    assert judge.layers(pictures).is_contiguous(memory_format=torch.channels_last)


def test_a_norm_of_another_name_is_refused() -> None:
    with pytest.raises(UsageError, match="norm='group'"):
        PictureDiscriminator(channels=1, height=8, width=8, maps=4, norm="group")


def bars(count: int) -> np.ndarray:
    """Pictures with a bright bar at the top, or at the bottom."""
    chance = np.random.default_rng(0)
    pictures = chance.integers(0, 30, (count, 1, 8, 8))
    for number, picture in enumerate(pictures):
        rows = slice(0, 3) if number % 2 else slice(5, 8)
        picture[:, rows] += 200
    return pictures.astype(np.uint8)


def test_it_learns_two_kinds_of_bars() -> None:
    model = fg.DCGAN(epochs=25, maps=8, latent=8, batch_size=32, lr=2e-3, validation=0)
    made = model.fit(bars(300)).sample(100).astype(float)
    assert made.shape == (100, 1, 8, 8)
    tops, bottoms = made[:, 0, :3].mean(axis=(1, 2)), made[:, 0, 5:].mean(axis=(1, 2))
    clear = np.abs(tops - bottoms) > 100
    assert clear.mean() > 0.6
    assert 0.1 < (tops > bottoms)[clear].mean() < 0.9
