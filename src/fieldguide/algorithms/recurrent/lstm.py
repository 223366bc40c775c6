"""Long short-term memory: a state that gates protect (Hochreiter & Schmidhuber 1997).

Hochreiter, Schmidhuber, "Long Short-Term Memory", Neural Computation 9(8), 1997.

How it works:
    A memory cell c is changed by addition, not by multiplication with a matrix, so that an error
    travels back along it without shrinking; gates between 0 and 1, read from the input x and the
    last output h, decide what is written, kept and shown:

        iₜ, fₜ, oₜ = σ(W xₜ + U hₜ₋₁ + b), each with weights of its own
        gₜ = tanh(W xₜ + U hₜ₋₁ + b)
        cₜ = fₜ ⊙ cₜ₋₁ + iₜ ⊙ gₜ,  hₜ = oₜ ⊙ tanh(cₜ),  ŷ = head(h_T)

    The forget gate f is of Gers, Schmidhuber & Cummins (2000); its bias starts at 1, so that a
    cell remembers until it has learnt to forget; ``memory=200`` starts the gates so that some
    remember that many steps (Tallec & Ollivier 2018). U starts orthogonal, the gradient is clipped.

Use it when:
    What decides may lie hundreds of steps back, sequences have different lengths, or steps arrive
    one by one: a state is all that must be kept.

Think twice when:
    Short patterns decide wherever they stand (most sensor and ECG data): a convolution over time
    trains several times quicker and is often better. There are thousands of steps: thin them out,
    or set ``truncate``.

Cost:
    4 · units · (inputs + units) multiplications a step forwards, one step after the other. One
    layer of 64 on one channel: 17,152 parameters.

Shapes:
    steps: (B, T, channels) with lengths (B,); outputs (B, classes) or (B, targets).

Example:
    >>> import numpy as np, fieldguide as fg
    >>> X = np.random.default_rng(0).normal(size=(200, 12, 1))
    >>> y = np.where(X[:, 0, 0] > 0, "up", "down")                      # the first step decides
    >>> model = fg.LSTM(hidden=16, epochs=60, lr=0.01).fit(X, y)
    >>> model.predict([[[2.0]] + [[0.0]] * 11, [[-2.0]] + [[0.0]] * 9]).tolist()
    ['up', 'down']
"""

from __future__ import annotations

from typing import Any, ClassVar

from fieldguide.algorithms.recurrent._family import RecurrentNetwork
from fieldguide.card import Card, Reference
from fieldguide.hyperparameter import option


class LSTM(RecurrentNetwork):
    """Long short-term memory."""

    card = Card(
        title="Long short-term memory",
        paper="Hochreiter & Schmidhuber (1997). Long short-term memory. Neural Computation 9(8).",
        year=1997,
        tasks=("classification", "regression", "forecasting"),
        inputs=("series", "window"),
        capacity=3,
        needs_examples=200,
        exportable=False,
        references=(
            Reference(
                data="Sequential MNIST",
                metric="accuracy",
                value=0.872,
                source="Bai, Kolter & Koltun (2018), table 1",
            ),
        ),
    )
    cell: ClassVar[str] = "lstm"

    memory: int = option(0, "steps that gates start out to remember; 0 for the usual few", low=0)

    def of_cell(self) -> dict[str, Any]:
        """Return how long gates remember."""
        return {"memory": self.memory}
