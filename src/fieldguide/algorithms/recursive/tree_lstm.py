"""Tree-LSTM, binary: memory that climbs a tree, a gate for each child (Tai et al. 2015).

Tai, Socher & Manning, "Improved semantic representations from tree-structured long short-term
memory networks", ACL 2015, section 3.2 (the N-ary form with N = 2, for constituency trees).

How it works:
    A node keeps of each child's memory what that child's own gate f lets through, and decides by
    both children which gates to open. x is a word's vector at leaves and absent elsewhere;
    h_L, h_R, c_L, c_R are the children's, absent at leaves:

        i = σ(Wⁱ x + Uⁱ [h_L; h_R] + bⁱ)      o = σ(Wᵒ x + Uᵒ [h_L; h_R] + bᵒ)
        u = tanh(Wᵘ x + Uᵘ [h_L; h_R] + bᵘ)   f_L, f_R = σ(Uᶠ [h_L; h_R] + bᶠ), Uᶠ one for each
        c = i ⊙ u + f_L ⊙ c_L + f_R ⊙ c_R     h = o ⊙ tanh(c),  ŷ = softmax(W_s h + b_s)

Use it when:
    Sentences come with binary parse trees (others are cut in two), best with labels on phrases:
    the strongest of the recursive networks.

Think twice when:
    There are no parses and no labels below the root: on trees made without grammar it has no
    advantage over an LSTM along the sentence, and little over a bag of words.

Cost:
    20 · hidden² multiplications an inner node, 6 · word width · hidden a leaf.

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
    >>> model = fg.TreeLSTM(hidden=8, epochs=30).fit(data)
    >>> model.predict(data.take([0, 20])).tolist()
    ['good', 'bad']
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fieldguide.algorithms.recursive._codes import Words
from fieldguide.algorithms.recursive._derivatives import GatedComposition
from fieldguide.algorithms.recursive._family import RecursiveEstimator
from fieldguide.algorithms.recursive._network import TreeNetwork, WordVectors
from fieldguide.card import Card, Reference
from fieldguide.hyperparameter import option


class TreeLSTMNetwork(TreeNetwork):
    """Binary Tree-LSTM; a state is (c, h) side by side.

    Args:
        words: Vectors of ``word_width`` numbers.
        word_width: Numbers in the vector of a word.
        hidden: Numbers in the memory c, and in h.
        head: Makes outputs of h.
        dropout: Chance that a number rests in training.
    """

    def __init__(
        self,
        *,
        words: WordVectors,
        word_width: int,
        hidden: int,
        head: nn.Module,
        dropout: float = 0.0,
    ) -> None:
        super().__init__(words=words, head=head, dropout=dropout)
        self.hidden = hidden
        self.w = nn.Linear(word_width, 3 * hidden, bias=False)  # i, o, u
        self.u = nn.Linear(2 * hidden, 5 * hidden, bias=False)  # i, o, u, f_L, f_R
        self.b = nn.Parameter(torch.zeros(4, hidden))  # i, o, u, f

    def leaf(self, vectors: Tensor) -> Tensor:
        """Return (L, 2·hidden); without children there is nothing to forget."""
        i, o, u = (self.w(vectors) + self.b[:3].flatten()).chunk(3, dim=1)
        c = i.sigmoid() * u.tanh()
        return torch.cat([c, o.sigmoid() * c.tanh()], dim=1)

    def compose(self, children: Tensor, arity: Tensor) -> Tensor:
        """Return (M, 2·hidden) for children (2·M, 2·hidden)."""
        d, count = self.hidden, len(arity)
        pairs = children.view(count, 2, 2, d)  # child, (c, h)
        bias = torch.cat([self.b.flatten(), self.b[3]])
        below = torch.addmm(bias, pairs[:, :, 1].reshape(count, 2 * d), self.u.weight.t())
        gates = torch.cat([below[:, : 2 * d], below[:, 3 * d :]], dim=1).sigmoid()
        i, o, left, right = gates.chunk(4, dim=1)
        u = below[:, 2 * d : 3 * d].tanh()
        c = i * u + left * pairs[:, 0, 0] + right * pairs[:, 1, 0]
        return torch.cat([c, o * c.tanh()], dim=1)

    def composition(self) -> GatedComposition:
        """Return the same with its derivative written out."""
        return GatedComposition(self.u.weight, torch.cat([self.b.flatten(), self.b[3]]))

    def visible(self, states: Tensor) -> Tensor:
        """Return h, (N, hidden)."""
        return states[:, self.hidden :]


class TreeLSTM(RecursiveEstimator):
    """Binary Tree-LSTM for trees of words."""

    card = Card(
        title="Tree-LSTM (binary)",
        paper="Tai, Socher & Manning (2015). Improved semantic representations from "
        "tree-structured long short-term memory networks. ACL.",
        year=2015,
        tasks=("classification", "regression"),
        inputs=("tree",),
        capacity=3,
        needs_examples=1000,
        exportable=False,
        references=(
            Reference(
                data="Stanford Sentiment Treebank, 5 classes, root, GloVe vectors",
                metric="accuracy",
                value=0.510,
                source="Tai, Socher & Manning (2015), table 2",
            ),
            Reference(
                data="Stanford Sentiment Treebank, 2 classes, root, GloVe vectors",
                metric="accuracy",
                value=0.880,
                source="Tai, Socher & Manning (2015), table 2",
            ),
        ),
    )

    lr: float = option(0.03, "learning rate", low=0, search=(5e-3, 0.2), log=True)
    word_rate: float = option(1.0, "learning rate of word vectors, as a multiple of lr", low=0)
    hidden_words: float = option(
        0.15, "chance that a word passes for unknown in training", low=0, high=0.9
    )
    weight_decay: float = option(3e-4, "pull of weights towards 0", low=0, search=(0.0, 0.01))
    dropout: float = option(
        0.5, "chance that a number of a word or a state rests", low=0, high=0.9, search=(0, 0.5)
    )
    word_width: int = option(150, "numbers in the vector of a word", low=1, search=(50, 300))
    hidden: int = option(150, "numbers in the memory of a node", low=1, search=(50, 300))

    @property
    def seen(self) -> int:
        """Numbers in h."""
        return self.hidden

    def network(self, words: Words, head: nn.Module) -> TreeNetwork:
        """Return a new network."""
        return TreeLSTMNetwork(
            words=words.vectors(self.word_width, 1e-3),
            word_width=self.word_width,
            hidden=self.hidden,
            head=head,
            dropout=self.dropout,
        )
