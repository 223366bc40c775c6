"""``fieldguide inspect``: what is in the data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldguide.cli import _reading
from fieldguide.cli._answer import Answer, table
from fieldguide.cli._reading import Data, Task

if TYPE_CHECKING:
    from inspect import Parameter

    from rich.console import Console

    from fieldguide.data import Dataset

ORDER = 30
MOST_PLACES = 5  # rows named for each reason


def parameters(words: list[str]) -> list[Parameter]:
    """Return the options of reading."""
    return _reading.options()


def inspect(data: Data, task: Task = "auto", **reading: Any) -> Answer:
    """Look at data: fields, task, and what is unusable."""
    dataset = _reading.read(data, **reading)
    from fieldguide.advisor.profile import profile

    found = profile(dataset, task)
    document = {**found.to_dict(), "ledger": dataset.ledger.to_dict()}

    def render(console: Console) -> None:
        rows = [
            (known.name, known.kind, known.missing or "", _role(dataset, known.name, known.reason))
            for known in dataset.fields.values()
        ]
        console.print(table("", ("column", "kind", "missing#", "why"), rows))
        for sentence in found.sentences():
            console.print(f"- {sentence}")
        for line in _ledger(dataset):
            console.print(line)

    return Answer(document, render)


def _role(dataset: Dataset, name: str, reason: str) -> str:
    return f"{reason} (to predict)" if name == dataset.target else reason


def _ledger(dataset: Dataset) -> list[str]:
    ledger = dataset.ledger
    lines = [f"Of {ledger.total} examples, {ledger.used} are used and {ledger.excluded} excluded."]
    for entry in ledger.entries:
        places = ", ".join(str(place) for place in entry.places[:MOST_PLACES])
        more = (
            f" and {len(entry.places) - MOST_PLACES} more"
            if len(entry.places) > MOST_PLACES
            else ""
        )
        where = f" in '{entry.field}'" if entry.field else ""
        rows = "row" if isinstance(entry.places[0], str) is False else "file"
        lines.append(f"  {entry.status}: {entry.reason}{where} ({rows} {places}{more})")
    return lines
