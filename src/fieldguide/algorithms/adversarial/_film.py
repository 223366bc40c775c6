"""A training film: what the generator makes of the same noise, epoch by epoch.

The frames are buffers of the network, so a checkpoint holds them and a resumed run goes on with
the film where the killed one stopped.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

MOST = 1 << 22  # numbers in all frames together: 8 MB


class Film(nn.Module):
    """Frames, each the rows made of the same noise.

    Args:
        epochs: Of the training; one frame before it and one after each of them, or, where those
            would be more than fit, after every second, third … of them.
        scenes: Samples in a frame.
        latent: Numbers of noise for one sample.
        width: Numbers in a row.
        classes: Classes that the samples take in turn, or 0.
    """

    noise: Tensor
    classes: Tensor
    frames: Tensor
    drawn: Tensor

    def __init__(self, *, epochs: int, scenes: int, latent: int, width: int, classes: int = 0):
        super().__init__()
        self.every = max(1, math.ceil(epochs / max(1, MOST // (scenes * width) - 1)))
        count = 1 + math.ceil(epochs / self.every)
        chance = torch.Generator().manual_seed(0)
        self.register_buffer("noise", torch.randn(scenes, latent, generator=chance))
        self.register_buffer("classes", torch.arange(scenes) % max(1, classes))
        self.register_buffer("frames", torch.zeros(count, scenes, width, dtype=torch.float16))
        self.register_buffer("drawn", torch.zeros((), dtype=torch.int64))

    def due(self, epochs: float) -> bool:
        """Say whether a frame is due after so many epochs."""
        return int(self.drawn) < len(self.frames) and epochs + 1e-6 >= self.every * int(self.drawn)

    def shoot(self, make: Callable[[Tensor, Tensor], Tensor]) -> None:
        """Add a frame.

        Args:
            make: Makes rows of noise and classes.
        """
        with torch.no_grad():
            rows = make(self.noise, self.classes)
        self.frames[int(self.drawn)] = rows.to(torch.float16)
        self.drawn += 1

    @property
    def shown(self) -> Tensor:
        """The frames there are, (frames, scenes, width)."""
        return self.frames[: int(self.drawn)].float()
