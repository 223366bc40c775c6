"""Where a race takes place: its folder, its clock, and the way every piece of work is done."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fieldguide import tasks
from fieldguide.advisor import scoring
from fieldguide.advisor.racing.clock import SHORTEST, Clock
from fieldguide.advisor.racing.job import Job
from fieldguide.advisor.racing.judging import validation_parts
from fieldguide.advisor.racing.keeper import RESULT, Keeper, result_of
from fieldguide.advisor.racing.leaderboard import Row
from fieldguide.advisor.racing.run_folder import ENTRANTS, write_json
from fieldguide.advisor.racing.standings import Standings

NO_TIME = "there was no time left for it."


@dataclass
class Arena:
    """What every part of the race needs.

    Attributes:
        folder: The run folder.
        facts: What `fieldguide.advisor.racing.race` wrote down about the race.
        clock: How much time there is.
        keeper: Runs processes.
        standings: The rows so far.
    """

    folder: Path
    facts: dict[str, Any]
    clock: Clock
    keeper: Keeper
    standings: Standings

    @property
    def steps(self) -> int | None:
        """Steps that an entrant may take at most, or None where the clock decides."""
        found: int | None = self.facts.get("steps")
        return found

    @property
    def left(self) -> float:
        """Seconds left; without end in a race of steps, whose course must not depend on time."""
        return self.clock.left if self.steps is None else float("inf")

    def entrant(self, name: str) -> Path:
        """Return the folder of an entrant."""
        return self.folder / ENTRANTS / name

    def carry_out(self, job: Job, share: float) -> dict[str, Any] | None:
        """Do a job, unless it was done before the race was resumed.

        Args:
            job: What to do.
            share: Seconds that it may take; in a race of steps it may take all.

        Returns:
            Its result, or None where there is no time.
        """
        result = result_of(job.folder)
        if result is None:
            self.keeper.get_ready()
            share = min(share if self.steps is None else self.clock.left, self.clock.left)
            if share < SHORTEST:
                return None
            result = self.keeper.attempt(job, share)
            write_json(job.folder / RESULT, result)
        return result

    def race(self, job: Job, share: float) -> Row | None:
        """Let an entrant race and enter its result; None where there was no time for it."""
        result = self.carry_out(job, share)
        if result is not None:
            return self.standings.enter(job.name, result)
        if job.name == job.algorithm:
            self.standings.leave_out(job.name, NO_TIME, late=True)
        return None

    def cannot_be_beaten(self) -> str | None:
        """Return the title of a model that not even a flawless one could be told from, or None.

        Judged on the validation examples; where the score is a share of right answers.
        """
        seed = self.facts["seed"]
        if not tasks.known()[self.facts["kind"]].has_ceiling:
            return None
        for row in self.standings.learnt:
            parts = validation_parts(self.entrant(row.name))
            if parts is None or parts.shape[1] != 2:
                continue
            flawless = np.ones_like(parts)
            drawn = [scoring.resampled(each, seed) for each in (flawless, parts)]
            if scoring.difference(*drawn).low <= 0:
                return row.title
        return None
