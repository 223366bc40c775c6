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
from fieldguide.advisor.racing.launcher import LOG, Launcher
from fieldguide.advisor.racing.process import Outcome, Watch
from fieldguide.advisor.racing.run_folder import DATA, read_json

RESULT, CHECKPOINT = "result.json", "checkpoint"
TAKEN = 0.97  # of its share: what an entrant has before it is killed
GRACE = 0.1  # of its share: for saving and scoring once it was asked to end
REDRAW = 0.15  # seconds


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

    def attempt(self, name: str, folder: Path, share: float) -> dict[str, Any]:
        """Let an entrant learn; return what became of it.

        Args:
            name: Of the algorithm.
            folder: Of the entrant; may hold a checkpoint from before.
            share: Seconds of wall clock.
        """
        self.display.begin(name, share, folder / LOG)
        ends = time.monotonic() + share
        watch = self.launcher.launch(self._spec(name, folder, TAKEN * share), GRACE * share)
        self.meanwhile()
        outcome = self._wait(watch)
        result = read_json(folder / RESULT)
        if result is not None and result["status"] == "finished":
            return {**result, "status": "out of time" if result["cut"] else "finished"}
        reason = (
            result["reason"] if result else _why(outcome, share, self.launcher.memory, folder / LOG)
        )
        saved = None
        if any((folder / CHECKPOINT).glob("*.safetensors")):
            rest = ends - time.monotonic()
            saved = self._go_on(name, folder, rest, outcome) or self._rescue(name, folder, rest)
            shutil.rmtree(folder / CHECKPOINT, ignore_errors=True)
        if saved is None:
            return {"status": "failed", "reason": reason, "seconds": outcome.seconds}
        return {**saved, "reason": f"{reason} Its last checkpoint competes."}

    def forecast(self, folder: Path, seconds: float) -> list[dict[str, Any]] | None:
        """Return what the advisor recommends, or None if that took too long."""
        spec = self._spec("", folder, seconds) | {"forecast": True}
        self.display.begin("asking which algorithms fit", seconds)
        self._wait(self.launcher.launch(spec, grace=0.0))
        items: list[dict[str, Any]] | None = (read_json(folder / RESULT) or {}).get("items")
        return items

    def analyse(self, folder: Path, seconds: float) -> None:
        """Let the best model be looked at closely; what is found is written as it is found."""
        spec = self._spec("", folder, seconds) | {"analysis": True}
        self.display.begin("looking closely at the best model", seconds)
        self._wait(self.launcher.launch(spec, grace=0.0))

    def _go_on(
        self, name: str, folder: Path, rest: float, outcome: Outcome
    ) -> dict[str, Any] | None:
        """Start an entrant again that somebody else killed, if much of its time is left."""
        if outcome.ending != "ended" or outcome.code != -signal.SIGKILL or rest < outcome.seconds:
            return None
        self._wait(self.launcher.launch(self._spec(name, folder, TAKEN * rest), GRACE * rest))
        return _saved(folder)

    def _rescue(self, name: str, folder: Path, rest: float) -> dict[str, Any] | None:
        """Turn the last checkpoint into a model, in a short process of its own."""
        seconds = min(self.clock.left, max(rest, 5.0))
        self.get_ready()
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
