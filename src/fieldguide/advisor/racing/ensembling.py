"""The ensemble of the leaders: members chosen greedily on the validation examples.

Caruana, Niculescu-Mizil, Crew & Ksikes (2004): start with nobody; add, again and again and with
replacement, the model that helps most; keep the best of the ensembles on the way.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fieldguide.advisor import words
from fieldguide.advisor.racing.arena import Arena
from fieldguide.advisor.racing.data_store import read_validation
from fieldguide.advisor.racing.heats import validation_score
from fieldguide.advisor.racing.job import Job
from fieldguide.advisor.racing.judging import MODEL, VALIDATION
from fieldguide.advisor.racing.leaderboard import ENSEMBLE, Row
from fieldguide.advisor.racing.run_folder import DATA
from fieldguide.codecs import Codec
from fieldguide.codecs import from_config as codec_from_config
from fieldguide.codecs.labels import Labels
from fieldguide.ensemble import Ensemble, in_common

ROUNDS = 20  # votes given out
MOST_EXAMPLES = 20_000  # that the choice is made on
DIGITS = 9
LOADING = 5.0  # seconds to load the members
Worth = tuple[float, float]  # compared in this order, larger is better


def select(votes: Sequence[np.ndarray], truth: np.ndarray, *, classes: bool) -> list[int]:
    """Return the members of the best ensemble found, as often as each votes.

    Args:
        votes: Of each model: probabilities (n, classes), or numbers (n, targets).
        truth: Codes (n,), or numbers (n, targets).
        classes: Whether the truth is codes of classes.
    """
    chosen: list[int] = []
    total = np.zeros_like(votes[0])
    best: list[int] = []
    best_worth: Worth = (-np.inf, -np.inf)
    for count in range(1, ROUNDS + 1):
        worths = [_worth((total + vote) / count, truth, classes) for vote in votes]
        helper = max(range(len(votes)), key=lambda k: (worths[k], -k))
        chosen.append(helper)
        total += votes[helper]
        if worths[helper] > best_worth:
            best, best_worth = list(chosen), worths[helper]
    return best


def _worth(mean: np.ndarray, truth: np.ndarray, classes: bool) -> Worth:
    """Return the score, and the log loss to break ties; rounded, for sums never repeat exactly."""
    if not classes:
        return -round(float(np.square(mean - truth).mean()), DIGITS), 0.0
    known = np.flatnonzero(truth >= 0)
    hits = float((mean.argmax(axis=1) == truth).mean())
    logs = np.log(np.maximum(mean[known, truth[known]], 1e-12))
    return hits, round(float(logs.mean()), DIGITS) if len(known) else 0.0


class Ensembling:
    """Chooses the members and enters the ensemble.

    Args:
        arena: Where the race takes place.
    """

    def __init__(self, arena: Arena):
        self.arena, self.standings = arena, arena.standings

    def run(self) -> None:
        """Enter the ensemble, or say why there is none."""
        problem = self._problem()
        rows = [] if problem else self._members()
        chosen = self._chosen(rows) if len(rows) > 1 else []
        problem = problem or self._objection(chosen)
        if problem:
            self.standings.remark(ENSEMBLE, f"There is no ensemble: {problem}.")
            self.standings.update()
            return
        self.arena.race(self._job(chosen), self.arena.clock.left)

    def need(self) -> float:
        """Return the seconds that it will take, if every model takes part."""
        return self._need(self.standings.learnt)

    def _problem(self) -> str:
        if self.arena.facts["kind"] not in Ensemble.card.tasks:
            return f"votes cannot be averaged in {self.arena.facts['kind']}"
        if not len(read_validation(self.arena.folder / DATA)):
            return "there are too few examples to judge by"
        return ""

    def _objection(self, chosen: Sequence[tuple[Row, float]]) -> str:
        if not chosen:
            return "fewer than two models could be judged on validation examples"
        if len(chosen) == 1:
            return f"{words.inside(chosen[0][0].title)} alone does best on the validation examples"
        late = self._need([row for row, _ in chosen]) > self.arena.left
        return "there was no time left for it" if late else ""

    def _members(self) -> list[Row]:
        """Return the models that can be judged on examples they have not learnt from."""
        rows = sorted(self.standings.learnt, key=lambda row: row.name)
        able = [row for row in rows if row.capacity > 0]
        found = []
        for row in able:
            spare = self.arena.left - self._need(able)
            if validation_score(self.arena, row, spare) is not None:
                found.append(row)
        return found

    def _chosen(self, rows: Sequence[Row]) -> list[tuple[Row, float]]:
        """Return the members of the best ensemble, with their shares of the votes."""
        stored = [_read(self.arena.entrant(row.name) / VALIDATION) for row in rows]
        common = max((codec for _, codec in stored), key=lambda codec: codec.width)
        votes = [in_common(outputs, codec, common) for outputs, codec in stored]
        dataset = self.standings.dataset.take(read_validation(self.arena.folder / DATA))
        assert dataset.target is not None
        truth = common.encode(dataset.column(dataset.target))
        some = slice(0, MOST_EXAMPLES)
        found = select([v[some] for v in votes], truth[some], classes=isinstance(common, Labels))
        return [(rows[k], count / len(found)) for k, count in sorted(Counter(found).items())]

    def _need(self, rows: Sequence[Row]) -> float:
        return LOADING + 2 * sum(row.predict_seconds or 0.0 for row in rows)

    def _job(self, chosen: Sequence[tuple[Row, float]]) -> Job:
        rows = [row for row, _ in chosen]
        facts: dict[str, Any] = {
            "algorithm": ENSEMBLE,
            "title": Ensemble.card.title,
            "hyperparameters": {row.name: round(weight, 4) for row, weight in chosen},
            "deep": any(row.deep for row in rows),
            "capacity": max(row.capacity for row in rows),
            "seconds": sum(row.seconds or 0.0 for row in rows),
        }
        return Job(
            name=ENSEMBLE,
            folder=self.arena.entrant(ENSEMBLE),
            purpose="ensemble",
            members=[str((self.arena.entrant(row.name) / MODEL).resolve()) for row in rows],
            weights=[weight for _, weight in chosen],
            facts=facts,
        )


def _read(path: Path) -> tuple[torch.Tensor, Codec]:
    with np.load(path, allow_pickle=False) as stored:
        codec = codec_from_config(json.loads(str(stored["codec"])))
        return torch.from_numpy(stored["outputs"]), codec
