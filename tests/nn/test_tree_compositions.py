"""Climbing binary trees with a derivative that is written out: the same as autograd's."""

from __future__ import annotations

import gc
import weakref

import torch
from torch import Tensor

from fieldguide.nn.tree_compositions import Composition, climb_binary
from fieldguide.nn.tree_levels import climb

# Two trees: ((a b) c) and (d e); leaves a b c d e are nodes 0 to 4.
X = {
    "levels": torch.tensor([5, 2, 1]),
    "children": torch.tensor([0, 1, 3, 4, 5, 2]),
    "arity": torch.tensor([2, 2, 2]),
}


class Product(Composition):
    """p = w a b, number by number."""

    def start(self, count: int, like: Tensor) -> None:
        self.pairs = like.new_empty((count, 2, like.shape[1]))
        self.slopes = like.new_empty((count, like.shape[1]))

    def rise(self, children: Tensor, nodes: slice) -> Tensor:
        self.pairs[nodes] = children.view(len(children) // 2, 2, -1)
        return self.weights[0] * self.pairs[nodes].prod(dim=1)

    def fall(self, slopes: Tensor, states: Tensor, nodes: slice) -> Tensor:
        assert torch.equal(states, self.weights[0] * self.pairs[nodes].prod(dim=1))
        self.slopes[nodes] = slopes
        slopes = (self.weights[0] * slopes).unsqueeze(1)
        return (slopes * self.pairs[nodes].flip(1)).flatten(0, 1)

    def weight_slopes(self) -> tuple[Tensor, ...]:
        return ((self.slopes * self.pairs.prod(dim=1)).sum(0),)


def test_values_and_slopes_are_autograds() -> None:
    torch.manual_seed(0)
    leaves = torch.randn(5, 3, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(3, dtype=torch.float64, requires_grad=True)

    def plain(children: Tensor, arity: Tensor) -> Tensor:
        return weight * children.view(len(arity), 2, -1).prod(dim=1)

    ours, theirs = climb_binary(X, leaves, Product(weight)), climb(X, leaves, plain)
    assert torch.equal(ours, theirs)
    slopes = torch.randn_like(ours)
    found = torch.autograd.grad((ours * slopes).sum(), (leaves, weight))
    wanted = torch.autograd.grad((theirs * slopes).sum(), (leaves, weight))
    for one, other in zip(found, wanted, strict=True):
        assert torch.allclose(one, other, rtol=1e-12)


def test_what_is_kept_is_let_go_with_the_outputs() -> None:
    leaves, composition = torch.ones(5, 3, requires_grad=True), Product(torch.ones(3))
    gone = weakref.ref(composition)
    states = climb_binary(X, leaves, composition)
    gc.disable()
    try:
        del composition, states
        assert gone() is None
    finally:
        gc.enable()
