"""Climbing trees: each level from the one below, and the way back."""

from __future__ import annotations

import torch
from torch import Tensor

from fieldguide.nn.tree_levels import climb

# Two trees: ((a b) c d) and (e f); leaves a b c d e f are nodes 0 to 5.
X = {
    "levels": torch.tensor([6, 2, 1]),
    "children": torch.tensor([0, 1, 4, 5, 6, 2, 3]),
    "arity": torch.tensor([2, 2, 3]),
}


def summed(children: Tensor, arity: Tensor) -> Tensor:
    """A parent is the sum of its children, times 2."""
    owner = torch.repeat_interleave(torch.arange(len(arity)), arity)
    return 2 * children.new_zeros(len(arity), children.shape[1]).index_add(0, owner, children)


def test_states_climb_level_by_level():
    leaves = torch.tensor([[1.0], [2], [3], [4], [5], [6]])
    assert climb(X, leaves, summed).squeeze(1).tolist() == [1, 2, 3, 4, 5, 6, 6, 22, 26]


def test_slopes_climb_down_from_every_node():
    leaves = torch.zeros(6, 1, requires_grad=True)
    weights = torch.tensor([[1.0], [0], [0], [0], [0], [0], [10], [100], [1000]])
    (climb(X, leaves, summed) * weights).sum().backward()
    assert leaves.grad is not None
    below = 2 * (10 + 2 * 1000)
    assert leaves.grad.squeeze(1).tolist() == [1 + below, below, 2000, 2000, 200, 200]


def test_trees_of_a_single_leaf():
    leaf = {"levels": torch.tensor([2]), "children": torch.empty(0).long(),
            "arity": torch.empty(0).long()}  # fmt: skip
    leaves = torch.ones(2, 3, requires_grad=True)
    states = climb(leaf, leaves, summed)
    states.sum().backward()
    assert torch.equal(states, leaves) and torch.equal(leaves.grad, torch.ones(2, 3))


def test_leaves_that_do_not_learn():
    scale = torch.tensor(3.0, requires_grad=True)
    states = climb(X, torch.ones(6, 1), lambda children, arity: scale * summed(children, arity))
    states[-1].sum().backward()
    assert scale.grad is not None and scale.grad.item() == 2 * 2 + 2 * 2 * 2 * 2 * 3
    with torch.no_grad():
        assert climb(X, torch.ones(6, 1), summed)[-1].item() == 12
