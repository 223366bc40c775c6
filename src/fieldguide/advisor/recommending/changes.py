"""What would change the answer: more examples, a shorter time, other data, another machine.

Learning curves of the quick models stand for the algorithms of the same shape of rule. Each is
moved so that it goes through the algorithm's own forecast for the examples there are; from there on
it falls as its curve does. Where two of them cross is computed for every draw of their bootstraps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fieldguide.advisor.profiling.phrases import score
from fieldguide.advisor.profiling.profile import Profile
from fieldguide.advisor.recommending.expected import Forecast
from fieldguide.advisor.recommending.first_guess import rule_of
from fieldguide.advisor.recommending.recommendation import duration
from fieldguide.card import Card

FAR = 16  # times as many examples as there are: how far curves are followed
LIKELY = 0.6  # share of the estimates that must see a crossing for it to be named
GRID = 120  # numbers of examples between now and there
TIED = 1.1  # a crossing before this many times the examples is a tie today
LONG = 10.0  # seconds of a fit from which a quicker choice is worth naming
QUICKER = 0.5  # share of the leader's time that a quicker choice may take


@dataclass(frozen=True)
class Runner:
    """An algorithm that can be used, as far as comparing it needs.

    Attributes:
        title: Name in full.
        card: Its facts.
        score: Its forecast.
        seconds: Of a full fit, or None where not probed.
    """

    title: str
    card: Card
    score: Forecast | None
    seconds: float | None


@dataclass(frozen=True)
class Crossing:
    """Where one learning curve overtakes another.

    Attributes:
        examples: The middle of the estimates.
        low: Reached before that in 10 % of them.
        high: Reached after that in 10 %; None where those never see it happen.
        learnt_from: The smallest and the largest number of examples that was measured.
    """

    examples: int
    low: int
    high: int | None
    learnt_from: tuple[int, int]


def changes(one: Runner, ranked: Sequence[Runner], profile: Profile) -> tuple[str, ...]:
    """Return what would move an algorithm that can be used; nothing where nothing can be said.

    Args:
        one: The algorithm.
        ranked: All that can be used, best first.
        profile: What the data are like.
    """
    leader = ranked[0]
    if one is not leader:
        found = crossing(one, leader, profile)
        return () if found is None else (_overtakes("it", leader.title, found),)
    rivals = [(crossing(other, leader, profile), other) for other in ranked[1:]]
    crossed = [(found, other) for found, other in rivals if found is not None]
    said = []
    if crossed:
        first, other = min(crossed, key=lambda pair: pair[0].examples)
        said.append(_overtakes(other.title, "it", first))
    elif len(profile.curves) > 1 and rivals and not any(_ahead(other, leader) for other in ranked):
        said.append(
            f"More examples are not expected to change who comes first: up to "
            f"{_round(FAR * profile.examples):,}, no learning curve is likely to overtake it."
        )
    return (*said, *_sooner(leader, ranked[1:], profile))


def crossing(challenger: Runner, leader: Runner, profile: Profile) -> Crossing | None:
    """Return from how many examples on a challenger is expected to lead, if at all."""
    if challenger.score is None or leader.score is None:
        return None
    if challenger.score.expected >= leader.score.expected:
        return None
    now = profile.examples
    sizes = np.geomspace(now, FAR * now, GRID)
    theirs, ours = _shape(challenger.card, profile, sizes), _shape(leader.card, profile, sizes)
    if theirs is None or ours is None:
        return None
    behind, ahead = 1 - challenger.score.expected, 1 - leader.score.expected
    leads = behind * theirs / theirs[:, :1] < ahead * ours / ours[:, :1]  # (draws, sizes)
    first = np.where(leads.any(axis=1), sizes[leads.argmax(axis=1)], np.inf)
    low, middle, high = np.quantile(first, (0.1, 0.5, 0.9), method="nearest")
    if np.isfinite(first).mean() < LIKELY or middle < TIED * now:
        return None
    measured = [size for known in profile.curves.values() for size in known.sizes]
    return Crossing(
        examples=_round(middle),
        low=_round(low),
        high=_round(high) if np.isfinite(high) else None,
        learnt_from=(min(measured), max(measured)),
    )


def _ahead(one: Runner, leader: Runner) -> bool:
    """Whether more is expected of it than of the leader, who is simpler."""
    if one.score is None or leader.score is None:
        return True
    return one.score.expected > leader.score.expected


def _shape(card: Card, profile: Profile, sizes: np.ndarray) -> np.ndarray | None:
    """Return the errors of quick models of the algorithm's rule; (draws, sizes)."""
    rule, curves = rule_of(card), profile.curves
    names = {"separator": ["linear"], "smooth": ["network", "linear"]}.get(rule, [rule])
    found = [curves[name].errors_at(sizes) for name in names if name in curves]
    if not found:
        return None
    # A network can be as straight as the data ask it to be.
    least: np.ndarray = np.minimum.reduce(found).clip(1e-9)
    return least


def _sooner(leader: Runner, others: Sequence[Runner], profile: Profile) -> list[str]:
    """Name the best choice that takes at most half of the leader's time."""
    if leader.seconds is None or leader.seconds < LONG:
        return []
    for other in others:
        if other.seconds is None or other.seconds > QUICKER * leader.seconds:
            continue
        what = "" if other.score is None else f"{score(other.score.expected, profile.score_name)}, "
        return [
            f"If a fit may not take {duration(leader.seconds).removeprefix('about ')}, "
            f"{other.title} comes first ({what}{duration(other.seconds)})."
        ]
    return []


def _overtakes(who: str, whom: str, found: Crossing) -> str:
    least, most = found.learnt_from
    span = (
        f"80 % of the estimates: {found.low:,} to {found.high:,}"
        if found.high is not None
        else f"the estimates begin at {found.low:,}, and more than a tenth see it never"
    )
    return (
        f"At about {found.examples:,} labelled examples ({span}) {who} "
        f"overtakes {whom}, if learning curves measured on {least:,} to {most:,} examples go on as "
        "they went."
    )


def _round(examples: float) -> int:
    """Round to two digits: an extrapolation has no more."""
    digits = max(0, int(np.floor(np.log10(max(1.0, examples)))) - 1)
    return round(examples / 10**digits) * 10**digits
