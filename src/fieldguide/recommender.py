"""What algorithms that recommend add to the verbs: `recommend`, and how good such lists are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import polars as pl
import torch
from torch import Tensor

from fieldguide.data import Batch, Dataset, Examples
from fieldguide.data.rating_columns import as_names
from fieldguide.errors import UsageError, did_you_mean
from fieldguide.metrics.ranking import ndcg_at, recall_at
from fieldguide.nn.known_ratings import KnownRatings, RatingNetwork
from fieldguide.tasks.recommendation import Recommendation

LONGEST = 10  # places of a list that are judged
PAIRS = 1 << 18  # pairs of users and items that lists are judged by, at most
AT_ONCE = 1 << 16  # of them


class Recommender:
    """Mixin of estimators whose network is a `RatingNetwork`."""

    network_: Any
    task_: Any
    card: ClassVar[Any]

    def recommend(
        self,
        user: Any = None,
        count: int = 10,
        *,
        ratings: Mapping[Any, float] | None = None,
    ) -> pl.DataFrame:
        """Return what a user would like best of what they have not rated.

        Args:
            user: A user seen in training, by name.
            count: Items to return, at least 1; fewer where fewer are left.
            ratings: Ratings by item, of somebody who was not seen in training, in place of
                ``user``.

        Returns:
            The item and its guessed rating, best first, in columns named as in training.

        Raises:
            UsageError: An unknown user or item, a rating out of range, both or neither are named.
        """
        self._check_fitted()  # type: ignore[attr-defined]
        if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 1:
            raise UsageError(f"count={count!r}: expected a whole number of items, at least 1.")
        if (user is None) == (ratings is None):
            raise UsageError(
                "recommend takes a user, or ratings={item: rating} of somebody new. Name one of "
                "them."
            )
        network, task = self._rating_network(), self._recommendation()
        with torch.inference_mode():
            if ratings is not None:
                seen, values = self._newcomer(ratings)
                guesses = network.of_newcomer(seen, values)[:, None]
            else:
                code = self._user_code(user)
                seen = network.known.of(code)[0]
                guesses = self._guesses(torch.tensor([code]))[0, :, None]
        found = task.decode(guesses.float().cpu())
        order = best(guesses[:, 0].cpu().numpy(), seen.cpu().numpy())[:count]
        _, item = task.known.columns
        names = task.known.items.decode(order).tolist()
        return pl.DataFrame({item: pl.Series(names, dtype=pl.String), task.target: found[order]})

    def recommendations(self, data: Any, count: int = 10) -> pl.DataFrame:
        """Return what every user in some data would like best: user, item, rating.

        Args:
            data: Data with the column of users.
            count: Items for each.
        """
        self._check_fitted()  # type: ignore[attr-defined]
        dataset = self._dataset(data, None, new=True)  # type: ignore[attr-defined]
        column, _ = self._recommendation().known.columns
        users = as_names(dataset.column(column)).drop_nulls().unique(maintain_order=True)
        lists = [
            self.recommend(user, count).select(pl.lit(user).alias(column), pl.all())
            for user in users.to_list()
        ]
        return pl.concat(lists)

    def asks_for_lists(self, dataset: Dataset) -> bool:
        """Whether data name users alone, and no items."""
        return self._recommendation().known.columns[1] not in dataset.columns

    def more_scores(self, dataset: Dataset) -> dict[str, float]:
        """Return ``ndcg_at_10`` and ``recall_at_10`` of lists drawn up for users of held-out data.

        A list ranks all items that its user did not rate in training. An item is relevant if the
        user rated it, in ``dataset``, from three quarters of the way up the range (4 of 5 stars, 5
        of -10 to 10). Users without such an item are left out; so are, where there are more than
        a quarter of a million pairs of users and items, users drawn by lot.
        """
        network = self._rating_network()
        liked = self._liked(dataset)
        found = []
        with torch.inference_mode():
            for some in self._judged(liked).split(max(1, AT_ONCE // network.items)):
                guesses = self._guesses(some).cpu().numpy()
                for user, row in zip(some.tolist(), guesses, strict=True):
                    seen = network.known.of(user)[0].cpu().numpy()
                    wanted = np.setdiff1d(liked.of(user)[0].numpy(), seen)
                    if len(wanted):
                        hits = np.isin(best(row, seen)[:LONGEST], wanted)
                        ndcg = ndcg_at(hits, len(wanted), LONGEST)
                        found.append((ndcg, recall_at(hits, len(wanted))))
        names = (f"ndcg_at_{LONGEST}", f"recall_at_{LONGEST}")
        return dict(zip(names, np.mean(found, axis=0).tolist(), strict=True)) if found else {}

    def _liked(self, dataset: Dataset) -> KnownRatings:
        """Return the ratings by which known users liked known items."""
        task = self._recommendation()
        users, items = (torch.from_numpy(codes) for codes in task.known.codes(dataset))
        ratings = torch.from_numpy(np.array(dataset.column(task.target), dtype=np.float32))
        kept = (ratings >= task.liked_from) & (users > 0) & (items > 0)
        liked = KnownRatings()
        pairs = torch.stack([users, items], dim=1)
        liked.keep(pairs[kept], ratings[kept], self._rating_network().users)
        return liked

    def _judged(self, liked: KnownRatings) -> Tensor:
        """Return the users whose lists are judged."""
        users = liked.starts.diff().nonzero()[:, 0]
        most = max(1, PAIRS // self._rating_network().items)
        if len(users) <= most:
            return users
        chosen = np.random.default_rng(0).choice(len(users), most, replace=False)
        return users[torch.from_numpy(np.sort(chosen))]

    # Helpers

    def _recommendation(self) -> Recommendation:
        assert isinstance(self.task_, Recommendation)
        return self.task_

    def _rating_network(self) -> RatingNetwork:
        assert isinstance(self.network_, RatingNetwork)
        return self.network_.eval()

    def _know(self, data: Examples) -> None:
        """Store the ratings that are learnt from; what is rated need not be recommended."""
        pairs, y = data.x, data.y
        assert isinstance(pairs, Tensor) and y is not None
        network = self.network_
        network.known.keep(pairs, y[:, 0], network.users)

    def _guesses(self, users: Tensor) -> Tensor:
        """Return the rating of every item by every user, (users, I); column 0 means nothing."""
        network = self._rating_network()
        device = network.known.starts.device
        items = torch.arange(network.items)
        pairs = torch.cartesian_prod(users, items).to(device)
        batch = Batch(pairs, None, torch.arange(len(pairs)))
        outputs: Tensor = self.forward(batch)  # type: ignore[attr-defined]
        return outputs.float().view(len(users), network.items)

    def _user_code(self, user: Any) -> int:
        task = self._recommendation()
        column, item = task.known.columns
        name = as_names(pl.Series([user], strict=False))
        code = int(task.known.users.encode(name)[0])
        if not code:
            raise UsageError(
                f"no '{column}' {user!r} was seen in training."
                f"{did_you_mean(str(user), task.known.users.words)} For somebody new, pass what "
                f"they rated: recommend(ratings={{{item}: rating}})."
            )
        return code

    def _item_code(self, item: Any) -> int:
        known = self._recommendation().known
        code = int(known.items.encode(as_names(pl.Series([item], strict=False)))[0])
        if not code:
            raise UsageError(
                f"no '{known.columns[1]}' {item!r} was seen in training."
                f"{did_you_mean(str(item), known.items.words)}"
            )
        return code

    def _newcomer(self, ratings: Mapping[Any, float]) -> tuple[Tensor, Tensor]:
        """Return items and standardised ratings of somebody new."""
        task, device = self._recommendation(), self._rating_network().known.starts.device
        low, high = task.question.ends
        for item, value in ratings.items():
            if not isinstance(value, (int, float, np.number)) or not low <= value <= high:
                raise UsageError(
                    f"the rating of {item!r} is {value!r}: expected a number from {low:g} to "
                    f"{high:g}."
                )
        codes = [self._item_code(item) for item in ratings]
        values = task.codec.encode(
            pl.Series([float(v) for v in ratings.values()], dtype=pl.Float64)
        )
        seen = torch.tensor(codes, dtype=torch.int64, device=device)
        return seen, torch.from_numpy(values[:, 0]).to(device)


def best(guesses: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Return items by their guessed ratings, best first, without those seen and the stranger's.

    Example:
        >>> best(np.array([9.0, 1.0, 3.0, 2.0]), np.array([2])).tolist()
        [3, 1]
    """
    order = np.argsort(-guesses, kind="stable")
    return np.asarray(order[~np.isin(order, [0, *seen.tolist()])])
