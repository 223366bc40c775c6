"""From a table with a column of times to series whose steps are evenly spaced.

Nothing is changed silently. What is sorted, filled, carried forward or left out is booked in the
ledger; what cannot be decided here (two values for one step, times off the grid) is refused with
the row and the remedy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl

from fieldguide.data import gaps
from fieldguide.data.dataset import Dataset
from fieldguide.data.field import Field
from fieldguide.data.forecast import Forecast, find_season
from fieldguide.data.series_columns import Chosen, choose_columns
from fieldguide.data.spacing import Spacing, find_spacing
from fieldguide.errors import DataError

OFF_GRID = "give the rows even times, or let them be averaged with every='{step}' (--every {step})."


def as_series(data: Dataset, forecast: Forecast) -> Dataset:
    """Return the data as series with even steps, ordered by series and time, ready to forecast.

    Rows whose targets are all missing at the end of a series are its future: their known columns
    are kept. Columns that are no numbers, and not asked for, are left out.

    Args:
        data: A table with one row a step, of one series or of several one after the other.
        forecast: The question; what it leaves open (targets, spacing, season, lookback) is found.

    Raises:
        UsageError: A column that was named is not there.
        DataError: The rows are no series with even steps, or no series is long enough.
    """
    chosen = choose_columns(data, forecast)
    steps = _Steps(data, chosen)
    steps.drop_without_time()
    steps.sort()
    if forecast.every:
        steps.average(Spacing.parse(forecast.every))
    steps.refuse_duplicates()
    known_step = forecast.step or forecast.every
    spacing = Spacing.parse(known_step) if known_step else find_spacing(steps.times, steps.codes)
    steps.fill_grid(spacing)
    asked = replace(chosen.forecast, step=spacing.text)
    gaps.carry_forward(steps, asked)
    if not asked.season:
        asked = replace(asked, season=_season(steps, asked, spacing))
    if not forecast.step:  # new data: what is too short teaches nothing
        asked = asked.resolved(np.bincount(steps.codes))
        steps.drop_short(asked)
    return steps.finished(asked)


def _season(steps: _Steps, forecast: Forecast, spacing: Spacing) -> int:
    """Return the season of the longest series."""
    longest = steps.codes == np.bincount(steps.codes).argmax()
    codes = steps.codes[longest]
    columns = [steps.columns[name][longest] for name in forecast.targets]
    past = ~gaps.future_rows(np.stack(columns), codes)
    values = np.stack([gaps.filled(column, codes) for column in columns], axis=1)
    return find_season(values[past], spacing.seasons)


class _Steps:
    """Rows on their way to even steps.

    Attributes:
        times: Time of each row.
        codes: Number of its series.
        columns: Numbers by column, NaN where missing.
        origins: Row in the file; of a step that was filled in, the row before it.
    """

    def __init__(self, data: Dataset, chosen: Chosen):
        self.data, self.chosen = data, chosen
        self.times, self.codes, self.columns = chosen.times, chosen.codes, dict(chosen.columns)
        self.origins = data.origins

    def book(self, status: str, reason: str, rows: np.ndarray, field: str | None = None) -> None:
        """Book rows by their positions (or a mask)."""
        places = self.origins[rows]
        self.data.ledger.book(status, reason, places, file=self.data.source, field=field)  # type: ignore[arg-type]

    def refuse(self, position: int, problem: str, remedy: str, field: str | None = None) -> None:
        """Refuse the data for what one row holds.

        Raises:
            DataError: Always.
        """
        row = self.origins[position]
        number = int(row) if isinstance(row, (int, np.integer)) else None
        raise DataError(problem, remedy, file=self.data.source, row=number,
                        field=field or self.chosen.forecast.time)  # fmt: skip

    def name_of(self, position: int) -> str:
        """Return ``" of series 'a'"``, or nothing where there is one series."""
        if self.chosen.forecast.series is None:
            return ""
        return f" of series '{self.chosen.names[self.codes[position]]}'"

    def take(self, rows: np.ndarray) -> None:
        """Keep rows, by position."""
        self.times, self.codes = self.times.gather(rows), self.codes[rows]
        self.origins = self.origins[rows]
        self.columns = {name: column[rows] for name, column in self.columns.items()}

    def drop_without_time(self) -> None:
        """Leave out, and book, rows without a time."""
        absent = self.times.is_null().to_numpy()
        if absent.all():
            self.refuse(0, "no row has a time.", "Name another column with time=… (--time).")
        if absent.any():
            self.book("excluded", "no time", absent, self.chosen.forecast.time)
            self.take(np.flatnonzero(~absent))

    def sort(self) -> None:
        """Bring rows into the order of series and time, and book those that were not."""
        numbers = self.times.to_physical().to_numpy()
        together = np.argsort(self.codes, kind="stable")
        behind = (np.diff(numbers[together]) < 0) & (np.diff(self.codes[together]) == 0)
        late = together[1:][behind]
        self.book("repaired", "earlier than the row before it: sorted by time", np.sort(late),
                  self.chosen.forecast.time)  # fmt: skip
        self.take(np.lexsort((numbers, self.codes)))

    def average(self, every: Spacing) -> None:
        """Average the rows of each step, and book them."""
        numbers = every.numbers(self.times)
        first = np.ones(len(numbers), dtype=bool)
        first[1:] = (np.diff(numbers) != 0) | (np.diff(self.codes) != 0)
        starts = np.flatnonzero(first)
        self.book("repaired", f"averaged to steps of {every.text}", ~first)
        means = {name: _means(column, starts) for name, column in self.columns.items()}
        self.take(starts)
        self.columns = means
        if every.unit == "us":
            begins = numbers[starts] * every.count
            self.times = pl.Series(begins).cast(pl.Datetime("us"))
        elif every.unit == "mo":
            self.times = self.times.dt.truncate(every.text)

    def refuse_duplicates(self) -> None:
        """Leave out rows that say the same twice; refuse two values for one step."""
        numbers = self.times.to_physical().to_numpy()
        again = np.zeros(len(numbers), dtype=bool)
        again[1:] = (np.diff(numbers) == 0) & (np.diff(self.codes) == 0)
        if not again.any():
            return
        rows = np.flatnonzero(again)
        differs = np.zeros(len(rows), dtype=bool)
        for column in self.columns.values():
            one, other = column[rows], column[rows - 1]
            differs |= ~((one == other) | (np.isnan(one) & np.isnan(other)))
        if differs.any():
            at = int(rows[differs.argmax()])
            self.refuse(
                at,
                f"the time {self.times[at]}{self.name_of(at)} occurs twice, with other values "
                f"(row {self.origins[at - 1]}).",
                "Name the column that tells series apart with series=… (--series), give times an "
                "offset from UTC where clocks were put back, or average with every=… (--every).",
            )
        self.book("excluded", "the same step as the row before it", rows)
        self.take(np.flatnonzero(~again))

    def fill_grid(self, spacing: Spacing) -> None:
        """Insert the steps that are missing, and refuse times that lie between two steps."""
        numbers = self._numbers(spacing)
        same = np.diff(self.codes) == 0
        jumps = np.diff(numbers)
        crowded = np.flatnonzero(same & (jumps == 0))
        if len(crowded):
            at = int(crowded[0]) + 1
            self.refuse(
                at,
                f"the time {self.times[at]}{self.name_of(at)} lies in the step of the row before "
                f"it; steps are {spacing.text} apart.",
                OFF_GRID.format(step=spacing.text).capitalize(),
            )
        missing = np.where(same, jumps - 1, 0)
        if not missing.any():
            return
        gaps.refuse_if_too_many(self, missing, spacing)
        self._insert(missing, spacing)

    def _numbers(self, spacing: Spacing) -> np.ndarray:
        """Return the step of each row; refuse a row that is off the grid of its series."""
        if spacing.unit in ("mo", "bd"):
            return spacing.numbers(self.times)
        ticks = self.times.to_physical().to_numpy().astype(np.int64)
        phase = _commonest_phase(ticks, self.codes, spacing.count)
        off = np.flatnonzero((ticks - phase) % spacing.count)
        if len(off):
            at = int(off[0])
            self.refuse(
                at,
                f"the time {self.times[at]}{self.name_of(at)} does not fit the spacing of "
                f"{spacing.text} that most rows have ({len(off)} such row(s)).",
                OFF_GRID.format(step=spacing.text).capitalize(),
            )
        return np.asarray((ticks - phase) // spacing.count)

    def _insert(self, missing: np.ndarray, spacing: Spacing) -> None:
        """Insert rows without values after those that a gap follows."""
        repeats = np.ones(len(self.codes), dtype=np.int64)
        repeats[:-1] += missing
        source = np.repeat(np.arange(len(repeats)), repeats)
        ahead = np.arange(len(source)) - np.searchsorted(source, source)
        new = ahead > 0
        self.book("repaired", f"steps of {spacing.text} are missing after it: filled in",
                  np.flatnonzero(repeats > 1), self.chosen.forecast.time)  # fmt: skip
        self.take(source)
        moved = spacing.after(self.times, ahead).cast(self.times.dtype)
        self.times = pl.select(
            pl.when(pl.lit(pl.Series(new))).then(pl.lit(moved)).otherwise(pl.lit(self.times))
        ).to_series()
        for column in self.columns.values():
            column[new] = np.nan

    def drop_short(self, asked: Forecast) -> None:
        """Leave out, and book, series that are shorter than one window.

        Raises:
            DataError: All are.
        """
        future = gaps.future_rows(np.stack([self.columns[n] for n in asked.targets]), self.codes)
        lengths = np.bincount(self.codes[~future], minlength=len(self.chosen.names))
        if lengths.max() < asked.steps:
            raise gaps.too_short(self.data.source, len(lengths), int(lengths.max()), asked)
        short = lengths[self.codes] < asked.steps
        if short.any():
            self.book("excluded", f"its series is shorter than the {asked.steps} steps of a "
                      "window", short, asked.series)  # fmt: skip
            self.take(np.flatnonzero(~short))

    def finished(self, asked: Forecast) -> Dataset:
        """Return the data set."""
        fields, columns = dict(self.data.fields), {}
        assert asked.time is not None
        columns[asked.time] = self.times.alias(asked.time)
        fields.setdefault(asked.time, Field(asked.time, "identifier", "counts the steps"))
        if asked.series is not None:
            names = pl.Series(asked.series, self.chosen.names, dtype=pl.String)
            columns[asked.series] = names.gather(self.codes)
        for name, column in self.columns.items():
            columns[name] = pl.Series(name, column).fill_nan(None)
        kept = {name: fields[name] for name in columns}
        self.data.ledger.total = max(self.data.ledger.total, len(self.data))
        return replace(
            self.data, fields=kept, columns=columns, origins=self.origins, target=None,
            target_reason="series are forecast", provided=None, group=None, time=asked.time,
            forecast=asked,
        )  # fmt: skip


def _commonest_phase(ticks: np.ndarray, codes: np.ndarray, step: int) -> np.ndarray:
    """Return, for each row, where in a step most rows of its series lie."""
    phases = ticks % step
    if (phases == phases[0]).all():
        return phases
    middle: Callable[[np.ndarray], int] = lambda part: int(  # noqa: E731
        np.unique(part)[np.unique(part, return_counts=True)[1].argmax()]
    )
    chosen = np.array([middle(phases[codes == code]) for code in range(int(codes.max()) + 1)])
    return np.asarray(chosen[codes])


def _means(column: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the mean of the values that are there in each run of rows."""
    present = np.isfinite(column)
    sums = np.add.reduceat(np.where(present, column, 0.0), starts)
    counts = np.add.reduceat(present.astype(float), starts)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
