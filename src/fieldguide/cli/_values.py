"""Durations, sizes and lists, as people write them."""

from __future__ import annotations

import re

import typer

_SECONDS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "min": 60.0, "s": 1.0, "": 1.0}
_BYTES = {"": 1, "B": 1} | {
    f"{letter}{end}": factor**power
    for power, letter in enumerate("KMGT", start=1)
    for end, factor in (("", 1000), ("B", 1000), ("IB", 1024))
}
_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)(d|h|min|m|s)?)")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?(?:I?B)?)")


def duration(text: str | float) -> float:
    """Return seconds from ``90``, ``90s``, ``10m``, ``1h30m`` or ``2d``.

    Raises:
        typer.BadParameter: Anything else, or no time at all.
    """
    if isinstance(text, (int, float)):
        return float(text)
    compact = text.replace(" ", "").lower()
    parts = _DURATION.findall(compact)
    whole = "".join(number + unit for number, unit in parts)
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    if not parts or whole != compact or seconds <= 0:
        raise typer.BadParameter(f"{text!r} is no duration. Write 90s, 10m or 1h30m.")
    return seconds


def size(text: str | int) -> int:
    """Return bytes from ``2GB``, ``512M`` or ``1.5GiB``.

    Raises:
        typer.BadParameter: Anything else, or no bytes at all.
    """
    if isinstance(text, int):
        return text
    found = _SIZE.fullmatch(text.strip().upper())
    count = round(float(found[1]) * _BYTES[found[2]]) if found else 0
    if count <= 0:
        raise typer.BadParameter(f"{text!r} is no size. Write 2GB, 512MB or 1.5GiB.")
    return count


def share(text: str | float) -> float:
    """Return a share from ``0.2`` or ``20%``.

    Raises:
        typer.BadParameter: Anything else, or a share that is not between 0 and 1.
    """
    try:
        number = float(str(text).removesuffix("%"))
    except ValueError:
        number = -1.0
    number = number / 100 if str(text).endswith("%") else number
    if not 0 <= number <= 1:
        raise typer.BadParameter(f"{text!r} is no share. Write 0.2 or 20%.")
    return number


def spoken_duration(seconds: float) -> str:
    """Return seconds as ``0.4 s``, ``12 s``, ``3 min 20 s`` or ``2 h 5 min``."""
    if seconds < 10:
        return f"{seconds:.2g} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, left = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {left} s" if left else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def spoken_size(count: float) -> str:
    """Return bytes as ``512 B``, ``3.4 MB`` or ``2 GB``."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"
