from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from fieldguide.advisor.racing.clock import Clock
from fieldguide.advisor.racing.job import Job
from fieldguide.advisor.racing.leaderboard import Row
from fieldguide.advisor.racing.rounds import Rounds, go_on, part, plan
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


class Track:
    """An arena without processes: whoever races uses its share up, or ends when it needs less."""

    def __init__(self, seconds: float, needs: dict[str, float], named: list[str] | None = None):
        self.needs, self.steps, self.facts = needs, None, {"algorithms": named}
        self.clock = Clock(seconds / 0.97, time.monotonic())
        self.clock.closing = 0.03 * self.clock.budget
        self.standings: Any = self
        self.folder = Path("nowhere")
        self.rows: list[Row] = []
        self.ran: list[tuple[str, float]] = []
        self.out: dict[str, str] = {}
        self.unbeatable: str | None = None

    def race(self, job: Job, share: float) -> None:
        used = min(share, self.needs[job.name])
        self.clock.began -= used
        self.ran.append((job.name, round(used)))
        status = "finished" if used == self.needs[job.name] else "out of time"
        self.rows.append(Row(job.name, status, validation_score=used, score=0.5))

    def carry_out(self, job: Job, share: float) -> dict[str, Any]:
        self.race(job, share)
        return {
            "status": "finished",
            "validation_score": -1.0,
        }  # no better than in the round before

    def entrant(self, name: str) -> Path:
        return Path(name)

    def leave_out(self, name: str, reason: str, *, late: bool = False) -> None:
        self.out[name] = reason

    def cannot_be_beaten(self) -> str | None:
        return self.unbeatable

    def enter(self, name: str, result: dict[str, Any]) -> None: ...

    def remark(self, subject: str, sentence: str) -> None: ...


CLOTHES = {  # forecasts for 54,000 pictures of clothes, in the advisor's order
    "resnet": 2001.0,
    "lenet": 121.0,
    "vgg": 5004.0,
    "mlp": 81.0,
    "dbn": 529.0,
    "perceptron": 32.0,
}


def placed(needs: dict[str, float]) -> list[Candidate]:
    return [Candidate(name, seconds=needs[name], place=k) for k, name in enumerate(needs, start=1)]


def test_two_thirds_are_kept_for_the_first_choice_and_the_others_compete_for_one() -> None:
    track: Any = Track(448, CLOTHES)
    Rounds(track, placed(CLOTHES)).run()
    names = [name for name, _ in track.ran]
    assert names[0] == "perceptron" and names[-1] == "resnet" and "lenet" in names
    assert track.ran[-1][1] >= 2 / 3 * 448
    assert sum(used for _, used in track.ran) == pytest.approx(448, abs=5)
    assert "vgg" in track.out and "too little" in track.out["vgg"]


def test_nothing_is_kept_for_a_first_choice_of_unknown_need() -> None:
    needs = {"gan": 4.0, "vae": 6.0, "rbm": 2.0}
    track: Any = Track(30, needs)
    unknown = [Candidate(name, place=k) for k, name in enumerate(needs, start=1)]
    Rounds(track, unknown).run()
    assert [name for name, _ in track.ran][:3] == ["gan", "vae", "rbm"] and not track.out


def test_nothing_is_kept_for_a_first_choice_that_ends_early() -> None:
    needs = {"quick": 20.0, "slow": 900.0}
    track: Any = Track(300, needs)
    Rounds(track, placed(needs)).run()
    assert track.ran == [("quick", 20), ("slow", pytest.approx(280, abs=2))]


def test_whoever_is_behind_somebody_that_ends_gets_what_is_left() -> None:
    needs = {"first": 200.0, "quick": 10.0, "behind": 150.0}
    track: Any = Track(300, needs)
    Rounds(track, placed(needs)).run()
    assert track.ran == [("quick", 10), ("first", 200), ("behind", pytest.approx(90, abs=2))]


def test_who_is_named_races_though_it_is_late() -> None:
    needs = {"mlp": 81.0, "vgg": 5004.0}
    track: Any = Track(300, needs, named=["mlp", "vgg"])
    Rounds(track, placed(needs)).run()
    assert {name for name, _ in track.ran} == {"mlp", "vgg"} and not track.out


def test_nobody_goes_on_against_what_cannot_be_beaten() -> None:
    track: Any = Track(448, CLOTHES)
    track.unbeatable = "Nearest neighbours"
    Rounds(track, placed(CLOTHES)).run()
    assert [name for name, _ in track.ran] == ["perceptron"]
    assert set(track.out) == set(CLOTHES) - {"perceptron"}
