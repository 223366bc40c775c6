"""The profile: everything about a data set that bears on the choice of an algorithm, measured."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fieldguide import tasks
from fieldguide.advisor.plain import plain
from fieldguide.advisor.profiling import duplicates, leaks, pictures
from fieldguide.advisor.profiling.classes import Classes, count_classes
from fieldguide.advisor.profiling.duplicates import Duplicates
from fieldguide.advisor.profiling.landmarks import Landmark, directions, landmarks, purity
from fieldguide.advisor.profiling.leaks import Leak
from fieldguide.advisor.profiling.pictures import Pictures
from fieldguide.advisor.profiling.sample import Sample, encode, small_pictures, with_known_target
from fieldguide.data import Dataset, Field
from fieldguide.data.ledger import Ledger
from fieldguide.errors import DataError
from fieldguide.tasks import Task

SAMPLE = 5_000  # examples that the measurements look at


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What a data set is like.

    Attributes:
        source: File, folder or built-in name.
        examples: Number of examples.
        sampled: Examples that the measurements looked at, where that was not all; else 0.
        seed: Decided which.
        task: Name of the task, or empty where none fits.
        task_reason: Why that task, or why none.
        score_name: The score that the task is judged by.
        target: Column to predict, or None.
        target_reason: How it was chosen.
        form: ``"image"``, ``"array"`` or ``"table"``; empty without a task.
        fields: Every column, with its kind and the reason.
        left_out: Columns that cannot inform a prediction, with the reason.
        numbers: Numbers in one encoded example.
        categories: Category columns.
        directions: Principal directions that hold 90 % of the inputs' variance.
        missing: Missing values by column, where there are any.
        classes: Classes and their balance, or None where numbers are predicted.
        pictures: Sizes and structure of pictures, or None.
        duplicates: Exact copies, and the label noise that they prove.
        leaks: Columns that give the target away.
        landmarks: Scores of quick models by the shape of their rule.
        purity: Share of examples whose nearest other example has the same class, or R² of its
            number; None where that was not measured.
        ledger: Counts of rows and files repaired or excluded, by reason.
        used: Examples used, of `total` met.
        total: Examples met.
        seconds: Wall clock that the profile took.
    """

    source: str
    examples: int
    sampled: int
    seed: int
    task: str
    task_reason: str
    score_name: str
    target: str | None
    target_reason: str
    form: str
    fields: tuple[Field, ...]
    left_out: dict[str, str]
    numbers: int = 0
    categories: int = 0
    directions: int = 0
    missing: dict[str, int] = field(default_factory=dict)
    classes: Classes | None = None
    pictures: Pictures | None = None
    duplicates: Duplicates
    leaks: tuple[Leak, ...] = ()
    landmarks: dict[str, Landmark] = field(default_factory=dict)
    purity: float | None = None
    ledger: dict[str, int] = field(default_factory=dict)
    used: int = 0
    total: int = 0
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        stored: dict[str, Any] = plain(self)
        if self.pictures is not None:
            stored["pictures"]["locality"] = self.pictures.locality
        return stored

    def sentences(self) -> list[str]:
        """Return the profile in plain words, one sentence a finding, most important first."""
        from fieldguide.advisor.profiling.profile_words import sentences

        return sentences(self)


def profile(dataset: Dataset, task: str = "auto", *, seed: int = 0) -> Profile:
    """Measure a data set.

    Args:
        dataset: The data.
        task: Name of the task, or ``"auto"`` to look at the target.
        seed: Decides which examples are looked at where there are more than 5,000.

    Raises:
        UsageError: There is no task of that name.
    """
    started = time.perf_counter()
    try:
        kind, reason = tasks.choose(dataset, task)
    except DataError as error:
        return _without_task(dataset, str(error), seed, started)
    known = with_known_target(dataset)
    looked_at = known.in_memory(SAMPLE, seed)
    try:
        sample = encode(kind, small_pictures(looked_at, seed))
    except DataError as error:
        return _without_task(dataset, str(error), seed, started)
    with warnings.catch_warnings():
        # Of many classes and of solvers that stop near the optimum; the figures tell of both.
        warnings.simplefilter("ignore", UserWarning)
        return _measured(dataset, known, looked_at, kind, reason, sample, seed, started)


def _measured(
    dataset: Dataset,
    known: Dataset,
    looked_at: Dataset,
    kind: type[Task],
    reason: str,
    sample: Sample,
    seed: int,
    started: float,
) -> Profile:
    assert dataset.target is not None
    inputs = sample.task.inputs
    classes = count_classes(known.column(dataset.target)) if sample.classes else None
    found = (
        []
        if len(sample) != len(looked_at)
        else leaks.find(looked_at, sample.y, sample.folds(seed), sample.classes)
    )
    return Profile(
        **_facts(dataset, looked_at, seed),
        task=kind.name,
        task_reason=reason,
        score_name=kind.score_name,
        form=inputs.form,
        numbers=int(np.prod(inputs.shape)),
        categories=len(inputs.cardinalities),
        directions=directions(sample),
        classes=classes,
        pictures=_pictures(known, sample),
        duplicates=duplicates.find(known, classes=classes is not None),
        leaks=tuple(found),
        landmarks=landmarks(sample, seed),
        purity=purity(sample, seed) if len(sample) > 2 else None,
        seconds=round(time.perf_counter() - started, 3),
    )


def _without_task(dataset: Dataset, reason: str, seed: int, started: float) -> Profile:
    return Profile(
        **_facts(dataset, dataset, seed),
        task="",
        task_reason=reason,
        score_name="",
        form="",
        duplicates=duplicates.find(dataset, classes=True),
        seconds=round(time.perf_counter() - started, 3),
    )


def _facts(dataset: Dataset, looked_at: Dataset, seed: int) -> dict[str, Any]:
    """Return what holds whether or not there is a task."""
    left_out = {
        name: f"{known.kind}: {known.reason}"
        for name, known in dataset.fields.items()
        if name not in dataset.inputs and name != dataset.target
    }
    ledger: Ledger = dataset.ledger
    return {
        "source": dataset.source,
        "examples": len(dataset),
        "sampled": len(looked_at) if len(looked_at) < len(dataset) else 0,
        "seed": seed,
        "target": dataset.target,
        "target_reason": dataset.target_reason,
        "fields": tuple(dataset.fields.values()),
        "left_out": left_out,
        "missing": {name: known.missing for name, known in dataset.fields.items() if known.missing},
        "ledger": ledger.counts(),
        "used": ledger.used,
        "total": ledger.total,
    }


def _pictures(dataset: Dataset, sample: Sample) -> Pictures | None:
    names = [name for name, known in dataset.inputs.items() if known.kind == "image"]
    if not names or sample.pictures is None:
        return None
    return pictures.describe(dataset.column(names[0]), sample.pictures)
