"""Popularity: what many have rated (the yardstick of Cremonesi, Koren & Turrin 2010).

How it works:
    Items are ranked by the number n_i of their ratings. As a rating, r̂(u, i) = α + β log(1 + n_i),
    where α and β ≥ 0 fit the training ratings best: how much better are things that many know?

Use it when:
    You judge lists: what does not find liked items more often than this list has learnt nobody's
    taste.

Think twice when:
    You judge guessed ratings: item means are as simple, and come closer.

Cost:
    One pass over the ratings.

Shapes:
    x: codes of user and item (B, 2); outputs: (B, 1).

Example:
    >>> import polars as pl, fieldguide as fg
    >>> from fieldguide.data import as_dataset
    >>> table = pl.DataFrame({"user": list("aabbc"), "item": list("xyxzx"), "rating": range(5)})
    >>> fg.Popularity().fit(as_dataset(table).as_ratings()).recommend(ratings={"z": 3})["item"][0]
    'x'
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from fieldguide.algorithms.baseline._family import Baseline
from fieldguide.card import Card
from fieldguide.data import Examples, Inputs
from fieldguide.nn.known_ratings import RatingNetwork
from fieldguide.recommender import Recommender
from fieldguide.tasks import Task

LEAST = 1e-4  # slope that keeps the order where popular things are rated no better


class Counts(RatingNetwork):
    """A straight line on how often an item was rated.

    Args:
        users: Users, the stranger included.
        items: Items, the stranger included.

    Shapes:
        x: codes (B, 2); output (B, 1).
    """

    counts: Tensor
    line: Tensor

    def __init__(self, *, users: int, items: int):
        super().__init__(users=users, items=items)
        self.register_buffer("counts", torch.zeros(items))
        self.register_buffer("line", torch.zeros(2))

    def forward(self, x: Tensor) -> Tensor:
        """Return α + β log(1 + n), (B, 1)."""
        return self._ratings(x[:, 1])[:, None]

    def of_newcomer(self, items: Tensor, values: Tensor) -> Tensor:
        """Return what everybody gets."""
        return self._ratings(torch.arange(self.items, device=self.counts.device))

    def _ratings(self, items: Tensor) -> Tensor:
        return self.line[0] + self.line[1] * torch.log1p(self.counts[items])


class Popularity(Recommender, Baseline):
    """The most rated items, as a baseline for lists."""

    card = Card(
        title="Popularity",
        paper="Cremonesi, Koren & Turrin (2010). Performance of recommender algorithms on top-N "
        "recommendation tasks. RecSys.",
        year=2010,
        tasks=("recommendation",),
        inputs=("rating",),
        capacity=0,
        baseline=True,
        exportable=False,
    )

    def build(self, task: Task) -> nn.Module:
        """Return counts of 0."""
        users, items = task.inputs.cardinalities
        return Counts(users=users, items=items)

    def learn(self, x: Inputs, y: Tensor) -> Mapping[str, float]:
        """Count, and fit the line."""
        assert isinstance(x, Tensor)
        self._know(Examples(x, y))
        network, ratings = self.network_, y[:, 0].double()
        network.counts.copy_(torch.bincount(x[:, 1], minlength=network.items))
        popular = torch.log1p(network.counts.double())[x[:, 1]]
        centred = popular - popular.mean()
        slope = (centred * ratings).sum() / centred.square().sum().clamp(min=1e-12)
        slope = slope.clamp(min=LEAST)
        network.line.copy_(torch.stack([ratings.mean() - slope * popular.mean(), slope]))
        return {}
