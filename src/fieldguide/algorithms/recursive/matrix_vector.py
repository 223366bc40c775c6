"""Matrix-vector recursive network: each word is a vector and an operator (Socher et al. 2012).

Socher, Huval, Manning & Ng, "Semantic compositionality through recursive matrix-vector spaces",
EMNLP 2012.

How it works:
    A word has a vector, its meaning, and a matrix, what it does to its neighbour's meaning. Two
    nodes (a, A) and (b, B) merge into (p, P):

        p = tanh(W [B a; A b] + β),  P = W_M [A; B],  ŷ = softmax(W_s p + β_s)

    A full matrix for every word would be too much to learn: A = U V + diag(α + 1) for words, of a
    low rank (section 2.6 of the paper), beginning near the matrix that leaves its neighbour alone.

Use it when:
    Some words act on others (adverbs, negation, verbs with arguments) and many sentences or phrases
    are labelled.

Think twice when:
    Words are many and rare: each has ``rank`` times more to learn than a vector. RNTN was made to
    do the same with fewer weights.

Cost:
    About 4 · width³ multiplications a node, and 2 · width · (1 + rank) weights a word.

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
    >>> model = fg.MVRNN(width=8, epochs=30, lr=0.1).fit(data)
    >>> model.predict(data.take([0, 20])).tolist()
    ['good', 'bad']
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fieldguide.algorithms.recursive._codes import Words
from fieldguide.algorithms.recursive._family import RecursiveEstimator
from fieldguide.algorithms.recursive._network import TreeNetwork, WordVectors, averaging
from fieldguide.card import Card, Reference
from fieldguide.hyperparameter import option


class MVRNNNetwork(TreeNetwork):
    """Vectors that are multiplied by each other's matrices, and merged.

    Args:
        words: Vectors of ``2 · width · (1 + rank)`` numbers: vector, diagonal, and the two factors.
        width: Numbers in the vector of a node; its matrix has their square.
        rank: Of the words' matrices, diagonal aside.
        head: Makes outputs of a node's vector.
        dropout: Chance that a number rests in training.
    """

    def __init__(
        self, *, words: WordVectors, width: int, rank: int, head: nn.Module, dropout: float = 0.0
    ) -> None:
        super().__init__(words=words, head=head, dropout=dropout)
        self.width, self.rank = width, rank
        self.merge = nn.Linear(2 * width, width)
        self.operators = nn.Parameter(averaging(width))  # W_M
        with torch.no_grad():
            self.merge.weight.copy_(averaging(width))
            self.merge.bias.zero_()

    def leaf(self, vectors: Tensor) -> Tensor:
        """Return vector and matrix of each word side by side, (L, width + width²)."""
        d, r = self.width, self.rank
        vector, diagonal, tall, wide = vectors.split([d, d, d * r, d * r], dim=1)
        matrix = tall.reshape(-1, d, r) @ wide.reshape(-1, r, d) + torch.diag_embed(1 + diagonal)
        return torch.cat([vector, matrix.flatten(1)], dim=1)

    def compose(self, children: Tensor, arity: Tensor) -> Tensor:
        """Return (M, width + width²) for children (2·M, width + width²)."""
        d = self.width
        pairs = children.view(len(arity), 2, -1)
        vectors, matrices = pairs[..., :d], pairs[..., d:].reshape(len(arity), 2, d, d)
        crossed = matrices.flip(1) @ vectors.unsqueeze(3)  # (M, 2, d, 1): B a, A b
        parent = torch.tanh(self.merge(crossed.reshape(len(arity), 2 * d)))
        operator = self.operators @ matrices.reshape(len(arity), 2 * d, d)  # (M, d, d)
        return torch.cat([parent, operator.flatten(1)], dim=1)

    def visible(self, states: Tensor) -> Tensor:
        """Return the vectors, (N, width)."""
        return states[:, : self.width]


class MVRNN(RecursiveEstimator):
    """Matrix-vector recursive network for trees of words."""

    card = Card(
        title="Matrix-vector recursive network",
        paper="Socher, Huval, Manning & Ng (2012). Semantic compositionality through recursive "
        "matrix-vector spaces. EMNLP.",
        year=2012,
        tasks=("classification", "regression"),
        inputs=("tree",),
        capacity=3,
        needs_examples=1000,
        exportable=False,
        references=(
            Reference(
                data="Stanford Sentiment Treebank, 5 classes, root",
                metric="accuracy",
                value=0.444,
                source="Socher et al. (2013), table 1",
            ),
            Reference(
                data="Stanford Sentiment Treebank, 2 classes, root",
                metric="accuracy",
                value=0.829,
                source="Socher et al. (2013), table 1",
            ),
        ),
    )

    width: int = option(25, "numbers in the vector of a node", low=1, search=(10, 40))
    rank: int = option(3, "rank of the words' matrices, diagonal aside", low=1, search=(1, 6))
    weight_decay: float = option(1e-4, "pull of weights towards 0", low=0, search=(0.0, 0.01))

    @property
    def seen(self) -> int:
        """Numbers in the vector of a node."""
        return self.width

    def network(self, words: Words, head: nn.Module) -> TreeNetwork:
        """Return a new network."""
        return MVRNNNetwork(
            words=words.vectors(2 * self.width * (1 + self.rank), 0.1),
            width=self.width,
            rank=self.rank,
            head=head,
            dropout=self.dropout,
        )
