"""A score expected of an algorithm that was not raced, and where the figure comes from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

EIGHTY = 1.2816  # standard deviations on each side that hold 80 % of a normal distribution


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

    @classmethod
    def of_trial(cls, score: float, deviation: float, source: str) -> Self:
        """Return what to expect of an algorithm that was tried itself.

        Args:
            score: What it reached.
            deviation: Standard deviation of that, by the chance of which examples were judged.
            source: As in the attributes.
        """
        reach = EIGHTY * math.sqrt(2) * deviation  # chance has its part in both trial and race
        return cls(score, score - reach, score + reach, source)
