"""Splits of series in time, and the runs of steps that windows are cut from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from fieldguide.data.dataset import Dataset
from fieldguide.data.gaps import future_rows
from fieldguide.data.spacing import Spacing
from fieldguide.errors import DataError


@dataclass(frozen=True)
class Runs:
    """Rows of one series with no step missing between them.

    Attributes:
        starts: First row of each run, (runs,).
        knowns: End of its rows whose targets are known, (runs,).
        ends: End of all its rows, future ones included, (runs,).
        names: Series of each run.
    """

    starts: np.ndarray
    knowns: np.ndarray
    ends: np.ndarray
    names: tuple[str, ...]

    def windows(self, lookback: int, horizon: int) -> np.ndarray:
        """Return the first row of every window with known targets, in order."""
        counts = np.maximum(self.knowns - self.starts - lookback - horizon + 1, 0)
        first = np.repeat(self.starts - np.cumsum(counts) + counts, counts)
        return np.asarray(first + np.arange(counts.sum()))

    def of_rows(self, rows: np.ndarray) -> np.ndarray:
        """Return the run of each row."""
        return np.asarray(np.searchsorted(self.starts, rows, side="right") - 1)


def runs(data: Dataset) -> Runs:
    """Return the runs of steps in series, in the order of their rows."""
    forecast = data.forecast
    assert forecast is not None and forecast.time is not None
    names = _names(data)
    times = data.column(forecast.time)
    assert isinstance(times, pl.Series)
    numbers = Spacing.parse(forecast.step).numbers(times)
    breaks = np.ones(len(data), dtype=bool)
    breaks[1:] = (np.diff(numbers) != 1) | (names[1:] != names[:-1])
    starts = np.flatnonzero(breaks)
    ends = np.append(starts[1:], len(data))
    targets = np.stack([np.asarray(data.column(name), float) for name in forecast.targets])
    codes = np.cumsum(breaks) - 1
    future = np.bincount(codes[future_rows(targets, codes)], minlength=len(starts))
    return Runs(starts, ends - future, ends, tuple(names[starts].tolist()))


def count_examples(data: Dataset) -> int:
    """Return the number of examples: of series to forecast the windows, else the rows."""
    if data.forecast is None:
        return len(data)
    return len(runs(data).windows(data.forecast.lookback, data.forecast.horizon))


def cut(data: Dataset, test: float) -> tuple[np.ndarray, np.ndarray]:
    """Cut series in time; return the rows before the cut, and those after it with their context.

    Series with dates are all cut at the same date, so that nothing is learnt from what was the
    future of another series; counted steps are cut at the same share of each series.

    Args:
        data: Series.
        test: Share of the steps after the cut; at least a horizon.

    Raises:
        DataError: One of the parts holds no window.
    """
    forecast = data.forecast
    assert forecast is not None
    found = runs(data)
    cuts = _cuts(data, found, test)
    early = [np.arange(start, at) for start, at in zip(found.starts, cuts, strict=True)]
    late = [
        np.arange(max(start, at - forecast.lookback), end)
        for start, at, end in zip(found.starts, cuts, found.ends, strict=True)
        if at < end
    ]
    lookback, horizon = forecast.lookback, forecast.horizon
    learnt = (cuts - found.starts).max(initial=0)
    judged = max((len(rows) for rows in late), default=0)
    if learnt < lookback + horizon or judged < lookback + horizon:
        raise DataError(
            f"cut in time, {learnt} steps are left to learn from and {judged} to score; both need "
            f"{lookback + horizon}, to look {lookback} back and {horizon} ahead.",
            "Bring longer series, or ask for less with lookback=… and horizon=… (--lookback, "
            "--horizon).",
            file=data.source,
        )
    return np.concatenate(early), np.concatenate(late)


def _cuts(data: Dataset, found: Runs, test: float) -> np.ndarray:
    """Return the first row after the cut of each run."""
    assert data.forecast is not None and data.forecast.time is not None
    times, horizon = data.column(data.forecast.time), data.forecast.horizon
    assert isinstance(times, pl.Series)
    lengths = found.knowns - found.starts
    if not times.dtype.is_temporal():
        held = np.maximum(np.round(test * lengths), horizon).astype(np.int64)
        return np.maximum(found.knowns - held, found.starts)
    ticks = times.to_physical().to_numpy()
    known = np.concatenate([ticks[a:b] for a, b in zip(found.starts, found.knowns, strict=True)])
    moments = np.unique(known)
    at = moments[-min(len(moments), max(round(test * len(moments)), horizon))]
    pairs = zip(found.starts, found.ends, strict=True)
    return np.array([start + np.searchsorted(ticks[start:end], at) for start, end in pairs])


def _names(data: Dataset) -> np.ndarray:
    assert data.forecast is not None
    if data.forecast.series is None:
        return np.full(len(data), "", dtype=object)
    column = data.column(data.forecast.series)
    assert isinstance(column, pl.Series)
    return column.to_numpy().astype(object)
