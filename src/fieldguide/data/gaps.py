"""Steps and values that a series lacks: how many are too many, and what stands in for the rest."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import polars as pl

from fieldguide.data.forecast import Forecast
from fieldguide.data.spacing import Spacing
from fieldguide.errors import DataError

MOST_MISSING = 0.2  # share of a series' steps that may be missing
CARRIED = "missing: the value before it is carried forward"
CARRIED_TARGET = f"{CARRIED} to look back on, and nothing is judged by it"


class Steps(Protocol):
    """Rows ordered by series and time; see `fieldguide.data.regular`."""

    times: pl.Series
    codes: np.ndarray
    columns: dict[str, np.ndarray]
    origins: np.ndarray

    def book(self, status: str, reason: str, rows: np.ndarray, field: str | None = None) -> None:
        """Book rows by their positions."""

    def refuse(self, position: int, problem: str, remedy: str, field: str | None = None) -> None:
        """Raise a `DataError` for a row."""

    def name_of(self, position: int) -> str:
        """Return ``" of series 'a'"`` for a row."""

    def take(self, rows: np.ndarray) -> None:
        """Keep rows."""


def refuse_if_too_many(steps: Steps, missing: np.ndarray, spacing: Spacing) -> None:
    """Refuse a series that lacks more than a fifth of its steps.

    Args:
        steps: The rows.
        missing: Steps missing after each row but the last.
        spacing: How far steps are apart.

    Raises:
        DataError: Naming the row before the longest gap.
    """
    lacking = np.bincount(steps.codes[:-1], weights=missing)
    present = np.bincount(steps.codes)[: len(lacking)]
    shares = lacking / (lacking + present)
    if shares.max() <= MOST_MISSING:
        return
    inside = np.flatnonzero(steps.codes[:-1] == shares.argmax())
    at = int(inside[missing[inside].argmax()])
    steps.refuse(
        at,
        f"{shares.max():.0%} of the steps{steps.name_of(at)} are missing (at most "
        f"{MOST_MISSING:.0%} may be), {int(missing[at])} of them after this row; steps are "
        f"{spacing.text} apart.",
        "Bring the missing rows, leave out what lies before the gap, or average to longer steps "
        "with every=… (--every).",
    )


def carry_forward(steps: Steps, forecast: Forecast) -> None:
    """Let the last value before a gap stand in for missing ones, and book them.

    What is to be forecast stays missing: windows fill it in where they look back on it, and no
    forecast is judged by it. Rows at the end of a series in which every target is missing are its
    future and stay empty. What is missing at the start of a series takes its first value.

    Raises:
        DataError: A series lacks more than a fifth of a target's values.
    """
    future = future_rows(np.stack([steps.columns[n] for n in forecast.targets]), steps.codes)
    if future.all():
        steps.refuse(0, "no row has a value to forecast from.", "Bring the series' past.",
                     forecast.targets[0])  # fmt: skip
    # The future of a series is empty and ends it: what is carried cannot come from there.
    for name in (*forecast.channels, *forecast.known):
        column = steps.columns[name]
        absent = np.isnan(column) & ~future
        if not absent.any():
            continue
        _refuse_hollow(steps, name, absent, ~future)
        reason = CARRIED_TARGET if name in forecast.targets else CARRIED
        steps.book("repaired", reason, np.flatnonzero(absent), name)
        if name not in forecast.targets:
            column[absent] = filled(column, steps.codes)[absent]


def future_rows(targets: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return which rows are future: after the last value of any target in their series.

    Args:
        targets: Values, (targets, rows).
        codes: Series of each row; rows of a series lie together.
    """
    known = np.isfinite(targets).any(axis=0)
    rows = np.arange(len(codes))
    last = np.full(int(codes.max(initial=-1)) + 1, -1)
    np.maximum.at(last, codes[known], rows[known])
    return np.asarray(rows > last[codes])


def filled(column: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return the column with gaps filled from before, or else from after, in the same series."""
    frame = pl.DataFrame({"code": codes, "value": pl.Series(column).fill_nan(None)})
    value = pl.col("value").forward_fill().backward_fill().over("code")
    return frame.select(value).to_series().fill_null(0.0).to_numpy()


def _refuse_hollow(steps: Steps, name: str, absent: np.ndarray, counted: np.ndarray) -> None:
    lacking = np.bincount(steps.codes[absent], minlength=int(steps.codes.max()) + 1)
    present = np.bincount(steps.codes[counted], minlength=len(lacking))
    shares = lacking / np.maximum(present, 1)
    if shares.max() <= MOST_MISSING:
        return
    at = int(np.flatnonzero(absent & (steps.codes == shares.argmax()))[0])
    steps.refuse(
        at,
        f"{shares.max():.0%} of its values{steps.name_of(at)} are missing, the first one here (at "
        f"most {MOST_MISSING:.0%} may be).",
        "Fill them in, or leave the column or the series out.",
        name,
    )


def too_short(source: str, count: int, longest: int, forecast: Forecast) -> DataError:
    """Return the error of data in which no series is long enough.

    Args:
        source: The file.
        count: Number of series.
        longest: Known steps of the longest.
        forecast: What is asked for.
    """
    what = f"the longest of {count} series has" if count > 1 else "the series has"
    return DataError(
        f"{what} {longest} steps; looking {forecast.lookback} back and {forecast.horizon} ahead "
        f"takes {forecast.steps}.",
        "Bring longer series, or ask for less with lookback=… and horizon=… (--lookback, "
        "--horizon).",
        file=source,
    )
