"""Compositions of the networks that are trained most, with their derivatives written out."""

from __future__ import annotations

import torch
from torch import Tensor

from fieldguide.nn.tree_compositions import Composition

sigmoid_backward = torch.ops.aten.sigmoid_backward
tanh_backward = torch.ops.aten.tanh_backward


class BilinearComposition(Composition):
    """The RNTN's: p = tanh(xᵀ V x + W x + β) for x = [a; b].

    xᵀ V⁽ᵏ⁾ x is ½ xᵀ S⁽ᵏ⁾ x with S⁽ᵏ⁾ = V⁽ᵏ⁾ + V⁽ᵏ⁾ᵀ, whose slope by x is S⁽ᵏ⁾ x: what the way up
    has worked out already, so that the way down needs no second product with the tensor.

    Args:
        tensor: V, where tensor[i, k, j] is V⁽ᵏ⁾ᵢⱼ, (2·width, width, 2·width).
        weight: W, (width, 2·width).
        bias: β, (width,).
    """

    def __init__(self, tensor: Tensor, weight: Tensor, bias: Tensor):
        super().__init__(tensor, weight, bias)
        self.shape = tensor.shape[1:]

    def start(self, count: int, like: Tensor) -> None:
        """Make room for children side by side, S x, and slopes before the tanh."""
        tensor = self.weights[0]
        self.symmetric = (tensor + tensor.transpose(0, 2)).flatten(1)
        self.both = like.new_empty((count, tensor.shape[0]))
        self.products = like.new_empty((count, *self.shape))
        self.slopes = like.new_empty((count, tensor.shape[1]))

    def rise(self, children: Tensor, nodes: slice) -> Tensor:
        """Return p."""
        _, weight, bias = self.weights
        both, products = self.both[nodes], self.products[nodes]
        both.view_as(children).copy_(children)
        torch.mm(both, self.symmetric, out=products.flatten(1))
        linear = torch.addmm(bias, both, weight.t()).unsqueeze(2)
        return torch.baddbmm(linear, products, both.unsqueeze(2), alpha=0.5).squeeze(2).tanh_()

    def fall(self, slopes: Tensor, states: Tensor, nodes: slice) -> Tensor:
        """Return the slopes of a and b, two by two."""
        inside = self.slopes[nodes]
        inside.copy_(tanh_backward(slopes, states))
        below = torch.bmm(inside.unsqueeze(1), self.products[nodes]).squeeze(1)
        return below.addmm_(inside, self.weights[1]).view(-1, slopes.shape[1])

    def weight_slopes(self) -> tuple[Tensor, ...]:
        """Return the slopes of V, W and β."""
        pairs = self.slopes.unsqueeze(2) * self.both.unsqueeze(1)  # (count, width, 2·width)
        of_tensor = (self.both.t() @ pairs.flatten(1)).view_as(self.weights[0])
        return of_tensor, self.slopes.t() @ self.both, self.slopes.sum(0)


class GatedComposition(Composition):
    """The binary Tree-LSTM's; a state is (c, h) side by side.

    Args:
        weight: U of the gates i, o, u, f_L, f_R, (5·hidden, 2·hidden).
        bias: Of the same, (5·hidden,).
    """

    def __init__(self, weight: Tensor, bias: Tensor):
        super().__init__(weight, bias)
        self.hidden = weight.shape[1] // 2

    def start(self, count: int, like: Tensor) -> None:
        """Make room for what children remember and show, gates, tanh c, and slopes of gates."""
        d = self.hidden
        self.memories = like.new_empty((count, 2, d))
        self.shown = like.new_empty((count, 2, d))
        self.gates = like.new_empty((count, 5, d))
        self.open = like.new_empty((count, d))
        self.slopes = like.new_empty((count, 5, d))

    def rise(self, children: Tensor, nodes: slice) -> Tensor:
        """Return c and h."""
        weight, bias = self.weights
        pairs = children.view(-1, 2, 2, self.hidden)  # child, (c, h)
        memories, shown, gates = self.memories[nodes], self.shown[nodes], self.gates[nodes]
        memories.copy_(pairs[:, :, 0])
        shown.copy_(pairs[:, :, 1])
        torch.addmm(bias, shown.flatten(1), weight.t(), out=gates.flatten(1))
        gates[:, :2].sigmoid_()
        gates[:, 2].tanh_()
        gates[:, 3:].sigmoid_()
        i, o, u, left, right = gates.unbind(1)
        c = (i * u).addcmul_(left, memories[:, 0]).addcmul_(right, memories[:, 1])
        opened = torch.tanh(c, out=self.open[nodes])
        return torch.cat([c, o * opened], dim=1)

    def fall(self, slopes: Tensor, states: Tensor, nodes: slice) -> Tensor:
        """Return the slopes of the children's c and h."""
        gates, inside, opened = self.gates[nodes], self.slopes[nodes], self.open[nodes]
        i, o, u = gates[:, 0], gates[:, 1], gates[:, 2]
        of_c, of_h = slopes.chunk(2, dim=1)
        of_c = tanh_backward(of_h * o, opened).add_(of_c)
        inside[:, 0] = sigmoid_backward(of_c * u, i)
        inside[:, 1] = sigmoid_backward(of_h * opened, o)
        inside[:, 2] = tanh_backward(of_c * i, u)
        each = of_c.unsqueeze(1)
        inside[:, 3:] = sigmoid_backward(each * self.memories[nodes], gates[:, 3:])
        below = slopes.new_empty((len(slopes), 2, 2, self.hidden))
        torch.mul(each, gates[:, 3:], out=below[:, :, 0])
        below[:, :, 1] = (inside.flatten(1) @ self.weights[0]).view(-1, 2, self.hidden)
        return below.view(2 * len(slopes), -1)

    def weight_slopes(self) -> tuple[Tensor, ...]:
        """Return the slopes of U and of the bias."""
        slopes = self.slopes.flatten(1)
        return slopes.t() @ self.shown.flatten(1), slopes.sum(0)
