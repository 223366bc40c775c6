"""The leaderboard: every entrant with its score, the noise of that score, and what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from fieldguide import catalog
from fieldguide.advisor import scoring
from fieldguide.advisor.racing.run_folder import read_json
from fieldguide.advisor.racing.shortlist import is_deep
from fieldguide.advisor.scoring import Interval

SAME_COST = 5.0  # seconds, or a factor of two: below that, training times are as good as equal
ENSEMBLE, TUNED = "ensemble", "tuned"
LEARNT = ("finished", "out of time", "rescued")


@dataclass
class Row:
    """One entrant.

    Attributes:
        name: Name in the race, unique: the algorithm's, ``"mlp-tuned"`` or ``"ensemble"``.
        title: Name in full.
        status: ``"finished"``, ``"out of time"`` (learnt until its time or steps were up),
            ``"rescued"`` (stopped from outside; its last checkpoint competes), ``"failed"`` or
            ``"not raced"``.
        reason: Why it failed or did not race, one sentence; empty otherwise.
        rank: 1 for the best and all who are tied with it; None without a score.
        winner: Whether this is the model in ``RUN/best``.
        tied: Whether it cannot be told from the best score.
        score: Score on the held-out examples, larger is better, or None.
        interval: 95 % bootstrap interval of the score, or None.
        behind: 95 % interval of the score to beat less this one, or None.
        seconds: Wall clock of training.
        predict_seconds: Wall clock of predicting all held-out examples.
        size: Bytes of the saved model.
        weights: Numbers learnt.
        epochs: Epochs done.
        scores: Every score of the task by name.
        deep: Whether it counts as deep learning.
        capacity: How complex a rule it can learn, from its card.
        notes: Sentences that the algorithm left.
        algorithm: Name in the catalog, or ``"ensemble"``.
        hyperparameters: Those that differ from the defaults; of an ensemble, the members' weights.
        validation_score: Score on the validation examples, which choices are made on, or None.
        round: In which round of the race it learnt, from 1.
        unfit: Whether it did not race because it is for other data, tasks or machines.
        late: Whether it did not race because there was too little time.
        code: Numbers that stand for an example, where the task is to find some; else None.
        cost: What decides ties: seconds of training and predicting; in a race of steps, which must
            not depend on the machine, bytes of weights.
    """

    name: str
    status: str
    reason: str = ""
    title: str = ""
    rank: int | None = None
    winner: bool = False
    tied: bool = False
    score: float | None = None
    interval: Interval | None = None
    behind: Interval | None = None
    seconds: float | None = None
    predict_seconds: float | None = None
    size: int | None = None
    weights: int | None = None
    epochs: int = 0
    scores: dict[str, float] = field(default_factory=dict)
    deep: bool = True
    capacity: int = 2
    notes: list[str] = field(default_factory=list)
    algorithm: str = ""
    hyperparameters: dict[str, Any] = field(default_factory=dict)
    validation_score: float | None = None
    round: int = 1
    cost: float | None = None
    code: int | None = None
    unfit: bool = False
    late: bool = False

    def __post_init__(self) -> None:
        self.algorithm = self.algorithm or self.name
        if self.cost is None:
            self.cost = (self.seconds or 0.0) + (self.predict_seconds or 0.0)

    @property
    def is_ensemble(self) -> bool:
        """Whether it is made of other entrants."""
        return self.algorithm == ENSEMBLE

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return asdict(self)

    @classmethod
    def from_result(cls, name: str, result: dict[str, Any]) -> Row:
        """Build from what the entrant and its keeper wrote."""
        known = ("status", "reason", "seconds", "predict_seconds", "size", "weights", "epochs",
                 "scores", "notes", "algorithm", "hyperparameters", "validation_score", "round",
                 "cost", "code", "unfit", "late", "deep", "capacity", "title")  # fmt: skip
        facts = {key: result[key] for key in known if key in result}
        algorithm = facts.get("algorithm") or name
        if algorithm == ENSEMBLE:
            return cls(name=name, **facts)
        entry = catalog.get(algorithm)
        title = entry.card.title + (f" ({TUNED})" if name != algorithm else "")
        about = {"title": title, "deep": is_deep(entry), "capacity": entry.card.capacity}
        return cls(name=name, **{**about, **facts})


def rank(rows: Sequence[Row], parts: dict[str, np.ndarray], seed: int = 0) -> list[Row]:
    """Fill in scores, intervals, ranks and the winner; return the rows in order.

    Entrants whose difference from the best score may be 0 (95 % paired bootstrap) are tied with
    it, and the win goes to the cheapest of them: one outside deep learning if there is one, with
    the least time to train and to predict the held-out examples; of those about as cheap, the
    better score. A constant wins a tie only if it has the best score itself, an ensemble never.

    Args:
        rows: All entrants.
        parts: Summands of the score by name, for those that have learnt (`Task.summands`).
        seed: Decides the resamples.
    """
    drawn = {name: scoring.resampled(part, seed) for name, part in parts.items()}
    scored = [row for row in rows if row.name in parts and row.status in LEARNT]
    for row in scored:
        row.score = float(scoring.score_of(parts[row.name].sum(axis=0)))
        row.interval = scoring.interval_of(parts[row.name], drawn[row.name])
    scored.sort(key=lambda row: (-_score(row), row.is_ensemble, row.capacity, row.cost, row.name))
    if scored:
        best = _to_beat(scored, drawn)
        for place, row in enumerate(scored, start=1):
            row.behind = scoring.difference(drawn[best.name], drawn[row.name])
            row.tied, row.winner = row is best or row.behind.low <= 0, False
            row.rank = 1 if row.tied else place
        _winner(scored).winner = True
    order = {"failed": 0, "not raced": 1}
    others = [row for row in rows if row not in scored]
    return scored + sorted(others, key=lambda row: order.get(row.status, 0))


def is_beaten(row: Row, other: Row, parts: dict[str, np.ndarray], seed: int = 0) -> bool:
    """Whether another entrant is better by more than the noise of the evaluation."""
    drawn = [scoring.resampled(parts[each.name], seed) for each in (other, row)]
    return scoring.difference(*drawn).low > 0


def read_parts(run: Path, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Return the summands of every entrant that left predictions."""
    found = {}
    for name in names:
        path = run / "entrants" / name / "predictions.npz"
        if path.exists() and read_json(path.with_name("result.json")) is not None:
            with np.load(path, allow_pickle=False) as stored:
                found[name] = stored["parts"]
    return found


def _to_beat(scored: Sequence[Row], drawn: dict[str, np.ndarray]) -> Row:
    """Return the best; an ensemble only where it beats every single model by more than noise."""
    single = next((row for row in scored if not row.is_ensemble), scored[0])
    if scored[0] is not single:
        ahead = scoring.difference(drawn[scored[0].name], drawn[single.name])
        return scored[0] if ahead.low > 0 else single
    return single


def _winner(scored: Sequence[Row]) -> Row:
    tied = [row for row in scored if row.tied and not row.is_ensemble]
    if not tied:
        return scored[0]
    if tied[0].capacity == 0 and tied[0].score == scored[0].score:
        return tied[0]
    learnt = [row for row in tied if row.capacity > 0] or tied
    able = [row for row in learnt if not row.deep] or learnt
    cheapest = min(row.cost or 0.0 for row in able)
    return next(row for row in able if (row.cost or 0.0) <= max(SAME_COST, 2 * cheapest))


def _score(row: Row) -> float:
    return -np.inf if row.score is None or np.isnan(row.score) else row.score
