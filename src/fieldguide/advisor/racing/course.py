"""The course of a race: baselines, rounds, a search for better settings, perhaps an ensemble."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fieldguide.advisor import words
from fieldguide.advisor.racing import run_folder
from fieldguide.advisor.racing.arena import Arena
from fieldguide.advisor.racing.clock import SHORTEST, Clock
from fieldguide.advisor.racing.display import Display, left_out
from fieldguide.advisor.racing.ensembling import Ensembling
from fieldguide.advisor.racing.job import Job
from fieldguide.advisor.racing.keeper import Keeper
from fieldguide.advisor.racing.launcher import Launcher
from fieldguide.advisor.racing.outcome import Race
from fieldguide.advisor.racing.rounds import Rounds
from fieldguide.advisor.racing.run_folder import ENTRANTS
from fieldguide.advisor.racing.shortlist import Candidate, baselines, shortlist
from fieldguide.advisor.racing.standings import Standings
from fieldguide.advisor.racing.tuning import Tuning
from fieldguide.errors import Interrupted

FORECAST, ANALYSIS = ".forecast", ".analysis"
LOOK_SHARE = 0.2  # of the budget, at most, for looking closely at the best model
LOOK_KEPT, LOOK_SECONDS = 0.05, 20.0  # of the budget, at most, kept for that
FORECAST_SHARE, FORECAST_SECONDS = 0.1, 30.0  # of the budget, at most, for the recommendation
BASELINES_SHARE, BASELINES_SECONDS = 1 / 6, 15.0  # of the budget; the larger of the two holds
ENSEMBLE_SHARE, ENSEMBLE_SECONDS = 0.2, 40.0  # of the budget, at most, kept for the ensemble


class Course:
    """Carries out a race whose data and settings stand in its run folder.

    Args:
        run: The run folder.
        facts: What `fieldguide.advisor.racing.race` wrote down about the race.
        clock: How much time there is.
        launcher: Starts the entrants' processes.
        progress: Whether to show progress on standard error.
    """

    def __init__(
        self, run: Path, facts: dict[str, Any], clock: Clock, launcher: Launcher, *, progress: bool
    ):
        self.folder, self.facts, self.clock, self.launcher = run, facts, clock, launcher
        self.display = Display(clock, facts, shown=progress)
        self.standings = Standings(run, facts, clock, launcher.memory, self.display)
        keeper = Keeper(
            run,
            facts,
            clock=clock,
            launcher=launcher,
            display=self.display,
            meanwhile=self.standings.report,
        )
        self.arena = Arena(run, facts, clock, keeper, self.standings)

    def run(self) -> Race:
        """Race everybody; return the outcome.

        Raises:
            Interrupted: Ctrl-C; all is saved, and the message says how to go on.
        """
        try:
            with self.display:
                self._phases()
        except KeyboardInterrupt:
            self.clock.note(self.folder)
            raise Interrupted(
                f"The race was stopped; what it knows so far is in {self.folder}. Go on with "
                f"--resume {self.folder} (Python: race(…, run='{self.folder}', resume=True))."
            ) from None
        self.launcher.close()
        self.clock.note(self.folder)
        return self.standings.outcome

    def _phases(self) -> None:
        ensembling = Ensembling(self.arena) if self.facts.get("ensemble") else None
        budget, clock = self.clock.budget, self.clock
        look = min(LOOK_KEPT * budget, LOOK_SECONDS)
        clock.set_aside = look + (ensembling is not None) * min(
            ENSEMBLE_SHARE * budget, ENSEMBLE_SECONDS
        )
        racing = [one for one in self._baselines() if self._may_race(one)]
        self.display.say(left_out(self.standings.rows))
        Rounds(self.arena, racing).run()
        clock.set_aside = look + (0.0 if ensembling is None else ensembling.need())
        if self.facts.get("tune", True):
            Tuning(self.arena).run()
        clock.set_aside = look
        if ensembling is not None:
            ensembling.run()
        clock.set_aside = 0.0
        self.standings.update()
        self._look_closely()
        self.standings.report()

    def _baselines(self) -> list[Candidate]:
        """Let the baselines race; return who races after them."""
        first = baselines(self.standings.dataset, self.facts["kind"])
        stored = self.facts.get("candidates")
        later = None if stored is None else [Candidate(**kept) for kept in stored]
        waiting = first + (later or self._unforeseen())
        self.arena.keeper.get_ready()  # on a busy machine this takes as long as a baseline
        ends = self.clock.spent + max(BASELINES_SHARE * self.clock.budget, BASELINES_SECONDS)
        for number, candidate in enumerate(first):
            self.arena.keeper.get_ready()
            share = self.clock.share([other.seconds for other in waiting[number + 1 :]])
            mine = (ends - self.clock.spent) / (len(first) - number)
            share = min(share, max(SHORTEST, mine))
            job = Job(
                name=candidate.name,
                algorithm=candidate.name,
                folder=self.arena.entrant(candidate.name),
                steps=self.arena.steps,
            )
            self.arena.race(job, share)
        if later is None:
            later = self._forecast()
            self.facts["candidates"] = [candidate.to_dict() for candidate in later]
            self.facts["seconds_to_race"] = self.clock.left
            run_folder.start(self.folder, self.facts)
        return later

    def _look_closely(self) -> None:
        """Ask what the best model looks at, within what is left; the report tells it."""
        seconds = min(self.clock.left, LOOK_SHARE * self.clock.budget)
        if seconds >= SHORTEST and self.standings.outcome.best is not None:
            self.arena.keeper.get_ready()
            folder = self.folder / ENTRANTS / ANALYSIS
            self.arena.keeper.analyse(folder, min(seconds, self.clock.left))
            self.standings.update()

    def _unforeseen(self) -> list[Candidate]:
        algorithms = self.facts["algorithms"]
        return shortlist(self.standings.dataset, self.facts["kind"], None, algorithms)

    def _forecast(self) -> list[Candidate]:
        """Ask for the recommendation, in a process that may not take long."""
        waiting = self._unforeseen()
        seconds = min(FORECAST_SHARE * self.clock.budget, FORECAST_SECONDS, self.clock.left)
        # A forecast measures time: a race whose course must not depend on time goes without.
        if len(waiting) < 2 or seconds < SHORTEST or self.arena.steps is not None:
            return waiting
        self.arena.keeper.get_ready()
        items = self.arena.keeper.forecast(self.folder / ENTRANTS / FORECAST, seconds)
        algorithms = self.facts["algorithms"]
        return shortlist(self.standings.dataset, self.facts["kind"], items, algorithms)

    def _may_race(self, candidate: Candidate) -> bool:
        reason, may_hold = candidate.ruled_out, self.launcher.memory
        need = candidate.memory_bytes
        if not reason and need is not None and need > may_hold:
            reason = (
                f"it would need about {words.size(need)} of memory, and may hold "
                f"{words.size(may_hold)}."
            )
        if reason:
            self.standings.leave_out(candidate.name, reason, unfit=True)
        return not reason
