"""Matrix factorisation: users and items as points (Koren, Bell & Volinsky 2009, Zhou et al. 2008).

How it works:
    r̂(u, i) = μ + b_u + b_i + p_u · q_i. All of it minimises Σ (r - r̂)² + λ Σ n |·|², where n counts
    the ratings of a user or an item. With the items held, each user's p_u and b_u are a ridge
    regression of their own, and the other way round: alternating least squares solves one side
    exactly, then the other, until nothing moves. No learning rate, and a dozen rounds will do.

Use it when:
    You have ratings: this is the model to beat, quick to train and quick to ask.

Think twice when:
    Users come and go, or have rated two or three items: item means do as well, and need no training
    for newcomers. Where you must say why something is recommended, take the RBM for ratings.

Cost:
    A round takes 2 · n · (factors + 1)² multiplications for n ratings: a tenth of a second for
    100,000 ratings and ten factors.

Shapes:
    x: codes of user and item (B, 2); outputs: (B, 1).

Example:
    >>> import polars as pl, fieldguide as fg
    >>> from fieldguide.data import as_dataset
    >>> taste = [("ann", "tea"), ("bob", "tea"), ("ann", "rum"), ("bob", "rum"), ("cy", "rum")]
    >>> table = pl.DataFrame(taste, schema=["user", "item"], orient="row")
    >>> table = table.with_columns(rating=pl.Series([5, 4, 1, 2, 1]))
    >>> model = fg.MatrixFactorisation(factors=1).fit(as_dataset(table).as_ratings())
    >>> model.recommend("cy")["item"].to_list()
    ['tea']
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from fieldguide.algorithms.ratings._least_squares import Side, ridge
from fieldguide.card import Card, Reference
from fieldguide.data import Batch, Examples
from fieldguide.engine import Stage
from fieldguide.estimator import Estimator
from fieldguide.hyperparameter import option
from fieldguide.nn.known_ratings import RatingNetwork
from fieldguide.recommender import Recommender
from fieldguide.tasks import Task

JUDGED = 100_000  # training ratings whose loss goes into the history


class Factors(RatingNetwork):
    """A point and a bias for every user and item.

    Args:
        users: Users, the stranger included.
        items: Items, the stranger included.
        factors: Numbers in a point.
        penalty: λ, for newcomers.

    Shapes:
        x: codes (B, 2); output (B, 1).
    """

    def __init__(self, *, users: int, items: int, factors: int = 10, penalty: float = 0.05):
        super().__init__(users=users, items=items)
        self.penalty = penalty
        # The last number of a row is the bias; it multiplies the 1 of the other side.
        self.of_users = nn.Parameter(torch.zeros(users, factors + 1), requires_grad=False)
        start = 0.1 * torch.randn(items, factors + 1)
        start[:, -1] = 0
        start[0] = 0  # the stranger's
        self.of_items = nn.Parameter(start, requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return b_u + b_i + p_u · q_i, (B, 1)."""
        user, item = self.of_users[x[:, 0]], self.of_items[x[:, 1]]  # (B, factors + 1)
        products = (user[:, :-1] * item[:, :-1]).sum(dim=1)
        return (products + user[:, -1] + item[:, -1])[:, None]

    def of_newcomer(self, items: Tensor, values: Tensor) -> Tensor:
        """Return the ratings of all items by the point that the newcomer's ratings fit best."""
        side = Side.of(torch.zeros_like(items), items, values, 1)
        point = ridge(side, with_one(self.of_items), self.of_items[:, -1], self.penalty)
        return with_one(self.of_items) @ point[0] + self.of_items[:, -1]


def with_one(points: Tensor) -> Tensor:
    """Return points with a 1 in place of their bias: what the other side's numbers multiply."""
    return torch.cat([points[:, :-1], points.new_ones(len(points), 1)], dim=1)


class MatrixFactorisation(Recommender, Estimator):
    """Points and biases of users and items, by alternating least squares."""

    card = Card(
        title="Matrix factorisation",
        paper="Koren, Bell & Volinsky (2009). Matrix factorization techniques for recommender "
        "systems. IEEE Computer 42(8).",
        year=2009,
        tasks=("recommendation",),
        inputs=("rating",),
        capacity=2,
        baseline=True,
        exportable=False,
        references=(
            Reference(
                data="Netflix",
                metric="rmse",
                value=0.8985,
                source="Zhou, Wilkinson, Schreiber & Pan (2008), ALS-WR with 1,000 factors",
            ),
        ),
    )

    epochs: int = option(15, "rounds: each solves for all users, then for all items", low=0)
    factors: int = option(10, "numbers in a point", low=1, search=(2, 64), log=True)
    penalty: float = option(
        0.05, "pull of points towards 0, for each rating", low=1e-6, search=(0.01, 0.3), log=True
    )
    validation: float = option(
        0.0, "share of the ratings that picks the best round; 0 for none", low=0, high=0.9
    )
    batch_size: ClassVar[int] = 1 << 40  # type: ignore[misc]
    lr: ClassVar[float] = 0.0  # type: ignore[misc]
    weight_decay: ClassVar[float] = 0.0  # type: ignore[misc]
    schedule: ClassVar[str] = "constant"  # type: ignore[misc]
    clip: ClassVar[float] = 0.0  # type: ignore[misc]
    precision: ClassVar[str] = "fp32"  # type: ignore[misc]

    def build(self, task: Task) -> nn.Module:
        """Return points at random for items, and none yet for users."""
        users, items = task.inputs.cardinalities
        return Factors(users=users, items=items, factors=self.factors, penalty=self.penalty)

    def optimizers(self) -> Mapping[str, Optimizer]:
        """Return none: nothing descends."""
        return {}

    def stages(self, data: Examples) -> Iterator[Stage]:
        """Yield rounds on all ratings."""
        self._know(data)
        yield Stage("fit", self.step, data.whole(), self.epochs)

    @torch.no_grad()
    def step(self, batch: Batch) -> Mapping[str, Tensor]:
        """Solve for all users, then for all items."""
        assert isinstance(batch.x, Tensor) and batch.y is not None
        network = self.network_
        users, items, values = batch.x[:, 0], batch.x[:, 1], batch.y[:, 0]
        for rows, others, of_rows, of_others in (
            (users, items, network.of_users, network.of_items),
            (items, users, network.of_items, network.of_users),
        ):
            side = Side.of(rows, others, values, len(of_rows))
            of_rows.copy_(ridge(side, with_one(of_others), of_others[:, -1], self.penalty))
        first = batch.pieces(-(-len(batch) // JUDGED))[0]
        return {"loss": self.task_.loss(self.forward(first), first)}
