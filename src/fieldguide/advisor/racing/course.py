"""The course of a race: one entrant after the other, the best model always at hand."""

from __future__ import annotations

import platform
import time
from pathlib import Path
from typing import Any

import psutil

from fieldguide.advisor import words
from fieldguide.advisor.racing import data_store, leaderboard, run_folder
from fieldguide.advisor.racing.clock import SHORTEST, Clock
from fieldguide.advisor.racing.display import Display
from fieldguide.advisor.racing.keeper import RESULT, Keeper
from fieldguide.advisor.racing.launcher import Launcher
from fieldguide.advisor.racing.leaderboard import Row
from fieldguide.advisor.racing.outcome import Race
from fieldguide.advisor.racing.run_folder import BEST, DATA, ENTRANTS, read_json, write_json
from fieldguide.advisor.racing.shortlist import Candidate, baselines, shortlist
from fieldguide.advisor.racing.verdict import verdict
from fieldguide.errors import Interrupted

FORECAST, ANALYSIS = ".forecast", ".analysis"
LOOK_SHARE = 0.2  # of the budget, at most, for looking closely at the best model
FORECAST_SHARE, FORECAST_SECONDS = 0.1, 30.0  # of the budget, at most, for the recommendation


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
        self.memory = launcher.memory
        self.dataset, self.train, self.test = data_store.read(run / DATA)
        self.display = Display(clock, facts, shown=progress)
        self.candidates: list[Candidate] = []
        self.rows: list[Row] = []
        self.said: list[str] = []
        self.keeper = Keeper(
            run,
            facts,
            clock=clock,
            launcher=launcher,
            display=self.display,
            meanwhile=self._report,
        )
        self._unreported = False

    def run(self) -> Race:
        """Race everybody; return the outcome.

        Raises:
            Interrupted: Ctrl-C; all is saved, and the message says how to go on.
        """
        try:
            with self.display:
                self._heats()
        except KeyboardInterrupt:
            self.clock.note(self.folder)
            raise Interrupted(
                f"The race was stopped; what it knows so far is in {self.folder}. Go on with "
                f"--resume {self.folder} (Python: race(…, run='{self.folder}', resume=True))."
            ) from None
        self.launcher.close()
        self.clock.note(self.folder)
        return self.outcome

    def about(self) -> dict[str, Any]:
        """Return what the report says about data, machine and versions."""
        import torch

        from fieldguide import __version__

        return {
            **{k: v for k, v in self.facts.items() if k != "candidates"},
            "budget": self.clock.budget,
            "memory": self.memory,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "fieldguide": __version__,
            "processors": psutil.cpu_count(logical=True),
            "machine": platform.processor() or platform.machine(),
        }

    def _heats(self) -> None:
        kind = self.facts["kind"]
        first = baselines(self.dataset, kind)
        stored = self.facts.get("candidates")
        later = None if stored is None else [Candidate(**kept) for kept in stored]
        self.candidates = first + (later or self._unforeseen())
        for number, candidate in enumerate(first):
            self._one(candidate, self.candidates[number + 1 :])
        if later is None:
            later = self._forecast()
            self.facts["candidates"] = [candidate.to_dict() for candidate in later]
            run_folder.start(self.folder, self.facts)
        self.candidates = first + later
        able = [candidate for candidate in later if self._may_race(candidate)]
        for number, candidate in enumerate(able):
            self._one(candidate, able[number + 1 :])
        self._rank()
        self._publish()
        self._look_closely()
        self._report()

    def _look_closely(self) -> None:
        """Ask what the best model looks at, within what is left; the report tells it."""
        seconds = min(self.clock.left, LOOK_SHARE * self.clock.budget)
        if seconds >= SHORTEST and (self.folder / BEST).exists():
            self.keeper.get_ready()
            self.keeper.analyse(self.folder / ENTRANTS / ANALYSIS, min(seconds, self.clock.left))
            self._publish()

    def _unforeseen(self) -> list[Candidate]:
        algorithms = self.facts["algorithms"]
        return shortlist(self.dataset, self.facts["kind"], None, algorithms)

    def _forecast(self) -> list[Candidate]:
        """Ask for the recommendation, in a process that may not take long."""
        waiting = self._unforeseen()
        seconds = min(FORECAST_SHARE * self.clock.budget, FORECAST_SECONDS, self.clock.left)
        if len(waiting) < 2 or seconds < SHORTEST:
            return waiting
        self.keeper.get_ready()
        items = self.keeper.forecast(self.folder / ENTRANTS / FORECAST, seconds)
        return shortlist(self.dataset, self.facts["kind"], items, self.facts["algorithms"])

    def _may_race(self, candidate: Candidate) -> bool:
        reason = candidate.ruled_out
        need = candidate.memory_bytes
        if not reason and need is not None and need > self.memory:
            reason = f"it would need about {words.size(need)} of memory, and may hold " \
                     f"{words.size(self.memory)}."  # fmt: skip
        if reason:
            self._leave_out(candidate.name, reason)
        return not reason

    def _one(self, candidate: Candidate, others: list[Candidate]) -> None:
        """Let one entrant learn, unless it has done so before the race was resumed."""
        folder = self.folder / ENTRANTS / candidate.name
        result = read_json(folder / RESULT)
        if result is None:
            self.keeper.get_ready()
            share = self.clock.share([other.seconds for other in others])
            if share < SHORTEST:
                reason = "there was no time left for it."
                self._leave_out(candidate.name, reason)
                return
            result = self.keeper.attempt(candidate.name, folder, share)
            write_json(folder / RESULT, result)
        self._add(candidate.name, result)

    def _leave_out(self, name: str, reason: str) -> None:
        row = Row.from_result(name, {"status": "not raced", "reason": reason})
        self.rows.append(row)
        self.display.show(row)

    def _add(self, name: str, result: dict[str, Any]) -> None:
        """Enter a result; bring leaderboard and best model up to date."""
        row = Row.from_result(name, result)
        self.rows.append(row)
        self._rank()
        self._publish()
        self.display.show(row)

    def _rank(self) -> None:
        names = [row.name for row in self.rows if row.status in leaderboard.LEARNT]
        parts = leaderboard.read_parts(self.folder, names)
        former = next((row.name for row in self.rows if row.winner), None)
        self.rows = leaderboard.rank(self.rows, parts, self.facts["seed"])
        self.said = verdict(
            self.rows,
            parts,
            task=self.facts["kind"],
            target=self.facts["target"],
            score_name=self.facts["score_name"],
            held_out=len(self.test),
            seed=self.facts["seed"],
        )
        winner = next((row.name for row in self.rows if row.winner), None)
        if winner is not None and (winner != former or not (self.folder / BEST).exists()):
            run_folder.put_folder(self.folder / ENTRANTS / winner / "model", self.folder / BEST)

    def _publish(self) -> None:
        """Write the leaderboard at once; the report, which takes longer, follows."""
        self._unreported = True
        self.outcome = Race(
            run=self.folder,
            task=self.facts["kind"],
            target=self.facts["target"],
            score_name=self.facts["score_name"],
            budget=self.clock.budget,
            spent=self.clock.spent,
            leaderboard=self.rows,
            verdict=self.said,
            facts=self.about(),
        )
        write_json(self.folder / "leaderboard.json", self.outcome.to_dict())

    def _report(self) -> None:
        """Write the report, if anything changed; while the next entrant learns."""
        if not self._unreported:
            return
        from fieldguide.advisor.reporting.report import write_report

        began = time.monotonic()
        self._unreported = False
        write_report(self.folder, self.outcome.to_dict(), self.dataset, self.train, self.test)
        self.clock.learn_closing(time.monotonic() - began)
