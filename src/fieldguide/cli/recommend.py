"""``fieldguide recommend``: which algorithms fit the data, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fieldguide.cli import _reading
from fieldguide.cli._answer import Answer, bullets, table
from fieldguide.cli._reading import Data, Task
from fieldguide.cli._values import spoken_duration, spoken_size

if TYPE_CHECKING:
    from inspect import Parameter

    from rich.console import Console

    from fieldguide.advisor.recommending.recommendation import Recommendation

ORDER = 40


def parameters(words: list[str]) -> list[Parameter]:
    """Return the options of reading."""
    return _reading.options()


def recommend(
    data: Data,
    task: Task = "auto",
    probe: Annotated[
        bool, typer.Option(help="Train each for a moment, to forecast its time and memory.")
    ] = True,
    seed: Annotated[int, typer.Option(min=0, help="Decides which examples are looked at.")] = 0,
    **reading: Any,
) -> Answer:
    """Say which algorithms fit data, in order, and why."""
    dataset = _reading.read(data, check=True, **reading)
    from fieldguide.advisor.recommending.recommend import recommend as advise

    advice = advise(dataset, task=task, probe=probe, seed=seed)

    def render(console: Console) -> None:
        score = advice.profile.score_name.replace("_", " ")
        rows = [
            (one.rank, one.name, _score(one), _time(one), _memory(one)) for one in advice.ranked
        ]
        headings = ("", "algorithm", f"{score} expected", "time", "memory")
        console.print(table("", headings, rows))
        for one in advice.ranked:
            console.print(f"{one.rank}. {one.title}", style="bold")
            bullets(console, "   +", one.reasons)
            bullets(console, "   -", one.doubts)
        if advice.ruled_out:
            console.print("Not for these data", style="bold")
            bullets(console, "   ", [f"{one.title}: {one.ruled_out}" for one in advice.ruled_out])
        bullets(console, "", advice.notes)
        if advice.ranked:
            console.print(f"Next: fieldguide race {data} --budget 10m")

    return Answer({"data": data, **advice.to_dict()}, render)


def _score(one: Recommendation) -> str:
    found = one.score
    return "" if found is None else f"{found.expected:.3f} ({found.low:.3f} to {found.high:.3f})"


def _time(one: Recommendation) -> str:
    return "" if one.seconds is None else spoken_duration(one.seconds)


def _memory(one: Recommendation) -> str:
    return "" if one.memory_bytes is None else spoken_size(one.memory_bytes)
