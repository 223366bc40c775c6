"""Who gets how much of the time that is left."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from fieldguide.advisor.racing.run_folder import read_json, write_json

FILE = "clock.json"
SHORTEST = 2.0  # seconds below which starting an entrant is pointless
CAUTION = 2.0  # a forecast may be wrong by this factor before its entrant runs short


class Clock:
    """The budget of a race.

    Args:
        budget: Seconds of wall clock for the whole race.
        began: Value of ``time.monotonic()`` when it started.
        spent: Seconds used before it was resumed.
    """

    def __init__(self, budget: float, began: float, spent: float = 0.0):
        self.budget, self.began, self.before = budget, began, spent
        self.closing = max(0.5, min(2.0, 0.03 * budget))
        self.set_aside = 0.0  # seconds kept for what comes last, until it does

    @classmethod
    def of(cls, run: Path, budget: float, began: float) -> Clock:
        """Return the clock of a race, which has perhaps run before."""
        stored = read_json(run / FILE) or {}
        return cls(budget, began, float(stored.get("spent", 0.0)))

    def note(self, run: Path) -> None:
        """Write down the time used, for the case that the race is killed."""
        write_json(run / FILE, {"spent": round(self.spent, 2)})

    @property
    def spent(self) -> float:
        """Seconds used so far, earlier sessions of the race included."""
        return self.before + time.monotonic() - self.began

    @property
    def left(self) -> float:
        """Seconds that entrants may still use; the last report's are set aside."""
        return self.budget - self.spent - self.closing - self.set_aside

    def learn_closing(self, seconds: float) -> None:
        """Set aside as much for the last report as this one took, and half as much again."""
        self.closing = max(self.closing, 1.5 * seconds)

    def share(self, others: Sequence[float | None]) -> float:
        """Return the seconds that the next entrant may use.

        Args:
            others: Forecast seconds of those who come after it, in order; None where unknown.
        """
        shortest = max(3.0, min(60.0, self.budget / 12))
        seats = max(1, int(self.left / shortest))
        return level(self.left, others[: seats - 1])


def level(seconds: float, others: Sequence[float | None]) -> float:
    """Return what one more gets when time is poured over all, and nobody gets more than needed.

    Args:
        seconds: Time to divide.
        others: What each of the others needs; None for as much as possible.

    Example:
        >>> level(30, [None, 1.0])
        14.0
        >>> level(30, [])
        30.0
    """
    waiting, hungry = sorted(CAUTION * need for need in others if need is not None), 1
    hungry += sum(need is None for need in others)
    left = seconds
    while waiting and waiting[0] < left / (hungry + len(waiting)):
        left -= waiting.pop(0)
    return left / (hungry + len(waiting))
