"""Mean: always the average of the training targets (Gauss 1809).

How it works:
    ŷ = Σ yᵢ / n, whatever the inputs are: of all constants, the one with the least squared error.

Use it when:
    You want to know what an error is worth: R² measures how much of this baseline's squared error
    a model explains, so that the mean itself scores 0 on its own data.

Think twice when:
    You want predictions: it has none of its own.

Cost:
    Nothing worth measuring.

Shapes:
    x: anything with B examples; outputs: (B, targets).

Example:
    >>> import numpy as np, fieldguide as fg
    >>> X, y = np.zeros((3, 1)), np.array([0.5, 1.0, 3.0])
    >>> fg.Mean().fit(X, y).predict(X[:1]).tolist()
    [1.5]
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from fieldguide.algorithms.baseline._family import Baseline, Constant
from fieldguide.card import Card
from fieldguide.data import Inputs
from fieldguide.tasks import Task


class Mean(Baseline):
    """The mean of the training targets, as a baseline for regression."""

    card = Card(
        title="Mean",
        paper="Gauss (1809). Theoria motus corporum coelestium.",
        year=1809,
        tasks=("regression",),
        capacity=0,
        baseline=True,
    )

    def build(self, task: Task) -> nn.Module:
        """Return a network of one constant a target."""
        return Constant(task.codec.width)

    def learn(self, x: Inputs, y: Tensor) -> Mapping[str, float]:
        """Average the targets."""
        network = self.network_
        assert isinstance(network, Constant)
        network.value.copy_(y.double().mean(dim=0))
        return {}
