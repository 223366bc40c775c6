"""``fieldguide report``: write the report of a race again, with what the race had no time for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fieldguide.cli._answer import Answer, whole
from fieldguide.cli._values import duration

if TYPE_CHECKING:
    from rich.console import Console

ORDER = 55
Run = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a race.")]


def time_or_none(text: str | float) -> float:
    """Return seconds; 0 is allowed, and asks for no closer look."""
    return 0.0 if str(text).strip() in ("0", "0s", "0m") else duration(text)


Time = Annotated[
    float,
    typer.Option(metavar="TIME", parser=time_or_none, help="For a closer look; 0 for none."),
]


def report(run: Run, time: Time = "1m") -> Answer:  # type: ignore[assignment]
    """Rebuild a race's report; look closer at its winner."""
    from fieldguide.advisor.reporting.report import rebuild

    document = rebuild(run, seconds=time)

    def render(console: Console) -> None:
        console.print(document["verdict"][0] if document["verdict"] else "Nobody has finished yet.")
        for file in document["files"]:
            whole(console, str(file))
        if document["unfinished"]:
            console.print(
                f"No time was left for: {', '.join(document['unfinished'])}. Give more with --time."
            )

    return Answer(document, render)
