"""Successive halving over algorithms: short shares for all, longer ones for those that do best.

Who ends within an even share of the time does so first, the others compete for the rest, and for
the advisor's first choice a part is kept (`seeding`). Of those that were stopped by their share, a
third go on to the next round. There each starts over with a larger share: its learning rate had
fallen to nothing by the end of the short one (one-cycle, cosine), and to go on from there would be
another, worse training than one planned for the whole time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from fieldguide.advisor import words
from fieldguide.advisor.racing import run_folder
from fieldguide.advisor.racing.arena import NO_TIME, Arena
from fieldguide.advisor.racing.clock import CAUTION, level
from fieldguide.advisor.racing.job import Job
from fieldguide.advisor.racing.keeper import RESULT
from fieldguide.advisor.racing.leaderboard import Row
from fieldguide.advisor.racing.run_folder import read_json
from fieldguide.advisor.racing.seeding import ENOUGH, Seeding, favourite, seed
from fieldguide.advisor.racing.shortlist import Candidate
from fieldguide.advisor.recommending.recommendation import duration

KEPT = 3  # one in this many goes on to the next round
GROWTH = 2  # each round takes this many times the time of the one before
STEPS_GROWTH = 3  # and gives an entrant this many times the steps
ROUNDS = "rounds"
BEHIND = (
    "the advisor expects less of it than of another that trains sooner, and too little time was "
    "left. Name it, or raise the budget, to see it run."
)


def plan(candidates: Sequence[Candidate], seconds: float, shortest: float) -> list[int]:
    """Return how many compete in each round.

    Args:
        candidates: Those of the first round.
        seconds: Time for all rounds.
        shortest: Seconds below which a share is not worth having.

    Example:
        >>> plan([Candidate("a"), Candidate("b"), Candidate("c"), Candidate("d")], 100, 3)
        [4, 2, 1]
        >>> plan([Candidate("a", seconds=5.0), Candidate("b", seconds=9.0)], 100, 3)
        [2]
    """
    sizes = [len(candidates)]
    needs = [math.inf if one.seconds is None else one.seconds for one in candidates]
    if CAUTION * sum(needs) <= seconds:
        return sizes  # there is time for everybody
    while sizes[-1] > 1:
        sizes.append(math.ceil(sizes[-1] / KEPT))
    while len(sizes) > 1 and part(seconds, 0, len(sizes)) < shortest * sizes[0]:
        sizes.pop()
    return sizes


def part(left: float, number: int, rounds: int) -> float:
    """Return the time of a round: with 0, 1, 2 of three, 1/7, 2/6 and 4/4 of what is left."""
    weights = [GROWTH**later for later in range(number, rounds)]
    return left * weights[0] / sum(weights)


def go_on(rows: Sequence[Row], count: int) -> list[Row]:
    """Return the best of those that were stopped by their share; judged on validation examples."""
    cut = [row for row in rows if row.status == "out of time"]
    return sorted(cut, key=lambda row: -_score(row.validation_score))[:count]


class Rounds:
    """Carries out the rounds.

    Args:
        arena: Where the race takes place.
        candidates: Who races, in order.
    """

    def __init__(self, arena: Arena, candidates: Sequence[Candidate]):
        self.arena = arena
        self.known = {candidate.name: candidate for candidate in candidates}

    def run(self) -> None:
        """Race until the time is used up, or nobody wants more."""
        everybody, clock = list(self.known.values()), self.arena.clock
        seconds = self.arena.facts.get("seconds_to_race", clock.left)
        first, kept = favourite(everybody, seconds)
        seeded = seed([one for one in everybody if one is not first], seconds - kept)
        if self.arena.facts.get("algorithms") is not None:  # the user wants to see them run
            hungry = [*seeded.hungry, *seeded.waiting, *seeded.late]
            seeded = replace(seeded, hungry=hungry, waiting=[], late=[])
        elif first is None and not seeded.hungry:  # nobody to wait for
            seeded = replace(seeded, hungry=seeded.waiting, waiting=[])
        for one in seeded.late:
            self.arena.standings.leave_out(one.name, _too_late(one, seeded.rest), late=True)
        clock.set_aside += kept
        self._end(seeded)
        if not seeded.ending or self._is_open(seeded.hungry):
            self._compete(seeded.hungry)
        clock.set_aside -= kept
        self._use_up([one for one in (first, *seeded.waiting) if one is not None])

    def _end(self, seeded: Seeding) -> None:
        """Let those race who end within an even share of the time."""
        for place, one in enumerate(seeded.ending):
            later = [other.seconds for other in (*seeded.ending[place + 1 :], *seeded.hungry)]
            self.arena.race(self._job(one.name, self.arena.steps), self.arena.clock.share(later))

    def _compete(self, hungry: Sequence[Candidate]) -> None:
        """Halve."""
        clock = self.arena.clock
        shortest = max(3.0, min(20.0, clock.budget / 60))
        sizes = plan(hungry, clock.left, shortest)
        names = [one.name for one in hungry]
        for number, _ in enumerate(sizes):
            self._round(number, len(sizes), names)
            if number + 1 == len(sizes) or not self._is_open([]):
                return
            found = {row.name: row for row in self.arena.standings.rows}
            rows = [found[name] for name in names if name in found]
            ahead = go_on(rows, sizes[number + 1])
            self._say(number, rows, ahead)
            names = [row.name for row in ahead]

    def _use_up(self, waiting: Sequence[Candidate]) -> None:
        """Give the first choice what was kept for it, and the others, in order, what it leaves."""
        order = sorted(waiting, key=lambda other: other.place or math.inf)
        for number, one in enumerate(order):
            left = self.arena.clock.left
            if left < ENOUGH * (one.seconds or 0.0):
                self.arena.standings.leave_out(one.name, BEHIND, late=True)
            elif self._is_open(order[number:]):
                self.arena.race(self._job(one.name, self.arena.steps), left)
            else:
                return

    def _is_open(self, others: Sequence[Candidate]) -> bool:
        """Whether others could still win; leaves them out if not."""
        unbeatable = self.arena.cannot_be_beaten()
        if unbeatable is not None:
            reason = f"{unbeatable} cannot be beaten by more than noise."
            for one in others:
                self.arena.standings.leave_out(one.name, reason)
        return unbeatable is None

    def _job(self, name: str, steps: int | None = None) -> Job:
        return Job(name=name, algorithm=name, folder=self.arena.entrant(name), steps=steps)

    def _round(self, number: int, rounds: int, names: Sequence[str]) -> None:
        clock = self.arena.clock
        ends = clock.spent + part(clock.left, number, rounds)
        for place, name in enumerate(names):
            later = [self.known[other].seconds for other in names[place + 1 :]]
            single = rounds == 1
            share = clock.share(later) if single else level(max(0.0, ends - clock.spent), later)
            steps = self.arena.steps
            if steps is not None:
                steps = max(1, steps // STEPS_GROWTH ** (rounds - 1 - number))
            job = self._job(name, steps)
            if number == 0:
                self.arena.race(job, share)
            else:
                self._once_more(job, share, number + 1)

    def _once_more(self, job: Job, share: float, number: int) -> None:
        """Start an entrant over with a larger share; the better of both models stays."""
        beside = self.arena.folder / ROUNDS / str(number) / job.name
        again = replace(job, folder=beside, facts={"round": number})
        result = self.arena.carry_out(again, share)
        former = read_json(job.folder / RESULT) or {}
        if not former and result is None:
            self.arena.standings.leave_out(job.name, NO_TIME, late=True)
        if result is None or (former and not _is_better(result, former)):
            return
        if former.get("round", 1) < number and (beside / "model").exists():
            run_folder.put_folder(beside, job.folder)
            _forget_model(beside)
        self.arena.standings.enter(job.name, result)

    def _say(self, number: int, rows: Sequence[Row], ahead: Sequence[Row]) -> None:
        behind = [row.title for row in rows if row.status == "out of time" and row not in ahead]
        if behind and ahead:
            self.arena.standings.remark(
                f"round {number}",
                f"After round {number + 1}, {words.listed([row.title for row in ahead])} started "
                f"over with a larger share, and {words.listed(behind)} did not: "
                f"{'its' if len(behind) == 1 else 'their'} validation score was lower.",
            )


def _too_late(one: Candidate, seconds: float) -> str:
    return (
        f"it would train for {duration(one.seconds or 0.0)}, and there were {duration(seconds)}: "
        "too little time to show what it can do. Name it, or raise the budget, to see it run."
    )


def _is_better(result: dict[str, Any], former: dict[str, Any]) -> bool:
    if "validation_score" not in result:
        return result["status"] in ("finished", "out of time")
    return bool(result["validation_score"] >= _score(former.get("validation_score")))


def _score(value: float | None) -> float:
    return -math.inf if value is None else value


def _forget_model(folder: Path) -> None:
    for file in (folder / "model").iterdir():
        file.unlink()
    (folder / "model").rmdir()
