"""``fieldguide inspect``: what is in the data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldguide.cli import _reading
from fieldguide.cli._answer import Answer, bullets, table, working
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
    dataset = _reading.read(data, able=(task,), **reading)
    from fieldguide.advisor.profiling.profile import profile

    with working() as told:
        told("Measuring the data")
        found = profile(dataset, task)
    document = {**found.to_dict(), "ledger": dataset.ledger.to_dict()}

    def render(console: Console) -> None:
        rows = [
            (known.name, known.kind, known.missing or "", _role(dataset, known.name, known.reason))
            for known in dataset.fields.values()
        ]
        console.print(table("", ("column", "kind", "missing#", "why"), rows))
        bullets(console, "-", found.sentences())
        bullets(console, "  ", _places(dataset))

    return Answer(document, render)


def _role(dataset: Dataset, name: str, reason: str) -> str:
    return f"{reason} (to predict)" if name == dataset.target else reason


def _places(dataset: Dataset) -> list[str]:
    """Return, for each reason in the ledger, where it applies."""
    lines = []
    for entry in dataset.ledger.entries:
        named = ", ".join(str(place) for place in entry.places[:MOST_PLACES])
        others = len(entry.places) - MOST_PLACES
        more = f" and {others} more" if others > 0 else ""
        where = f" in '{entry.field}'" if entry.field else ""
        what = "file" if isinstance(entry.places[0], str) else "row"
        lines.append(f"{entry.status}: {entry.reason}{where} ({what} {named}{more})")
    return lines
