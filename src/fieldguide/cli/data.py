"""``fieldguide data``: the built-in data sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fieldguide.cli._answer import Answer, table
from fieldguide.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from rich.console import Console

ORDER = 20


def data(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="One of them, such as `iris`.")
    ] = None,
) -> Answer:
    """List the data sets that are built in, available offline."""
    from fieldguide.formats import builtin

    samples = builtin.SAMPLES
    if name is not None and name not in samples:
        raise UsageError(
            f"There is no built-in data set '{name}'.{did_you_mean(name, samples)} "
            f"Built in: {', '.join(sorted(samples))}. For a file, use `fieldguide inspect {name}`."
        )
    shown = sorted(samples) if name is None else [name]
    document = [
        {"name": one, "about": samples[one].about, "target": samples[one].target} for one in shown
    ]

    def render(console: Console) -> None:
        rows = [(one["name"], one["target"], one["about"]) for one in document]
        console.print(table("", ("name", "to predict", "what it holds"), rows))
        console.print(f"Try `fieldguide recommend {shown[0]}`.")

    return Answer(document if name is None else document[0], render)
