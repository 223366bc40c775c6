"""``fieldguide reconstruct``: what a model makes of each example."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fieldguide.cli import _examples
from fieldguide.cli._answer import Answer
from fieldguide.cli._model import Model
from fieldguide.cli._reading import Data

ORDER = 74


def reconstruct(
    model: Model,
    data: Data,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="OUT", help=_examples.OUT),
    ] = None,
) -> Answer:
    """Encode examples and decode them again."""
    values = _examples.asked(
        model, data, "reconstruct", "reconstruct", lambda one, some: one.reconstruct(some)
    )
    return _examples.answer(values, out, "reconstruction", {"model": str(model), "data": data})
