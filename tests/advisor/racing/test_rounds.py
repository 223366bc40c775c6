from __future__ import annotations

import pytest

from fieldguide.advisor.racing.leaderboard import Row
from fieldguide.advisor.racing.rounds import favourite, go_on, part, plan
from fieldguide.advisor.racing.shortlist import Candidate


def candidates(*needs: float | None) -> list[Candidate]:
    return [Candidate(f"a{k}", seconds=need) for k, need in enumerate(needs)]


def test_a_third_goes_on_until_one_is_left() -> None:
    assert plan(candidates(*[None] * 12), 10_000, 3) == [12, 4, 2, 1]
    assert plan(candidates(None, None), 10_000, 3) == [2, 1]
    assert plan(candidates(None), 10_000, 3) == [1]
    assert plan([], 10_000, 3) == [0]


def test_there_is_one_round_where_there_is_time_for_all() -> None:
    assert plan(candidates(5, 10, 15), 61, 3) == [3]
    assert plan(candidates(5, 10, 15), 59, 3) == [3, 1]


def test_there_are_fewer_rounds_where_shares_would_be_too_short() -> None:
    assert plan(candidates(*[None] * 5), 105, 3) == [5, 2, 1]  # 105 / 7 / 5 = 3 s each
    assert plan(candidates(*[None] * 5), 100, 3) == [5, 2]
    assert plan(candidates(*[None] * 5), 40, 3) == [5]


def test_the_first_choice_skips_a_round_that_is_too_short_for_it() -> None:
    def chosen(*needs: float | None, rounds: int = 3) -> str | None:
        ranked = [Candidate(f"a{k}", seconds=need, place=9 - k) for k, need in enumerate(needs)]
        return favourite(ranked, 210, rounds)

    assert chosen(5, 5, 1000) == "a2"  # 210 / 7 / 3 = 10 s of 1,000
    assert chosen(5, 5, None) == "a2"
    assert chosen(5, 5, 90) is None
    assert chosen(5, 5, 1000, rounds=1) is None
    assert favourite(candidates(1000, 5, 5), 210, 3) is None  # nobody recommended it
    assert favourite([], 210, 3) is None


def test_rounds_use_up_the_time_and_each_takes_twice_the_one_before() -> None:
    left, taken = 70.0, []
    for number in range(3):
        taken.append(part(left, number, 3))
        left -= taken[-1]
    assert taken == pytest.approx([10, 20, 40])
    assert left == pytest.approx(0)


def test_who_was_cut_short_goes_on_by_its_validation_score() -> None:
    def row(name: str, status: str, score: float | None, held_out: float) -> Row:
        return Row(name, status, validation_score=score, score=held_out)

    rows = [
        row("done", "finished", 0.99, 0.99),
        row("worse", "out of time", 0.7, 0.95),  # the held-out score has no say
        row("better", "out of time", 0.8, 0.5),
        row("unknown", "out of time", None, 0.9),
        row("hung", "rescued", 0.9, 0.9),
    ]
    assert [each.name for each in go_on(rows, 2)] == ["better", "worse"]
    assert [each.name for each in go_on(rows, 9)] == ["better", "worse", "unknown"]
