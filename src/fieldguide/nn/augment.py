"""Augmentation: every batch shows each training picture a little differently.

Padded crops and flips follow He et al. 2016 (section 4.2), cutout DeVries and Taylor 2017
(arXiv:1708.04552), mixup Zhang et al. 2018 (arXiv:1710.09412).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from fieldguide.errors import UsageError, did_you_mean
from fieldguide.nn import pictures


@dataclass(frozen=True)
class Augment:
    """Random changes to a batch of standardised pictures, drawn anew for each picture.

    Args:
        names: What to do, from "crop" (shift by up to ``crop_share`` of the side), "rotate" (by up
            to ``degrees`` either way), "flip" (left to right, every second picture), "colour"
            (brightness, contrast and saturation, each by up to ``colour_share``), "cutout" (blank a
            square) and "mixup" (blend with another example and its target). The order is always
            this one.
        classes: Number of classes, for mixup of class numbers.
        black: Value of black in each channel (or one for all), for "colour": with pictures
            standardised as ``(x - mean) / deviation`` that is ``-mean / deviation``.
        crop_share: Largest shift as a share of the shorter side, at least one pixel; 0 to 1.
        degrees: Largest rotation, 0 to 180.
        colour_share: Largest change of each factor, 0 to 1.
        cutout_share: Side of the blank square as a share of the shorter side, 0 to 1.
        mixup_alpha: Both parameters of the beta distribution of the blend; above 0. Small values
            keep most examples almost pure.

    Raises:
        UsageError: A name is unknown, or a setting is outside its range.

    Shapes:
        Pictures ``(B, C, H, W)`` floating point; targets ``(B,)`` class numbers or ``(B, ...)``
        floating point. Pictures keep shape and memory format. Mixup turns class numbers into
        shares of each class, ``(B, classes)``.

    Example:
        >>> augment = Augment(("crop", "mixup"), classes=3)
        >>> generator = torch.Generator().manual_seed(0)
        >>> x, y = augment(torch.rand(4, 1, 8, 8), torch.tensor([0, 1, 2, 0]), generator)
        >>> x.shape, y.shape
        (torch.Size([4, 1, 8, 8]), torch.Size([4, 3]))
    """

    names: tuple[str, ...]
    classes: int | None = None
    black: Sequence[float] | float = 0.0
    crop_share: float = 0.125
    degrees: float = 15.0
    colour_share: float = 0.2
    cutout_share: float = 0.5
    mixup_alpha: float = 0.2

    def __post_init__(self) -> None:
        check_names(self.names)
        for name in ("crop_share", "colour_share", "cutout_share"):
            _check_range(name, getattr(self, name), 0.0, 1.0)
        _check_range("degrees", self.degrees, 0.0, 180.0)
        if not self.mixup_alpha > 0:
            raise UsageError(f"mixup_alpha must be above 0, got {self.mixup_alpha}.")

    def __call__(
        self, images: Tensor, targets: Tensor, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return changed pictures and their targets.

        Args:
            images: ``(B, C, H, W)``, floating point.
            targets: first axis B.
            generator: where chance comes from, on the processor (not on a graphics card); the same
                state gives the same result. Without one, PyTorch's global generator.
        """
        for name, change in CHANGES.items():
            if name in self.names:
                images = change(self, images, generator)
        return (
            self._mixup(images, targets, generator) if "mixup" in self.names else (images, targets)
        )

    def _crop(self, images: Tensor, generator: torch.Generator | None) -> Tensor:
        most = max(1, round(self.crop_share * min(images.shape[-2:])))
        moves = torch.randint(-most, most + 1, (2, len(images)), generator=generator)
        down, right = moves.to(images.device)
        return pictures.shift(images, down, right, most)

    def _rotate(self, images: Tensor, generator: torch.Generator | None) -> Tensor:
        (angle,) = _uniform(1, images, generator)
        return pictures.rotate(images, angle * self.degrees)

    def _flip(self, images: Tensor, generator: torch.Generator | None) -> Tensor:
        (chance,) = _uniform(1, images, generator)
        return pictures.flip(images, chance < 0)

    def _colour(self, images: Tensor, generator: torch.Generator | None) -> Tensor:
        brightness, contrast, saturation = 1 + self.colour_share * _uniform(3, images, generator)
        black = torch.as_tensor(self.black, dtype=images.dtype, device=images.device)
        black = black.expand(images.shape[1])
        return pictures.colour(images, brightness, contrast, saturation, black)

    def _cutout(self, images: Tensor, generator: torch.Generator | None) -> Tensor:
        height, width = images.shape[-2:]
        side = round(self.cutout_share * min(height, width))
        # The centre is drawn over the whole picture, so that squares may stick out (section 3.3).
        row = torch.randint(0, height, (len(images),), generator=generator)
        column = torch.randint(0, width, (len(images),), generator=generator)
        row, column = row.to(images.device), column.to(images.device)
        return pictures.cut(images, row - side // 2, column - side // 2, side)

    def _mixup(
        self, images: Tensor, targets: Tensor, generator: torch.Generator | None
    ) -> tuple[Tensor, Tensor]:
        if not targets.is_floating_point():
            targets = self._one_hot(targets).to(images.dtype)
        partner = torch.randperm(len(images), generator=generator)
        # PyTorch's beta distribution takes no generator; NumPy's does, seeded from ours.
        seed = int(torch.randint(0, 2**62, (1,), generator=generator))
        drawn = np.random.default_rng(seed).beta(self.mixup_alpha, self.mixup_alpha, len(images))
        share = torch.from_numpy(drawn).to(images.device, torch.float32)
        partner = partner.to(images.device)
        return pictures.mix(images, partner, share), pictures.mix(targets, partner, share)

    def _one_hot(self, targets: Tensor) -> Tensor:
        if self.classes is None:
            raise UsageError(
                "Mixup of class numbers needs to know how many there are: Augment(…, classes=10)."
            )
        return functional.one_hot(targets.long(), self.classes)


Change = Callable[[Augment, Tensor, torch.Generator | None], Tensor]
CHANGES: dict[str, Change] = {
    "crop": Augment._crop,
    "rotate": Augment._rotate,
    "flip": Augment._flip,
    "colour": Augment._colour,
    "cutout": Augment._cutout,
}
NAMES = (*CHANGES, "mixup")


def check_names(names: Sequence[str]) -> None:
    """Refuse names of augmentations that do not exist.

    Raises:
        UsageError: Names the culprit and the nearest known one.
    """
    if isinstance(names, str):
        raise UsageError(f"Augmentations come as a tuple of names, got the text '{names}'.")
    for name in names:
        if name not in NAMES:
            near = did_you_mean(name, NAMES)
            raise UsageError(f"Unknown augmentation '{name}'.{near} Known: {', '.join(NAMES)}.")


def _check_range(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise UsageError(f"{name} must lie between {least:g} and {most:g}, got {value}.")


def _uniform(rows: int, images: Tensor, generator: torch.Generator | None) -> Tensor:
    """Draw numbers between -1 and 1, ``(rows, B)``, on the device of the images."""
    drawn = torch.rand(rows, len(images), generator=generator) * 2 - 1
    return drawn.to(images.device)
