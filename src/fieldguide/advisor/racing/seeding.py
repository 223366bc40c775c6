"""Who simply ends, who competes for the rest of the time, and whom there is too little time for.

Halving compares entrants at equal shares, which is unfair to those that start slowly. It is needed
only among those that could use all the time there is. Whoever ends within an even share of it does
so; and where the whole rest is less than a tenth of what somebody needs, a share would show
nothing, and is better given to the others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from fieldguide.advisor.racing.shortlist import Candidate

ENOUGH = 0.1  # of the time it would take to the end: what shows how good an algorithm is


@dataclass(frozen=True)
class Seeding:
    """Candidates sorted by what the time means to them.

    Attributes:
        ending: They end within an even share.
        hungry: They can use all that is left.
        late: They could not show anything in it.
        rest: Seconds that the hungry have.
    """

    ending: list[Candidate]
    hungry: list[Candidate]
    late: list[Candidate]
    rest: float


def seed(candidates: Sequence[Candidate], seconds: float) -> Seeding:
    """Sort candidates, each group in the order given.

    Args:
        candidates: Whoever may race.
        seconds: Time for all of them.

    Example:
        >>> of = seed([Candidate("a", seconds=9.0), Candidate("b", seconds=500.0),
        ...            Candidate("c", seconds=2000.0), Candidate("d")], 100)
        >>> [[one.name for one in group] for group in (of.ending, of.hungry, of.late)]
        [['a'], ['b', 'd'], ['c']]
        >>> of.rest
        91.0
    """
    staying = list(candidates)
    while True:
        ending, rest = _ending(staying, seconds)
        late = [one for one in staying if ENOUGH * _need(one, 0.0) > rest]
        others = [one for one in staying if one not in ending and one not in late]
        if not late or not others:  # somebody must use the time
            break
        staying = [one for one in staying if one is not max(late, key=_need)]
    names = {one.name for one in staying}
    hungry = [one for one in staying if one not in ending]
    return Seeding(ending, hungry, [one for one in candidates if one.name not in names], rest)


def _ending(candidates: Sequence[Candidate], seconds: float) -> tuple[list[Candidate], float]:
    """Return those that end within an even share, and the time that they leave to the others."""
    found: set[str] = set()
    left = seconds
    for one in sorted(candidates, key=_need):
        if _need(one) > left / (len(candidates) - len(found)):
            break
        found.add(one.name)
        left -= _need(one)
    return [one for one in candidates if one.name in found], left


def _need(one: Candidate, unknown: float = math.inf) -> float:
    return unknown if one.seconds is None else one.seconds
