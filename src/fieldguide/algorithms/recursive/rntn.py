"""Recursive neural tensor network: two phrases multiply as they merge (Socher et al. 2013).

Socher, Perelygin, Wu, Chuang, Manning, Ng & Potts, "Recursive deep models for semantic
compositionality over a sentiment treebank", EMNLP 2013.

How it works:
    To the recursive network's sum comes a product: each number of the parent has a matrix of its
    own, in which every number of one child meets every number of the other (and its own):

        pₖ = tanh([a; b]ᵀ V⁽ᵏ⁾ [a; b] + (W [a; b])ₖ + βₖ),  ŷ = softmax(W_s p + β_s)

    So "not" can turn around what follows it. Every labelled node adds its error; AdaGrad descends.

Use it when:
    Phrases carry labels, as in the Stanford Sentiment Treebank, and negation and emphasis matter.

Think twice when:
    Only whole sentences are labelled: there is too little to learn the tensor from; a Tree-LSTM
    copes better, and on plain text a bag of words with logistic regression is hard to beat.

Cost:
    8 · width³ multiplications a node, as many weights in the tensor: 108,000 for the width of 30.

Shapes:
    a schedule of B binary trees with N nodes (`Forest.packed`); outputs (B, classes) or
    (B, targets).

Example:
    >>> import polars as pl, fieldguide as fg
    >>> from fieldguide.data import Dataset, TreeColumn
    >>> trees = [("good", [(None, "not"), ("bad", "dull")])] * 20
    >>> trees += [("bad", [(None, "so"), ("bad", "dull")])] * 20
    >>> columns = {"tree": TreeColumn.of(trees), "class": pl.Series([tree[0] for tree in trees])}
    >>> data = Dataset.from_columns(columns, target="class")
    >>> model = fg.RNTN(width=8, epochs=30, lr=0.1).fit(data)
    >>> model.predict(data.take([0, 20])).tolist()
    ['good', 'bad']
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn

from fieldguide.algorithms.recursive._codes import Words
from fieldguide.algorithms.recursive._derivatives import BilinearComposition
from fieldguide.algorithms.recursive._family import RecursiveEstimator
from fieldguide.algorithms.recursive._network import TreeNetwork, WordVectors, averaging
from fieldguide.card import Card, Reference
from fieldguide.hyperparameter import option


class RNTNNetwork(TreeNetwork):
    """A bilinear form and a linear layer for every pair of children.

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
        bound = 1 / (4 * width)
        # tensor[i, k, j] is V⁽ᵏ⁾ᵢⱼ, so that one product of matrices makes all [a; b]ᵀ V⁽ᵏ⁾.
        self.tensor = nn.Parameter(torch.empty(2 * width, width, 2 * width).uniform_(-bound, bound))
        self.merge = nn.Linear(2 * width, width)
        with torch.no_grad():
            self.merge.weight.copy_(averaging(width))
            self.merge.bias.zero_()

    def leaf(self, vectors: Tensor) -> Tensor:
        """Return the words' vectors as they are."""
        return vectors

    def compose(self, children: Tensor, arity: Tensor) -> Tensor:
        """Return (M, width) for children (2·M, width)."""
        both = children.reshape(len(arity), -1)  # (M, 2·width)
        left = (both @ self.tensor.flatten(1)).view(len(both), *self.tensor.shape[1:])
        products = torch.bmm(left, both.unsqueeze(2)).squeeze(2)  # (M, width)
        return torch.tanh(products + self.merge(both))

    def composition(self) -> BilinearComposition:
        """Return the same with its derivative written out."""
        return BilinearComposition(self.tensor, self.merge.weight, self.merge.bias)


class RNTN(RecursiveEstimator):
    """Recursive neural tensor network for trees of words."""

    card = Card(
        title="Recursive neural tensor network",
        paper="Socher, Perelygin, Wu, Chuang, Manning, Ng & Potts (2013). Recursive deep models "
        "for semantic compositionality over a sentiment treebank. EMNLP.",
        year=2013,
        tasks=("classification", "regression"),
        inputs=("tree",),
        capacity=3,
        needs_examples=1000,
        exportable=False,
        references=(
            Reference(
                data="Stanford Sentiment Treebank, 5 classes, root",
                metric="accuracy",
                value=0.457,
                source="Socher et al. (2013), table 1",
            ),
            Reference(
                data="Stanford Sentiment Treebank, 2 classes, root",
                metric="accuracy",
                value=0.854,
                source="Socher et al. (2013), table 1",
            ),
        ),
    )

    # A number of the parent sums 4 · width² products: at the rate of the sum's own weights, the
    # first steps of AdaGrad, all of one length, would drive every node into saturation.
    rates: ClassVar[Mapping[str, str]] = {"words.": "word_rate", "tensor": "tensor_rate"}

    tensor_rate: float = option(
        0.1, "learning rate of the tensor, as a multiple of lr", low=0, search=(0.01, 1.0), log=True
    )
    width: int = option(30, "numbers in the vector of a node", low=1, search=(15, 45))
    weight_decay: float = option(1e-4, "pull of weights towards 0", low=0, search=(0.0, 0.01))

    @property
    def seen(self) -> int:
        """Numbers in the vector of a node."""
        return self.width

    def network(self, words: Words, head: nn.Module) -> TreeNetwork:
        """Return a new network."""
        vectors = words.vectors(self.width, 1e-3)
        return RNTNNetwork(words=vectors, width=self.width, head=head, dropout=self.dropout)
