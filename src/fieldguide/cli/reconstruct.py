"""``fieldguide reconstruct``: what a model makes of each example."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fieldguide.cli import _examples, _model
from fieldguide.cli._answer import Answer
from fieldguide.cli._model import Model
from fieldguide.cli._reading import Data, tell_losses

if TYPE_CHECKING:
    from rich.console import Console

ORDER = 74


def reconstruct(
    model: Model,
    data: Data,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="OUT", help=".csv or .npy file, or folder of PNGs."),
    ] = None,
) -> Answer:
    """Encode examples and decode them again."""
    fitted = _model.load(model)
    from fieldguide import formats

    _examples.able(fitted, "reconstruct", "reconstruct")
    dataset = formats.read(data, fields=fitted.fields_)
    values = fitted.reconstruct(dataset)
    tell_losses(dataset.ledger)
    said = None if out is None else _examples.write(values, out, "reconstruction")
    document = {
        "model": str(model), "data": data, "examples": _examples.plain(values),
        "written": said and str(out),
    }  # fmt: skip

    def render(console: Console) -> None:
        console.print(said) if said else _examples.show(console, values)

    return Answer(document, render)
