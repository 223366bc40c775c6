"""A score expected of an algorithm that was not raced, and where the figure comes from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Forecast:
    """A score expected on a fifth of the examples, held out, after a fit with default settings.

    Attributes:
        expected: The middle: as likely to be exceeded as not.
        low: Exceeded with 90 % chance.
        high: Exceeded with 10 % chance.
        source: Where the figures come from, in plain words.
    """

    expected: float
    low: float
    high: float
    source: str
