"""Back-propagation, written out (Rumelhart, Hinton & Williams 1986).

For layers hₗ = φ(zₗ), zₗ = hₗ₋₁ Wₗᵀ + bₗ and an error E of the outputs, with δ = ∂E/∂z:

    ∂E/∂Wₗ = δₗᵀ hₗ₋₁        ∂E/∂bₗ = Σ δₗ over the batch        δₗ₋₁ = (δₗ Wₗ) ⊙ φ'(zₗ₋₁)

The same derivatives come from autograd; written by hand they need a third of the operator calls,
which is what small networks spend their time on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

Slope = Callable[[Tensor, Tensor], Tensor]

_threshold_backward = torch.ops.aten.threshold_backward.default
# φ'(z) ⊙ δ from h = φ(z): the bends whose derivative is known from their value alone.
SLOPES: dict[type[nn.Module], Slope] = {
    nn.ReLU: lambda slope, h: _threshold_backward(slope, h, 0),
    nn.Tanh: torch.ops.aten.tanh_backward.default,
}
BENDS: dict[type[nn.Module], Callable[[Tensor], Tensor]] = {
    nn.ReLU: torch.relu_,
    nn.Tanh: torch.tanh_,
}


class Chain:
    """Linear layers with bends between them; their weights and gradients lie in one block.

    The layers' weights stay what they were, as views into the block: an optimizer that is given
    the block updates all of them in one call.

    Views are made once: making them anew costs a small network a fiftieth of each step.

    Args:
        layers: The layers in order; the last has no bend after it.
        bend: ``nn.ReLU`` or ``nn.Tanh``.

    Attributes:
        block: All weights as one parameter; its ``grad`` holds all gradients.
    """

    def __init__(self, layers: Sequence[nn.Linear], bend: type[nn.Module]):
        self.layers, self.bend = list(layers), bend
        held = [weight for layer in layers for weight in (layer.weight, layer.bias)]
        self.block = nn.Parameter(held[0].new_empty(sum(weight.numel() for weight in held)))
        self.block.grad = torch.zeros_like(self.block)
        start, grads = 0, []
        for weight in held:
            part, start = slice(start, start + weight.numel()), start + weight.numel()
            weight.data = self.block.data[part].view_as(weight).copy_(weight.detach())
            grads.append(self.block.grad[part].view_as(weight))
            weight.grad = grads[-1]
        self._parts = [
            (layer.weight.data, layer.weight.data.t(), layer.bias.data) for layer in self.layers
        ]
        self._grads = list(zip(grads[::2], grads[1::2], strict=True))

    def release(self) -> None:
        """Give the layers weights of their own again, and no gradients."""
        for layer in self.layers:
            for weight in (layer.weight, layer.bias):
                weight.data = weight.data.clone()
                weight.grad = None

    def forward(self, x: Tensor, dtype: torch.dtype) -> list[Tensor]:
        """Return [x, h₁, …, outputs].

        Args:
            x: Inputs, shape (B, features).
            dtype: What to multiply in; float32 or bfloat16.
        """
        bend, last = BENDS[self.bend], len(self.layers)
        values = [_in(x, dtype)]
        for _, turned, bias in self._parts:
            sums = torch.addmm(_in(bias, dtype), values[-1], _in(turned, dtype))
            values.append(sums if len(values) == last else bend(sums))
        return values

    def backward(self, values: Sequence[Tensor], slope: Tensor, *, add: bool = False) -> None:
        """Write (or add) ∂E/∂W and ∂E/∂b into each layer's ``grad``.

        Args:
            values: What `forward` returned.
            slope: ∂E/∂outputs, shape (B, outputs).
            add: Whether to add to the gradients there are; else they are overwritten.
        """
        dtype, through = values[0].dtype, SLOPES[self.bend]
        delta = _in(slope, dtype)
        for number in range(len(self.layers) - 1, -1, -1):
            before, (weights, biases) = values[number], self._grads[number]
            if add or weights.dtype != dtype:
                _collect(weights, delta.t() @ before, add)
                _collect(biases, delta.sum(0, dtype=biases.dtype), add)
            else:
                torch.mm(delta.t(), before, out=weights)
                torch.sum(delta, 0, out=biases)
            if number:
                delta = through(torch.mm(delta, _in(self._parts[number][0], dtype)), before)


def _collect(grad: Tensor, found: Tensor, add: bool) -> None:
    grad.add_(found) if add else grad.copy_(found)


def _in(values: Tensor, dtype: torch.dtype) -> Tensor:
    """Return values in a precision; asking first costs a tenth of a conversion to the same."""
    return values if values.dtype == dtype else values.to(dtype)
