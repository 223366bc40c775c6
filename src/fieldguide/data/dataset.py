"""A data set: named columns of examples, their fields, where each row came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from fieldguide.data.column import Column, take
from fieldguide.data.field import Field
from fieldguide.data.forecast import Forecast
from fieldguide.data.infer import clean, refine
from fieldguide.data.ledger import Ledger
from fieldguide.data.split import split_indices
from fieldguide.errors import DataError, UsageError, did_you_mean

if TYPE_CHECKING:
    from fieldguide.data.ratings import Ratings


@dataclass(kw_only=True)
class Dataset:
    """Examples in columns.

    Attributes:
        fields: What each column holds, in the user's order.
        columns: The values: a polars Series (scalars, text), a NumPy array whose first axis
            counts examples (arrays; images as (n, channels, height, width)) or `ImageFiles`.
        target: The column to predict, or None.
        target_reason: How the target was chosen, in plain words.
        source: File, folder or built-in name that the data came from.
        ledger: What became of every row and file.
        origins: Row number (from 1, as an editor shows it) or file name of each example.
        provided: The provider's split of each example (``"train"``, ``"validation"``,
            ``"test"``), or None.
        group: Column whose values must not be torn apart by a split, or None.
        time: Column that orders the examples in time, or None: a split then cuts, not shuffles.
        forecast: What is asked of rows that are steps of series, or None: rows are examples then.
        ratings: The parts of the columns, where each row is a rating, or None.
    """

    fields: dict[str, Field]
    columns: Mapping[str, Column]
    target: str | None = None
    target_reason: str = ""
    source: str = "memory"
    ledger: Ledger = field(default_factory=Ledger)
    origins: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    provided: np.ndarray | None = None
    group: str | None = None
    time: str | None = None
    forecast: Forecast | None = None
    ratings: Ratings | None = None

    def __post_init__(self) -> None:
        if self.columns and len(self.origins) == 0:
            self.origins = np.arange(1, len(next(iter(self.columns.values()))) + 1)
        if self.ledger.total == 0:
            self.ledger.total = len(self)

    def __len__(self) -> int:
        return len(self.origins)

    @property
    def inputs(self) -> dict[str, Field]:
        """Fields that can inform a prediction: all but the target, identifiers and constants."""
        return {
            name: known
            for name, known in self.fields.items()
            if name not in (self.target, self.group) and known.is_input
        }

    def column(self, name: str) -> Column:
        """Return a column by name.

        Raises:
            UsageError: No such column, with the nearest name.
        """
        if name not in self.columns:
            raise UsageError(
                f"{self.source} has no column '{name}'.{did_you_mean(name, self.columns)} "
                f"It has: {', '.join(list(self.columns)[:20])}."
            )
        return self.columns[name]

    def as_series(self, horizon: int, **asked: Any) -> Dataset:
        """Return the rows as even steps of series, to be forecast.

        Args:
            horizon: Steps to forecast, at least 1.
            asked: Further attributes of `Forecast`: ``targets``, ``time``, ``series``, ``known``,
                ``lookback``, ``season``, ``every``.

        Raises:
            DataError: The rows are no series with even steps, or no series is long enough.
        """
        from fieldguide.data.regular import as_series

        return as_series(self, Forecast(horizon, **asked))

    def as_ratings(self, **asked: Any) -> Dataset:
        """Return the rows as ratings of items by users.

        Args:
            asked: Attributes of `Ratings`: ``user``, ``item``, ``rating``, ``time``, ``lowest``,
                ``highest``; what is left out is found by names and values.

        Raises:
            DataError: A column cannot be found, or there is nothing to learn from.
        """
        from fieldguide.data.ratings import Ratings, as_ratings

        return as_ratings(self, Ratings(**asked))

    def with_target(self, name: str) -> Dataset:
        """Return the same data with another column to predict.

        Rows where it is missing are excluded, and booked in a ledger of the new data set's own.
        """
        column = self.column(name)
        data = replace(self, target=name, target_reason="you named it")
        if not isinstance(column, pl.Series) or not column.null_count():
            return data
        absent = column.is_null().to_numpy()
        data.ledger = replace(self.ledger, entries=list(self.ledger.entries))
        places = self.origins[absent]
        data.ledger.book("excluded", "the target is missing", places, file=self.source, field=name)
        return data.take(np.flatnonzero(~absent))

    def take(self, indices: np.ndarray) -> Dataset:
        """Return the examples at ``indices``, in that order; the ledger is shared."""
        columns = {name: take(column, indices) for name, column in self.columns.items()}
        provided = None if self.provided is None else self.provided[indices]
        return replace(self, columns=columns, origins=self.origins[indices], provided=provided)

    def in_memory(self, limit: int, seed: int = 0) -> Dataset:
        """Return at most ``limit`` examples held in memory, sampled where there are more.

        Of ratings whole users are drawn, two at least, of series the last steps are kept.
        """
        if len(self) <= limit:
            return self
        if self.forecast is not None:  # steps belong together: the last windows
            first = max(0, len(self) - limit - self.forecast.steps)
            return self.take(np.arange(first, len(self)))
        if self.ratings is not None:
            from fieldguide.data.rating_split import some_users

            return self.take(some_users(self, limit, seed))
        chosen = np.random.default_rng(seed).choice(len(self), size=limit, replace=False)
        return self.take(np.sort(chosen))

    def chunks(self, rows: int = 262_144) -> Iterator[Dataset]:
        """Yield the data in order, at most ``rows`` examples at a time."""
        if len(self) <= rows:
            yield self
            return
        for start in range(0, len(self), rows):
            yield self.take(np.arange(start, min(start + rows, len(self))))

    def split(self, test: float = 0.2, seed: int = 0) -> tuple[Dataset, Dataset]:
        """Split into training and test data.

        The provider's own split is kept where there is one. Otherwise groups stay together, time
        is cut rather than shuffled, classes keep their shares, and the rest is left to ``seed``.
        Series to forecast are cut in time; the part held out begins with as many steps before the
        cut as a forecast looks back on, so that every forecast it scores is of what came after.
        Of ratings a share of each user's is held out, the latest ones where there are times.

        Args:
            test: Share of examples held out, above 0 and below 1.
            seed: Decides which, where chance has a say.

        Raises:
            DataError: Too few examples to split.
        """
        if not isinstance(test, Real) or not 0 < test < 1:
            raise UsageError(f"test={test!r}: the share held out must lie between 0 and 1.")
        if self.forecast is not None:
            from fieldguide.data.rolling import cut

            early, late = cut(self, float(test))
            return self.take(early), self.take(late)
        if len(self) < 2:
            raise DataError(
                f"{len(self)} example(s) cannot be split in two.",
                "Bring more data.",
                file=self.source,
            )
        if self.ratings is not None:
            from fieldguide.data.rating_split import split_ratings

            known, hidden = split_ratings(self, float(test), seed)
            return self.take(known), self.take(hidden)
        train, held_out = split_indices(
            len(self),
            test=test,
            seed=seed,
            provided=self.provided,
            groups=self._values(self.group),
            times=self._values(self.time),
            target=self._values(self.target),
            target_kind=self.fields[self.target].kind if self.target else None,
        )
        if len(train) == 0:
            raise DataError(
                "the data's own split holds no training examples.",
                "Bring some, or leave the split away (provided=None).",
                file=self.source,
            )
        return self.take(train), self.take(held_out)

    def where(self, index: int) -> str:
        """Return where an example came from, for messages: ``"file.csv, row 17"``."""
        place = self.origins[index]
        if isinstance(place, (int, np.integer)):
            return f"{self.source}, row {place}"
        return f"{self.source}, {place}"

    def _values(self, name: str | None) -> np.ndarray | None:
        if name is None:
            return None
        column = self.column(name)
        return column.to_numpy() if isinstance(column, pl.Series) else np.asarray(column)

    @classmethod
    def from_columns(
        cls,
        columns: Mapping[str, Column],
        *,
        target: str | None = None,
        known: Mapping[str, Field] | None = None,
        **facts: Any,
    ) -> Dataset:
        """Build from columns alone; the fields are found by looking at the values.

        Args:
            columns: Text or typed values.
            target: The column to predict, or None.
            known: Fields found on other rows: columns are read as these.
            **facts: Further attributes of the data set.
        """
        cleaned = clean(columns, known)
        refine(cleaned, columns, target, known)
        data = cls(fields=cleaned.fields, columns=cleaned.columns, target=target, **facts)
        for name, (reason, positions) in cleaned.repairs.items():
            places = data.origins[positions]
            data.ledger.book("repaired", reason, places, file=data.source, field=name)
        return data
