"""A generator that changes a picture by residual blocks on a quarter of its size."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fieldguide.algorithms.adversarial._convolutions import initialise
from fieldguide.nn.resize import cut, padded

HALVINGS = 2
WIDE, WIDE_FROM = 64, 128  # maps, from so many pixels on
LARGE, MANY, FEW = 256, 9, 6  # residual blocks from so many pixels on, and below (Zhu et al. 2017)


def blocks_for(height: int, width: int) -> int:
    """Return how many residual blocks a generator has: 9 from 256 pixels on, else 6."""
    return MANY if min(height, width) >= LARGE else FEW


def maps_for(height: int, width: int) -> int:
    """Return the maps of the first layers: 64 as published, and half of them below 128 pixels."""
    return WIDE if min(height, width) >= WIDE_FROM else WIDE // 2


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions, whose result is added to what came in."""

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(maps, maps, 3),
            nn.InstanceNorm2d(maps),
            nn.ReLU(),
            nn.ReflectionPad2d(1),
            nn.Conv2d(maps, maps, 3),
            nn.InstanceNorm2d(maps),
        )

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of the same shape."""
        changed: Tensor = self.layers(maps)
        return maps + changed


class ResidualGenerator(nn.Module):
    """c7s1-64, d128, d256, R256 …, u128, u64, c7s1-3 of Zhu et al. (2017), after Johnson et al.

    Args:
        channels: Of the pictures, those that come in and those that come out.
        maps: Of the first layer; twice and four times as many further in.
        blocks: Residual blocks.
    """

    def __init__(self, *, channels: int, maps: int, blocks: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [
            nn.ReflectionPad2d(3),
            nn.Conv2d(channels, maps, 7),
            nn.InstanceNorm2d(maps),
            nn.ReLU(),
        ]
        for level in range(HALVINGS):
            wide = maps * 2**level
            layers += [
                nn.Conv2d(wide, 2 * wide, 3, 2, 1),
                nn.InstanceNorm2d(2 * wide),
                nn.ReLU(),
            ]
        layers += [ResidualBlock(maps * 2**HALVINGS) for _ in range(blocks)]
        for level in reversed(range(HALVINGS)):
            wide = maps * 2**level
            layers += [
                nn.ConvTranspose2d(2 * wide, wide, 3, 2, 1, output_padding=1),
                nn.InstanceNorm2d(wide),
                nn.ReLU(),
            ]
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(maps, channels, 7)]
        self.layers = nn.Sequential(*layers)
        self.apply(initialise)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return pictures of the same shape in -1 to 1."""
        larger, corner = padded(pictures, 2**HALVINGS)
        return torch.tanh(cut(self.layers(larger), corner, pictures.shape[2:]))
