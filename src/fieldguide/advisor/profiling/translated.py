"""What the profile says of pictures to be translated."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from fieldguide.advisor.profiling import pictures
from fieldguide.advisor.profiling.measures import translations
from fieldguide.advisor.profiling.rows import directions_for
from fieldguide.data import Dataset
from fieldguide.tasks import Task


def shape(fitted: Task, known: Dataset, shown: Dataset) -> dict[str, Any]:
    """Return what the questions of pairs are like.

    Args:
        fitted: The task.
        known: All pairs.
        shown: Some of them, the questions shrunk.
    """
    name = next(iter(fitted.inputs.codecs))
    small = np.asarray(shown.column(name))
    return {
        "numbers": int(np.prod(fitted.inputs.shape)),
        "directions": directions_for(small.reshape(len(small), -1)),
        "pictures": pictures.describe(known.column(name), small),
    }


def for_copies(known: Dataset, task: str) -> Dataset:
    """Return the data as copies are looked for: a translation has no one right answer to miss."""
    return replace(known, target=None) if task in translations.TASKS else known
