"""The networks that translate pictures: published layers, sizes, fields of view, and the pool."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from fieldguide.algorithms.adversarial._patches import PATCHES, PatchDiscriminator, patch_for
from fieldguide.algorithms.adversarial._pool import PicturePool
from fieldguide.algorithms.adversarial._residual import (
    ResidualGenerator,
    blocks_for,
    maps_for,
)
from fieldguide.algorithms.adversarial._unet import UNetGenerator, depth_for
from fieldguide.errors import UsageError


@pytest.mark.parametrize("size", [(32, 32), (28, 28), (8, 8), (9, 30), (45, 33)])
def test_a_unet_keeps_the_size(size: tuple[int, int]) -> None:
    net = UNetGenerator(channels=3, made=1, maps=4, depth=depth_for(*size))
    made = net(torch.randn(2, 3, *size))
    assert made.shape == (2, 1, *size) and made.abs().max() <= 1


def test_at_256_pixels_the_unets_layers_are_the_published_ones() -> None:
    thin = 16  # published with 64 maps in the first layer
    net = UNetGenerator(channels=3, made=3, maps=64 // thin, depth=depth_for(256, 256))
    down = [layer for layer in net.down.modules() if isinstance(layer, nn.Conv2d)]
    published = [64, 128, 256, 512, 512, 512, 512, 512]
    assert [layer.out_channels * thin for layer in down] == published
    up = [layer for layer in reversed(net.up) if isinstance(layer, nn.Sequential)]
    published = [512, 1024, 1024, 1024, 1024, 512, 256, 128]
    assert [layer[1].in_channels * thin for layer in up] == published
    noisy = [any(isinstance(m, nn.Dropout) for m in layer) for layer in up]
    assert noisy == [True] * 3 + [False] * 5


def test_every_skip_is_used() -> None:
    net = UNetGenerator(channels=1, made=1, maps=4, depth=3, dropout=0.0).eval()
    picture = torch.randn(1, 1, 16, 16)
    whole = net(picture)
    for layer in net.down[:-1]:  # what a layer further down gets is cut off, its skip is not
        kept = [weight.clone() for weight in layer.parameters()]
        for weight in layer.parameters():
            nn.init.zeros_(weight)
        assert not torch.allclose(net(picture), whole)
        for weight, former in zip(layer.parameters(), kept, strict=True):
            weight.data.copy_(former)
    assert torch.equal(net(picture), whole)


@pytest.mark.parametrize("patch", PATCHES)
def test_a_score_sees_a_patch_and_no_more(patch: int) -> None:
    net = PatchDiscriminator(channels=1, maps=2, patch=patch)
    for layer in net.modules():  # normalisation sees the whole picture; the convolutions do not
        if isinstance(layer, nn.InstanceNorm2d):
            layer.forward = lambda x: x  # type: ignore[method-assign]
        if isinstance(layer, nn.Conv2d):
            nn.init.constant_(layer.weight, 0.1)
    picture = torch.ones(1, 1, 160, 160, requires_grad=True)
    scores = net(picture)
    rows, columns = scores.shape[2:]
    scores[0, 0, rows // 2, columns // 2].backward()
    assert picture.grad is not None
    seen = picture.grad[0, 0].nonzero()
    assert (seen.max(dim=0).values - seen.min(dim=0).values + 1).tolist() == [patch, patch]


def test_at_256_pixels_the_discriminators_layers_are_the_published_ones() -> None:
    with torch.device("meta"):
        net = PatchDiscriminator(channels=6, maps=64, patch=70)
        assert net(torch.zeros(1, 6, 256, 256)).shape == (1, 1, 30, 30)
    layers = [layer for layer in net.modules() if isinstance(layer, nn.Conv2d)]
    assert [layer.out_channels for layer in layers] == [64, 128, 256, 512, 1]
    assert 2.7e6 < sum(weight.numel() for weight in net.parameters()) < 2.8e6


@pytest.mark.parametrize("side", range(8, 80, 3))
def test_there_is_a_patch_for_every_picture(side: int) -> None:
    net = PatchDiscriminator(channels=1, maps=2, patch=patch_for(side))
    assert net(torch.randn(2, 1, side, side)).isfinite().all()


def test_a_patch_that_is_too_large_is_refused() -> None:
    assert patch_for(24, 70) == 70
    with pytest.raises(UsageError, match=r"patch=70: pictures of 23 pixels.*at least 24"):
        patch_for(23, 70)


@pytest.mark.parametrize("size", [(8, 8), (28, 28), (30, 45)])
def test_a_residual_generator_keeps_the_size(size: tuple[int, int]) -> None:
    net = ResidualGenerator(channels=3, maps=4, blocks=2)
    made = net(torch.randn(2, 3, *size))
    assert made.shape == (2, 3, *size) and made.abs().max() <= 1


def test_the_residual_generator_is_the_published_one() -> None:
    with torch.device("meta"):
        net = ResidualGenerator(channels=3, maps=maps_for(256, 256), blocks=blocks_for(256, 256))
    assert 11.3e6 < sum(weight.numel() for weight in net.parameters()) < 11.4e6  # 11.38 million
    kinds = [type(m).__name__ for m in net.layers]
    assert kinds.count("ResidualBlock") == 9 and kinds.count("ConvTranspose2d") == 2
    assert (blocks_for(128, 200), maps_for(127, 200)) == (6, 32)


def test_the_pool_fills_up_and_then_gives_back_about_half() -> None:
    torch.manual_seed(0)
    pool = PicturePool(10, (1, 1, 1))
    first = torch.arange(10.0).view(10, 1, 1, 1)
    assert torch.equal(pool.exchange(first), first)  # as long as there is room
    assert sorted(pool.kept.flatten().tolist()) == list(range(10))
    new = torch.arange(100.0, 1100.0).view(-1, 1, 1, 1)
    given = pool.exchange(new)
    old = int((given != new).sum())
    assert 400 < old < 600
    everything = torch.cat([first, new]).flatten().tolist()
    held = [*given.flatten().tolist(), *pool.kept.flatten().tolist()]
    assert sorted(held) == sorted(everything)  # nothing is lost, nothing comes twice
    assert torch.equal(PicturePool(0, (1, 1, 1)).exchange(new), new)


def test_the_pool_is_saved_with_the_network() -> None:
    pool, other = PicturePool(4, (1, 2, 2)), PicturePool(4, (1, 2, 2))
    pool.exchange(torch.rand(3, 1, 2, 2))
    other.load_state_dict(pool.state_dict())
    assert int(other.filled) == 3 and torch.equal(other.kept, pool.kept)
