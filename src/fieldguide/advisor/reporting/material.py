"""What a report is made of: everything that a race has left behind about its winner."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from fieldguide import tasks
from fieldguide.advisor.racing.run_folder import BEST, ENTRANTS, read_json
from fieldguide.advisor.reporting import analysis_file, mistakes
from fieldguide.data import Dataset

FORECAST = ".forecast"  # the entrant that measured the data before the race


@dataclass
class Material:
    """The contents of a run folder, read once.

    Attributes:
        run: The run folder.
        outcome: `Race.to_dict`.
        dataset: All examples.
        train: Positions of the examples that were learnt from.
        test: Positions of the examples held out.
    """

    run: Path
    outcome: dict[str, Any]
    dataset: Dataset
    train: np.ndarray
    test: np.ndarray
    _texts: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The leaderboard."""
        found: list[dict[str, Any]] = self.outcome["leaderboard"]
        return found

    @property
    def scored(self) -> list[dict[str, Any]]:
        """The rows that have a score, the best first."""
        return [row for row in self.rows if row["score"] is not None]

    @property
    def score(self) -> str:
        """Name of the score."""
        return str(self.outcome["score"])

    @property
    def classifies(self) -> bool:
        """Whether the task is classification."""
        return bool(self.outcome["task"] == "classification")

    @property
    def predicts(self) -> bool:
        """Whether there is a target whose true values a class or a number can be compared with."""
        kind = tasks.known().get(self.outcome["task"])
        return kind is None or (kind.needs_target and not kind.pairs)

    @cached_property
    def winner(self) -> dict[str, Any] | None:
        """The winner's row."""
        return next((row for row in self.rows if row["winner"]), None)

    @cached_property
    def held_out(self) -> Dataset:
        """The examples that scored everybody."""
        return self.dataset.take(self.test)

    @cached_property
    def stored(self) -> dict[str, np.ndarray] | None:
        """What the winner predicted (`parts`, `prediction`, `confidence`), if it is there."""
        if self.winner is None:
            return None
        path = self.run / ENTRANTS / self.winner["name"] / "predictions.npz"
        try:
            with np.load(path, allow_pickle=False) as opened:
                found = {name: opened[name] for name in opened.files}
        except (OSError, ValueError, zipfile.BadZipFile):
            return None
        fits = {"parts", "prediction"} <= set(found) and len(found["parts"]) == len(self.test)
        return found if fits else None

    @cached_property
    def answers(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Truth and the winner's predictions, both as text (classes) or numbers; None if absent."""
        if self.stored is None or not self.predicts:
            return None
        truth, guess = mistakes.values(self.held_out), self.stored["prediction"]
        if self.classifies:
            return truth.astype(str), guess.astype(str)
        return (truth.astype(float), guess) if guess.ndim == 1 and truth.ndim == 1 else None

    @cached_property
    def histories(self) -> dict[str, list[dict[str, Any]]]:
        """One record an epoch of everybody who learnt in epochs, the best first."""
        found = {}
        for row in self.scored:
            result = read_json(self.run / ENTRANTS / row["name"] / "result.json") or {}
            past = result.get("history") or []
            if len(past) > 1:
                found[row["name"]] = past
        return found

    @cached_property
    def analysis(self) -> dict[str, Any]:
        """What was found about the best model after the race; empty where nothing was."""
        found, self._arrays = analysis_file.read(self.run, analysis_file.identity_of(self.best))
        return found

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """What belongs to the analysis."""
        _ = self.analysis
        return self._arrays

    @property
    def best(self) -> Path:
        """Folder of the best model."""
        return self.run / BEST

    @cached_property
    def profile(self) -> dict[str, Any] | None:
        """What was measured about the data before the race, or after it."""
        before = read_json(self.run / ENTRANTS / FORECAST / "result.json") or {}
        found = before.get("profile") or read_json(self.run / "profile.json")
        found = found or self.analysis.get("profile")
        return found if isinstance(found, dict) and "reason" not in found else None

    def missing(self, name: str) -> str:
        """Return why a finding of the analysis is not there, in a sentence."""
        found = self.analysis.get(name)
        if isinstance(found, dict) and "reason" in found:
            return str(found["reason"])
        if self.winner is None or not self.best.exists():
            return "There is no model to look at."
        return (
            "The race left no time to measure this. To have it measured: fieldguide report "
            f"{self.run}"
        )
