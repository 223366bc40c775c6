"""Item means: how good the item, how generous the user (Koren 2008).

How it works:
    r̂(u, i) = μ + b_i + b_u with b_i = Σ (r - μ) / (λᵢ + n_i) over the ratings of the item, then
    b_u = Σ (r - μ - b_i) / (λᵤ + n_u) over those of the user. Damping by λ pulls what few ratings
    say towards 0.

Use it when:
    You want to know what personal taste adds: this knows of none, and everybody gets the same list.

Think twice when:
    You have many ratings of each user: matrix factorisation is as quick, and knows tastes.

Cost:
    One pass over the ratings.

Shapes:
    x: codes of user and item (B, 2); outputs: (B, 1).

Example:
    >>> import polars as pl, fieldguide as fg
    >>> from fieldguide.data import as_dataset
    >>> table = pl.DataFrame({"user": list("aab"), "item": list("xyx"), "rating": [1, 5, 3]})
    >>> model = fg.ItemMeans(item_damping=0, user_damping=0).fit(as_dataset(table).as_ratings())
    >>> model.recommend("b")["rating"].round(2).to_list()  # 5 for y, and b gives 1 more than a
    [5.0]
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from fieldguide.algorithms.baseline._family import Baseline
from fieldguide.card import Card
from fieldguide.data import Examples, Inputs
from fieldguide.hyperparameter import option
from fieldguide.nn.known_ratings import RatingNetwork
from fieldguide.recommender import Recommender
from fieldguide.tasks import Task


class Biases(RatingNetwork):
    """A number for every user and every item.

    Args:
        users: Users, the stranger included.
        items: Items, the stranger included.
        damping: Ratings at the mean that every user is given, for newcomers.

    Shapes:
        x: codes (B, 2); output (B, 1).
    """

    of_users: Tensor
    of_items: Tensor

    def __init__(self, *, users: int, items: int, damping: float = 10.0):
        super().__init__(users=users, items=items)
        self.damping = damping
        self.register_buffer("of_users", torch.zeros(users))
        self.register_buffer("of_items", torch.zeros(items))

    def forward(self, x: Tensor) -> Tensor:
        """Return b_u + b_i, (B, 1)."""
        return (self.of_users[x[:, 0]] + self.of_items[x[:, 1]])[:, None]

    def of_newcomer(self, items: Tensor, values: Tensor) -> Tensor:
        """Return b_i and what the newcomer gives more than others."""
        more = (values - self.of_items[items]).sum() / max(self.damping + len(items), 1e-12)
        return self.of_items + more


class ItemMeans(Recommender, Baseline):
    """Damped biases of items and users, as a baseline for ratings."""

    card = Card(
        title="Item means",
        paper="Koren (2008). Factorization meets the neighborhood. KDD.",
        year=2008,
        tasks=("recommendation",),
        inputs=("rating",),
        capacity=1,
        baseline=True,
        exportable=False,
    )

    item_damping: float = option(
        25.0, "ratings at the mean that every item is given", low=0, search=(0.0, 50.0)
    )
    user_damping: float = option(
        10.0, "ratings at the mean that every user is given", low=0, search=(0.0, 50.0)
    )

    def build(self, task: Task) -> nn.Module:
        """Return biases of 0."""
        users, items = task.inputs.cardinalities
        return Biases(users=users, items=items, damping=self.user_damping)

    def learn(self, x: Inputs, y: Tensor) -> Mapping[str, float]:
        """Average, the items first."""
        assert isinstance(x, Tensor)
        self._know(Examples(x, y))
        network, ratings = self.network_, y[:, 0].double()
        of_items = damped_means(x[:, 1], ratings, network.items, self.item_damping)
        rest = ratings - of_items[x[:, 1]]
        network.of_items.copy_(of_items)
        network.of_users.copy_(damped_means(x[:, 0], rest, network.users, self.user_damping))
        return {}


def damped_means(codes: Tensor, values: Tensor, count: int, damping: float) -> Tensor:
    """Return Σ value / (damping + number) for each code, 0 for codes without values.

    Example:
        >>> damped_means(torch.tensor([1, 1, 2]), torch.tensor([3.0, 5.0, 4.0]), 4, damping=2.0)
        tensor([0.0000, 2.0000, 1.3333, 0.0000])
    """
    sums = torch.zeros(count, dtype=values.dtype).index_add_(0, codes, values)
    numbers = torch.bincount(codes, minlength=count)
    return torch.where(numbers > 0, sums / (damping + numbers).clamp(min=1e-12), 0.0)
