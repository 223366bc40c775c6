"""Pictures that a generator made some time ago, to remind its discriminator of them."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class PicturePool(nn.Module):
    """Keeps past pictures and gives them back at random (Shrivastava et al. 2017).

    The pictures are buffers of the network, so that a checkpoint holds them, in half precision.

    Args:
        size: Pictures kept; 0: none, and those that come are given back.
        shape: Of one picture: channels, height, width.
    """

    kept: Tensor
    filled: Tensor

    def __init__(self, size: int, shape: tuple[int, ...]):
        super().__init__()
        self.register_buffer("kept", torch.zeros(size, *shape, dtype=torch.float16))
        self.register_buffer("filled", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def exchange(self, made: Tensor) -> Tensor:
        """Return as many pictures as come, about half of them from the past once the pool is full.

        Args:
            made: New pictures, (B, channels, height, width).
        """
        if not len(self.kept):
            return made.detach()
        given = made.detach().clone()
        for place, picture in enumerate(made.detach()):
            filled = int(self.filled)
            if filled < len(self.kept):
                self.kept[filled] = picture.to(self.kept.dtype)
                self.filled += 1
            elif float(torch.rand(())) < 0.5:
                chosen = int(torch.randint(len(self.kept), ()))
                given[place] = self.kept[chosen].to(given.dtype)
                self.kept[chosen] = picture.to(self.kept.dtype)
        return given
