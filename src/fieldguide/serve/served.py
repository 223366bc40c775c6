"""A model as the server sees it: what it takes, what it says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from fieldguide import catalog
from fieldguide.codecs import Array, Boolean, Category, Codec, DateTime, Number, Picture
from fieldguide.data import Dataset
from fieldguide.errors import UsageError

if TYPE_CHECKING:
    from fieldguide.estimator import Estimator

FORMS = ("image", "array", "table")  # of inputs that a request can hold
MOST_WORDS = 50  # words of a category that are offered for choice


@dataclass(frozen=True)
class Served:
    """A fitted estimator with a name.

    Attributes:
        name: Name of its folder.
        estimator: The model.
    """

    name: str
    estimator: Estimator

    @property
    def codecs(self) -> dict[str, Codec]:
        """The input codecs by column."""
        return self.estimator.task_.inputs.codecs

    @property
    def form(self) -> str:
        """``"image"``, ``"array"`` or ``"table"``."""
        return self.estimator.task_.inputs.form

    def describe(self) -> dict[str, Any]:
        """Return a JSON-ready description: algorithm, task, fields."""
        task = self.estimator.task_
        return {
            "name": self.name,
            "algorithm": catalog.name_of(type(self.estimator)),
            "title": self.estimator.card.title,
            "task": task.name,
            "target": task.target,
            "classes": [str(name) for name in getattr(task, "classes", [])],
            "form": self.form,
            "fields": [self._field(name, codec) for name, codec in self.codecs.items()],
        }

    def predict(self, dataset: Dataset) -> list[dict[str, Any]]:
        """Return one record an example: the prediction and, of classes, their probabilities."""
        values = np.asarray(self.estimator.predict(dataset)).tolist()
        records: list[dict[str, Any]] = [{"prediction": value} for value in values]
        if hasattr(self.estimator.task_, "probabilities"):
            names = [str(name) for name in self.estimator.classes_.tolist()]
            shares = self.estimator.predict_proba(dataset).tolist()
            for record, row in zip(records, shares, strict=True):
                record["probabilities"] = dict(zip(names, row, strict=True))
        return records

    def date_format(self, name: str) -> str:
        """Return how a column of dates is written; empty for ISO 8601."""
        recipe = self.estimator.fields_[name].facts.get("recipe", {})
        return str(recipe.get("format", ""))

    def _field(self, name: str, codec: Codec) -> dict[str, Any]:
        facts: dict[str, Any] = {"name": name, "kind": codec.name}
        if isinstance(codec, Category):
            facts["words"] = list(codec.words[:MOST_WORDS])
            facts["others"] = len(codec.words) > MOST_WORDS
        elif isinstance(codec, Array):
            facts["length"] = codec.length
        elif isinstance(codec, Picture):
            facts |= {"channels": codec.channels, "resized_to": [codec.height, codec.width_pixels]}
        elif isinstance(codec, DateTime):
            facts["format"] = self.date_format(name) or "ISO 8601"
        return {**facts, "example": _example(codec, self.date_format(name))}


def load(folder: str | Path) -> Served:
    """Return a saved model, ready to serve.

    Raises:
        ModelFolderError: There is none, or it is damaged.
        UsageError: It takes what no request can hold.
    """
    served = Served(Path(folder).resolve().name, catalog.load(folder))
    if served.estimator.task_.forecast is not None:
        raise UsageError(
            f"{folder} forecasts series, and the server takes examples one by one. Use "
            f"`fieldguide predict {folder} SERIES` instead."
        )
    if served.form not in FORMS:
        raise UsageError(
            f"The model in {folder} takes inputs of the form {served.form}, and only "
            f"{', '.join(FORMS)} can be served. Use `fieldguide predict {folder} INPUT`."
        )
    return served


def _example(codec: Codec, date_format: str) -> Any:
    """Return a value that the codec takes, for documentation."""
    if isinstance(codec, Number):
        return round(codec.median, 6)
    if isinstance(codec, Boolean):
        return True
    if isinstance(codec, DateTime):
        date = datetime.fromtimestamp(round(codec.mean), UTC).replace(tzinfo=None)
        if not date_format:
            return date.isoformat()
        return pl.Series([date]).dt.to_string(date_format.replace("%#z", "+00:00"))[0]
    if isinstance(codec, Category):
        return codec.words[0] if codec.words else None
    if isinstance(codec, Array):
        means = np.broadcast_to(np.asarray(codec.means), (codec.length,))
        return np.round(means, 6).tolist()
    return "some text" if not isinstance(codec, Picture) else "a file"
