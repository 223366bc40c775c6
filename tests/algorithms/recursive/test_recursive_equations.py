"""Level by level is node by node: values, gradients, whatever the order of a batch."""

from __future__ import annotations

import numpy as np
import plain_trees
import pytest
import torch
from torch import Tensor

from fieldguide.data.tree_examples import tensors
from fieldguide.nn.tree_compositions import climb_binary
from fieldguide.nn.tree_levels import climb

KINDS = list(plain_trees.NETWORKS)
kinds = pytest.mark.parametrize("kind", KINDS)


def some_trees(kind: str, sizes: tuple[int, ...] = (1, 2, 5, 9, 3, 7)) -> list[plain_trees.Node]:
    chance, most = np.random.default_rng(1), 4 if kind == "child-sum" else 2
    return [plain_trees.random_tree(chance, size, most) for size in sizes]


def schedule(trees: list[plain_trees.Node], order: list[int] | None = None) -> dict[str, Tensor]:
    chosen = np.arange(len(trees)) if order is None else np.array(order)
    return tensors(plain_trees.forest(trees), chosen, "cpu")


def gradients(net: torch.nn.Module, loss: Tensor) -> list[Tensor]:
    return list(torch.autograd.grad(loss, list(net.parameters())))


@kinds
def test_values_and_gradients_are_those_of_a_plain_recursion(kind: str) -> None:
    trees, net = some_trees(kind), plain_trees.network(kind)
    x = schedule(trees)
    seen = net.nodes(x)
    order = np.lexsort((x["place"].numpy(), x["tree"].numpy()))
    plain = torch.stack([node for tree in trees for node in plain_trees.by_hand(kind, net, tree)])
    assert torch.allclose(seen[order], plain, rtol=0, atol=1e-12)
    weights = torch.randn(plain.shape[0], plain_trees.CLASSES, dtype=torch.float64)
    ours = gradients(net, (net.outputs(seen[order]) * weights).sum())
    theirs = gradients(net, (net.head(plain) * weights).sum())
    for name, mine, other in zip(dict(net.named_parameters()), ours, theirs, strict=True):
        assert mine.abs().sum() > 0, name
        assert torch.allclose(mine, other, rtol=1e-10, atol=1e-12), name


@kinds
def test_outputs_are_those_of_the_roots(kind: str) -> None:
    trees, net = some_trees(kind), plain_trees.network(kind)
    roots = torch.stack([plain_trees.by_hand(kind, net, tree)[-1] for tree in trees])
    assert torch.allclose(net(schedule(trees)), net.head(roots), rtol=0, atol=1e-12)


@kinds
def test_the_order_of_a_batch_changes_nothing(kind: str) -> None:
    trees, net = some_trees(kind), plain_trees.network(kind)
    order = [3, 0, 5, 1, 4, 2]
    together = net(schedule(trees))
    assert torch.allclose(net(schedule(trees, order)), together[order], rtol=0, atol=1e-13)
    for place in range(len(trees)):
        assert torch.allclose(net(schedule(trees, [place]))[0], together[place], atol=1e-13)


@kinds
def test_gradients_are_finite_differences(kind: str) -> None:
    x, net = schedule(some_trees(kind, (1, 4, 3))), plain_trees.network(kind, width=3)
    names = [name for name, _ in net.named_parameters()]

    def loss(*weights: Tensor) -> Tensor:
        given = dict(zip(names, weights, strict=True))
        return torch.func.functional_call(net, given, (x,)).square().sum()

    assert torch.autograd.gradcheck(loss, tuple(net.parameters()), nondet_tol=0.0)


@kinds
def test_a_second_look_back_gives_the_same_gradients(kind: str) -> None:
    net, x = plain_trees.network(kind), schedule(some_trees(kind))
    loss = net(x).square().sum()
    weights = list(net.parameters())
    first = torch.autograd.grad(loss, weights, retain_graph=True)
    second = torch.autograd.grad(loss, weights)
    assert all(torch.equal(one, other) for one, other in zip(first, second, strict=True))


@pytest.mark.parametrize("kind", ["rntn", "tree-lstm"])
@pytest.mark.parametrize("sizes", [(1, 2, 5, 9, 3, 7), (1, 1), (40,)])
def test_derivatives_written_out_are_autograds(kind: str, sizes: tuple[int, ...]) -> None:
    x, net = schedule(some_trees(kind, sizes)), plain_trees.network(kind)
    leaves = net.leaf(net.words(x["words"]))
    plain = climb(x, leaves, net.compose)
    written_out = net.composition()
    assert written_out is not None
    ours = climb_binary(x, leaves, written_out)
    assert torch.allclose(ours, plain, rtol=0, atol=1e-13)
    weights = [weight for name, weight in net.named_parameters() if "head" not in name]
    slopes = torch.randn(plain.shape, dtype=torch.float64)
    loss = (plain * slopes).sum()
    wanted = torch.autograd.grad(loss, weights, allow_unused=True, retain_graph=True)
    found = torch.autograd.grad((ours * slopes).sum(), weights)
    for one, other in zip(found, wanted, strict=True):  # none where no tree has a parent
        assert torch.allclose(one, torch.zeros_like(one) if other is None else other, atol=1e-12)


@pytest.mark.parametrize("kind", ["rntn", "tree-lstm"])
def test_without_derivatives_and_in_half_precision_values_are_the_same(kind: str) -> None:
    x, net = schedule(some_trees(kind)), plain_trees.network(kind).float()
    learning = net(x)
    with torch.inference_mode():
        assert torch.allclose(net(x), learning, atol=1e-5)
    with torch.autocast("cpu", torch.bfloat16):
        half = net(x)
    assert torch.allclose(half.float(), learning, atol=0.1)
    half.float().sum().backward()
    assert all(weight.grad is not None for weight in net.parameters())


def test_the_binary_tree_lstm_is_torchs_own_on_a_chain() -> None:
    """A tree whose left children have h = 0 = c is an LSTM that walks along the right ones.

    The word at each left leaf has vector 0 and its input gate is shut, so it adds nothing: what
    is left is an LSTM cell without input, started from the last word's state.
    """
    net = plain_trees.network("tree-lstm")
    d = net.hidden
    with torch.no_grad():
        net.words.table.weight[1] = 0.0
        net.b[2] = 0.0  # tanh(0) = 0 of a word without a vector: c = 0, h = 0
    tree: plain_trees.Node = (None, "w3")
    for _ in range(4):
        tree = (None, [(None, "w1"), tree])
    cell = torch.nn.LSTMCell(1, d).double()
    ui, uo, uu, _, ur = (part[:, d:] for part in net.u.weight.split(d))
    bi, bo, bu, bf = net.b
    with torch.no_grad():
        cell.weight_ih.zero_()
        cell.bias_ih.zero_()
        cell.weight_hh.copy_(torch.cat([ui, ur, uu, uo]))  # torch's order: i, f, g, o
        cell.bias_hh.copy_(torch.cat([bi, bf, bu, bo]))
        c, h = plain_trees._tree_lstm(net, None, net.words.table.weight[3])
        h, c = h[None], c[None]
        for _ in range(4):
            h, c = cell(torch.zeros(1, 1, dtype=torch.float64), (h, c))
    assert torch.allclose(net(schedule([tree])), net.head(h), rtol=0, atol=1e-12)


def test_the_child_sum_forgets_the_order_of_children() -> None:
    net = plain_trees.network("child-sum")
    children = [(None, "w1"), (None, [(None, "w2"), (None, "w3")]), (None, "w4")]
    there, back = [(None, children)], [(None, children[::-1])]
    assert torch.allclose(net(schedule(there)), net(schedule(back)), atol=1e-13)
    lstm = plain_trees.network("tree-lstm")
    pair = [(None, "w1"), (None, "w2")]
    outputs = lstm(schedule([(None, pair), (None, pair[::-1])]))
    assert not torch.allclose(outputs[0], outputs[1])
