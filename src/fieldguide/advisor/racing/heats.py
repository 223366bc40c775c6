"""A search for one algorithm's hyperparameters, in heats of three.

Three proposals are tried in short, and the best of them in full: successive halving again. Trials
learn from the training part without the validation examples and are judged on those. Each trial has
a folder that holds what was proposed and what came of it: that is the whole memory of the search.
"""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Any

from fieldguide import catalog
from fieldguide.advisor import scoring
from fieldguide.advisor.racing.arena import Arena
from fieldguide.advisor.racing.job import Job
from fieldguide.advisor.racing.judging import MODEL, VALIDATION, validation_parts
from fieldguide.advisor.racing.leaderboard import Row
from fieldguide.advisor.racing.search import Tried, propose
from fieldguide.estimator import Estimator
from fieldguide.hyperparameter import ranges

TRIALS = "trials"
HEAT = 3  # trials in short, of which one goes on
SHORT = 1 / 3  # of the epochs
FEWEST = 6  # epochs that are worth shortening
PATIENCE = 3  # heats without a gain beyond noise after which a search ends
MOST_HEATS = 30
STEP_HEATS = 2  # heats in a race of steps, which no clock ends
OVERHEAD = 1.0  # seconds of a trial for starting and judging
SLACK = 0.1  # seconds by which time may run on between a share and its first heat
CAUTION = 1.5  # a trial may take longer than forecast by this factor


class Search:
    """The search of one algorithm's hyperparameters.

    Args:
        arena: Where the race takes place.
        row: The algorithm with its defaults.
        score: Its score on the validation examples.
    """

    def __init__(self, arena: Arena, row: Row, score: float):
        self.arena, self.row, self.score = arena, row, score
        self.kind = catalog.get(row.algorithm).load()
        self.fraction = fraction(self.kind)
        self.least = heat_seconds(self.kind, row)
        self.best: dict[str, Any] = {}
        self.folder = arena.entrant(row.name)  # of what is best so far
        self.trials = 0
        self.ending = ""
        self._tried: list[Tried] = []

    def run(self, seconds: float) -> None:
        """Carry out heats until they bring nothing, or the seconds are used up."""
        ends, anchor, waited = self.arena.clock.spent + seconds, self.folder, 0
        self.ending = "it had no more time"
        for number in range(MOST_HEATS if self.arena.steps is None else STEP_HEATS):
            if waited >= PATIENCE:
                self.ending = f"{PATIENCE * HEAT} trials in a row brought nothing beyond noise"
                return
            left = ends - self.arena.clock.spent
            if left < self.least - SLACK:
                return
            self._heat(number, left)
            gained = self.folder != anchor and self._is_gain(anchor)
            anchor, waited = (self.folder, 0) if gained else (anchor, waited + 1)
        self.ending = "its heats were done"

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form, for who wants to know what was tried."""
        return {
            "algorithm": self.row.algorithm,
            "trials": self.trials,
            "best": self.best,
            "validation_score": self.score,
            "ending": self.ending,
        }

    def _heat(self, number: int, seconds: float) -> None:
        """Try three in short; then the best of them in full."""
        first = number * HEAT
        for trial in range(first, first + HEAT):
            given = propose(self.kind, self._tried, self.arena.facts["seed"])
            self._tried.append((given, self._trial(f"{trial:03}", given, seconds, self.fraction)))
        heat = [
            (score, -i) for i, (_, score) in enumerate(self._tried[first:]) if score is not None
        ]
        if not heat:
            return
        chosen = first - max(heat)[1]
        given, score = self._tried[chosen]
        name = f"{chosen:03}"
        if given and self.fraction < 1:
            name = f"{name}-full"
            score = self._trial(name, given, seconds, 1.0)
        if given and score is not None:
            self._compare(name, given, score)

    def _trial(
        self, name: str, given: dict[str, Any], seconds: float, fraction: float
    ) -> float | None:
        """Return the score of one trial, or None where it has none."""
        job = Job(
            name=f"{self.row.algorithm}, trial {name}",
            algorithm=self.row.algorithm,
            folder=self._place(name),
            purpose="trial",
            hyperparameters=given,
            fraction=fraction,
            steps=self.arena.steps,
        )
        expected = fraction * (self.row.seconds or 0.0) + OVERHEAD
        result = self.arena.carry_out(job, min(3 * CAUTION * expected, seconds))
        self.trials += result is not None
        score = (result or {}).get("validation_score")
        return None if score is None or math.isnan(score) else float(score)

    def _compare(self, name: str, given: dict[str, Any], score: float) -> None:
        """Keep the better of the best so far and one more; the other's model goes."""
        loser = self._place(name)
        if score > self.score:
            loser, self.folder = self.folder, loser
            self.best, self.score = given, score
        if loser.parent == self._place(name).parent:
            shutil.rmtree(loser / MODEL, ignore_errors=True)

    def _is_gain(self, anchor: Path) -> bool:
        """Whether the best is better than another by more than the noise of the validation."""
        parts = [validation_parts(folder) for folder in (self.folder, anchor)]
        drawn = [scoring.resampled(p, self.arena.facts["seed"]) for p in parts if p is not None]
        return len(drawn) == 2 and scoring.difference(*drawn).low > 0

    def _place(self, name: str) -> Path:
        return self.arena.folder / TRIALS / self.row.algorithm / name


def fraction(kind: type[Estimator]) -> float:
    """Return the share of the epochs that a trial in short does; 1 where there are none."""
    return SHORT if "epochs" in ranges(kind) and kind().epochs >= FEWEST else 1.0


def heat_seconds(kind: type[Estimator], row: Row) -> float:
    """Return the time of one heat and of entering its winner, cautiously."""
    each = row.seconds or 0.0
    trials = HEAT * (fraction(kind) * each + OVERHEAD) + each + OVERHEAD
    return CAUTION * (trials + (row.predict_seconds or 0.0))


def validation_score(arena: Arena, row: Row, seconds: float) -> float | None:
    """Return an entrant's score on the validation examples, or None.

    What learnt from those examples as well (baselines learn from everything) learns once more
    without them, if that takes less than ``seconds``.
    """
    folder = arena.entrant(row.name)
    parts = validation_parts(folder)
    if parts is None and CAUTION * ((row.seconds or 0.0) + OVERHEAD) < seconds:
        job = Job(
            name=f"{row.name}, without the validation examples",
            algorithm=row.algorithm,
            folder=arena.folder / TRIALS / row.algorithm / "defaults",
            purpose="trial",
            hyperparameters=row.hyperparameters,
            steps=arena.steps,
        )
        if arena.carry_out(job, seconds) is not None:
            take_validation(job.folder, folder)
            parts = validation_parts(folder)
    if parts is None:
        return None
    row.validation_score = float(scoring.score_of(parts.sum(axis=0)))
    return row.validation_score


def take_validation(source: Path, place: Path) -> None:
    """Give an entrant the validation outputs of its trial, if it has none of its own."""
    if (source / VALIDATION).exists() and not (place / VALIDATION).exists():
        beside = place / f".{VALIDATION}"
        shutil.copyfile(source / VALIDATION, beside)
        beside.replace(place / VALIDATION)
