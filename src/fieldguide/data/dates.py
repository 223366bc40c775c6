"""Dates and times as people write them."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

_DATES = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%d.%m.%Y",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d.%m.%y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%b %d, %Y",
    "%d %B %Y",
    "%B %d, %Y",
)
_TIMES = ("", "%H:%M", "%H:%M:%S", "%H:%M:%S%.f", "%I:%M %p", "%I:%M:%S %p")
_ISO_TIMES = ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M")
FORMATS = (
    *(f"{date} {time}".strip() for date in _DATES for time in _TIMES),
    *_ISO_TIMES,
    "%Y-%m-%d %H:%M:%S%.f%#z",
)
_LOOKS_DATED = (
    r"^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|^\d{1,2}[ -][A-Za-z]{3}|^[A-Za-z]{3,9} \d{1,2}, \d"
)


@dataclass(frozen=True)
class DateStyle:
    """How the dates of one column are written.

    Attributes:
        format: Format of ``strftime``.
        ambiguous: Another format that reads every value too, day and month exchanged; or empty.
    """

    format: str
    ambiguous: str = ""


def parse_dates(text: pl.Series, format: str) -> pl.Series:
    """Read stripped text as dates and times in UTC, microseconds; what is none becomes null."""
    parsed = text.str.to_datetime(format, strict=False, time_unit="us")
    if getattr(parsed.dtype, "time_zone", None):
        parsed = parsed.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    # A year of two digits read as four would lie in antiquity.
    return parsed.set(parsed.dt.year() < 100, None)


def guess_dates(text: pl.Series) -> tuple[DateStyle, float] | None:
    """Find the format that reads most of the cells, or None where they are no dates.

    Args:
        text: Stripped text; null where a value is missing.

    Returns:
        The style, and the share of the present values that it reads, 0 to 1.
    """
    present = text.drop_nulls()
    probe = present.unique().head(500)
    if not len(probe) or probe.str.contains(_LOOKS_DATED).mean() < 0.9:  # type: ignore[operator]
        return None
    likely = [format for format in FORMATS if _share(probe, format) >= 0.9]
    if not likely:
        return None
    shares = {format: _share(present, format) for format in likely}
    best = max(likely, key=lambda format: shares[format])
    exchanged = _exchanged(best)
    also = exchanged if exchanged != best and shares.get(exchanged) == shares[best] else ""
    return DateStyle(best, also), shares[best]


def _share(present: pl.Series, format: str) -> float:
    return 1 - parse_dates(present, format).null_count() / len(present)


def _exchanged(format: str) -> str:
    """Exchange day and month in a format of digits."""
    return format.replace("%d", "\0").replace("%m", "%d").replace("\0", "%m")
