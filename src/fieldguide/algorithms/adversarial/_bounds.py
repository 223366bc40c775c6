"""The range of pictures, which a generator that ends in tanh must know."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fieldguide.data import Examples

AT_ONCE = 1024  # pictures looked at together


class Bounds(nn.Module):
    """The lowest and the highest value of each channel: what -1 and 1 stand for.

    Args:
        channels: Of a picture.
    """

    low: Tensor
    high: Tensor

    def __init__(self, channels: int):
        super().__init__()
        self.register_buffer("low", -torch.ones(channels, 1, 1))
        self.register_buffer("high", torch.ones(channels, 1, 1))

    def learn(self, data: Examples) -> None:
        """Take the bounds from training pictures, (n, channels, height, width)."""
        lows, highs = [], []
        for batch in data.batches(AT_ONCE, shuffle=False):
            assert isinstance(batch.x, Tensor)
            lows.append(batch.x.amin(dim=(0, 2, 3)))
            highs.append(batch.x.amax(dim=(0, 2, 3)))
        low, high = torch.stack(lows).amin(dim=0), torch.stack(highs).amax(dim=0)
        self.low.copy_(low[:, None, None])
        self.high.copy_(torch.where(high > low, high, low + 1)[:, None, None])

    def inward(self, pictures: Tensor) -> Tensor:
        """Bring standardised pictures into -1 to 1."""
        scale = 2 / (self.high - self.low)
        return torch.addcmul(-1 - self.low * scale, pictures, scale)

    def outward(self, pictures: Tensor) -> Tensor:
        """Bring pictures from -1 to 1 back to standardised values."""
        return torch.addcmul(self.low, pictures + 1, (self.high - self.low) / 2)
