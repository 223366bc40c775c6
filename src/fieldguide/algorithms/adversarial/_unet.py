"""A generator that shrinks a picture and grows another, with skips between equals."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from fieldguide.algorithms.adversarial._convolutions import LEAK, WIDEST, initialise
from fieldguide.nn.resize import cut, padded

DEEPEST = 8  # layers down, as published for 256x256: to a single pixel
NOISY, FINE = 3, 2  # growing layers with dropout, from the smallest on; layers never to have it


def depth_for(height: int, width: int) -> int:
    """Return how often a picture can be halved, at most 8 times.

    Example:
        >>> depth_for(256, 256), depth_for(28, 28), depth_for(600, 400)
        (8, 4, 8)
    """
    return max(1, min(DEEPEST, int(math.log2(min(height, width)))))


class UNetGenerator(nn.Module):
    """U-Net of Isola et al. (2017): C64-C128-C256-C512-… down, the mirror of it up.

    4x4 kernels with stride 2; instance normalisation (batch normalisation of one picture, as
    published) but in the first and the innermost layer; dropout in the three innermost of those
    that grow. Sides that do not halve so often are padded by repeating their edges, and cut.

    Args:
        channels: Of the pictures that come in.
        made: Channels of those that come out.
        maps: Of the first layer; twice as many in each layer after it, up to 8 times.
        depth: Layers down, 1 or more.
        dropout: Chance that a map's value rests in training.
    """

    def __init__(
        self, *, channels: int, made: int, maps: int, depth: int, dropout: float = 0.5
    ) -> None:
        super().__init__()
        sizes = [maps * min(2**level, WIDEST) for level in range(depth)]
        self.depth = depth
        self.down = nn.ModuleList(
            _down(sizes[level - 1] if level else channels, sizes[level], level, depth)
            for level in range(depth)
        )
        self.up = nn.ModuleList(
            _up(
                sizes[level] * (1 if level == depth - 1 else 2),
                sizes[level - 1] if level else made,
                norm=level > 0,
                dropout=dropout if level >= max(FINE, depth - NOISY) else 0.0,
            )
            for level in range(depth)
        )
        self.apply(initialise)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return pictures (B, made, height, width) in -1 to 1."""
        maps, corner = padded(pictures, 2**self.depth)
        skips: list[Tensor] = []
        for layer in self.down:
            maps = layer(maps)
            skips.append(maps)
        for level in reversed(range(self.depth)):
            if level < self.depth - 1:
                maps = torch.cat([maps, skips[level]], dim=1)
            maps = self.up[level](maps)
        return torch.tanh(cut(maps, corner, pictures.shape[2:]))


def _down(before: int, after: int, level: int, depth: int) -> nn.Sequential:
    layers: list[nn.Module] = [nn.LeakyReLU(LEAK)] if level else []
    layers.append(nn.Conv2d(before, after, 4, 2, 1))
    if 0 < level < depth - 1:
        layers.append(nn.InstanceNorm2d(after, affine=True))
    return nn.Sequential(*layers)


def _up(before: int, after: int, *, norm: bool, dropout: float) -> nn.Sequential:
    layers: list[nn.Module] = [nn.ReLU(), nn.ConvTranspose2d(before, after, 4, 2, 1)]
    if norm:
        layers.append(nn.InstanceNorm2d(after, affine=True))
    if dropout:
        layers.append(nn.Dropout(dropout))
    return nn.Sequential(*layers)
