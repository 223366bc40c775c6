"""Who simply ends, who competes for the rest, who waits, and whom there is too little time for.

Halving compares entrants at equal shares, which is unfair to those that start slowly. It is needed
only among those that could use all the time there is. Whoever ends within an even share of it does
so; and where the whole rest is less than a tenth of what somebody needs, a share would show
nothing, and is better given to the others. Who costs more than somebody that ends, and is expected
to do worse, waits until the others have had their time. And large networks start slowly: against
others with equal shares the best of them would not get past the first round, so that for the
advisor's first choice, where it is known to be able to use them, two thirds of it are kept.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from fieldguide.advisor.racing.clock import CAUTION
from fieldguide.advisor.racing.shortlist import Candidate

FAVOURITE = 2 / 3  # of the time is kept for the first choice, if it is known to be able to use it
ENOUGH = 0.1  # of the time it would take to the end: what shows how good an algorithm is


@dataclass(frozen=True)
class Seeding:
    """Candidates sorted by what the time means to them.

    Attributes:
        ending: They end within an even share.
        hungry: They can use all that is left.
        waiting: So can they, but the advisor places them behind somebody that ends.
        late: They could not show anything in it.
        rest: Seconds that the hungry have.
    """

    ending: list[Candidate]
    hungry: list[Candidate]
    waiting: list[Candidate]
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
    competing = [one for one in staying if one not in ending]
    hungry = [one for one in competing if not _is_behind(one, ending)]
    waiting = [one for one in competing if one not in hungry]
    late = [one for one in candidates if one.name not in names]
    return Seeding(ending, hungry, waiting, late, rest)


def favourite(candidates: Sequence[Candidate], seconds: float) -> tuple[Candidate | None, float]:
    """Return the advisor's first choice and the seconds to keep for it.

    None and 0 where it ends within an even share, nobody knows how long it takes, or nobody was
    recommended.

    Args:
        candidates: Whoever may race.
        seconds: Time for all of them.

    Example:
        >>> slow, quick = Candidate("a", seconds=2000.0, place=1), Candidate("b", seconds=50.0)
        >>> first, kept = favourite([slow, quick, Candidate("c", seconds=99.0)], 300)
        >>> first.name, kept
        ('a', 200.0)
    """
    everybody = seed(candidates, seconds)
    able = [*everybody.ending, *everybody.hungry, *everybody.waiting]
    placed = [(one.place, one) for one in able if one.place is not None]
    if not placed or len(able) < 2:
        return None, 0.0
    _, first = min(placed, key=lambda pair: pair[0])
    if first.seconds is None or first in everybody.ending:
        return None, 0.0
    return first, min(FAVOURITE * seconds, CAUTION * _need(first))


def _is_behind(one: Candidate, ending: Sequence[Candidate]) -> bool:
    """Whether the advisor expects less of one than of somebody that ends."""
    places = [other.place for other in ending if other.place is not None]
    return one.place is not None and bool(places) and one.place > min(places)


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
