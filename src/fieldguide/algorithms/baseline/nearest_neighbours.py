"""Nearest neighbours: ask the training examples that are most alike (Cover & Hart 1967).

How it works:
    d(x, x')² = Σ (x - x')² + 2 · [categories that differ]; p(c | x) is the share of class c among
    the k training examples with the smallest d, ŷ(x) their mean target; of those that are
    as far as each other, the first in the training data count. Numbers are standardised first; 2 is
    what two different words are apart as columns of zeros and ones.

Use it when:
    You want a strong baseline on pixels, or on few columns that all matter.

Think twice when:
    There are many columns that do not matter: they drown those that do. It keeps all training
    examples, and every prediction looks at each of them.

Cost:
    2 · training examples · features multiplications a prediction; the model is as large as the
    training data.

Shapes:
    x: (B, features), (B, channels, height, width), or numbers and categories of a table;
    outputs: (B, classes), logarithms of shares, or (B, targets).

Example:
    >>> import numpy as np, fieldguide as fg
    >>> X = np.array([[0.0], [0.1], [0.2], [9.8], [9.9], [10.0]])
    >>> model = fg.NearestNeighbours(neighbours=3).fit(X, np.array(["a", "a", "a", "b", "b", "b"]))
    >>> model.predict(np.array([[1.0], [9.0]])).tolist()
    ['a', 'b']
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fieldguide.algorithms.baseline._family import Baseline, split
from fieldguide.card import Card
from fieldguide.data import Inputs
from fieldguide.hyperparameter import option
from fieldguide.nn import Learnt
from fieldguide.tasks import Task

CHUNK = 8_192  # training examples compared with a batch at a time
ROUNDING = 2.0**-44  # of a sum of squares in double precision, with some room
LEAST_SHARE = 1e-9  # stands for a share of 0, whose logarithm is not a number to reckon with


class NeighbourNetwork(Learnt):
    """Stored examples, and the mean of the targets of those that are nearest.

    Args:
        neighbours: How many of the nearest are asked.
        numbers: Numbers in one example.
        categories: Category columns.
        targets: Numbers in one target.
        shares: Whether targets are shares of classes, whose logarithm is wanted.

    Shapes:
        x: (B, *shape), or ``{"numbers": (B, numbers), "categories": (B, categories)}``; output
        (B, targets).
    """

    numbers: Tensor
    categories: Tensor
    targets: Tensor

    def __init__(
        self, *, neighbours: int, numbers: int, categories: int, targets: int, shares: bool
    ):
        super().__init__(
            {
                "numbers": (torch.float32, (None, numbers)),
                "categories": (torch.int64, (None, categories)),
                "targets": (torch.float32, (None, targets)),
            }
        )
        self.neighbours, self.shares = neighbours, shares

    def forward(self, x: Inputs) -> Tensor:
        """Return (B, targets)."""
        nearest = self.find(x)  # (B, k)
        means = self.targets[nearest].mean(dim=1)
        return means.clamp_min(LEAST_SHARE).log() if self.shares else means

    def find(self, x: Inputs) -> Tensor:
        """Return the positions of the nearest stored examples; (B, k).

        Of those that are as near as each other, as far as rounding lets one say, the ones that
        were stored first are taken: so do all processors and runtimes agree.
        """
        numbers, categories = split(x)
        numbers = numbers.double()  # in single precision, near ties would come out at random
        best = numbers.new_empty(numbers.shape[0], 0)
        nearest = torch.empty_like(best, dtype=torch.int64)
        sizes, largest = numbers.square().sum(dim=1, keepdim=True), numbers.new_zeros(())
        for start in range(0, len(self.numbers), CHUNK):
            part = slice(start, start + CHUNK)
            near = self._distances(numbers, categories, part)
            largest = torch.maximum(largest, self.numbers[part].double().square().sum(dim=1).max())
            places = torch.arange(start, start + near.shape[1], device=near.device)
            near = torch.cat([best, near], dim=1)
            places = torch.cat([nearest, places.expand(near.shape[0], -1)], dim=1)
            chosen = self._choose(near, places, ROUNDING * (sizes + largest))
            best, nearest = near.gather(1, chosen), places.gather(1, chosen)
        return nearest

    def _choose(self, near: Tensor, places: Tensor, rounding: Tensor) -> Tensor:
        """Return which k to keep; (B, k).

        Args:
            near: Distances; (B, n).
            places: Positions, all different in a row; (B, n).
            rounding: How far apart distances may be that are equal but for rounding; (B, 1).
        """
        count = near.shape[1]
        k = min(self.neighbours, count)
        first = near.topk(min(k + 1, count), dim=1, largest=False)
        last = first.values[:, k - 1 : k]
        # An exported graph cannot ask whether there are ties; here, as a rule, there are none.
        if not torch.compiler.is_exporting() and (first.values[:, k:] > last + rounding).all():
            return first.indices[:, :k]
        tied, behind = near >= last - rounding, near > last + rounding
        # Whole numbers that are all different, so that no sorting has a choice.
        order = places + len(self.numbers) * (tied.long() + behind.long())
        return order.topk(k, dim=1, largest=False).indices

    def _distances(self, numbers: Tensor, categories: Tensor, part: slice) -> Tensor:
        """Return squared distances, less the part that all stored examples share; (B, chunk)."""
        stored = self.numbers[part].double()
        distances = stored.square().sum(dim=1) - 2 * (numbers @ stored.t())
        for column in range(self.categories.shape[1]):
            differ = categories[:, column, None] != self.categories[part, column]
            distances = distances + 2.0 * differ
        return distances


class NearestNeighbours(Baseline):
    """The k nearest training examples, as a baseline for classification and regression."""

    card = Card(
        title="Nearest neighbours",
        paper="Cover & Hart (1967). Nearest neighbor pattern classification. IEEE Transactions on "
        "Information Theory 13.",
        year=1967,
        tasks=("classification", "regression"),
        capacity=2,
        rule="neighbours",
        needs_examples=20,
        baseline=True,
    )

    neighbours: int = option(5, "training examples asked", low=1, search=(1, 50), log=True)

    def build(self, task: Task) -> nn.Module:
        """Return a store for the training examples."""
        return NeighbourNetwork(
            neighbours=self.neighbours,
            numbers=int(torch.Size(task.inputs.shape).numel()),
            categories=len(task.inputs.cardinalities),
            targets=task.codec.width,
            shares=task.name == "classification",
        )

    def learn(self, x: Inputs, y: Tensor) -> Mapping[str, float]:
        """Keep everything."""
        network = self.network_
        assert isinstance(network, NeighbourNetwork)
        numbers, categories = split(x)
        targets = F.one_hot(y, self.task_.codec.width) if network.shares else y
        network.learn(numbers=numbers, categories=categories, targets=targets.float())
        return {}
