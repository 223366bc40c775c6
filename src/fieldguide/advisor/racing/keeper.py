"""Keeps one entrant to its share of time and memory, and saves what can be saved."""

from __future__ import annotations

import contextlib
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fieldguide.advisor import words
from fieldguide.advisor.racing.clock import SHORTEST, Clock
from fieldguide.advisor.racing.display import Display
from fieldguide.advisor.racing.job import Job
from fieldguide.advisor.racing.launcher import LOG, Launcher
from fieldguide.advisor.racing.process import Outcome, Watch
from fieldguide.advisor.racing.run_folder import DATA, read_json

RESULT, CHECKPOINT = "result.json", "checkpoint"
TAKEN = 0.97  # of its share: what an entrant has before it is killed
GRACE = 0.1  # of its share: for saving and scoring once it was asked to end
REDRAW = 0.15  # seconds
TRIES = 5  # how often a process is started again that somebody else killed


class Keeper:
    """Runs entrants of one race.

    Args:
        run: The run folder.
        facts: What `fieldguide.advisor.racing.race` wrote down about the race.
        clock: How much time there is.
        launcher: Starts the entrants' processes.
        display: Shows what happens.
        meanwhile: Called when there is nothing to do but wait.
    """

    def __init__(
        self,
        run: Path,
        facts: dict[str, Any],
        *,
        clock: Clock,
        launcher: Launcher,
        display: Display,
        meanwhile: Callable[[], None],
    ):
        self.folder, self.facts, self.clock = run, facts, clock
        self.launcher, self.display, self.meanwhile = launcher, display, meanwhile
        self._ticked = 0.0

    def get_ready(self) -> None:
        """Wait until entrants can start at once: loading is not their fault."""
        if not self.launcher.is_ready():
            self.meanwhile()
        while not self.launcher.is_ready() and self.clock.left > SHORTEST:
            self._tick()
            time.sleep(0.02)

    def attempt(self, job: Job, share: float) -> dict[str, Any]:
        """Let a job be done; return what became of it.

        Args:
            job: What to do; its folder may hold a checkpoint from before.
            share: Seconds of wall clock.
        """
        self.display.begin(job.name, share, job.folder / LOG)
        ends = time.monotonic() + share
        watch = self._launch(job, TAKEN * share, GRACE * share)
        self.meanwhile()
        outcome = self._again(job, self._wait(watch), ends)
        result = result_of(job.folder)
        if result is not None and result["status"] != "failed":
            return result
        reason = (
            result["reason"]
            if result
            else _why(outcome, share, self.launcher.memory, job.folder / LOG)
        )
        saved = None
        if any((job.folder / CHECKPOINT).glob("*.safetensors")):
            saved = self._rescue(job, ends - time.monotonic()) if job.purpose == "entrant" else None
            shutil.rmtree(job.folder / CHECKPOINT, ignore_errors=True)
        if saved is None:
            return {"status": "failed", "reason": reason, "seconds": outcome.seconds}
        return {**saved, "status": "rescued", "reason": f"{reason} Its last checkpoint competes."}

    def forecast(self, folder: Path, seconds: float) -> list[dict[str, Any]] | None:
        """Return what the advisor recommends, or None if that took too long."""
        job = Job(name="asking which algorithms fit", folder=folder, purpose="forecast")
        self.display.begin(job.name, seconds)
        self._wait(self._launch(job, seconds, grace=0.0))
        items: list[dict[str, Any]] | None = (read_json(folder / RESULT) or {}).get("items")
        return items

    def analyse(self, folder: Path, seconds: float) -> None:
        """Let the best model be looked at closely; what is found is written as it is found."""
        job = Job(name="looking closely at the best model", folder=folder, purpose="analysis")
        self.display.begin(job.name, seconds)
        self._wait(self._launch(job, seconds, grace=0.0))

    def _again(self, job: Job, outcome: Outcome, ends: float) -> Outcome:
        """Start a process again that somebody else killed, if much of its time is left."""
        for _ in range(TRIES):
            rest = ends - time.monotonic()
            killed = outcome.ending == "ended" and outcome.code == -signal.SIGKILL
            if not killed or rest < outcome.seconds or (job.folder / RESULT).exists():
                break
            self.get_ready()
            outcome = self._wait(self._launch(job, TAKEN * rest, GRACE * rest))
        return outcome

    def _rescue(self, job: Job, rest: float) -> dict[str, Any] | None:
        """Turn the last checkpoint into a model, in a short process of its own."""
        self.get_ready()
        seconds = min(self.clock.left, max(rest, 5.0))
        if seconds < 0.5:
            return None
        self.display.begin(f"{job.name} (from its last checkpoint)", seconds)
        self._wait(self._launch(job, seconds, grace=0.0, rescue=True))
        result = result_of(job.folder)
        return None if result is None or result["status"] == "failed" else result

    def _launch(
        self, job: Job, seconds: float, grace: float, *, rescue: bool = False
    ) -> Watch | None:
        spec = {
            **job.to_dict(),
            "data": str((self.folder / DATA).resolve()),
            "seconds": seconds,
            "task": self.facts["kind"],
            "seed": self.facts["seed"],
            "rescue": rescue,
        }
        return self.launcher.launch(spec, grace)

    def _wait(self, watch: Watch | None) -> Outcome:
        if watch is None:
            return Outcome("ended", None, 0, 0.0)
        while watch.is_alive():
            self._tick()
            watch.join(REDRAW)
        assert watch.outcome is not None
        return watch.outcome

    def _tick(self) -> None:
        """Draw what changed, and note the time used about once a second."""
        self.display.draw()
        if time.monotonic() - self._ticked > 1:
            self._ticked = time.monotonic()
            self.clock.note(self.folder)


def result_of(folder: Path) -> dict[str, Any] | None:
    """Return what a job left in its folder, or None if it has not ended."""
    result: dict[str, Any] | None = read_json(folder / RESULT)
    if result is not None and result["status"] == "finished" and result.get("cut"):
        return {**result, "status": "out of time"}
    return result


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
