"""Ratings: who gave what how many stars, and when. From a table to clean ratings, all booked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np
import polars as pl

from fieldguide.data.dataset import Dataset
from fieldguide.data.field import Field
from fieldguide.data.rating_columns import as_names, as_numbers, choose_columns
from fieldguide.errors import DataError, UsageError


@dataclass(frozen=True)
class Ratings:
    """What the columns of a table of ratings are.

    Attributes:
        user: Column that names who rates; empty to find it.
        item: Column that names what is rated; empty to find it.
        rating: Column of ratings; empty to find it.
        time: Column of times, or None.
        lowest: Lowest rating there can be; None for the lowest there is.
        highest: Highest rating there can be; None for the highest there is.
    """

    user: str = ""
    item: str = ""
    rating: str = ""
    time: str | None = None
    lowest: float | None = None
    highest: float | None = None

    def __post_init__(self) -> None:
        if self.lowest is not None and self.highest is not None and self.lowest >= self.highest:
            raise UsageError(
                f"lowest={self.lowest}, highest={self.highest}: the lowest rating must lie below "
                "the highest."
            )

    @property
    def ends(self) -> tuple[float, float]:
        """Lowest and highest rating there can be, once they are settled."""
        assert self.lowest is not None and self.highest is not None
        return self.lowest, self.highest

    @property
    def sentence(self) -> str:
        """The question in plain words."""
        lowest, highest = self.ends
        return (
            f"To recommend: '{self.item}' to '{self.user}', by '{self.rating}' from {lowest:g} to "
            f"{highest:g}."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Rebuild from `to_dict`."""
        return cls(**stored)


def as_ratings(data: Dataset, asked: Ratings) -> Dataset:
    """Return the data as ratings: each user rates each item once, and every rating is a number.

    Of several ratings of one item by one user the last counts: by time where there is one, else by
    row. Columns that are no part of a rating are left out. What is left out is booked.

    Args:
        data: A table with one row a rating.
        asked: Its columns, and the range of the ratings; what it leaves open is found.

    Raises:
        UsageError: A column that was named is not there.
        DataError: A column cannot be found; a rating lies outside of the range that was named;
            there are fewer than two users, items or values.

    Example:
        >>> from fieldguide.data import as_dataset
        >>> table = pl.DataFrame(
        ...     {"user": ["a", "a", "b"], "film": ["x", "y", "x"], "stars": [1, 5, 4]}
        ... )
        >>> as_dataset(table).as_ratings().ratings
        Ratings(user='user', item='film', rating='stars', time=None, lowest=1.0, highest=5.0)
    """
    asked = choose_columns(data, asked)
    rows = _Rows(data, asked)
    rows.drop_nameless()
    rows.drop_without_rating()
    rows.refuse_outside()
    rows.keep_last()
    rows.refuse_too_few()
    return rows.finished()


class _Rows:
    """Rows on their way to ratings.

    Attributes:
        users: Name of the user in each row.
        items: Name of the item.
        values: Rating, NaN where there is none.
        times: Times, or None.
        origins: Row in the file.
    """

    def __init__(self, data: Dataset, asked: Ratings):
        self.data, self.asked = data, asked
        self.users, self.items = (
            as_names(data.column(name)).alias(name) for name in (asked.user, asked.item)
        )
        self.values = as_numbers(data, asked.rating)
        times = None if asked.time is None else data.column(asked.time)
        assert times is None or isinstance(times, pl.Series)
        self.times, self.origins = times, data.origins

    def book(self, reason: str, rows: np.ndarray, field: str, status: str = "excluded") -> None:
        """Book rows by a mask."""
        places = self.origins[rows]
        self.data.ledger.book(status, reason, places, file=self.data.source, field=field)  # type: ignore[arg-type]

    def keep(self, mask: np.ndarray) -> None:
        """Keep the rows where the mask is true."""
        chosen = np.flatnonzero(mask)
        self.users, self.items = self.users.gather(chosen), self.items.gather(chosen)
        self.values, self.origins = self.values[chosen], self.origins[chosen]
        self.times = None if self.times is None else self.times.gather(chosen)

    def drop_nameless(self) -> None:
        """Leave out rows that name no user or no item."""
        for role, names, field in (
            ("user", self.users, self.asked.user),
            ("item", self.items, self.asked.item),
        ):
            absent = names.is_null().to_numpy()
            self.book(f"it names no {role}", absent, field)
        self.keep((self.users.is_not_null() & self.items.is_not_null()).to_numpy())

    def drop_without_rating(self) -> None:
        """Leave out rows without a rating; say so of users who have none at all."""
        absent = np.isnan(self.values)
        known = self.users.gather(np.flatnonzero(~absent)).unique()
        lost = absent & ~self.users.is_in(known.implode()).to_numpy()
        field = self.asked.rating
        self.book("no rating of this user is known: nothing can be learnt of them", lost, field)
        self.book("the rating is missing", absent & ~lost, field)
        self.keep(~absent)
        if not len(self.values):
            raise DataError(
                "no rating is known.", "Fill the column, or name another with rating=… (--rating).",
                file=self.data.source, field=field,
            )  # fmt: skip

    def refuse_outside(self) -> None:
        """Settle the range, and refuse ratings outside of one that was named."""
        asked, values = self.asked, self.values
        lowest = float(values.min()) if asked.lowest is None else float(asked.lowest)
        highest = float(values.max()) if asked.highest is None else float(asked.highest)
        outside = (values < lowest) | (values > highest)
        if outside.any():
            at = int(outside.argmax())
            row, others = self.origins[at], int(outside.sum()) - 1
            raise DataError(
                f"the rating {values[at]:g} lies outside of the range {lowest:g} to {highest:g} "
                f"that was named{f' ({others} more do)' if others else ''}.",
                "Correct it, or name another range with lowest=…, highest=… (--lowest, --highest).",
                file=self.data.source,
                row=int(row) if isinstance(row, (int, np.integer)) else None,
                field=asked.rating,
            )
        if lowest < highest:  # else all ratings are alike, which is refused later
            self.asked = replace(asked, lowest=lowest, highest=highest)

    def keep_last(self) -> None:
        """Keep the last of several ratings of one item by one user."""
        order = np.arange(len(self.values))
        if self.times is not None:
            absent = self.times.is_null().to_numpy()
            self.book("no time: counts as the earliest", absent, str(self.asked.time), "repaired")
            order = self.times.arg_sort(nulls_last=False).to_numpy()
        pairs = pl.DataFrame({"user": self.users, "item": self.items})[order]
        last = np.zeros(len(order), dtype=bool)
        last[order] = pairs.select(pl.struct("user", "item").is_last_distinct()).to_series()
        self.book("the same user rated the same item again later", ~last, self.asked.item)
        self.keep(last)

    def refuse_too_few(self) -> None:
        """Refuse what nothing can be learnt from."""
        asked = self.asked
        for what, names, field in (
            ("user", self.users, asked.user),
            ("item", self.items, asked.item),
        ):
            if names.n_unique() < 2:
                raise DataError(
                    f"all {len(names)} ratings are of one {what} ('{names[0]}'); to recommend, "
                    "there must be at least two.",
                    f"Bring ratings of more {what}s, or name another column with {what}=… "
                    f"(--{what}).",
                    file=self.data.source,
                    field=field,
                )
        if np.ptp(self.values) == 0:
            raise DataError(
                f"all {len(self.values)} ratings are {self.values[0]:g}: nobody likes one thing "
                "better than another, and there is nothing to learn.",
                "Bring ratings that differ, or name another column with rating=… (--rating).",
                file=self.data.source,
                field=asked.rating,
            )

    def finished(self) -> Dataset:
        """Return the data set, the rating as its target."""
        asked, before = self.asked, self.data.fields
        columns: dict[str, Any] = {asked.user: self.users, asked.item: self.items}
        columns[asked.rating] = pl.Series(asked.rating, self.values)
        fields = {
            asked.user: _named(before[asked.user], "names who rates", self.users),
            asked.item: _named(before[asked.item], "names what is rated", self.items),
            asked.rating: replace(before[asked.rating], kind="number"),
        }
        if asked.time is not None:
            columns[asked.time], fields[asked.time] = self.times, before[asked.time]
        for name in self.data.columns:
            if name not in columns:
                self.data.ledger.book("noted", "no part of a rating: left out", [name],
                                      file=self.data.source, field=name)  # fmt: skip
        return replace(
            self.data, fields=fields, columns=columns, origins=self.origins, target=asked.rating,
            target_reason="what is not rated yet is to be guessed", provided=None, group=None,
            time=asked.time, ratings=asked,
        )  # fmt: skip


def _named(field: Field, reason: str, names: pl.Series) -> Field:
    """Return the field of a column of names; new rows are read by the recipe that it had."""
    return replace(field, kind="category", reason=reason, missing=0, distinct=names.n_unique())
