"""``fieldguide recommend``: which algorithms fit the data, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fieldguide.cli import _reading
from fieldguide.cli._answer import Answer, table
from fieldguide.cli._reading import Data
from fieldguide.cli._values import spoken_duration, spoken_size

if TYPE_CHECKING:
    from inspect import Parameter

    from rich.console import Console

ORDER = 40


def parameters(words: list[str]) -> list[Parameter]:
    """Return the options of reading."""
    return _reading.options()


def recommend(
    data: Data,
    probe: Annotated[
        bool, typer.Option(help="Train each for a moment, to forecast its time and memory.")
    ] = True,
    seed: Annotated[int, typer.Option(min=0, help="Decides which examples are looked at.")] = 0,
    **reading: Any,
) -> Answer:
    """Say which algorithms fit data, in order, and why."""
    dataset = _reading.read(data, check=True, **reading)
    from fieldguide.advisor.recommend import recommend as advise

    advice = advise(dataset, probe=probe, seed=seed)
    document = {
        "data": data,
        "target": dataset.target,
        "algorithms": [item.to_dict() for item in advice],
    }

    def render(console: Console) -> None:
        fitting = [item for item in advice if not item.ruled_out]
        rows = [
            (
                item.rank,
                item.name,
                "" if item.seconds is None else spoken_duration(item.seconds),
                "" if item.memory_bytes is None else spoken_size(item.memory_bytes),
                "\n".join(
                    [f"+ {reason}" for reason in item.reasons]
                    + [f"- {doubt}" for doubt in item.doubts]
                ),
            )
            for item in fitting
        ]
        console.print(table("", ("#", "algorithm", "time#", "memory#", "for and against"), rows))
        for item in advice:
            if item.ruled_out:
                console.print(f"Not {item.name}: {'; '.join(item.doubts or item.reasons)}")
        if fitting:
            console.print(f"Next: fieldguide race {data} --budget 10m")

    return Answer(document, render)
