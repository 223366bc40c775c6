"""How the race stands: the rows so far, their order, the verdict, and the best model at hand."""

from __future__ import annotations

import platform
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from fieldguide.advisor.racing import data_store, leaderboard, run_folder
from fieldguide.advisor.racing.clock import Clock
from fieldguide.advisor.racing.display import Display
from fieldguide.advisor.racing.leaderboard import Row
from fieldguide.advisor.racing.outcome import Race
from fieldguide.advisor.racing.run_folder import BEST, DATA, ENTRANTS, write_json
from fieldguide.advisor.racing.verdict import verdict


class Standings:
    """Rows, and everything in the run folder that follows from them.

    Args:
        run: The run folder.
        facts: What `fieldguide.advisor.racing.race` wrote down about the race.
        clock: How much time there is.
        memory: Bytes that an entrant may hold.
        display: Shows rows as they come in.
    """

    def __init__(
        self, run: Path, facts: dict[str, Any], clock: Clock, memory: int, display: Display
    ):
        self.folder, self.facts, self.clock = run, facts, clock
        self.memory, self.display = memory, display
        self.dataset, self.train, self.test = data_store.read(run / DATA)
        self.rows: list[Row] = []
        self.remarks: dict[str, str] = {}
        self.search: list[dict[str, Any]] = []
        self.said: list[str] = []
        self._unreported = False

    def enter(self, name: str, result: dict[str, Any]) -> Row:
        """Enter a result, in the place of an earlier one of that name; bring all up to date."""
        if self.facts.get("steps") is not None and "weight_bytes" in result:
            result = {**result, "cost": float(result["weight_bytes"])}
        row = Row.from_result(name, result)
        self.rows = [other for other in self.rows if other.name != name] + [row]
        self.update()
        self.display.show(row)
        return row

    def leave_out(self, name: str, reason: str, *, unfit: bool = False, late: bool = False) -> None:
        """Enter an algorithm that does not race, and why; nobody waits for those that are unfit."""
        why = {"reason": reason, "unfit": unfit, "late": late}
        row = Row.from_result(name, {"status": "not raced", **why})
        self.rows.append(row)
        if not unfit:
            self.display.show(row)

    def remark(self, subject: str, sentence: str) -> None:
        """Add a sentence to the verdict, in the place of an earlier one on that subject."""
        self.remarks[subject] = sentence
        self.display.say(sentence)

    @property
    def learnt(self) -> list[Row]:
        """The single models that can predict, in order."""
        return [
            row for row in self.rows if row.status in leaderboard.LEARNT and not row.is_ensemble
        ]

    def entrant(self, name: str) -> Path:
        """Return the folder of an entrant."""
        return self.folder / ENTRANTS / name

    def update(self) -> None:
        """Rank, put the best model in its place, write the leaderboard."""
        names = [row.name for row in self.rows if row.status in leaderboard.LEARNT]
        parts = leaderboard.read_parts(self.folder, names)
        former = next((row for row in self.rows if row.winner), None)
        self.rows = leaderboard.rank(self.rows, parts, self.facts["seed"])
        self.said = self._verdict(parts) + list(self.remarks.values())
        winner = next((row for row in self.rows if row.winner), None)
        if winner is not None and (winner is not former or not (self.folder / BEST).exists()):
            run_folder.put_folder(self.entrant(winner.name) / "model", self.folder / BEST)
        self._publish()

    def report(self) -> None:
        """Write the report, if anything changed; while the next entrant learns."""
        if not self._unreported:
            return
        from fieldguide.advisor.reporting.report import write_report

        began = time.monotonic()
        self._unreported = False
        write_report(self.folder, self.outcome.to_dict(), self.dataset, self.train, self.test)
        self.clock.learn_closing(time.monotonic() - began)

    def _verdict(self, parts: dict[str, np.ndarray]) -> list[str]:
        return verdict(
            self.rows,
            parts,
            task=self.facts["kind"],
            target=self.facts["target"],
            score_name=self.facts["score_name"],
            held_out=self.facts["held_out"],
            seed=self.facts["seed"],
        )

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
            facts=self._about(),
        )
        write_json(self.folder / run_folder.LEADERBOARD, self.outcome.to_dict())

    def _about(self) -> dict[str, Any]:
        """Return what the report says about data, machine and versions."""
        import torch

        from fieldguide import __version__

        return {
            **{k: v for k, v in self.facts.items() if k != "candidates"},
            "budget": self.clock.budget,
            "memory": self.memory,
            "search": self.search,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "fieldguide": __version__,
            "processors": psutil.cpu_count(logical=True),
            "machine": platform.processor() or platform.machine(),
        }
