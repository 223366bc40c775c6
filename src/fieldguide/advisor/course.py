"""The course of a race: one entrant after the other, the best model always at hand."""

from __future__ import annotations

import contextlib
import platform
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import psutil

from fieldguide.advisor import data_store, leaderboard, run_folder, words
from fieldguide.advisor.clock import SHORTEST, Clock
from fieldguide.advisor.display import Display
from fieldguide.advisor.launcher import LOG, Launcher
from fieldguide.advisor.leaderboard import Row
from fieldguide.advisor.outcome import Race
from fieldguide.advisor.process import Outcome, Watch
from fieldguide.advisor.run_folder import BEST, DATA, ENTRANTS, read_json, write_json
from fieldguide.advisor.shortlist import Candidate, baselines, shortlist
from fieldguide.advisor.verdict import verdict
from fieldguide.errors import Interrupted

RESULT, CHECKPOINT, FORECAST = "result.json", "checkpoint", "forecast"
FORECAST_SHARE, FORECAST_SECONDS = 0.1, 30.0  # of the budget, at most, for the recommendation
GRACE = 0.12  # share of an entrant's time for saving and scoring once it was asked to end
REDRAW = 0.15  # seconds


class Course:
    """Carries out a race whose data and settings stand in its run folder.

    Args:
        run: The run folder.
        facts: What `fieldguide.advisor.race` wrote down about the race.
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
        self._unreported, self._ticked = False, 0.0

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
        self._report()

    def _unforeseen(self) -> list[Candidate]:
        algorithms = self.facts["algorithms"]
        return shortlist(self.dataset, self.facts["kind"], None, algorithms)

    def _forecast(self) -> list[Candidate]:
        """Ask for the recommendation, in a process that may not take long."""
        waiting = self._unforeseen()
        seconds = min(FORECAST_SHARE * self.clock.budget, FORECAST_SECONDS, self.clock.left)
        if len(waiting) < 2 or seconds < SHORTEST:
            return waiting
        self._get_ready()
        folder = self.folder / ENTRANTS / f".{FORECAST}"
        spec = self._spec("", folder, seconds) | {"forecast": True}
        self.display.begin("asking which algorithms fit", seconds)
        self._wait(self.launcher.launch(spec, grace=0.0))
        result = read_json(folder / RESULT) or {}
        return shortlist(
            self.dataset, self.facts["kind"], result.get("items"), self.facts["algorithms"]
        )

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
            self._get_ready()
            share = self.clock.share([other.seconds for other in others])
            if share < SHORTEST:
                reason = "there was no time left for it."
                self._leave_out(candidate.name, reason)
                return
            result = self._attempt(candidate.name, folder, share)
            write_json(folder / RESULT, result)
        self._add(candidate.name, result)

    def _get_ready(self) -> None:
        """Wait until entrants can start at once: loading is not their fault."""
        if not self.launcher.is_ready():
            self._report()
        while not self.launcher.is_ready() and self.clock.left > SHORTEST:
            self._tick()
            time.sleep(0.02)

    def _attempt(self, name: str, folder: Path, share: float) -> dict[str, Any]:
        self.display.begin(name, share, folder / LOG)
        ends = time.monotonic() + share
        watch = self.launcher.launch(self._spec(name, folder, 0.97 * share), GRACE * share)
        self._report()
        outcome = self._wait(watch)
        result = read_json(folder / RESULT)
        if result is not None and result["status"] == "finished":
            return {**result, "status": "out of time" if result["cut"] else "finished"}
        reason = result["reason"] if result else _why(outcome, share, self.memory, folder / LOG)
        saved = None
        if any((folder / CHECKPOINT).glob("*.safetensors")):
            rest = ends - time.monotonic()
            saved = self._go_on(name, folder, rest, outcome) or self._rescue(name, folder, rest)
            shutil.rmtree(folder / CHECKPOINT, ignore_errors=True)
        if saved is None:
            return {"status": "failed", "reason": reason, "seconds": outcome.seconds}
        return {**saved, "reason": f"{reason} Its last checkpoint competes."}

    def _go_on(
        self, name: str, folder: Path, rest: float, outcome: Outcome
    ) -> dict[str, Any] | None:
        """Start an entrant again that somebody else killed, if much of its time is left."""
        if outcome.ending != "ended" or outcome.code != -signal.SIGKILL or rest < outcome.seconds:
            return None
        self._wait(self.launcher.launch(self._spec(name, folder, 0.97 * rest), GRACE * rest))
        return _saved(folder)

    def _rescue(self, name: str, folder: Path, rest: float) -> dict[str, Any] | None:
        """Turn the last checkpoint into a model, in a short process of its own."""
        seconds = min(self.clock.left, max(rest, 5.0))
        self._get_ready()
        seconds = min(seconds, self.clock.left)
        if seconds < 0.5:
            return None
        spec = self._spec(name, folder, seconds) | {"rescue": True}
        self.display.begin(f"{name} (from its last checkpoint)", seconds)
        self._wait(self.launcher.launch(spec, grace=0.0))
        return _saved(folder)

    def _spec(self, name: str, folder: Path, seconds: float) -> dict[str, Any]:
        return {
            "algorithm": name,
            "hyperparameters": {},
            "data": str((self.folder / DATA).resolve()),
            "folder": str(folder.resolve()),
            "seconds": seconds,
            "task": self.facts["kind"],
            "seed": self.facts["seed"],
            "rescue": False,
        }

    def _wait(self, watch: Watch | None) -> Outcome:
        if watch is None:
            return Outcome("ended", None, 0, 0.0)
        while watch.is_alive():
            self._tick()
            watch.join(REDRAW)
        assert watch.outcome is not None
        return watch.outcome

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
        from fieldguide.advisor.report import write_report

        began = time.monotonic()
        self._unreported = False
        write_report(self.folder, self.outcome.to_dict(), self.dataset, self.train, self.test)
        self.clock.learn_closing(time.monotonic() - began)

    def _tick(self) -> None:
        """Draw what changed, and note the time used about once a second."""
        self.display.draw()
        if time.monotonic() - self._ticked > 1:
            self._ticked = time.monotonic()
            self.clock.note(self.folder)


def _saved(folder: Path) -> dict[str, Any] | None:
    result = read_json(folder / RESULT)
    return {**result, "status": "rescued"} if result and result["status"] == "finished" else None


def _why(outcome: Outcome, share: float, memory: int, log: Path) -> str:
    """Return in one sentence why an entrant left no result."""
    if outcome.ending == "time":
        return f"it was stopped at its share of {words.seconds(share)}."
    if outcome.ending == "memory":
        return (
            f"it was stopped when it held {words.size(outcome.peak)} of memory; it may hold "
            f"{words.size(memory)}."
        )
    if outcome.code is not None and outcome.code < 0:
        with contextlib.suppress(ValueError):
            return f"its process was killed by {signal.Signals(-outcome.code).name}."
    if outcome.code is None:
        return "no process could be started for it."
    return f"its process ended with status {outcome.code} and no result; see {log}."
