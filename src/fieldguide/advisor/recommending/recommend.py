"""Recommend: every algorithm of the catalog, ranked or ruled out, computed from cards and profile.

No rule knows an algorithm by name. An algorithm is placed by what its card says about the rule it
finds, its capacity and its appetite for examples, and by what quick models of the same shape scored
on the data at hand; one that another package brings takes part like ours.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from fieldguide import catalog
from fieldguide.advisor import machine
from fieldguide.advisor.profiling.duplicates import refuse_all_the_same
from fieldguide.advisor.profiling.profile import Profile
from fieldguide.advisor.profiling.profile import profile as measure
from fieldguide.advisor.recommending import of_pictures, without_target
from fieldguide.advisor.recommending.changes import Runner, changes
from fieldguide.advisor.recommending.eligible import objection, remedy
from fieldguide.advisor.recommending.expected import Forecast
from fieldguide.advisor.recommending.experience import Experience
from fieldguide.advisor.recommending.first_guess import noise
from fieldguide.advisor.recommending.forecast import forecast
from fieldguide.advisor.recommending.grounds import evidence, facts
from fieldguide.advisor.recommending.reasons import doubts, reasons
from fieldguide.advisor.recommending.recommendation import (
    Alternative,
    Recommendation,
    Recommendations,
    duration,
)
from fieldguide.advisor.recommending.rehearsal import Rehearsal
from fieldguide.advisor.recommending.trying import Candidate, probed, rehearsed
from fieldguide.catalog import Entry
from fieldguide.data import Dataset
from fieldguide.errors import DataError

DEAR = 60.0  # seconds of a fit from which a cheaper equal is named
SIMPLER = 0.5  # standard deviations of the score that a step in capacity must bring


def recommend(
    dataset: Dataset,
    *,
    profile: Profile | None = None,
    probe: bool = True,
    rehearse: bool = True,
    seed: int = 0,
    task: str = "auto",
    entries: Iterable[Entry] | None = None,
    experience: Experience | None = None,
    rehearsals: Mapping[str, Rehearsal] | None = None,
    on_work: Callable[[str], None] = lambda doing: None,
) -> Recommendations:
    """Rank every algorithm for a data set, or rule it out.

    Args:
        dataset: The data.
        profile: Its profile, if it was measured already.
        probe: Whether to run a few steps of each candidate on this machine for the forecasts of
            time and memory.
        rehearse: Whether those that may be the first choice are tried on a part of the data, which
            takes half a minute at most; only with ``probe``, which says how much they can learn in
            that time.
        seed: Decides which examples are looked at.
        task: Name of the task, or ``"auto"`` to look at the target.
        entries: Algorithms to consider; by default the whole catalog.
        experience: What recorded races teach; by default those that come with the package.
        rehearsals: What is known from former rehearsals on these data, by name.
        on_work: Told what is being done, in a few words, whenever that changes.

    Raises:
        DataError: The data pose no task, or hold nothing to learn from.
    """
    if profile is None:
        on_work("Measuring the data")
    seen = measure(dataset, task, seed=seed) if profile is None else profile
    if not seen.task:
        raise DataError(
            f"there is nothing to recommend without a task: {seen.task_reason}",
            "Name the column to predict with target=… (--target).",
        )
    if without_target.concerns(seen):
        refuse_all_the_same(dataset)
    began = time.perf_counter()
    known = catalog.entries() if entries is None else tuple(entries)
    done = dict(rehearsals or {})
    candidates = [
        Candidate(
            entry,
            _expected(entry, seen, experience, done.get(entry.name)),
            objection=objection(entry.card, seen),
        )
        for entry in known
    ]
    notes: list[str] = []
    if probe:
        candidates = probed(_ordered(candidates, seen), dataset, seen, seed, notes, on_work)
    if probe and rehearse:
        done |= rehearsed(_ordered(candidates, seen), dataset, seen, seed, on_work)
        candidates = [
            replace(one, score=_expected(one.entry, seen, experience, done[one.entry.name]))
            if one.entry.name in done
            else one
            for one in candidates
        ]
    items = _placed(_ordered(candidates, seen), seen)
    return Recommendations(items, seen, tuple(notes), round(time.perf_counter() - began, 3))


def _expected(
    entry: Entry, seen: Profile, experience: Experience | None, rehearsal: Rehearsal | None
) -> Forecast | None:
    """Return the score to expect, or None where nothing can be said."""
    for room in (without_target, of_pictures):
        if room.concerns(seen):
            return room.expected(entry.card, seen)
    return forecast(entry.card, seen, entry.name, experience, rehearsal)


def _ordered(candidates: Sequence[Candidate], profile: Profile) -> list[Candidate]:
    """Put candidates in order: the best first, those ruled out last."""
    return sorted(candidates, key=lambda one: _key(one, profile))


def _key(one: Candidate, profile: Profile) -> tuple[bool | float | str, ...]:
    card = one.entry.card
    worth = 0.0
    if without_target.concerns(profile):
        worth = without_target.standing(card, profile)
    elif of_pictures.concerns(profile):
        worth = of_pictures.standing(card, profile)
    elif one.score is not None:  # a more complex rule must bring more than chance would
        worth = one.score.expected - SIMPLER * noise(card, profile) * card.capacity
    return (
        bool(one.objection),
        -round(worth, 6),
        card.capacity,
        not card.baseline,
        -card.year,
        one.entry.name,
    )


def _placed(candidates: Sequence[Candidate], profile: Profile) -> tuple[Recommendation, ...]:
    usable = [one for one in candidates if not one.objection]
    runners = [_runner(one) for one in usable]
    ranked = [
        _ranked(one, rank, runners, profile, candidates) for rank, one in enumerate(usable, start=1)
    ]
    return (*ranked, *(_ruled_out(one, profile) for one in candidates if one.objection))


def _runner(one: Candidate) -> Runner:
    return Runner(one.entry.card.title, one.entry.card, one.score, one.seconds)


def _dear(one: Candidate, others: Sequence[Candidate]) -> list[str]:
    """Name an algorithm that is expected to do as well in a tenth of the time."""
    if one.score is None or one.cost is None or (one.cost.seconds or 0) < DEAR:
        return []
    for other in others:
        if other.objection or other.score is None or other.cost is None:
            continue
        seconds = other.cost.seconds
        as_good = other.score.expected >= one.score.expected - 1e-3
        if seconds is not None and as_good and 10 * seconds < (one.cost.seconds or 0):
            title = other.entry.card.title
            return [f"{title} is expected to do as well, in {duration(seconds)}."]
    return []


def _alternative(others: Sequence[Candidate]) -> Alternative | None:
    """Return the best choice outside deep learning."""
    for one in others:
        if one.entry.card.baseline and not one.objection:
            runner = _runner(one)
            return Alternative(one.entry.name, runner.title, runner.score, runner.seconds)
    return None


def _ranked(
    one: Candidate,
    rank: int,
    runners: Sequence[Runner],
    profile: Profile,
    others: Sequence[Candidate],
) -> Recommendation:
    entry, cost = one.entry, one.cost
    card = entry.card
    return Recommendation(
        name=entry.name,
        title=card.title,
        baseline=card.baseline,
        rank=rank,
        reasons=tuple(reasons(card, profile)),
        doubts=(*doubts(card, profile, cost), *_dear(one, others)),
        changes=changes(runners[rank - 1], runners, profile),
        facts=facts(card, profile),
        alternative=None if card.baseline else _alternative(others),
        evidence=evidence(one.score, cost, profile),
        score=one.score,
        seconds=one.seconds,
        memory_bytes=None if cost is None else cost.memory_bytes,
    )


def _ruled_out(one: Candidate, profile: Profile) -> Recommendation:
    card, cost = one.entry.card, one.cost
    needed = None if cost is None else cost.memory_bytes
    way = remedy(card, profile)
    if not way and needed is not None and needed > machine.memory_bytes():
        way = f"A machine with {needed / 2**30:.0f} GiB of memory or more would let it in."
    return Recommendation(
        name=one.entry.name,
        title=card.title,
        baseline=card.baseline,
        ruled_out=one.objection,
        changes=(way,) if way else (),
        facts=facts(card, profile),
        evidence="Its card and the data."
        if cost is None
        else "A few steps of it, run on this machine.",
    )
