"""What a race leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fieldguide.advisor.racing import run_folder
from fieldguide.advisor.racing.leaderboard import Row


@dataclass
class Race:
    """A race and its outcome.

    Attributes:
        run: The run folder: leaderboard, report, best model, and what is needed to go on.
        task: Name of the task.
        target: Column that is predicted.
        score_name: Name of the score; larger is better.
        budget: Seconds of wall clock that it may use.
        spent: Seconds that it has used.
        leaderboard: One row an entrant, best first; see `Row`.
        verdict: What it means, in sentences, the most important first.
        facts: Source, sizes, seed and versions.
    """

    run: Path
    task: str
    target: str
    score_name: str
    budget: float
    spent: float
    leaderboard: list[Row] = field(default_factory=list)
    verdict: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def best(self) -> Path | None:
        """Folder of the best model, for `fieldguide.load`; None where no entrant has finished."""
        path = self.run / run_folder.BEST
        return path if path.exists() else None

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form: what ``RUN/leaderboard.json`` holds."""
        return {
            "schema": run_folder.SCHEMA,
            "run": str(self.run),
            "task": self.task,
            "target": self.target,
            "score": self.score_name,
            "budget_seconds": self.budget,
            "spent_seconds": round(self.spent, 2),
            "best": None if self.best is None else str(self.best),
            "verdict": self.verdict,
            "leaderboard": [row.to_dict() for row in self.leaderboard],
            "facts": self.facts,
        }
