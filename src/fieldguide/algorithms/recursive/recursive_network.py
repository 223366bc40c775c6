"""Recursive network: one layer merges two phrases, up to the whole sentence (Socher et al. 2011).

Goller & Küchler, "Learning task-dependent distributed representations by backpropagation through
structure", ICNN 1996; Socher, Lin, Ng & Manning, "Parsing natural scenes and natural language with
recursive neural networks", ICML 2011.

How it works:
    A leaf's vector is that of its word. A parent's vector is made of those of its two children, by
    the same weights everywhere in every tree, and every node's vector tells its label:

        p = tanh(W [a; b] + β),  ŷ = softmax(W_s p + β_s)

    The error at every labelled node flows down the tree (back-propagation through structure).
    Nodes of one height are computed together, over all trees of a batch.

Use it when:
    Sentences come with parse trees and labels on phrases, and you want the simplest network that
    uses both; or as the yardstick for its successors.

Think twice when:
    Words change each other's meaning ("not good"): a sum of two parts that pass one tanh cannot
    multiply; RNTN and Tree-LSTM can. Without parses, and with much text, sequence models or a bag
    of words with logistic regression do as well for less.

Cost:
    4 · width² multiplications a node. The vectors of the words are nearly all of the weights.

Shapes:
    a schedule of B binary trees with N nodes (`Forest.packed`); outputs (B, classes) or
    (B, targets).

Example:
    >>> import polars as pl, fieldguide as fg
    >>> from fieldguide.data import Dataset, TreeColumn
    >>> trees = [("good", [("good", "great"), (None, "film")])] * 20
    >>> trees += [("bad", [("bad", "dull"), (None, "film")])] * 20
    >>> columns = {"tree": TreeColumn.of(trees), "class": pl.Series([tree[0] for tree in trees])}
    >>> data = Dataset.from_columns(columns, target="class")
    >>> model = fg.RecursiveNetwork(epochs=20, lr=0.1).fit(data)
    >>> model.node_predictions(data.take([20])).bracketed(0)[:15]
    '(bad (bad dull)'
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fieldguide.algorithms.recursive._codes import Words
from fieldguide.algorithms.recursive._family import RecursiveEstimator
from fieldguide.algorithms.recursive._network import TreeNetwork, WordVectors, averaging
from fieldguide.card import Card, Reference
from fieldguide.hyperparameter import option


class RecursiveNet(TreeNetwork):
    """One linear layer and a tanh for every pair of children.

    Args:
        words: Vectors of ``width`` numbers.
        width: Numbers in the vector of a node.
        head: Makes outputs of them.
        dropout: Chance that one of them rests in training.
    """

    def __init__(
        self, *, words: WordVectors, width: int, head: nn.Module, dropout: float = 0.0
    ) -> None:
        super().__init__(words=words, head=head, dropout=dropout)
        self.merge = nn.Linear(2 * width, width)
        with torch.no_grad():
            self.merge.weight.copy_(averaging(width))
            self.merge.bias.zero_()

    def leaf(self, vectors: Tensor) -> Tensor:
        """Return the words' vectors as they are."""
        return vectors

    def compose(self, children: Tensor, arity: Tensor) -> Tensor:
        """Return tanh(W [a; b] + β), (M, width), for children (2·M, width)."""
        return torch.tanh(self.merge(children.reshape(len(arity), -1)))


class RecursiveNetwork(RecursiveEstimator):
    """Recursive network for trees of words."""

    card = Card(
        title="Recursive neural network",
        paper="Socher, Lin, Ng & Manning (2011). Parsing natural scenes and natural language with "
        "recursive neural networks. ICML.",
        year=2011,
        tasks=("classification", "regression"),
        inputs=("tree",),
        capacity=2,
        needs_examples=300,
        exportable=False,
        references=(
            Reference(
                data="Stanford Sentiment Treebank, 5 classes, root",
                metric="accuracy",
                value=0.432,
                source="Socher et al. (2013), table 1",
            ),
            Reference(
                data="Stanford Sentiment Treebank, 2 classes, root",
                metric="accuracy",
                value=0.824,
                source="Socher et al. (2013), table 1",
            ),
        ),
    )

    width: int = option(30, "numbers in the vector of a node", low=1, search=(15, 60))
    weight_decay: float = option(1e-4, "pull of weights towards 0", low=0, search=(0.0, 0.01))

    @property
    def seen(self) -> int:
        """Numbers in the vector of a node."""
        return self.width

    def network(self, words: Words, head: nn.Module) -> TreeNetwork:
        """Return a new network."""
        vectors = words.vectors(self.width, 1e-3)
        return RecursiveNet(words=vectors, width=self.width, head=head, dropout=self.dropout)
