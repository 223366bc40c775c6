"""``fieldguide sample``: new examples, of a model that generates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fieldguide.cli import _examples, _model
from fieldguide.cli._answer import Answer
from fieldguide.cli._model import Model

if TYPE_CHECKING:
    from rich.console import Console

ORDER = 76


def sample(
    model: Model,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="How many.")] = 16,
    label: Annotated[
        str | None, typer.Option(help="Class, where the model learnt with classes.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Decides which.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="OUT", help=".csv or .npy file, or folder of PNGs."),
    ] = None,
) -> Answer:
    """Generate new examples, like those that the model learnt from."""
    fitted = _model.load(model)
    _examples.able(fitted, "sample", "generate")
    values = fitted.sample(count, seed=seed, label=label)
    said = None if out is None else _examples.write(values, out, "sample")
    document = {
        "model": str(model), "count": count, "seed": seed, "examples": _examples.plain(values),
        "written": said and str(out),
    }  # fmt: skip

    def render(console: Console) -> None:
        console.print(said) if said else _examples.show(console, values)

    return Answer(document, render)
