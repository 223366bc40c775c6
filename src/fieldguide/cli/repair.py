"""``fieldguide repair``: values that cannot be true, and missing ones, replaced."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fieldguide.cli import _examples
from fieldguide.cli._answer import Answer
from fieldguide.cli._model import Model
from fieldguide.cli._reading import Data

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

ORDER = 75


def repair(
    model: Model,
    data: Data,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="OUT", help=_examples.OUT),
    ] = None,
    threshold: Annotated[
        float, typer.Option(metavar="DEVIATIONS", help="How far off a value may be, above 0.")
    ] = 5.0,
) -> Answer:
    """Replace outliers and gaps by what other values make likely."""
    found = _examples.asked(
        model, data, "repair", "repair",
        lambda one, some: one.repair(some, threshold=threshold),
    )  # fmt: skip
    replaced = _counts(found.mask)
    parts = ", ".join(f"{name} {count}" for name, count in replaced.items() if count)
    facts = {"model": str(model), "data": data, "replaced": replaced}
    note = f"Values replaced: {parts or 'none'}."
    return _examples.answer(found.values, out, "repaired", facts, note=note)


def _counts(mask: np.ndarray | pl.DataFrame) -> dict[str, int]:
    """Return how many values were replaced, by column where there are columns."""
    if hasattr(mask, "columns"):
        return {name: int(mask[name].sum()) for name in mask.columns}
    return {"values": int(mask.sum())}
