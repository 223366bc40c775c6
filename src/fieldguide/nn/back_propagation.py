"""Back-propagation, written out (Rumelhart, Hinton & Williams 1986).

For layers hₗ = φ(zₗ), zₗ = hₗ₋₁ Wₗᵀ + bₗ and an error E of the outputs, with δ = ∂E/∂z:

    ∂E/∂Wₗ = δₗᵀ hₗ₋₁        ∂E/∂bₗ = Σ δₗ over the batch        δₗ₋₁ = (δₗ Wₗ) ⊙ φ'(zₗ₋₁)

The same derivatives come from autograd; written by hand they need a third of the operator calls,
which is what small networks spend their time on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor, nn

Slope = Callable[[Tensor, Tensor], Tensor]

# φ'(z) ⊙ δ from h = φ(z): the bends whose derivative is known from their value alone.
SLOPES: dict[type[nn.Module], Slope] = {
    nn.ReLU: lambda slope, h: torch.ops.aten.threshold_backward(slope, h, 0),
    nn.Tanh: lambda slope, h: torch.ops.aten.tanh_backward(slope, h),
}
BENDS: dict[type[nn.Module], Callable[[Tensor], Tensor]] = {
    nn.ReLU: torch.relu_,
    nn.Tanh: torch.tanh_,
}


def forward(
    layers: Sequence[nn.Linear], bend: type[nn.Module], x: Tensor, dtype: torch.dtype
) -> list[Tensor]:
    """Return [x, h₁, …, outputs]; the last layer has no bend.

    Args:
        layers: The layers in order.
        bend: ``nn.ReLU`` or ``nn.Tanh``.
        x: Inputs, shape (B, features).
        dtype: What to multiply in; float32 or bfloat16.
    """
    values = [_in(x, dtype)]
    for layer in layers:
        sums = torch.addmm(_in(layer.bias, dtype), values[-1], _in(layer.weight, dtype).t())
        values.append(sums if layer is layers[-1] else BENDS[bend](sums))
    return values


def backward(
    layers: Sequence[nn.Linear],
    bend: type[nn.Module],
    values: Sequence[Tensor],
    slope: Tensor,
    *,
    add: bool = False,
) -> None:
    """Write (or add) ∂E/∂W and ∂E/∂b into each layer's ``grad``.

    Args:
        layers: As in `forward`.
        bend: As in `forward`.
        values: What `forward` returned.
        slope: ∂E/∂outputs, shape (B, outputs).
        add: Whether to add to the gradients there are; else they are overwritten.
    """
    kept = 1 if add else 0
    delta = _in(slope, values[0].dtype)
    for number in range(len(layers) - 1, -1, -1):
        layer, before = layers[number], values[number]
        _write(layer.weight, delta.t(), before, kept)
        summed = layer.bias.grad
        assert summed is not None
        if add:
            summed.add_(delta.sum(0))
        else:
            torch.sum(delta, 0, dtype=summed.dtype, out=summed)
        if number:
            delta = SLOPES[bend](delta @ _in(layer.weight, delta.dtype), before)


def flatten(weights: Iterable[nn.Parameter]) -> nn.Parameter:
    """Move weights and gradients into one block of memory and return it as a single parameter.

    The weights stay what they were, as views into the block; an optimizer that is given the block
    updates all of them in one call.
    """
    held = list(weights)
    count = sum(weight.numel() for weight in held)
    block = torch.empty(count, dtype=held[0].dtype)
    slopes = torch.zeros_like(block)
    start = 0
    for weight in held:
        part = slice(start, start + weight.numel())
        block[part] = weight.detach().reshape(-1)
        weight.data = block[part].view_as(weight)
        weight.grad = slopes[part].view_as(weight)
        start = part.stop
    whole = nn.Parameter(block)
    whole.grad = slopes
    return whole


def _in(values: Tensor, dtype: torch.dtype) -> Tensor:
    """Return values in a precision; asking first costs a tenth of a conversion to the same."""
    return values if values.dtype == dtype else values.to(dtype)


def _write(weight: Tensor, left: Tensor, right: Tensor, kept: int) -> None:
    grad = weight.grad
    assert grad is not None
    if left.dtype == grad.dtype:
        torch.addmm(grad, left, right, beta=kept, out=grad)
    elif kept:
        grad.add_(left @ right)
    else:
        grad.copy_(left @ right)
