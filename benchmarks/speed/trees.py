"""Training recursive networks level by level, in turn with a loop over nodes.

    python -m benchmarks.speed.trees [batch size]

Both sides hold the same weights, take the same trees of the Stanford Sentiment Treebank, and give
the same loss and the same gradients, which is checked before anything is timed. The loop is what
people write first: a function that calls itself for each child and composes one node at a time.
A round is a pass forwards and backwards over 8 batches.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.in_turn import in_turn, save_ratio, timed
from benchmarks.quality._runs import data_folder
from fieldguide import formats
from fieldguide.algorithms.recursive._network import TreeNetwork, WordVectors
from fieldguide.algorithms.recursive.rntn import RNTNNetwork
from fieldguide.algorithms.recursive.tree_lstm import TreeLSTMNetwork
from fieldguide.codecs import Nodes
from fieldguide.data import Batch
from fieldguide.data.tree_examples import TreeExamples, forest_of

BATCHES = 8
CLASSES = 5
TARGET = 20.0
Tree = tuple[int, int, list["Tree"]]  # label, word (-1 at inner nodes), children


def networks(words: int) -> dict[str, TreeNetwork]:
    """Return the networks of the published sizes."""
    rows = torch.arange(words)
    torch.manual_seed(0)
    # Sparse gradients, for both ways: dense ones would cost the loop a whole table a leaf.
    small, large = (WordVectors(rows, width, sparse=True) for width in (30, 300))
    return {
        "rntn": RNTNNetwork(words=small, width=30, head=nn.Linear(30, CLASSES)),
        "tree-lstm": TreeLSTMNetwork(
            words=large, word_width=300, hidden=150, head=nn.Linear(150, CLASSES)
        ),
    }


def by_level(net: TreeNetwork, x: dict[str, Tensor]) -> Tensor:
    """Return the loss at all labelled nodes, composed level by level."""
    labels = x["labels"]
    outputs = net.outputs(net.nodes(x))
    return F.cross_entropy(outputs, labels, ignore_index=-1, reduction="sum")


def by_node(net: TreeNetwork, trees: list[Tree]) -> Tensor:
    """Return the same, node by node."""
    losses: list[Tensor] = []
    two = torch.tensor([2])

    def state_of(tree: Tree) -> Tensor:
        label, word, children = tree
        if word >= 0:
            state = net.leaf(net.words(torch.tensor([word])))
        else:
            state = net.compose(torch.cat([state_of(child) for child in children]), two)
        if label >= 0:
            outputs = net.outputs(net.visible(state))
            losses.append(F.cross_entropy(outputs, torch.tensor([label]), reduction="sum"))
        return state

    for tree in trees:
        state_of(tree)
    return torch.stack(losses).sum()


def nested(batch: Batch) -> list[Tree]:
    """Return the trees of a batch as nested nodes."""
    forest = forest_of(batch.x)
    trees: list[Tree] = []
    for start, stop in zip(forest.offsets[:-1], forest.offsets[1:], strict=True):
        nodes: list[Tree] = []
        for place in range(start, stop):
            nodes.append((int(forest.label[place]), int(forest.word[place]), []))
        for place in range(start, stop - 1):
            nodes[forest.parent[place]][2].append(nodes[place - start])
        trees.append(nodes[-1])
    return trees


def check(net: TreeNetwork, x: dict[str, Tensor], trees: list[Tree]) -> None:
    """Make sure that both ways give the same loss and the same gradients."""
    weights = list(net.parameters())
    ours, theirs = by_level(net, x), by_node(net, trees)
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-3)
    pairs = zip(
        torch.autograd.grad(ours, weights), torch.autograd.grad(theirs, weights), strict=True
    )
    for mine, other in pairs:
        torch.testing.assert_close(mine.to_dense(), other.to_dense(), rtol=1e-3, atol=1e-3)


def over_batches(net: TreeNetwork, loss: Callable[[TreeNetwork, object], Tensor], batches: list):
    """Return what a round does: forwards, backwards, gradients forgotten."""

    def round_of_batches() -> None:
        for batch in batches:
            loss(net, batch).backward()
            net.zero_grad(set_to_none=True)

    return round_of_batches


def main(size: int) -> None:
    """Time both networks both ways and record the ratios."""
    started = time.perf_counter()
    data = formats.read(data_folder("sst") / "train.txt.gz")
    column = data.columns["tree"]
    codec = Nodes.fit(column)
    examples = codec.examples(column)
    assert isinstance(examples, TreeExamples)
    drawn = []
    for batch, _ in zip(examples.batches(size).epoch(), range(BATCHES), strict=False):
        drawn.append(batch)
    trees = [nested(batch) for batch in drawn]
    for name, net in networks(codec.width).items():
        check(net, drawn[0].x, trees[0])
        print(f"{name}, batch {size}: trees/s, forwards and backwards")
        amount = BATCHES * size
        rates = in_turn(
            {
                "by level": timed(over_batches(net, by_level, [b.x for b in drawn]), amount),
                "by node": timed(over_batches(net, by_node, trees), amount),
            },
            rounds=5,
            warm_up=1,
        )
        save_ratio(
            f"{name}-batch-{size}-over-node-by-node",
            rates,
            "by level",
            "by node",
            unit="trees/s",
            target=TARGET if size == 25 else None,
            data=f"Stanford Sentiment Treebank, {BATCHES} batches of {size} training trees",
            algorithm=name,
            started=started,
            command=f"python -m benchmarks.speed.trees {size}",
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 25)
