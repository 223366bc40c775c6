"""Cross-entropy of a linear layer with many classes, such as the words of a language model.

    zₙ = W xₙ + b      loss = -1/N Σₙ ln softmax(zₙ)[yₙ]      ∂loss/∂zₙ = (softmax(zₙ) - e_yₙ) / N

A layer and a loss apart keep all z, their logarithms and two derivatives of that size, 28 MB each
for 700 words out of 10,000, and pass over them a dozen times. Here some rows at a time go the whole
way, forward and back, in a block that stays in the caches, so that only the products touch memory.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

BLOCK = 1 << 21  # numbers in the block of scores: 8 MB in single precision


def linear_cross_entropy(inputs: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
    """Return ``F.cross_entropy(F.linear(inputs, weight, bias), targets)``, the mean.

    Derivatives are worked out on the way forward; they are there once, and cannot be derived again.

    Args:
        inputs: (N, width).
        weight: (classes, width).
        bias: (classes,).
        targets: Classes as whole numbers, (N,).

    Example:
        >>> x, w = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0], [2.0, 0.0]])
        >>> f"{linear_cross_entropy(x, w, torch.zeros(2), torch.tensor([1])):.4f}"
        '0.1269'
    """
    learning = torch.is_grad_enabled() and any(t.requires_grad for t in (inputs, weight, bias))
    if not learning or torch.is_autocast_enabled(inputs.device.type):
        return F.cross_entropy(F.linear(inputs, weight, bias), targets)
    found: Tensor = _LinearCrossEntropy.apply(inputs, weight, bias, targets)
    return found


class _LinearCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
        count, rows = len(inputs), max(1, BLOCK // len(weight))
        total = inputs.new_zeros(())
        slopes = torch.empty_like(inputs), torch.zeros_like(weight), torch.zeros_like(bias)
        for start in range(0, count, rows):
            part, of = inputs[start : start + rows], targets[start : start + rows, None]
            scores = torch.addmm(bias, part, weight.t())
            scores -= scores.amax(1, keepdim=True)
            right = scores.gather(1, of)
            sums = scores.exp_().sum(1, keepdim=True)
            total += (sums.log() - right).sum()
            scores /= sums * count
            scores.scatter_add_(1, of, scores.new_full(of.shape, -1 / count))
            torch.mm(scores, weight, out=slopes[0][start : start + rows])
            slopes[1].addmm_(scores.t(), part)
            slopes[2].add_(scores.sum(0))
        ctx.slopes = slopes
        return total / count

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        if ctx.slopes is None:
            raise RuntimeError("linear_cross_entropy: its derivatives were handed out already.")
        found, ctx.slopes = ctx.slopes, None  # nobody else holds them: they need not be copied
        if float(slope) != 1.0:  # what `loss.backward()` begins with
            found = [one.mul_(slope) for one in found]
        return (*found, None)
