"""The convolutional generator and discriminator of pictures, of any size."""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor, nn

from fieldguide.errors import UsageError

BASE = 4  # pixels on the shorter side of the grid that a picture grows from, about
WIDEST = 8  # times the narrowest layer: maps double from layer to layer up to this
LEAK = 0.2
NORMS = ("batch", "layer", "none")


def doublings(height: int, width: int) -> int:
    """Return how often the grid doubles on the way to a picture.

    Example:
        >>> doublings(28, 28), doublings(64, 64), doublings(9, 30)
        (3, 4, 1)
    """
    return max(1, round(math.log2(min(height, width) / BASE)))


class PictureGenerator(nn.Module):
    """Grows a picture from noise by fractionally-strided convolutions (Radford et al. 2016).

    The grid starts at about 4 pixels and doubles until it covers the picture, whose margin is then
    cut off: 28x28 is the middle of 32x32, which grew from 4x4.

    Args:
        latent: Numbers of noise.
        channels: Of a picture.
        height: Pixels.
        width: Pixels.
        maps: Of the layer before the picture; twice as many in each layer before, up to 8 times.
    """

    def __init__(self, *, latent: int, channels: int, height: int, width: int, maps: int):
        super().__init__()
        times = doublings(height, width)
        self.height, self.width = height, width
        self.base = (-(-height // 2**times), -(-width // 2**times))
        sizes = [maps * min(2**level, WIDEST) for level in reversed(range(times))]
        self.project = nn.Linear(latent, sizes[0] * math.prod(self.base), bias=False)
        layers: list[nn.Module] = [nn.BatchNorm2d(sizes[0]), nn.ReLU(inplace=True)]
        for before, after in itertools.pairwise(sizes):
            layers += [
                nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(inplace=True),
            ]
        self.layers = nn.Sequential(*layers, nn.ConvTranspose2d(sizes[-1], channels, 4, 2, 1))
        self.apply(initialise)

    def forward(self, noise: Tensor, y: Tensor | None = None) -> Tensor:
        """Return pictures (B, channels, height, width) in -1 to 1; classes are ignored."""
        grid = self.project(noise).unflatten(1, (*self.base, -1)).permute(0, 3, 1, 2)
        pictures: Tensor = self.layers(grid)
        top, left = (
            (pictures.shape[2] - self.height) // 2,
            (pictures.shape[3] - self.width) // 2,
        )
        part = pictures[:, :, top : top + self.height, left : left + self.width]
        return torch.tanh(part)


class PictureDiscriminator(nn.Module):
    """Shrinks a picture to one score by strided convolutions (Radford et al. 2016).

    Args:
        channels: Of a picture.
        height: Pixels.
        width: Pixels.
        maps: Of the first layer; twice as many in each layer after it, up to 8 times.
        norm: "batch" as published; "layer" for a critic, whose gradient is wanted for each example
            alone; "none".
    """

    def __init__(self, *, channels: int, height: int, width: int, maps: int, norm: str = "batch"):
        super().__init__()
        if norm not in NORMS:
            raise UsageError(f"norm={norm!r}: expected one of {NORMS}.")
        times = doublings(height, width)
        sizes = [maps * min(2**level, WIDEST) for level in range(times)]
        layers: list[nn.Module] = [
            nn.Conv2d(channels, sizes[0], 4, 2, 1),
            nn.LeakyReLU(LEAK, inplace=True),
        ]
        for before, after in itertools.pairwise(sizes):
            layers += [
                nn.Conv2d(before, after, 4, 2, 1, bias=norm == "none"),
                *_normalisation(norm, after),
                nn.LeakyReLU(LEAK, inplace=True),
            ]
        self.layers = nn.Sequential(*layers)
        left = (height // 2**times) * (width // 2**times)
        self.score = nn.Linear(sizes[-1] * left, 1)
        self.apply(initialise)

    def forward(self, pictures: Tensor, y: Tensor | None = None) -> Tensor:
        """Return scores (B,); classes are ignored."""
        maps = self.layers(pictures)
        scores: Tensor = self.score(maps.permute(0, 2, 3, 1).flatten(1)).squeeze(1)
        return scores


def initialise(module: nn.Module) -> None:
    """Draw weights from N(0, 0.02²), and the scales of normalisations from N(1, 0.02²)."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.normal_(module.weight, 0.0, 0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.BatchNorm2d | nn.GroupNorm):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)


def _normalisation(norm: str, maps: int) -> list[nn.Module]:
    if norm == "none":
        return []
    return [nn.BatchNorm2d(maps) if norm == "batch" else nn.GroupNorm(1, maps)]
