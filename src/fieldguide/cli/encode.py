"""``fieldguide encode``: the few numbers that stand for each example."""

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

ORDER = 72


def encode(
    model: Model,
    data: Data,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help=".csv or .npy file to write."),
    ] = None,
) -> Answer:
    """Turn examples into codes, one row of numbers each."""
    fitted = _model.load(model)
    from fieldguide import formats

    _examples.able(fitted, "encode", "encode")
    dataset = formats.read(data, fields=fitted.fields_)
    codes = fitted.encode(dataset)
    tell_losses(dataset.ledger)
    said = None if out is None else _examples.write(codes, out, "code")
    document = {"model": str(model), "data": data, "codes": codes, "written": said and str(out)}

    def render(console: Console) -> None:
        console.print(said) if said else _examples.show(console, codes)

    return Answer(document, render)
