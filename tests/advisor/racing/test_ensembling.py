from __future__ import annotations

import itertools

import numpy as np

from fieldguide.advisor.racing.ensembling import ROUNDS, select
from fieldguide.advisor.racing.leaderboard import Row, rank


def test_errors_that_cancel_are_chosen_together() -> None:
    truth = np.linspace(-1, 1, 50)[:, None]
    wave = 0.5 * np.sin(np.arange(50))[:, None]
    votes = [truth + wave, truth - wave, truth + 2]
    assert sorted(select(votes, truth, classes=False)) == [0, 1]


def test_the_choice_is_the_best_multiset_that_greed_can_find() -> None:
    generator = np.random.default_rng(0)
    truth = generator.normal(size=(40, 1))
    votes = [truth + generator.normal(scale=s, size=(40, 1)) for s in (0.5, 0.6, 0.7)]

    def error(members) -> float:
        return float(np.square(np.mean([votes[k] for k in members], axis=0) - truth).mean())

    found = select(votes, truth, classes=False)
    assert len(found) <= ROUNDS
    assert error(found) <= min(error([k]) for k in range(3))
    # Greedy selection with replacement comes near the best of all small multisets.
    best = min(error(m) for n in (1, 2, 3, 4) for m in
               itertools.combinations_with_replacement(range(3), n))  # fmt: skip
    assert error(found) <= 1.02 * best


def test_a_perfect_model_stays_alone() -> None:
    truth = np.array([0, 1, 2, 1])
    perfect = np.eye(3)[truth]
    other = np.full((4, 3), 1 / 3)
    assert select([other, perfect], truth, classes=True) == [1]


def test_of_equal_hits_the_better_known_wins() -> None:
    truth = np.array([0, 1])
    sure, unsure = np.array([[0.9, 0.1], [0.1, 0.9]]), np.array([[0.6, 0.4], [0.4, 0.6]])
    assert select([unsure, sure], truth, classes=True) == [1]


def row(name: str, seconds: float = 1.0, **facts) -> Row:
    return Row(name, "finished", title=name, seconds=seconds, **facts)


def parts(right: int, count: int = 400) -> np.ndarray:
    return np.column_stack([np.arange(count) < right, np.ones(count)]).astype(float)


def test_an_ensemble_never_wins_a_tie() -> None:
    found = {"ensemble": parts(396), "net": parts(394), "line": parts(300)}
    rows = rank([row("ensemble", algorithm="ensemble"), row("net", 900.0), row("line")], found)
    assert [each.name for each in rows] == ["ensemble", "net", "line"]
    assert [each.winner for each in rows] == [False, True, False]
    assert [each.tied for each in rows] == [True, True, False]


def test_an_ensemble_wins_where_it_beats_every_single_model() -> None:
    found = {"ensemble": parts(396), "net": parts(360)}
    rows = rank([row("ensemble", algorithm="ensemble"), row("net")], found)
    assert rows[0].name == "ensemble" and rows[0].winner and not rows[1].tied


def test_who_is_beaten_by_a_single_model_is_not_tied_through_the_ensemble() -> None:
    generator = np.random.default_rng(0)
    base = (np.arange(400) < 360).astype(float)
    worse = base.copy()
    worse[:12] = 0  # beaten by `net`, which is right wherever it is
    noisy = base.copy()
    noisy[generator.permutation(400)[:60]] = 1  # ahead of both, by luck
    noisy[generator.permutation(360)[:20]] = 0
    found = {n: np.column_stack([h, np.ones(400)]) for n, h in
             {"ensemble": noisy, "net": base, "worse": worse}.items()}  # fmt: skip
    rows = {r.name: r for r in rank([row("ensemble", algorithm="ensemble"),
                                     row("net", 900.0), row("worse")], found)}  # fmt: skip
    assert rows["net"].winner and not rows["worse"].tied


def test_of_a_race_of_steps_bytes_decide_ties_not_seconds() -> None:
    found = {"small": parts(390), "large": parts(391)}
    for seconds in (0.1, 900.0):
        rows = rank([row("small", seconds, cost=1e4), row("large", 1.0, cost=1e6)], found)
        assert next(each.name for each in rows if each.winner) == "small"
