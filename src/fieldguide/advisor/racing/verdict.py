"""What the leaderboard means, in plain words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fieldguide.advisor import words
from fieldguide.advisor.racing import leaderboard
from fieldguide.advisor.racing.leaderboard import Row
from fieldguide.advisor.racing.verdict_of_pictures import against_simple_answers
from fieldguide.advisor.racing.verdict_without_target import against_clouds, against_planes

NO_DEEP_LEARNING = "You do not need deep learning here"


def verdict(
    rows: Sequence[Row],
    parts: dict[str, np.ndarray],
    *,
    task: str,
    target: str | None,
    score_name: str,
    held_out: int,
    seed: int = 0,
) -> list[str]:
    """Return the verdict as sentences, the most important first.

    Args:
        rows: Ranked by `leaderboard.rank`.
        parts: Summands of the score by name.
        task: Name of the task.
        target: Name of the column to predict.
        score_name: Name of the score.
        held_out: Number of examples that scored all entrants.
        seed: The one that `rank` was given.
    """
    scored = [row for row in rows if row.score is not None]
    if not scored:
        return ["No entrant finished: there is no model yet. Give the race a larger budget, or "
                "look at the reasons below.", *_failures(rows)]  # fmt: skip
    winner = next(row for row in scored if row.winner)
    said = [_winner(winner, scored, score_name)]
    said += _depth(winner, scored, parts, score_name, seed)
    said.append(_noise(winner, scored, score_name, held_out, task, target))
    kinds = {"representation": against_planes, "outliers": against_planes,
             "generation": against_clouds, "image_translation": against_simple_answers,
             "unpaired_image_translation": against_simple_answers}  # fmt: skip
    if task == "forecasting":
        said += _hard_to_beat(scored, parts, seed) or _over_naive(winner, scored, score_name)
    else:
        said += kinds.get(task, _margins)(winner, scored, score_name)
    said += _notes(scored)
    said += _failures(rows)
    return said


def _winner(winner: Row, scored: Sequence[Row], score_name: str) -> str:
    figure = f"{words.score_title(score_name)} {words.score(winner.score, score_name)}"
    if winner.code is not None:
        figure += f" with a code of {winner.code:,} number{'s' if winner.code != 1 else ''}"
    tied = [words.inside(row.title) for row in scored if row.tied and row is not winner]
    if not tied:
        return f"{winner.title} wins: {figure}."
    if len(tied) == 1:
        return f"{winner.title} wins a tie with {tied[0]}, as the cheaper: {figure}."
    return f"{winner.title} wins a tie of {len(tied) + 1}, as the cheapest: {figure}."


def _noise(
    winner: Row,
    scored: Sequence[Row],
    score_name: str,
    held_out: int,
    task: str,
    target: str | None,
) -> str:
    tied = [words.inside(row.title) for row in scored if row.tied and row is not winner]
    said = (
        f"Scored on {held_out:,} held-out {'windows' if task == 'forecasting' else 'examples'} "
        f"({words.task_of(task, target)}), its true "
        f"{words.score_title(score_name)} lies between "
        f"{words.interval(winner.interval, score_name).replace(' to ', ' and ')} with 95 % "
        "confidence"
    )
    if not tied:
        return f"{said}; no other comes as close as chance would explain."
    return f"{said}. These examples cannot tell it from {words.listed(tied)}."


def _depth(
    winner: Row,
    scored: Sequence[Row],
    parts: dict[str, np.ndarray],
    score_name: str,
    seed: int,
) -> list[str]:
    plain = [row for row in scored if not row.deep and not row.is_ensemble]
    deep = [row for row in scored if row.deep and not row.is_ensemble]
    if not plain or not deep:
        missing = "deep-learning model" if not deep else "baseline"
        return [f"No {missing} finished, so nothing can be said about whether deep learning pays."]
    best, rival = plain[0], deep[0]
    best_said, rival_said = (
        f"{words.inside(row.title)} ({words.score(row.score, score_name)})" for row in (best, rival)
    )
    compared = f"{best_said} and the best deep model, {rival_said}"
    if not leaderboard.is_beaten(best, rival, parts, seed):
        better = (best.score or 0) >= (rival.score or 0)
        why = "is at least as good" if better else "is not beaten by more than chance"
        return [f"{NO_DEEP_LEARNING}: of {compared}, the simpler one {why}."]
    gap = words.margin((rival.score or 0) - (best.score or 0), score_name)
    return [f"Deep learning pays here: between {compared}, lie {gap}, more than chance explains."]


def _hard_to_beat(scored: Sequence[Row], parts: dict[str, np.ndarray], seed: int) -> list[str]:
    """Say so where nothing is better than repeating the last value or the last season."""
    plain = [row for row in scored if row.capacity == 0]
    others = [row for row in scored if row.capacity > 0 and not row.is_ensemble]
    if (
        not plain
        or not others
        or any(leaderboard.is_beaten(plain[0], o, parts, seed) for o in others)
    ):
        return []
    return [
        f"The {words.inside(plain[0].title)} is hard to beat here: in the backtest nothing that "
        "learns is better by more than chance explains. Use it, or look for columns known in "
        "advance."
    ]


def _over_naive(winner: Row, scored: Sequence[Row], score_name: str) -> list[str]:
    plain = [row for row in scored if row.capacity == 0 and row is not winner]
    if not plain:
        return []
    gap = words.margin((winner.score or 0) - (plain[0].score or 0), score_name)
    return [
        f"The best forecast that learns nothing, the {words.inside(plain[0].title)}, reaches "
        f"{words.score(plain[0].score, score_name)}; the winner is {gap} above that."
    ]


def _margins(winner: Row, scored: Sequence[Row], score_name: str) -> list[str]:
    said = []
    constant = [row for row in scored if row.capacity == 0 and row is not winner]
    if constant:
        gap = words.margin((winner.score or 0) - (constant[0].score or 0), score_name)
        said.append(
            f"A constant answer ({words.inside(constant[0].title)}) reaches "
            f"{words.score(constant[0].score, score_name)}; the winner is {gap} above that."
        )
        if constant[0].tied:
            said.append(
                "Even that is within the noise: nothing was learnt that these held-out examples "
                "can confirm. Bring more data, or better columns."
            )
    linear = [row for row in scored if row.capacity == 1 and row is not winner]
    if linear and not linear[0].tied and winner.capacity > 1:
        best = scored[0]
        gap = words.margin((best.score or 0.0) - (linear[0].score or 0.0), score_name)
        said.append(
            f"The best linear model, {words.inside(linear[0].title)}, is {gap} behind "
            f"{words.inside(best.title)}, more than chance explains: the rule is not a straight "
            "line."
        )
    return said


def _notes(scored: Sequence[Row]) -> list[str]:
    """Return what the winner and the best network left to say; others' stand in the report."""
    deep = [row for row in scored if row.deep][:1]
    told = [row for row in scored if row.winner or row in deep]
    return [f"{row.title}: {words.sentence(note)}" for row in told for note in row.notes]


def _failures(rows: Sequence[Row]) -> list[str]:
    failed = [row for row in rows if row.status == "failed"]
    said = [f"{row.title} has no model: {words.sentence(row.reason)}" for row in failed]
    rescued = [row for row in rows if row.status == "rescued"]
    said += [f"{row.title}: {words.sentence(row.reason)}" for row in rescued]
    waiting = [row.title for row in rows if row.late]
    if waiting:
        said.append(f"No time was left for {words.listed(waiting)}: a larger budget may change "
                    "the order.")  # fmt: skip
    return said
