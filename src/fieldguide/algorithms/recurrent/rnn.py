"""Simple recurrent network: a layer that sees its own last state beside the input (Elman 1990).

Elman, "Finding Structure in Time", Cognitive Science 14(2), 1990.

How it works:
    The hidden layer is copied into context units, which it reads in the next step:

        hₜ = tanh(W xₜ + U hₜ₋₁ + b),  h₀ = 0,  ŷ = head(h_T)

    The error is propagated back through all steps (back-propagation through time). On its way it
    is multiplied by U and by the slope of tanh once a step, so that it shrinks, or grows, with the
    distance: what lies more than a few dozen steps back is hardly learnt (Bengio, Simard &
    Frasconi 1994). U starts orthogonal and the gradient is clipped, which postpones both.

Use it when:
    Order matters over short distances, up to about twenty steps, or as the yardstick that shows
    what gates are worth on your data.

Think twice when:
    Something early decides: an LSTM or a GRU remembers it, at three or four times the cost of a
    step. Short patterns decide wherever they stand: a convolution over time finds them quicker.

Cost:
    units · (inputs + units) multiplications a step forwards, one step after the other. One layer of
    64 on one channel: 4,288 parameters.

Shapes:
    steps: (B, T, channels) with lengths (B,); outputs (B, classes) or (B, targets).

Example:
    >>> import numpy as np, fieldguide as fg
    >>> X = np.random.default_rng(0).normal(size=(200, 12, 1))
    >>> y = np.where(X.sum(axis=(1, 2)) > 0, "up", "down")
    >>> model = fg.RNN(hidden=16, epochs=30).fit(X, y)
    >>> model.predict([np.ones((5, 1)), np.full((9, 1), -1.0)]).tolist()
    ['up', 'down']
"""

from __future__ import annotations

from typing import Any, ClassVar

from fieldguide.algorithms.recurrent._family import RecurrentNetwork
from fieldguide.card import Card, Reference
from fieldguide.hyperparameter import option


class RNN(RecurrentNetwork):
    """Elman's simple recurrent network."""

    card = Card(
        title="Simple recurrent network",
        paper="Elman (1990). Finding structure in time. Cognitive Science 14(2).",
        year=1990,
        tasks=("classification", "regression", "forecasting"),
        inputs=("series", "window"),
        capacity=2,
        needs_examples=100,
        exportable=False,
        references=(
            Reference(
                data="Sequential MNIST",
                metric="accuracy",
                value=0.215,
                source="Bai, Kolter & Koltun (2018), table 1",
            ),
        ),
    )
    cell: ClassVar[str] = "elman"

    activation: str = option("tanh", "bend of a state", choices=("tanh", "relu"))

    def of_cell(self) -> dict[str, Any]:
        """Return the bend."""
        return {"activation": self.activation}
