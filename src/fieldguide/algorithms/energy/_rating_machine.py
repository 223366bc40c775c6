"""The Boltzmann machine of ratings: one visible unit for every item that a user has rated.

Shapes use U users, I items (both with the stranger's code 0), K levels, D numbers that stand for a
level, H hidden units, B pairs or users, m ratings.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from fieldguide.nn.known_ratings import RatingNetwork

USERS_AT_ONCE = 256
NEVER = -20.0  # bias of a level that no rating has


class RatingMachine(RatingNetwork):
    """Softmax units of K levels for items, shared by all users; binary hidden units of each user.

        E(v, h) = - Σ_i b_i[v_i] - Σ_j h_j (c_j + Σ_i s(v_i) · W_ij + Σ_i D_ij)

    where i runs over what the user rated and s(k) are the numbers that stand for level k: one, its
    rating (ordinal), or K, all 0 but the k-th (nominal, with weights of its own for each level).

    Args:
        users: Users, the stranger included.
        items: Items, the stranger included.
        levels: K.
        hidden: H.
        ordinal: Whether one number stands for a level.
        conditional: Whether which items were rated has a say (D), whatever the ratings.

    Shapes:
        x: codes (B, 2); output (B, 1).
    """

    levels: Tensor
    edges: Tensor
    codes: Tensor

    def __init__(
        self,
        *,
        users: int,
        items: int,
        levels: int = 10,
        hidden: int = 40,
        ordinal: bool = True,
        conditional: bool = False,
    ):
        super().__init__(users=users, items=items)
        self.numbers = 1 if ordinal else levels
        self.weight = torch.nn.Parameter(0.01 * torch.randn(items, self.numbers * hidden))
        self.hidden_bias = torch.nn.Parameter(torch.zeros(hidden))
        self.item_bias = torch.nn.Parameter(torch.zeros(items, levels))
        self.rated = torch.nn.Parameter(torch.zeros(items, hidden)) if conditional else None
        self.register_buffer("levels", torch.zeros(levels))
        self.register_buffer("edges", torch.zeros(levels - 1))
        self.register_buffer("codes", torch.eye(levels)[:, : self.numbers])

    @torch.no_grad()
    def start(self, items: Tensor, values: Tensor) -> None:
        """Choose the levels, and begin with each item's frequencies of them as biases.

        Few distinct ratings (stars) are a level each; others are cut into levels of equal numbers
        of ratings.

        Args:
            items: Codes, (n,).
            values: Ratings, standardised, (n,).
        """
        count = len(self.levels)
        edges = _edges(values.double(), count)
        self.edges.fill_(torch.inf)[: len(edges)] = edges.to(self.edges)
        found = self.level_of(values)
        sizes = torch.bincount(found, minlength=count)
        sums = torch.zeros(count, dtype=torch.float64).index_add_(0, found, values.double())
        self.levels.copy_(sums / sizes.clamp(min=1))
        self.codes.copy_(self.levels[:, None] if self.numbers == 1 else torch.eye(count))
        everywhere = sizes / sizes.sum()
        each = torch.zeros(self.items, count).index_put_(
            (items, found), torch.ones(len(items)), accumulate=True
        )
        shares = (each + count * everywhere) / (each.sum(dim=1, keepdim=True) + count)
        self.item_bias.copy_(shares.clamp(min=1e-30).log().clamp(min=NEVER))
        self.weight[0] = 0  # nobody learns of the stranger

    def level_of(self, values: Tensor) -> Tensor:
        """Return the levels of ratings, (m,)."""
        return torch.bucketize(values.contiguous(), self.edges, right=True)

    def pull(self, items: Tensor, levels: Tensor) -> Tensor:
        """Return what each rating adds to the inputs of the hidden units, (m, H)."""
        weights = F.embedding(items, self.weight)  # (m, D · H)
        if self.numbers == 1:
            return weights * self.codes[levels]
        rows = weights.view(len(items), self.numbers, -1)
        return rows[torch.arange(len(items), device=items.device), levels]

    def of_rated(self, items: Tensor) -> Tensor:
        """Return what having rated items adds to the inputs of the hidden units, (m, H)."""
        if self.rated is None:
            return self.weight.new_zeros(1, len(self.hidden_bias)).expand(len(items), -1)
        return F.embedding(items, self.rated)

    def inputs(self, place: Tensor, items: Tensor, levels: Tensor, users: int) -> Tensor:
        """Return the inputs of the hidden units of several users, (users, H).

        Args:
            place: Which of the users each rating belongs to, (m,).
            items: Codes, (m,).
            levels: Levels of the ratings, (m,).
            users: How many.
        """
        pulls = self.pull(items, levels)
        if self.rated is not None:
            pulls = pulls + self.of_rated(items)
        start = self.hidden_bias.expand(users, -1)
        return start.index_add(0, place, pulls)

    def free_energy(self, place: Tensor, items: Tensor, levels: Tensor, users: int) -> Tensor:
        """Return F(v) = - Σ b_i[v_i] - Σ log(1 + exp(input)) of each user, (users,)."""
        biases = self.item_bias[items, levels]
        seen = biases.new_zeros(users).index_add(0, place, biases)
        return -seen - F.softplus(self.inputs(place, items, levels, users)).sum(dim=1)

    def scores(self, items: Tensor, hidden: Tensor) -> Tensor:
        """Return the logits of the levels of items, given states of the hidden units.

        Args:
            items: Codes, (m,).
            hidden: States of their users' units, (m, H).

        Returns:
            Shape (m, K).
        """
        rows = F.embedding(items, self.weight).view(len(items), self.numbers, -1)
        return self.item_bias[items] + (rows @ hidden[..., None])[..., 0] @ self.codes.T

    def expected(self, items: Tensor, inputs: Tensor) -> Tensor:
        """Return the expected rating of items, exactly: the hidden units are summed out.

        p(v_i = k | the user's ratings) ∝ exp(b_i[k]) Π_j (1 + exp(input_j + s(k) · W_ij)).

        Args:
            items: Codes, (B,).
            inputs: Of the hidden units of the users, without these items' ratings, (B, H).

        Returns:
            Standardised ratings, (B,).
        """
        rows = F.embedding(items, self.weight).view(len(items), self.numbers, -1)
        pulls = torch.einsum("kd,bdh->bkh", self.codes, rows)  # (B, K, H)
        logits = self.item_bias[items] + F.softplus(inputs[:, None] + pulls).sum(dim=2)
        return logits.softmax(dim=1) @ self.levels

    def forward(self, x: Tensor) -> Tensor:
        """Return expected ratings, (B, 1); a rating that is known does not foretell itself."""
        users, back = x[:, 0].unique(return_inverse=True)
        inputs = torch.cat([self._inputs_of(some) for some in users.split(USERS_AT_ONCE)])
        inputs = inputs[back]
        mine = self._own(x)
        known = mine >= 0
        items = x[:, 1]
        rows = mine.clamp(min=0)
        if known.any():
            levels = self.level_of(self.known.values[rows])
            own = self.pull(items, levels) * known[:, None]
            inputs = inputs - own
        if self.rated is not None:  # asked for its rating, it counts as rated
            inputs = inputs + self.of_rated(items) * ~known[:, None]
        return self.expected(items, inputs)[:, None]

    def of_newcomer(self, items: Tensor, values: Tensor) -> Tensor:
        """Return the expected ratings of all items, given some."""
        place = torch.zeros_like(items)
        inputs = self.inputs(place, items, self.level_of(values), 1)
        every = torch.arange(self.items, device=items.device)
        return self.expected(every, inputs + self.of_rated(every))

    def _inputs_of(self, users: Tensor) -> Tensor:
        place, items, values = self.known.of_users(users)
        return self.inputs(place, items, self.level_of(values), len(users))

    def _own(self, x: Tensor) -> Tensor:
        """Return the row among the known ratings that pairs have there, -1 where they have none."""
        low, high = self.known.starts[x[:, 0]], self.known.starts[x[:, 0] + 1]
        end, last = high, max(len(self.known.items) - 1, 0)
        while bool((low < high).any()):  # items of a user are in order: halve the range
            middle = (low + high) // 2
            below = self.known.items[middle.clamp(max=last)] < x[:, 1]
            open_ = low < high
            low = torch.where(open_ & below, middle + 1, low)
            high = torch.where(open_ & ~below, middle, high)
        there = (low < end) & (self.known.items[low.clamp(max=last)] == x[:, 1])
        return torch.where(there, low, -1)


def _edges(values: Tensor, count: int) -> Tensor:
    """Return the values between levels: at most ``count`` - 1, in order, all different."""
    distinct = values.unique()
    if len(distinct) <= count:
        return (distinct[1:] + distinct[:-1]) / 2
    ordered = values.sort().values
    places = (torch.arange(1, count, dtype=torch.float64) / count * len(ordered)).long()
    cuts = ordered[places].unique()
    return cuts[cuts > ordered[0]]
