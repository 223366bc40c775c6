"""``fieldguide sample``: new examples, of a model that generates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fieldguide.cli import _examples
from fieldguide.cli._answer import Answer, whole
from fieldguide.cli._model import Model
from fieldguide.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from fieldguide.estimator import Estimator

ORDER = 76
STEPS = 8  # examples of a walk from one sample to another
MOVING = ".gif"


def sample(
    model: Model,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="How many.")] = 16,
    label: Annotated[
        str | None, typer.Option(help="Class, where the model learnt with classes.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Decides which.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="OUT", help=_examples.OUT),
    ] = None,
    interpolate: Annotated[
        bool, typer.Option("--interpolate", help="Walk from one sample to another, 8 steps each.")
    ] = False,
    film: Annotated[
        bool, typer.Option("--film", help="Write the training film: -o FILE.gif (fit: --film 16).")
    ] = False,
) -> Answer:
    """Generate new examples, like those that the model learnt from.

    A .png file gets all pictures side by side. --interpolate shows the way from one sample to
    another, a row each; --film how the samples of the same noise came about, epoch by epoch.
    """
    fitted = _examples.loaded(model, "sample", "generate")
    facts: dict[str, Any] = {"model": str(model), "count": count, "seed": seed}
    if film:
        return _film(fitted, out, facts)
    if not interpolate:
        return _examples.answer(fitted.sample(count, seed=seed, label=label), out, "sample", facts)
    if label is not None:
        raise UsageError("--label and --interpolate do not go together. Leave one of them out.")
    from fieldguide.advisor.reporting.generated import walk

    walks = -(-count // STEPS)
    values = walk(fitted, walks=walks, steps=STEPS, seed=seed)
    facts |= {"count": walks * STEPS, "walks": walks}
    return _examples.answer(values, out, "walk", facts, columns=STEPS)


def _film(fitted: Estimator, out: Path | None, facts: dict[str, Any]) -> Answer:
    from fieldguide.advisor.reporting import generated

    if out is None or out.suffix != MOVING:
        raise UsageError("The film is a moving picture. Name a file for it: -o film.gif")
    out.parent.mkdir(parents=True, exist_ok=True)
    generated.film(fitted, out)

    def render(console: Console) -> None:
        whole(console, f"The training film was written to {out}.")

    return Answer({**facts, "written": str(out)}, render)
