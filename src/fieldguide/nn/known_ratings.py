"""Who rated what in training, and what every network that guesses ratings offers beside `forward`.

Shapes use U users, I items (both counted with the stranger's code 0), n ratings.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from fieldguide.nn.learnt import Learnt


class KnownRatings(Learnt):
    """Ratings sorted by user, each with its item: row ``starts[u]`` to ``starts[u + 1]``.

    Attributes:
        starts: First row of each user, (U + 1,).
        items: Item of each rating, (n,).
        values: The ratings, standardised, (n,).
    """

    starts: Tensor
    items: Tensor
    values: Tensor

    def __init__(self) -> None:
        whole, number = (torch.int64, (None,)), (torch.float32, (None,))
        super().__init__({"starts": whole, "items": whole, "values": number})

    def keep(self, pairs: Tensor, values: Tensor, users: int) -> None:
        """Store ratings.

        Args:
            pairs: Codes of user and item, (n, 2).
            values: Ratings, (n,).
            users: U.

        Example:
            >>> known = KnownRatings()
            >>> known.keep(torch.tensor([[2, 1], [1, 3], [2, 2]]), torch.tensor([5.0, 3, 4]), 3)
            >>> [part.tolist() for part in known.of(2)]
            [[1, 2], [5.0, 4.0]]
        """
        order = torch.argsort(pairs[:, 1], stable=True)
        order = order[torch.argsort(pairs[order, 0], stable=True)]
        counts = torch.bincount(pairs[:, 0], minlength=users)
        starts = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
        self.learn(starts=starts, items=pairs[order, 1], values=values[order].float())

    def of(self, user: int) -> tuple[Tensor, Tensor]:
        """Return items and ratings of a user; none of the stranger."""
        rows = slice(int(self.starts[user]), int(self.starts[user + 1]))
        return self.items[rows], self.values[rows]

    def of_users(self, users: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the ratings of several users.

        Returns:
            Place of the user among ``users``, item and rating of each, (m,) all three.
        """
        first = self.starts[users]
        counts = self.starts[users + 1] - first
        place = torch.repeat_interleave(torch.arange(len(users), device=users.device), counts)
        before = counts.cumsum(0) - counts
        rows = torch.arange(len(place), device=users.device) + (first - before)[place]
        return place, self.items[rows], self.values[rows]


class RatingNetwork(nn.Module, ABC):
    """A network that guesses how a user would rate an item.

    Attributes:
        items: I.
        known: The ratings that were learnt from.

    Shapes:
        x: codes of user and item (B, 2); output (B, 1), standardised.
    """

    def __init__(self, *, users: int, items: int):
        super().__init__()
        self.users, self.items = users, items
        self.known = KnownRatings()

    @abstractmethod
    def forward(self, x: Tensor) -> Tensor:
        """Return the rating of each pair, (B, 1)."""

    @abstractmethod
    def of_newcomer(self, items: Tensor, values: Tensor) -> Tensor:
        """Return the ratings of all items, (I,), by somebody who rated some.

        Args:
            items: Codes of what was rated, (n,).
            values: The ratings, standardised, (n,).
        """
