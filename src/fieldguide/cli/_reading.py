"""Reading DATA, with the options that every verb which reads it shares."""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fieldguide.cli._answer import say
from fieldguide.cli._values import share

if TYPE_CHECKING:
    from fieldguide.data import Dataset, Ledger

Data = Annotated[
    str,
    typer.Argument(metavar="DATA", help="A file, a folder, or the name of a built-in data set."),
]
MaybeData = Annotated[
    str | None, typer.Argument(metavar="DATA", help="A file, a folder, or a built-in name.")
]
Task = Annotated[
    str,
    typer.Option(
        metavar="TASK",
        help="auto, classification, regression, forecasting, recommendation, representation, "
        "outliers, generation, image_translation, unpaired_image_translation.",
    ),
]

_OPTIONS: dict[str, tuple[str, str]] = {
    "target": ("COLUMN", "Column to predict (several for a forecast); guessed, if left out."),
    "group": ("COLUMN", "Column whose values stay together in a split, such as a patient."),
    "time": ("COLUMN", "Column of times: splits then cut between past and future."),
    "sheet": ("NAME", "Sheet of a workbook."),
    "series": ("COLUMN", "Forecasts: column that names the series, where there are several."),
    "known": ("COLUMN,…", "Forecasts: columns known in the future too, such as holidays."),
    "every": ("SPACING", "Forecasts: average irregular rows to this, such as 1h."),
    "user": ("COLUMN", "Ratings: column that names who rates; the rows are then ratings."),
    "item": ("COLUMN", "Ratings: column that names what is rated."),
    "rating": ("COLUMN", "Ratings: column of the ratings."),
}
_STEPS: dict[str, str] = {
    "horizon": "Forecast so many steps of the series that the rows are.",
    "lookback": "Forecasts: steps to look back on; chosen where left out.",
    "season": "Forecasts: steps after which the series repeat; found where left out.",
}
_ENDS: dict[str, str] = {
    "lowest": "Ratings: lowest there can be; the lowest there is, where left out.",
    "highest": "Ratings: highest there can be; the highest there is, where left out.",
}
ALLOWED_LOSS = 0.05


def options() -> list[inspect.Parameter]:
    """Return the parameters that `read` takes as keywords."""
    texts = [
        _keyword(name, Annotated[str | None, typer.Option(metavar=metavar, help=help)], None)
        for name, (metavar, help) in _OPTIONS.items()
    ]
    texts += [
        _keyword(name, Annotated[int | None, typer.Option(metavar="STEPS", min=1, help=help)], None)
        for name, help in _STEPS.items()
    ]
    texts += [
        _keyword(name, Annotated[float | None, typer.Option(metavar="NUMBER", help=help)], None)
        for name, help in _ENDS.items()
    ]
    help = "Share of the rows that may be unusable before the data are refused."
    allowed = typer.Option(metavar="SHARE", parser=share, help=help)
    return [*texts, _keyword("allowed_loss", Annotated[float, allowed], str(ALLOWED_LOSS))]


def read(
    data: str,
    *,
    allowed_loss: float = ALLOWED_LOSS,
    check: bool = False,
    able: Sequence[str] = (),
    **chosen: str | int | float | None,
) -> Dataset:
    """Read DATA.

    Args:
        data: Path or name.
        allowed_loss: Largest share of unusable rows, where that is checked.
        check: Whether to refuse data that lose more than that, and to speak of what they lose.
        able: Names of the tasks in question, if they are known: a target is guessed only where one
            of them has a use for it.
        chosen: Target, group, time, sheet and what is asked of series or ratings; None where the
            user named none.

    Raises:
        DataError: The data break a rule.
    """
    from fieldguide import formats, tasks

    named = {name: value for name, value in chosen.items() if value is not None}
    rows_alone = tasks.all_without_target(able)
    if rows_alone:
        named.setdefault("target", "")
    pairs = tasks.wants_pairs(able)
    dataset = formats.read(data, pairs=pairs, **named)  # type: ignore[arg-type]
    if check:
        dataset.ledger.check(allowed_loss)
        tell_losses(dataset.ledger)
        guessed = dataset.target is not None and not chosen.get("target")
        if guessed and not rows_alone and dataset.ratings is None:
            say(f"To predict: '{dataset.target}' ({dataset.target_reason}).")
        if dataset.forecast is not None:
            say(dataset.forecast.sentence)
        if dataset.ratings is not None:
            say(dataset.ratings.sentence)
    return dataset


def tell_losses(ledger: Ledger) -> None:
    """Say on standard error what was excluded or repaired, counted by reason."""
    for reason, count in ledger.counts().items():
        if not reason.startswith("noted"):
            say(f"{count} of {ledger.total} {reason}")


def words(chosen: Mapping[str, Any]) -> str:
    """Return options of reading as they are written, a blank before each."""
    known = {**_OPTIONS, **_STEPS, **_ENDS, "task": ""}
    named = {name: value for name, value in chosen.items() if name in known}
    parts = [f"--{name} {shlex.quote(str(v))}" for name, v in named.items() if v is not None]
    return "".join(f" {part}" for part in parts)


def input_file(path: str) -> str:
    """Return the name that results about a path are filed under: without folder and suffixes."""
    name = Path(path).name or Path(path).resolve().name
    return name.split(".")[0] or name


def _keyword(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )
