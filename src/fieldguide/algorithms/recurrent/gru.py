"""Gated recurrent unit: two gates and no cell of its own (Cho et al. 2014).

Cho, van Merriënboer, Gulcehre, Bahdanau, Bougares, Schwenk, Bengio, "Learning Phrase
Representations using RNN Encoder-Decoder for Statistical Machine Translation", EMNLP 2014.

How it works:
    The state itself is the memory. The update gate z says how much of it stays, the reset gate r
    how much of it the new candidate n sees:

        rₜ, zₜ = σ(W xₜ + U hₜ₋₁ + b), each with weights of its own
        nₜ = tanh(W xₜ + b + rₜ ⊙ (U hₜ₋₁ + d))
        hₜ = (1 - zₜ) ⊙ nₜ + zₜ ⊙ hₜ₋₁,  ŷ = head(h_T)

    In the paper r multiplies the state before U does; fused kernels multiply after it, as here,
    and learn as well. ``memory=200`` starts update gates so that some keep their state for that
    many steps (Tallec & Ollivier 2018). U starts orthogonal, the gradient is clipped.

Use it when:
    As for the LSTM: what decides may lie far back, lengths differ, steps arrive one by one. It has
    three quarters of the LSTM's weights and often learns from fewer examples.

Think twice when:
    Something must be counted exactly over long stretches: the LSTM's unbounded cell can, a state
    between -1 and 1 cannot (Weiss, Goldberg & Yahav 2018). Short patterns decide wherever they
    stand: a convolution over time trains several times quicker.

Cost:
    3 · units · (inputs + units) multiplications a step forwards, one step after the other. One
    layer of 64 on one channel: 12,864 parameters.

Shapes:
    steps: (B, T, channels) with lengths (B,); outputs (B, classes) or (B, targets).

Example:
    >>> import numpy as np, fieldguide as fg
    >>> X = np.random.default_rng(0).normal(size=(200, 12, 1))
    >>> y = np.where(X[:, 0, 0] > 0, "up", "down")                      # the first step decides
    >>> model = fg.GRU(hidden=16, epochs=60, lr=0.01).fit(X, y)
    >>> model.predict([[[2.0]] + [[0.0]] * 11, [[-2.0]] + [[0.0]] * 9]).tolist()
    ['up', 'down']
"""

from __future__ import annotations

from typing import Any, ClassVar

from fieldguide.algorithms.recurrent._family import RecurrentNetwork
from fieldguide.card import Card, Reference
from fieldguide.hyperparameter import option


class GRU(RecurrentNetwork):
    """Gated recurrent unit."""

    card = Card(
        title="Gated recurrent unit",
        paper="Cho, van Merriënboer, Gulcehre, Bahdanau, Bougares, Schwenk & Bengio (2014). "
        "Learning phrase representations using RNN encoder-decoder for statistical machine "
        "translation. EMNLP.",
        year=2014,
        tasks=("classification", "regression", "forecasting"),
        inputs=("series", "window"),
        capacity=3,
        needs_examples=200,
        exportable=False,
        references=(
            Reference(
                data="Sequential MNIST",
                metric="accuracy",
                value=0.962,
                source="Bai, Kolter & Koltun (2018), table 1",
            ),
        ),
    )
    cell: ClassVar[str] = "gru"

    memory: int = option(0, "steps that gates start out to remember; 0 for the usual few", low=0)

    def of_cell(self) -> dict[str, Any]:
        """Return how long gates remember."""
        return {"memory": self.memory}
