"""From the leaves of binary trees to their roots, with the derivative written out.

`fieldguide.nn.tree_levels.climb` leaves the way back to autograd, which works out the slopes of all
weights anew at every level and adds them up: for the small levels near the roots that is most of
the work. Here a composition says itself how slopes go down a level, and gives the slopes of its
weights once, for the nodes of all levels together.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor


class Composition(ABC):
    """How two children make a parent, and how the parent's slope reaches them and the weights.

    One is made for every pass. `start` comes first, then `rise` level by level, and on the way back
    `fall` in the opposite order, then `weight_slopes`. All run outside autograd.

    Args:
        weights: What slopes are wanted of, besides the leaves.
    """

    def __init__(self, *weights: Tensor):
        self.weights = weights

    @abstractmethod
    def start(self, count: int, like: Tensor) -> None:
        """Make room for what is kept of ``count`` inner nodes; numbers are ``like`` these."""

    @abstractmethod
    def rise(self, children: Tensor, nodes: slice) -> Tensor:
        """Return the states of a level, (M, width).

        Args:
            children: States of their children, two by two, (2·M, width).
            nodes: Where the level lies among all inner nodes.
        """

    @abstractmethod
    def fall(self, slopes: Tensor, states: Tensor, nodes: slice) -> Tensor:
        """Return the slopes of the children of a level, (2·M, width).

        Args:
            slopes: Slopes of the level's states, (M, width).
            states: What `rise` returned for it, (M, width).
            nodes: Where the level lies among all inner nodes.
        """

    @abstractmethod
    def weight_slopes(self) -> tuple[Tensor, ...]:
        """Return the slopes of the weights, in their order, from what is kept of all levels."""


def climb_binary(x: dict[str, Tensor], leaves: Tensor, composition: Composition) -> Tensor:
    """Return the state of every node.

    Args:
        x: A schedule: ``children`` (edges,), two for every inner node, and ``levels`` (heights,).
        leaves: States of the leaves, the first nodes, shape (leaves, width).
        composition: Makes states of those of two children.

    Returns:
        Shape (nodes, width), in the order of the schedule.
    """
    levels = x["levels"].tolist()
    found: Tensor = _Climb.apply(leaves, x["children"], levels, composition, *composition.weights)
    return found


class _Climb(torch.autograd.Function):
    """Climb, and come back down."""

    @staticmethod
    def forward(
        ctx: Any,
        leaves: Tensor,
        children: Tensor,
        levels: list[int],
        composition: Composition,
        *weights: Tensor,
    ) -> Tensor:
        states = leaves.new_empty((sum(levels), leaves.shape[1]))
        states[: levels[0]] = leaves
        composition.start(len(states) - levels[0], leaves)
        for nodes in _inner(levels):
            below = states.index_select(0, children[2 * nodes.start : 2 * nodes.stop])
            states[_among_all(nodes, levels)] = composition.rise(below, nodes)
        ctx.kept = states, children, levels, composition
        return states.detach()  # kept as it is, it would keep itself for ever

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        states, children, levels, composition = ctx.kept
        slopes = slope.clone(memory_format=torch.contiguous_format)
        for nodes in reversed(_inner(levels)):
            here = _among_all(nodes, levels)
            below = composition.fall(slopes[here], states[here], nodes)
            slopes.index_add_(0, children[2 * nodes.start : 2 * nodes.stop], below)
        return slopes[: levels[0]], None, None, None, *composition.weight_slopes()


def _inner(levels: list[int]) -> list[slice]:
    """Return where each level above the leaves lies among all inner nodes."""
    found, start = [], 0
    for count in levels[1:]:
        found.append(slice(start, start + count))
        start += count
    return found


def _among_all(nodes: slice, levels: list[int]) -> slice:
    """Return where inner nodes lie among all nodes."""
    return slice(nodes.start + levels[0], nodes.stop + levels[0])
