"""The time that a run has taken, and how much of it a stage may take."""

from __future__ import annotations

import math
import time


class Clock:
    """Counts seconds over a run that may have been interrupted and resumed.

    Attributes:
        entered: Seconds spent before the stage at hand.
    """

    def __init__(self) -> None:
        self.entered, self._before, self._started = 0.0, 0.0, time.monotonic()
        self._end = math.inf

    @property
    def elapsed(self) -> float:
        """Seconds spent on this run, resumed ones included."""
        return self._before + time.monotonic() - self._started

    def go_on(self, elapsed: float) -> None:
        """Count on from so many seconds, those of the run that is resumed."""
        self._before, self._started = elapsed, time.monotonic()

    def enter(self) -> None:
        """Begin a stage."""
        self.entered = self.elapsed

    def limit(self, seconds: float | None) -> None:
        """Let the stage at hand end so many seconds into the run; None for no limit."""
        self._end = math.inf if seconds is None else seconds

    @property
    def is_up(self) -> bool:
        """Whether the stage's time is over."""
        return self.elapsed >= self._end

    @property
    def share(self) -> float:
        """How much of the stage's time is over; 0 without a limit."""
        return (self.elapsed - self.entered) / max(1e-9, self._end - self.entered)
