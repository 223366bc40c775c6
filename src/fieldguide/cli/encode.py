"""``fieldguide encode``: the few numbers that stand for each example."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fieldguide.cli import _examples
from fieldguide.cli._answer import Answer
from fieldguide.cli._model import Model
from fieldguide.cli._reading import Data

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
    codes = _examples.asked(model, data, "encode", "encode", lambda one, some: one.encode(some))
    facts = {"model": str(model), "data": data}
    return _examples.answer(codes, out, "code", facts, named="codes")
