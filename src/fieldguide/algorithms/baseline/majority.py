"""Majority class: always the commonest class of the training data (cf. Holte 1993).

How it works:
    p(c) = n_c / n, whatever the inputs are: each class gets its share of the training data.

Use it when:
    You want to know what a score is worth. On data where 95 % belong to one class, an accuracy
    of 95 % takes no learning at all.

Think twice when:
    You want predictions: it has none of its own.

Cost:
    Nothing worth measuring.

Shapes:
    x: anything with B examples; outputs: (B, classes), logarithms of shares.

Example:
    >>> import numpy as np, fieldguide as fg
    >>> X, y = np.zeros((5, 2)), np.array(["yes", "no", "no", "no", "yes"])
    >>> fg.Majority().fit(X, y).predict_proba(X[:1]).round(1).tolist()
    [[0.6, 0.4]]
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from fieldguide.algorithms.baseline._family import Baseline, Constant
from fieldguide.card import Card
from fieldguide.data import Inputs
from fieldguide.tasks import Task


class Majority(Baseline):
    """The class shares of the training data, as a baseline for classification."""

    card = Card(
        title="Majority class",
        paper="Holte (1993). Very simple classification rules perform well on most commonly used "
        "datasets. Machine Learning 11.",
        year=1993,
        tasks=("classification",),
        capacity=0,
        baseline=True,
    )

    def build(self, task: Task) -> nn.Module:
        """Return a network of one constant a class."""
        return Constant(task.codec.width)

    def learn(self, x: Inputs, y: Tensor) -> Mapping[str, float]:
        """Count the classes."""
        counts = torch.bincount(y, minlength=self.task_.codec.width)
        network = self.network_
        assert isinstance(network, Constant)
        network.value.copy_((counts / counts.sum()).log())
        return {}
