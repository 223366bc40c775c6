"""From the leaves of trees to their roots, level by level: hundreds of trees in one tensor program.

All nodes of one height are composed at once; their children lie below, in whichever trees. States
of all nodes share one tensor, and so do their gradients: a level's cost is that of its own nodes,
whereas gathering from a tensor that grows would copy it, forwards and backwards, at every level.
Any composition will do; one that knows its derivative trains faster in `tree_compositions`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Compose = Callable[[Tensor, Tensor], Tensor]


def climb(x: dict[str, Tensor], leaves: Tensor, compose: Compose) -> Tensor:
    """Return the state of every node.

    Args:
        x: A schedule: ``children`` (edges,), ``arity`` (inner nodes,), ``levels`` (heights,).
        leaves: States of the leaves, the first nodes, shape (leaves, width).
        compose: Makes the states (m, width) of m nodes of (states of their children, one node
            after the other, shape (edges, width); number of children of each, shape (m,)).

    Returns:
        Shape (nodes, width), in the order of the schedule.
    """
    levels, arity = x["levels"].tolist(), x["arity"]
    states = _States(sum(levels), leaves)
    token = _Write.apply(leaves, leaves.new_zeros(()), states, 0)
    ends = _ends(arity, levels)
    node, edge = levels[0], 0
    for count, end in zip(levels[1:], ends, strict=True):
        children = _Read.apply(token, states, x["children"][edge:end])
        above = compose(children, arity[node - levels[0] :][:count]).to(leaves.dtype)
        token = _Write.apply(above, token, states, node)
        node, edge = node + count, end
    found: Tensor = _All.apply(token, states)
    return found


def _ends(arity: Tensor, levels: list[int]) -> list[int]:
    """Return where the children of each level of inner nodes end."""
    if len(levels) == 1:
        return []
    last = torch.tensor(levels[1:]).cumsum(0) - 1
    ends: list[int] = arity.cumsum(0)[last.to(arity.device)].tolist()
    return ends


class _States:
    """The states of all nodes, and their gradients on the way back."""

    def __init__(self, count: int, like: Tensor):
        self.values = like.new_empty((count, *like.shape[1:]))
        self.slopes = self.values  # on the way back another tensor


# The three functions below write to and read from what they share. A token, a number that nobody
# looks at, passes through all of them, so that autograd runs them back in the opposite order: the
# slopes of a level are complete (every node above it has added to them) when its `_Write` is run.


class _Write(torch.autograd.Function):
    """Put the states of one level where all states are."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, token: Tensor, states: _States, start: int) -> Tensor:
        ctx.states, ctx.span = states, slice(start, start + len(values))
        states.values[ctx.span] = values
        return token.clone()

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, Tensor, None, None]:
        return ctx.states.slopes[ctx.span], slope, None, None


class _Read(torch.autograd.Function):
    """Take the states of some nodes."""

    @staticmethod
    def forward(ctx: Any, token: Tensor, states: _States, nodes: Tensor) -> Tensor:
        ctx.states, ctx.nodes, ctx.token = states, nodes, token.new_zeros(())
        return states.values.index_select(0, nodes)

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None, None]:
        ctx.states.slopes.index_add_(0, ctx.nodes, slope)
        return ctx.token, None, None


class _All(torch.autograd.Function):
    """Take the states of all nodes; on the way back it comes first, and lays out the slopes."""

    @staticmethod
    def forward(ctx: Any, token: Tensor, states: _States) -> Tensor:
        ctx.states, ctx.token = states, token.new_zeros(())
        return states.values.detach()

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None]:
        ctx.states.slopes = slope.clone(memory_format=torch.contiguous_format)
        return ctx.token, None
