"""The MODEL that a verb is given: a saved model, or the run folder of a race."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fieldguide.estimator import Estimator

Model = Annotated[
    Path,
    typer.Argument(metavar="MODEL", help="Folder of a saved model, or of a race."),
]
CONFIG, BEST = "config.json", "best"


def folder_of(model: Path) -> Path:
    """Return the folder of the model itself: that of a race holds its winner in ``best``."""
    is_race = not (model / CONFIG).exists() and (model / BEST / CONFIG).exists()
    return model / BEST if is_race else model


def load(model: Path) -> Estimator:
    """Return the saved model.

    Raises:
        ModelFolderError: There is none, or it is damaged.
    """
    from fieldguide import catalog

    return catalog.load(folder_of(model))
