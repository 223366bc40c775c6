"""``fieldguide evaluate``: score a saved model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldguide.cli import _model
from fieldguide.cli._answer import Answer, table
from fieldguide.cli._model import Model
from fieldguide.cli._reading import Data, tell_losses

if TYPE_CHECKING:
    from rich.console import Console

ORDER = 80


def evaluate(model: Model, data: Data) -> Answer:
    """Score a saved model on data with known answers."""
    fitted = _model.load(model)
    from fieldguide import formats

    target = fitted.task_.target if fitted.task_.forecast is None else None
    dataset = formats.read(data, target=target, fields=fitted.fields_)
    tell_losses(dataset.ledger)
    scores = fitted.evaluate(dataset)
    document = {
        "model": str(model),
        "data": data,
        "task": fitted.task_.name,
        "target": fitted.task_.target,
        "examples": len(dataset),
        "scores": scores,
        "ledger": dataset.ledger.counts(),
    }

    def render(console: Console) -> None:
        rows = [(name, f"{value:.4g}") for name, value in scores.items()]
        heading = f"score on {len(dataset)} examples"
        console.print(table("", (heading, "#"), rows))

    return Answer(document, render)
