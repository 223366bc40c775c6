"""The spacing of a series: how far its steps are apart, and the number of each step.

Steps are a fixed time apart (``"1h"``, ``"15m"``, ``"7d"``), or whole months (``"1mo"``: months are
not equally long), or working days (``"1bd"``), or plain counts (``"1"``) where there are no dates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import polars as pl

from fieldguide.errors import UsageError

_DAY = 86_400_000_000
UNITS = {
    "w": 7 * _DAY, "d": _DAY, "h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000,
    "ms": 1_000, "us": 1,
}  # fmt: skip
"""Microseconds in a unit."""
_SEASONS = {
    "s": (60, 3600), "m": (60, 1440), "h": (24, 168), "d": (7, 365), "w": (52,), "mo": (12,),
    "bd": (5,), "y": (),
}  # fmt: skip
_DAYS_OF_MONTHS = {1: (28, 31), 3: (89, 92), 6: (181, 184), 12: (365, 366)}


@dataclass(frozen=True)
class Spacing:
    """How far two steps are apart.

    Attributes:
        count: Units in a step, at least 1.
        unit: ``"us"``, ``"mo"``, ``"bd"`` or, where steps are counted, ``""``.
    """

    count: int
    unit: str

    @classmethod
    def parse(cls, text: str) -> Spacing:
        """Read ``"1h"``, ``"15m"``, ``"1mo"``, ``"1y"``, ``"1bd"`` or ``"1"``.

        Raises:
            UsageError: It is none of these.

        Example:
            >>> Spacing.parse("15m").text
            '15m'
        """
        found = re.fullmatch(r"(\d+)\s*([a-z]*)", text.strip())
        count, unit = (int(found[1]), found[2]) if found else (0, "")
        if unit in UNITS:
            count, unit = count * UNITS[unit], "us"
        if unit == "y":
            count, unit = 12 * count, "mo"
        if count < 1 or unit not in ("us", "mo", "bd", ""):
            raise UsageError(
                f"'{text}' is no spacing of steps. Write a number and a unit, such as 15m, 1h, 1d, "
                "1w, 1mo, 1y or 1bd (working days)."
            )
        return cls(count, unit)

    @property
    def text(self) -> str:
        """The spacing as `parse` reads it, in the largest unit that fits."""
        if self.unit == "us":
            name = next(name for name, size in UNITS.items() if self.count % size == 0)
            return f"{self.count // UNITS[name]}{name}"
        return f"{self.count}{self.unit}"

    @property
    def seasons(self) -> tuple[int, ...]:
        """Steps after which series of this spacing often repeat, the shortest first."""
        if self.unit == "mo":
            return (12 // self.count,) if self.count < 12 and 12 % self.count == 0 else ()
        if self.unit == "bd":
            return _SEASONS["bd"] if self.count == 1 else ()
        if self.unit == "":
            return ()
        spans = {
            season * UNITS[unit]
            for unit, found in _SEASONS.items()
            if unit in UNITS and UNITS[unit] <= self.count < 60 * UNITS[unit]
            for season in found
        } | ({_DAY, 7 * _DAY} if self.count < _DAY else set())
        fitting = {span // self.count for span in spans if span % self.count == 0}
        return tuple(sorted(one for one in fitting if one > 1))

    def numbers(self, times: pl.Series) -> np.ndarray:
        """Return the number of the step that each time lies in, shape (n,), int64."""
        if self.unit == "":
            return times.to_numpy().astype(np.int64) // self.count
        if self.unit == "mo":
            months = times.dt.year().cast(pl.Int64) * 12 + times.dt.month() - 1
            return months.to_numpy() // self.count
        if self.unit == "bd":
            days = times.dt.date().to_numpy().astype("datetime64[D]")
            first = np.datetime64("1970-01-05")
            return np.asarray(np.busday_count(first, days) // self.count, dtype=np.int64)
        return times.to_physical().to_numpy() // self.count

    def after(self, last: pl.Series, steps: np.ndarray) -> pl.Series:
        """Return the times that lie some steps after others.

        Args:
            last: Times, or counts, (n,).
            steps: Steps after each, (n,).
        """
        if self.unit == "":
            return last + pl.Series(steps * self.count)
        if self.unit == "us":
            return last + pl.Series(steps * self.count).cast(pl.Duration("us"))
        if self.unit == "bd":
            days = last.dt.date().to_numpy().astype("datetime64[D]")
            moved = np.busday_offset(days, steps * self.count, roll="forward")
            return pl.Series(moved.astype("datetime64[us]")) + (last - last.dt.truncate("1d"))
        by = pl.Series(steps * self.count).cast(pl.String) + "mo"
        ends = (last.dt.month_end().dt.date() == last.dt.date()).all()
        first = last.dt.month_start() if ends else last
        moved_months = pl.select(first.dt.offset_by(by)).to_series()
        return moved_months.dt.month_end() if ends else moved_months


def find_spacing(times: pl.Series, series: np.ndarray) -> Spacing:
    """Return the commonest spacing of neighbouring steps.

    Args:
        times: In order within each series; dates and times, or whole numbers.
        series: Code of the series of each time.
    """
    steps = np.diff(times.to_physical().to_numpy().astype(np.int64))
    steps = steps[(np.diff(series) == 0) & (steps > 0)]
    if not len(steps):
        return Spacing(1, "") if not times.dtype.is_temporal() else Spacing(_DAY, "us")
    found, counts = np.unique(steps, return_counts=True)
    commonest = int(found[counts.argmax()])
    if not times.dtype.is_temporal():
        return Spacing(commonest, "")
    days, rest = found // _DAY, found % _DAY
    for months, (least, most) in _DAYS_OF_MONTHS.items():
        inside = (days >= least) & (days <= most) & (rest == 0)
        # Thirty days sharp, again and again, are thirty days; months vary.
        if counts[inside].sum() >= 0.5 * counts.sum() and (inside.sum() > 1 or months == 12):
            return Spacing(months, "mo")
    weekend = (times.dt.weekday() > 5).any() or (times.dt.truncate("1d") != times).any()
    over_weekends = counts[found == 3 * _DAY].sum()
    if commonest == _DAY and not weekend and over_weekends >= 0.1 * counts.sum():
        return Spacing(1, "bd")
    return Spacing(commonest, "us")
