"""The discriminator that judges patches of a picture, each on its own (Isola et al. 2017)."""

from __future__ import annotations

from torch import Tensor, nn

from fieldguide.algorithms.adversarial._convolutions import LEAK, WIDEST, initialise
from fieldguide.errors import UsageError

PATCHES = {16: 1, 34: 2, 70: 3}  # pixels on a side that a score depends on, by strided layers
LEFT = 3  # pixels that the strided layers must leave for the two layers after them


class PatchDiscriminator(nn.Module):
    """Scores every patch of a picture: convolutions alone, so that no score sees all of it.

    C64-C128-C256-C512 for patches of 70 pixels, as published: 4x4 kernels, all but the last of
    them and the scores with stride 2; instance normalisation everywhere but in the first layer.

    Args:
        channels: Of the picture, and of what it is judged together with.
        maps: Of the first layer; twice as many in each layer after it, up to 8 times.
        patch: 16, 34 or 70 pixels.
    """

    def __init__(self, *, channels: int, maps: int, patch: int):
        super().__init__()
        sizes = [maps * min(2**level, WIDEST) for level in range(PATCHES[patch] + 1)]
        layers: list[nn.Module] = [nn.Conv2d(channels, sizes[0], 4, 2, 1), nn.LeakyReLU(LEAK)]
        for level in range(1, len(sizes)):
            stride = 1 if level == len(sizes) - 1 else 2
            layers += [
                nn.Conv2d(sizes[level - 1], sizes[level], 4, stride, 1),
                nn.InstanceNorm2d(sizes[level], affine=True),
                nn.LeakyReLU(LEAK),
            ]
        self.layers = nn.Sequential(*layers, nn.Conv2d(sizes[-1], 1, 4, 1, 1))
        self.apply(initialise)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return scores (B, 1, rows, columns) of pictures (B, channels, height, width)."""
        scores: Tensor = self.layers(pictures)
        return scores


def patch_for(side: int, asked: int = 0) -> int:
    """Return the largest patch that fits into a picture, or the one asked for.

    Args:
        side: Pixels on the shorter side of the picture.
        asked: 16, 34 or 70; 0 to choose.

    Raises:
        UsageError: The picture is too small for the patch.

    Example:
        >>> patch_for(256), patch_for(64), patch_for(28), patch_for(28, 34)
        (70, 34, 16, 34)
    """
    if not asked:
        return max((patch for patch in PATCHES if patch <= side), default=min(PATCHES))
    if side < LEFT * 2 ** PATCHES[asked]:
        raise UsageError(
            f"patch={asked}: pictures of {side} pixels on the shorter side leave it nothing to "
            f"judge. Use patch=0 for the largest that fits, or pictures of at least "
            f"{LEFT * 2 ** PATCHES[asked]} pixels."
        )
    return asked
