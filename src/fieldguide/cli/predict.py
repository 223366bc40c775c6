"""``fieldguide predict``: what a saved model says about new data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fieldguide.cli import _examples, _model
from fieldguide.cli._answer import Answer, table
from fieldguide.cli._model import Model
from fieldguide.cli._reading import tell_losses
from fieldguide.errors import UsageError

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console

    from fieldguide.data import Dataset
    from fieldguide.estimator import Estimator

ORDER = 70
PICTURES = ("image_translation", "unpaired_image_translation")  # tasks whose answers are pictures
MOST_ROWS = 20  # shown on a terminal
STAMP = "%Y-%m-%d %H:%M:%S"  # how the times of forecasts are written


def predict(
    model: Model,
    input: Annotated[
        str,
        typer.Argument(
            metavar="INPUT", help="A table, an image, a folder of images, or a built-in name."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="OUT", help="CSV file to write; of pictures, a folder or .npy."
        ),
    ] = None,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", "-p", help="With the probability of each class.")
    ] = False,
) -> Answer:
    """Predict for new data, in its own terms."""
    fitted = _model.load(model)
    from fieldguide import formats

    dataset = formats.read(input, fields=fitted.fields_)
    if fitted.task_.name in PICTURES:
        return _pictures(fitted, dataset, model, input, out)
    frame = _predictions(fitted, dataset, probabilities)
    tell_losses(dataset.ledger)
    if out is not None:
        _write(frame, out)
    document = {
        "model": str(model),
        "input": input,
        "target": fitted.task_.target,
        "predictions": frame.to_dicts(),
        "ledger": dataset.ledger.counts(),
        **({} if out is None else {"written": str(out)}),
    }
    return Answer(document, lambda console: _render(console, frame, out))


def _pictures(
    fitted: Estimator, dataset: Dataset, model: Path, input: str, out: Path | None
) -> Answer:
    """Translate pictures, and write one PNG each, named after the picture that it is made of."""
    values = fitted.predict(dataset)
    tell_losses(dataset.ledger)
    names = [str(origin) for origin in dataset.origins]
    said = None if out is None else _examples.write(values, out, "picture", names=names)
    document = {
        "model": str(model), "input": input, "target": fitted.task_.target, "pictures": names,
        "shape": values.shape, "ledger": dataset.ledger.counts(),
        **({} if out is None else {"written": str(out)}),
    }  # fmt: skip

    def render(console: Console) -> None:
        console.print(said) if said else _examples.show(console, values)

    return Answer(document, render)


def _predictions(fitted: Estimator, dataset: Dataset, probabilities: bool) -> pl.DataFrame:
    """Return one row an example: where it came from, the prediction and, if asked, all shares."""
    import numpy as np
    import polars as pl

    from fieldguide.recommender import Recommender

    if probabilities and not hasattr(fitted.task_, "probabilities"):
        raise UsageError(
            f"This model does {fitted.task_.name}, which has no probabilities. "
            "Leave --probabilities out."
        )
    if fitted.task_.forecast is not None:
        table: pl.DataFrame = fitted.forecast(dataset)
        return table
    if fitted.task_.asks == "reconstruction":
        raise UsageError(
            "This model represents examples, and predicts nothing. Use `fieldguide encode`, or "
            "`fieldguide reconstruct`."
        )
    if isinstance(fitted, Recommender) and fitted.asks_for_lists(dataset):
        return fitted.recommendations(dataset)
    outputs = fitted.predict(dataset)
    origin = "row" if np.asarray(dataset.origins).dtype.kind in "iu" else "file"
    columns: dict[str, Any] = {origin: dataset.origins.tolist()}
    if fitted.task_.asks == "surprise":
        columns["strangeness"] = -fitted.score_samples(dataset)
    if outputs.ndim == 1:
        columns["prediction"] = outputs.tolist()
    else:
        columns |= {f"prediction_{i + 1}": outputs[:, i] for i in range(outputs.shape[1])}
    if probabilities:
        shares = fitted.predict_proba(dataset)
        names = [f"probability of {name}" for name in fitted.classes_.tolist()]
        columns |= {name: shares[:, place] for place, name in enumerate(names)}
    return pl.DataFrame(columns, strict=False)


def _render(console: Console, frame: pl.DataFrame, out: Path | None) -> None:
    if out is not None:
        console.print(f"{len(frame)} predictions written to {out}.")
        return
    if not console.is_terminal:
        console.file.write(frame.write_csv(datetime_format=STAMP))
        return
    rows = [[_short(value) for value in row] for row in frame.head(MOST_ROWS).iter_rows()]
    console.print(table("", frame.columns, rows))
    if len(frame) > MOST_ROWS:
        console.print(f"… and {len(frame) - MOST_ROWS} more. -o FILE.csv writes all of them.")


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _write(frame: pl.DataFrame, out: Path) -> None:
    import os

    if out.is_dir():
        raise UsageError(f"{out} is a folder. Name a file, such as -o {out}/predictions.csv.")
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = out.with_name(f".{out.name}.new")
    frame.write_csv(beside, datetime_format=STAMP)
    os.replace(beside, out)
