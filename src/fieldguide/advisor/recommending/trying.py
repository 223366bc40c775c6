"""What is tried on this machine before anything is said: a few steps of all, rehearsals of some."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from fieldguide import tasks
from fieldguide.advisor import machine
from fieldguide.advisor.profiling.profile import Profile
from fieldguide.advisor.profiling.sample import with_known_target
from fieldguide.advisor.recommending import rehearsal
from fieldguide.advisor.recommending.expected import Forecast
from fieldguide.advisor.recommending.probe import Cost, Trial, prepare
from fieldguide.advisor.recommending.probe import probe as probe_one
from fieldguide.advisor.recommending.rehearsal import Rehearsal
from fieldguide.catalog import Entry
from fieldguide.data import Dataset

PROBING = 20.0  # seconds for all probes together, after which algorithms go without


@dataclass(frozen=True)
class Candidate:
    """An algorithm that may be recommended.

    Attributes:
        entry: In the catalog.
        score: Forecast, or None where nothing can be said.
        cost: What the probe found, or None.
        objection: Why it is ruled out; empty if it is not.
    """

    entry: Entry
    score: Forecast | None
    cost: Cost | None = None
    objection: str = ""

    @property
    def seconds(self) -> float | None:
        """Forecast of a fit on all examples, or None."""
        return None if self.cost is None else self.cost.seconds


def probed(
    candidates: Sequence[Candidate],
    dataset: Dataset,
    profile: Profile,
    seed: int,
    notes: list[str],
    on_work: Callable[[str], None],
) -> list[Candidate]:
    """Probe the candidates in order while there is time, and rule out what does not run here."""
    if all(one.objection for one in candidates):
        return list(candidates)
    kind = tasks.choose(dataset, profile.task)[0]
    began = time.perf_counter()
    trial = prepare(with_known_target(dataset), kind, seed)
    done = []
    # Networks first: a few of their steps take a known time, a whole fit of the others does not.
    for one in sorted(candidates, key=lambda one: one.entry.card.baseline):
        if one.objection or time.perf_counter() - began > PROBING:
            done.append(one)
            continue
        on_work(f"A few steps of {one.entry.card.title}")
        done.append(_with_cost(one, trial))
    left = [one.entry.name for one in done if one.cost is None and not one.objection]
    if left:
        notes.append(f"No time was left to probe: {', '.join(left)}.")
    return done


def _with_cost(one: Candidate, trial: Trial) -> Candidate:
    cost, memory = probe_one(one.entry, trial), machine.memory_bytes()
    if cost.problem:
        return replace(
            one, cost=cost, objection=f"A trial on a few examples failed: {cost.problem}"
        )
    if cost.memory_bytes is not None and cost.memory_bytes > memory:
        problem = (
            f"It needs about {cost.memory_bytes / 2**30:.1f} GiB of memory; this machine has "
            f"{memory / 2**30:.1f}."
        )
        return replace(one, cost=cost, objection=problem)
    return replace(one, cost=cost)


def rehearsed(
    candidates: Sequence[Candidate],
    dataset: Dataset,
    profile: Profile,
    seed: int,
    on_work: Callable[[str], None],
) -> dict[str, Rehearsal]:
    """Let those rehearse, of candidates in order, that may be the first choice.

    Returns:
        What came of it, by name.
    """
    known = {one.entry.name: one for one in candidates if not one.objection and one.seconds}
    if profile.task not in rehearsal.TASKS or not profile.landmarks:
        return {}
    waiting = rehearsal.contenders({name: one.score for name, one in known.items()})
    data = rehearsal.learnable(with_known_target(dataset))
    costs = {name: known[name].seconds or 0.0 for name in waiting}

    def one(name: str, share: float) -> Rehearsal | None:
        entry = known[name].entry
        on_work(f"{entry.card.title} rehearses on a part of the data")
        return rehearsal.rehearse(entry, data, profile.task, costs[name], share, seed)

    return rehearsal.hold(costs, one)
