"""Who races, and in which order: honest baselines first, then what the advisor recommends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fieldguide import catalog
from fieldguide.data import Dataset
from fieldguide.tasks import forms_of


@dataclass
class Candidate:
    """An algorithm that may race.

    Attributes:
        name: Name in the catalog.
        deep: Whether it is deep learning: neither a baseline nor a linear model.
        seconds: Forecast of its training time, or None.
        memory_bytes: Forecast of its memory, or None.
        ruled_out: Why it does not race; empty if it may.
        place: In the recommendation, from 1; None where there was none.
    """

    name: str
    deep: bool = True
    seconds: float | None = None
    memory_bytes: int | None = None
    ruled_out: str = ""
    place: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return asdict(self)


def baselines(dataset: Dataset, task: str) -> list[Candidate]:
    """Return the baselines that can do the task on these data, the simplest first."""
    able = [entry for entry in _able(dataset, task) if entry.card.baseline]
    return [_candidate(entry) for entry in able]


def shortlist(
    dataset: Dataset,
    task: str,
    items: Sequence[dict[str, Any]] | None,
    algorithms: Sequence[str] | None = None,
) -> list[Candidate]:
    """Return who else may race, in order, those ruled out included.

    Args:
        dataset: The data.
        task: Name of the task.
        items: What `recommend` said (name, ruled_out, seconds, memory_bytes), best first, or
            None where it had no time to answer: the simplest go first then.
        algorithms: The user's choice, in order; None for all.
    """
    if items is None:
        found = [_candidate(entry) for entry in _able(dataset, task) if not entry.card.baseline]
    else:
        names = ("seconds", "memory_bytes", "ruled_out")
        entries = [(catalog.get(item["name"]), item) for item in items]
        found = [
            _candidate(entry, place=place, **{name: item.get(name) for name in names})
            for place, (entry, item) in enumerate(entries, start=1)
            if not entry.card.baseline
        ]
    if algorithms is None:
        return found
    known = {candidate.name: candidate for candidate in found}
    chosen = [catalog.get(name) for name in algorithms]
    # Whoever names an algorithm wants to see it run, whatever the advisor thinks of it.
    return [
        Candidate(**{**known.get(entry.name, _candidate(entry)).to_dict(), "ruled_out": ""})
        for entry in chosen
        if not (entry.card.baseline and entry in _able(dataset, task))
    ]


def _able(dataset: Dataset, task: str) -> list[catalog.Entry]:
    forms = set(forms_of(dataset, natural=True))
    able = [e for e in catalog.entries() if task in e.card.tasks and forms & set(e.card.inputs)]
    return sorted(able, key=lambda entry: (entry.card.capacity, entry.card.year, entry.name))


def _candidate(entry: catalog.Entry, **facts: Any) -> Candidate:
    return Candidate(entry.name, is_deep(entry), **facts)


def is_deep(entry: catalog.Entry) -> bool:
    """Whether an algorithm counts as deep learning."""
    return not entry.card.baseline and entry.card.capacity > 1
