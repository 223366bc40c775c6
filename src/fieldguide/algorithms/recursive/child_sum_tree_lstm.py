"""Tree-LSTM, child-sum: memory that climbs trees with any number of children (Tai et al. 2015).

Tai, Socher & Manning, "Improved semantic representations from tree-structured long short-term
memory networks", ACL 2015, section 3.1.

How it works:
    The children's h are added up, so that their number and order do not matter; each child k still
    has a gate f_k of its own. x is a word's vector at leaves and absent elsewhere:

        h̃ = Σ_k h_k
        i = σ(Wⁱ x + Uⁱ h̃ + bⁱ)    o = σ(Wᵒ x + Uᵒ h̃ + bᵒ)    u = tanh(Wᵘ x + Uᵘ h̃ + bᵘ)
        f_k = σ(Uᶠ h_k + bᶠ)       c = i ⊙ u + Σ_k f_k ⊙ c_k    h = o ⊙ tanh(c)

Use it when:
    Nodes have many children, or children in no order: flat or syntactic trees, documents cut into
    sections, paragraphs and sentences.

Think twice when:
    Trees are binary and the order of words matters ("dog bites man"): use the binary Tree-LSTM.

Cost:
    6 · hidden² multiplications an inner node and 2 · hidden² a child of it.

Shapes:
    a schedule of B trees with N nodes (`Forest.packed`); outputs (B, classes) or (B, targets).

Example:
    >>> import polars as pl, fieldguide as fg
    >>> from fieldguide.data import Dataset, TreeColumn
    >>> trees = [("good", [(None, "a"), ("good", "great"), (None, "film")])] * 20
    >>> trees += [("bad", [(None, "a"), ("bad", "dull"), (None, "film")])] * 20
    >>> columns = {"tree": TreeColumn.of(trees), "class": pl.Series([tree[0] for tree in trees])}
    >>> data = Dataset.from_columns(columns, target="class")
    >>> model = fg.ChildSumTreeLSTM(hidden=8, epochs=20).fit(data)
    >>> model.predict(data.take([0, 20])).tolist()
    ['good', 'bad']
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from fieldguide.algorithms.recursive._codes import Words
from fieldguide.algorithms.recursive._family import RecursiveEstimator
from fieldguide.algorithms.recursive._network import TreeNetwork, WordVectors
from fieldguide.card import Card, Reference
from fieldguide.hyperparameter import option


class ChildSumTreeLSTMNetwork(TreeNetwork):
    """Child-sum Tree-LSTM; a state is (c, h) side by side.

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
        self.u = nn.Linear(hidden, 3 * hidden, bias=False)  # i, o, u
        self.forget = nn.Linear(hidden, hidden)
        self.b = nn.Parameter(torch.zeros(3 * hidden))  # i, o, u
        nn.init.zeros_(self.forget.bias)

    def leaf(self, vectors: Tensor) -> Tensor:
        """Return (L, 2·hidden); without children there is nothing to forget."""
        return self._node(self.w(vectors), torch.zeros((), device=vectors.device))

    def compose(self, children: Tensor, arity: Tensor) -> Tensor:
        """Return (M, 2·hidden) for children (edges, 2·hidden)."""
        c, h = children.chunk(2, dim=1)
        owner = torch.repeat_interleave(
            torch.arange(len(arity), device=arity.device), arity, output_size=len(children)
        )
        kept = self.forget(h).sigmoid() * c
        both = torch.cat([kept.to(h.dtype), h], dim=1)
        summed = both.new_zeros(len(arity), both.shape[1]).index_add(0, owner, both)
        memory, h = summed.chunk(2, dim=1)
        return self._node(self.u(h), memory)

    def visible(self, states: Tensor) -> Tensor:
        """Return h, (N, hidden)."""
        return states[:, self.hidden :]

    def _node(self, below: Tensor, memory: Tensor) -> Tensor:
        i, o, u = (below + self.b).chunk(3, dim=1)
        c = i.sigmoid() * u.tanh() + memory
        return torch.cat([c, o.sigmoid() * c.tanh()], dim=1)


class ChildSumTreeLSTM(RecursiveEstimator):
    """Child-sum Tree-LSTM for trees of words."""

    card = Card(
        title="Tree-LSTM (child-sum)",
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
                data="Stanford Sentiment Treebank, 5 classes, dependency trees, GloVe vectors",
                metric="accuracy",
                value=0.484,
                source="Tai, Socher & Manning (2015), table 2",
            ),
        ),
    )

    binary: ClassVar[bool] = False

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
        return ChildSumTreeLSTMNetwork(
            words=words.vectors(self.word_width, 1e-3),
            word_width=self.word_width,
            hidden=self.hidden,
            head=head,
            dropout=self.dropout,
        )
