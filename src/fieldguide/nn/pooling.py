"""Pooling for networks that must accept images of any size."""

from __future__ import annotations

from torch import Tensor, nn


class OptionalMaxPool2d(nn.MaxPool2d):
    """Max pooling that lets a map pass unchanged when it is smaller than the window.

    AlexNet and VGG halve the image three and five times. An image that is too small for all of
    these keeps its last map instead of failing; where ``nn.MaxPool2d`` works, both are equal.
    Expects no padding and a single number as ``kernel_size``.

    Shapes:
        ``(B, C, H, W)`` to ``(B, C, H', W')``, or to ``(B, C, H, W)`` if ``min(H, W)`` is below
        ``kernel_size``.

    Example:
        >>> import torch
        >>> OptionalMaxPool2d(2)(torch.zeros(1, 3, 7, 4)).shape
        torch.Size([1, 3, 3, 2])
        >>> OptionalMaxPool2d(2)(torch.zeros(1, 3, 7, 1)).shape
        torch.Size([1, 3, 7, 1])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the pooled map, or ``input`` itself where it is too small to pool."""
        assert isinstance(self.kernel_size, int) and self.padding == 0
        if min(input.shape[-2:]) < self.kernel_size:
            return input
        return super().forward(input)
