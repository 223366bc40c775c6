"""Convolutions over the steps of sequences of different lengths.

What lies after a sequence's end is held at 0, as if the sequence stood alone between zeros.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class StepNorm(nn.BatchNorm1d):
    """Batch normalisation over steps; what lies after a sequence's end has no part in it."""

    def forward(self, input: Tensor, inside: Tensor | None = None) -> Tensor:
        """Normalise each channel.

        Args:
            input: (B, C, T).
            inside: Which steps belong to their sequence, (B, T); None for all.

        Returns:
            (B, C, T), 0 after a sequence's end.
        """
        if inside is None:
            return self._normalised(input)
        steps = input.transpose(1, 2)  # (B, T, C)
        found = self._normalised(steps[inside])
        spread = found.new_zeros(steps.shape).masked_scatter(inside.unsqueeze(2), found)
        return spread.transpose(1, 2)

    def _normalised(self, input: Tensor) -> Tensor:
        """Normalise (N, C) or (B, C, T); a single step has no deviation to divide by."""
        if input.numel() > input.shape[1]:
            return super().forward(input)
        return functional.batch_norm(
            input, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
        )


class StepConv1d(nn.Conv1d):
    """A convolution that keeps the number of steps: zeros stand around them.

    Args:
        inputs: Channels that come in.
        outputs: Channels that go out.
        kernel: Steps that a window looks at.
        dilation: How far apart they are.
        causal: Whether a step sees itself and those before it only; else itself and those around
            it.
        bias: Whether a bias is added.

    Shapes:
        (B, inputs, T) to (B, outputs, T).
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        dilation: int = 1,
        causal: bool = False,
        bias: bool = True,
    ):
        super().__init__(inputs, outputs, kernel, dilation=dilation, bias=bias)
        reach = (kernel - 1) * dilation
        self.around = (reach, 0) if causal else (reach // 2, reach - reach // 2)

    def forward(self, input: Tensor) -> Tensor:
        """Convolve."""
        return super().forward(functional.pad(input, self.around))
