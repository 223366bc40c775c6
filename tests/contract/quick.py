"""Algorithms at their quickest, fitted once for all tests."""

from __future__ import annotations

from functools import cache
from typing import Any

from fieldguide import catalog, tasks
from fieldguide.data import Dataset
from fieldguide.estimator import Estimator
from fieldguide.hyperparameter import ranges
from tests import toys

QUICK = {"epochs": 1, "batch_size": 8, "validation": 0.0}
SMALL = {"maps": 8, "blocks": 1}  # of networks whose size is one number
WITHOUT_TARGET = {name for name, kind in tasks.known().items() if not kind.needs_target}
COUNT = {
    "array": 40, "table": 40, "image": 16, "series": 24, "clip": 16, "tree": 24, "window": 60,
    "rating": 240,
}  # fmt: skip
OF_PICTURES = ("image_translation", "unpaired_image_translation")
OWN_FORM = {"forecasting": "window", "recommendation": "rating"}  # of data that pose one task


def settings(kind: type[Estimator], **more: Any) -> dict[str, Any]:
    """Return hyperparameters for a quick fit: of those given, the ones the algorithm has."""
    small = {name: few for name, few in SMALL.items() if isinstance(getattr(kind, name, 0), int)}
    given = {**QUICK, **small, **more}
    return {name: value for name, value in given.items() if name in ranges(kind)}


def data(entry: catalog.Entry, task: str = "", form: str = "", seed: int = 0) -> Dataset:
    """Return a tiny data set for an algorithm: of its first task and form, unless named."""
    form, task = form or entry.card.inputs[0], task or entry.card.tasks[0]
    if task in OWN_FORM or form in OWN_FORM.values():  # they pose that task, and no other data do
        others = [one for one in entry.card.inputs if one not in OWN_FORM.values()] or ["table"]
        form = OWN_FORM.get(task) or others[0]
    if task in OF_PICTURES:
        form = "image"
    if task in WITHOUT_TARGET:  # classes to condition on, and to tell outliers by
        task = "classification"
    if form == "image":
        side = max(16, entry.card.smallest_image)
        return toys.images(task, COUNT[form], seed, side=side)
    return toys.FORMS[form](task, COUNT[form], seed)


@cache
def fitted(entry: catalog.Entry, task: str = "", form: str = "") -> Estimator:
    """Return the algorithm, fitted on `data`; shared, so leave it as it is."""
    kind = entry.load()
    named = {"task": task} if task in WITHOUT_TARGET else {}
    return kind(**settings(kind), **named).fit(data(entry, task, form))
