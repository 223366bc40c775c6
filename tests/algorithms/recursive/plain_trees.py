"""Random trees, and the equations of the recursive networks written node by node."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from fieldguide.algorithms.recursive._network import TreeNetwork, WordVectors
from fieldguide.algorithms.recursive.child_sum_tree_lstm import ChildSumTreeLSTMNetwork
from fieldguide.algorithms.recursive.matrix_vector import MVRNNNetwork
from fieldguide.algorithms.recursive.recursive_network import RecursiveNet
from fieldguide.algorithms.recursive.rntn import RNTNNetwork
from fieldguide.algorithms.recursive.tree_lstm import TreeLSTMNetwork
from fieldguide.data.forest import Forest
from fieldguide.data.trees import Node, TreeColumn

WORDS, CLASSES = 12, 3
Reference = Callable[[Any, list[Any] | None, Tensor | None], Any]


def random_tree(chance: np.random.Generator, leaves: int, most: int = 2) -> Node:
    """A tree of so many leaves, inner nodes with 2 to ``most`` children; a label here and there."""
    label = int(chance.integers(CLASSES)) if chance.random() < 0.7 else None
    if leaves == 1:
        return label, f"w{chance.integers(1, WORDS)}"
    count = int(chance.integers(2, min(most, leaves) + 1))
    cuts = np.sort(chance.choice(np.arange(1, leaves), size=count - 1, replace=False))
    sizes = np.diff([0, *cuts, leaves])
    return label, [random_tree(chance, int(size), most) for size in sizes]


def forest(trees: list[Node]) -> Forest:
    """The trees as arrays; word k is code k."""
    column = TreeColumn.of(trees)
    codes = np.array([*(int(word[1:]) for word in column.vocabulary), -1])
    names = np.array([*column.names, -1])
    raw = column.forest
    return Forest(codes[raw.word], names[raw.label], raw.parent, raw.offsets)


def network(kind: str, width: int = 4) -> TreeNetwork:
    """A small network with weights that are not near anything special, in double precision."""
    torch.manual_seed(0)
    head = nn.Linear(width, CLASSES)
    rows, build = torch.arange(WORDS), NETWORKS[kind][0]
    made = build(rows, width, head).double()
    with torch.no_grad():
        for weight in made.parameters():
            weight.normal_(std=0.5)
    return made


def by_hand(kind: str, made: TreeNetwork, tree: Node) -> list[Tensor]:
    """What the head sees of every node of a tree, in postorder."""
    reference, seen = NETWORKS[kind][1:]
    found: list[Tensor] = []

    def visit(node: Node) -> Any:
        _, content = node
        if isinstance(content, str):
            state = reference(made, None, made.words.table.weight[int(content[1:])])
        else:
            state = reference(made, [visit(child) for child in content], None)
        found.append(seen(state))
        return state

    visit(tree)
    return found


def _recursive(net: Any, children: list[Tensor] | None, word: Tensor | None) -> Tensor:
    if children is None:
        return word
    a, b = children
    d = len(a)
    return torch.tanh(net.merge.weight[:, :d] @ a + net.merge.weight[:, d:] @ b + net.merge.bias)


def _rntn(net: Any, children: list[Tensor] | None, word: Tensor | None) -> Tensor:
    if children is None:
        return word
    both, numbers = torch.cat(children), []
    for k in range(len(children[0])):
        form = both @ net.tensor[:, k, :] @ both
        numbers.append(torch.tanh(form + net.merge.weight[k] @ both + net.merge.bias[k]))
    return torch.stack(numbers)


def _matrix_vector(net: Any, children: Any, word: Tensor | None) -> tuple[Tensor, Tensor]:
    d, r = net.width, net.rank
    if children is None:
        tall = word[2 * d : 2 * d + d * r].reshape(d, r)
        wide = word[2 * d + d * r :].reshape(r, d)
        return word[:d], tall @ wide + torch.diag(1 + word[d : 2 * d])
    (a, A), (b, B) = children
    p = torch.tanh(net.merge.weight @ torch.cat([B @ a, A @ b]) + net.merge.bias)
    return p, net.operators @ torch.cat([A, B])


def _tree_lstm(net: Any, children: Any, word: Tensor | None) -> tuple[Tensor, Tensor]:
    d = net.hidden
    wi, wo, wu = net.w.weight.split(d)
    ui, uo, uu, ul, ur = net.u.weight.split(d)
    bi, bo, bu, bf = net.b
    x = torch.zeros(wi.shape[1], dtype=wi.dtype) if word is None else word
    zero = torch.zeros(d, dtype=wi.dtype)
    (cl, hl), (cr, hr) = children or [(zero, zero), (zero, zero)]
    h = torch.cat([hl, hr])
    i = torch.sigmoid(wi @ x + ui @ h + bi)
    o = torch.sigmoid(wo @ x + uo @ h + bo)
    u = torch.tanh(wu @ x + uu @ h + bu)
    c = i * u + torch.sigmoid(ul @ h + bf) * cl + torch.sigmoid(ur @ h + bf) * cr
    return c, o * torch.tanh(c)


def _child_sum(net: Any, children: Any, word: Tensor | None) -> tuple[Tensor, Tensor]:
    d = net.hidden
    wi, wo, wu = net.w.weight.split(d)
    ui, uo, uu = net.u.weight.split(d)
    bi, bo, bu = net.b.split(d)
    x = torch.zeros(wi.shape[1], dtype=wi.dtype) if word is None else word
    h = sum((h for _, h in children or []), torch.zeros(d, dtype=wi.dtype))
    i = torch.sigmoid(wi @ x + ui @ h + bi)
    o = torch.sigmoid(wo @ x + uo @ h + bo)
    c = i * torch.tanh(wu @ x + uu @ h + bu)
    for ck, hk in children or []:
        c = c + torch.sigmoid(net.forget.weight @ hk + net.forget.bias) * ck
    return c, o * torch.tanh(c)


def _vectors(rows: Tensor, width: int) -> WordVectors:
    return WordVectors(rows, width)


def _first(state: Any) -> Tensor:
    return state[0]


def _last(state: Any) -> Tensor:
    return state[1]


def _itself(state: Any) -> Tensor:
    return state


NETWORKS: dict[str, tuple[Callable[..., TreeNetwork], Reference, Callable[[Any], Tensor]]] = {
    "recursive": (
        lambda rows, d, head: RecursiveNet(words=_vectors(rows, d), width=d, head=head),
        _recursive,
        _itself,
    ),
    "rntn": (
        lambda rows, d, head: RNTNNetwork(words=_vectors(rows, d), width=d, head=head),
        _rntn,
        _itself,
    ),
    "matrix-vector": (
        lambda rows, d, head: MVRNNNetwork(
            words=_vectors(rows, 2 * d * 3), width=d, rank=2, head=head
        ),
        _matrix_vector,
        _first,
    ),
    "tree-lstm": (
        lambda rows, d, head: TreeLSTMNetwork(
            words=_vectors(rows, 5), word_width=5, hidden=d, head=head
        ),
        _tree_lstm,
        _last,
    ),
    "child-sum": (
        lambda rows, d, head: ChildSumTreeLSTMNetwork(
            words=_vectors(rows, 5), word_width=5, hidden=d, head=head
        ),
        _child_sum,
        _last,
    ),
}
