"""``fieldguide repair``: values that cannot be true, and missing ones, replaced."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fieldguide.cli import _examples, _model
from fieldguide.cli._answer import Answer
from fieldguide.cli._model import Model
from fieldguide.cli._reading import Data, tell_losses

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from rich.console import Console

ORDER = 75


def repair(
    model: Model,
    data: Data,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="OUT", help=".csv or .npy file, or folder of PNGs."),
    ] = None,
    threshold: Annotated[
        float, typer.Option(metavar="DEVIATIONS", help="How far off a value may be, above 0.")
    ] = 5.0,
) -> Answer:
    """Replace outliers and gaps by what other values make likely."""
    fitted = _model.load(model)
    from fieldguide import formats

    _examples.able(fitted, "repair", "repair")
    dataset = formats.read(data, fields=fitted.fields_)
    found = fitted.repair(dataset, threshold=threshold)
    tell_losses(dataset.ledger)
    said = None if out is None else _examples.write(found.values, out, "repaired")
    replaced = _counts(found.mask)
    document = {
        "model": str(model), "data": data, "replaced": replaced,
        "examples": _examples.plain(found.values), "written": said and str(out),
    }  # fmt: skip

    def render(console: Console) -> None:
        if not said:
            _examples.show(console, found.values)
            return
        parts = ", ".join(f"{name} {count}" for name, count in replaced.items() if count)
        console.print(f"{said} Values replaced: {parts or 'none'}.")

    return Answer(document, render)


def _counts(mask: np.ndarray | pl.DataFrame) -> dict[str, int]:
    """Return how many values were replaced, by column where there are columns."""
    if hasattr(mask, "columns"):
        return {name: int(mask[name].sum()) for name in mask.columns}
    return {"values": int(mask.sum())}
