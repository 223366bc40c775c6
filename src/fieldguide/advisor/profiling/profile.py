"""The profile: everything about a data set that bears on the choice of an algorithm, measured."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from fieldguide import tasks
from fieldguide.advisor.plain import plain
from fieldguide.advisor.profiling import duplicates, leaks, pictures, translated
from fieldguide.advisor.profiling.classes import Classes, count_classes
from fieldguide.advisor.profiling.curves import Curve
from fieldguide.advisor.profiling.duplicates import Duplicates
from fieldguide.advisor.profiling.landmarks import Landmark, directions, purity, survey
from fieldguide.advisor.profiling.leaks import Leak
from fieldguide.advisor.profiling.measure import Finding, Material, findings
from fieldguide.advisor.profiling.pictures import Pictures
from fieldguide.advisor.profiling.rows import FORMS, Rows, directions_for, rows_of
from fieldguide.advisor.profiling.sample import (
    VECTORS,
    Sample,
    encode,
    small_pictures,
    with_known_target,
)
from fieldguide.data import Dataset, Field
from fieldguide.data.ledger import Ledger
from fieldguide.data.rolling import count_examples
from fieldguide.errors import DataError
from fieldguide.tasks import Task
from fieldguide.tasks.without_target import WithoutTarget

SAMPLE = 5_000  # examples that the measurements look at


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What a data set is like.

    Attributes:
        source: File, folder or built-in name.
        examples: Number of examples; of series to forecast, windows.
        sampled: Examples that the measurements looked at, where that was not all; else 0.
        seed: Decided which.
        task: Name of the task, or empty where none fits.
        task_reason: Why that task, or why none.
        score_name: The score that the task is judged by.
        target: Column to predict, or None.
        target_reason: How it was chosen.
        form: ``"image"``, ``"array"`` or ``"table"``: what the measurements looked at; empty
            without a task.
        forms: All forms that the data come in by nature, the one that suits them best first.
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
        curves: Learning curves of the quick models, by the shape of their rule.
        offers: Where there is nothing to predict, the tasks that learn from the inputs alone, each
            with what it gives and how it is judged.
        findings: What every measure found that suits the task and the form, by its name.
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
    forms: tuple[str, ...] = ()
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
    curves: dict[str, Curve] = field(default_factory=dict)
    offers: dict[str, str] = field(default_factory=dict)
    findings: dict[str, Finding] = field(default_factory=dict)
    ledger: dict[str, int] = field(default_factory=dict)
    used: int = 0
    total: int = 0
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        stored: dict[str, Any] = plain(replace(self, curves={}))
        stored["curves"] = {rule: plain(curve.to_dict()) for rule, curve in self.curves.items()}
        if self.pictures is not None:
            stored["pictures"]["locality"] = self.pictures.locality
        return stored

    def offered(self) -> list[str]:
        """Return what can be done where nothing is there to predict, and how it is judged."""
        from fieldguide.advisor.profiling.profile_words import offers

        return offers(self)

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
        shown = small_pictures(looked_at, seed)
        fitted = kind.fit(shown, VECTORS if dataset.forecast is None else ())
        form = fitted.inputs.form
        predicts = kind.needs_target and not kind.pairs
        sample = encode(fitted, shown) if form in VECTORS and predicts else None
        flat = isinstance(fitted, WithoutTarget) and form in FORMS
        rows = rows_of(fitted, shown) if flat else None  # type: ignore[arg-type]
    except DataError as error:
        return _without_task(dataset, str(error), seed, started)
    forms = tasks.forms_of(known, natural=True)
    facts = _facts(dataset, looked_at, seed)
    facts |= {"task_reason": reason, "form": form, "forms": forms}
    with warnings.catch_warnings():
        # Of many classes and of solvers that stop near the optimum; the figures tell of both.
        warnings.simplefilter("ignore", UserWarning)
        found = _measured(kind, form, known, looked_at, sample, shown.origins, seed, rows)
    if rows is not None:
        found |= _flat(fitted, known, rows)
    found |= translated.shape(fitted, known, shown) if kind.pairs else {}
    return Profile(**facts, **found, seconds=round(time.perf_counter() - started, 3))


def _measured(
    kind: type[Task],
    form: str,
    known: Dataset,
    looked_at: Dataset,
    sample: Sample | None,
    origins: Any,
    seed: int,
    rows: Rows | None,
) -> dict[str, Any]:
    """Return what is measured of data with a task: by `_vectors` and by every `Measure`."""
    classes = sample is None or sample.classes > 0
    copies = duplicates.find(translated.for_copies(known, kind.name), classes=classes)
    basics = {} if sample is None else _vectors(known, looked_at, sample, seed)
    material = Material(
        task=kind.name,
        form=form,
        dataset=known,
        looked_at=looked_at,
        encoded=sample,
        origins=origins,
        score_name=kind.score_name,
        seed=seed,
        landmarks=basics.get("landmarks", {}),
        curves=basics.get("curves", {}),
        duplicates=copies,
        rows=rows,
    )
    return {
        "task": kind.name,
        "score_name": kind.score_name,
        "duplicates": copies,
        "findings": findings(material),
        **basics,
    }


def _flat(fitted: Task, known: Dataset, rows: Rows) -> dict[str, Any]:
    """Return what rows have in common with vectors that something is predicted from."""
    shrunk, names = rows.pictures, [n for n, f in known.inputs.items() if f.kind == "image"]
    told = rows.codes is not None and fitted.name == "outliers" and known.target is not None
    return {
        "numbers": int(np.prod(fitted.inputs.shape)),
        "categories": len(fitted.inputs.cardinalities),
        "directions": directions_for(rows.values),
        "classes": count_classes(known.column(known.target or "")) if told else None,
        "pictures": None if shrunk is None else pictures.describe(known.column(names[0]), shrunk),
    }


def _offers(dataset: Dataset) -> dict[str, str]:
    """Return the tasks that learn from the inputs alone, where nothing is there to predict."""
    if dataset.target is not None or dataset.forecast is not None:
        return {}
    kinds = [kind for kind in tasks.known().values() if issubclass(kind, WithoutTarget)]
    return {
        kind.name: f"{kind.gives}; judged by {kind.judged}"
        for kind in sorted(kinds, key=lambda kind: not kind.fits(dataset)[0])
        if kind.gives and kind.allows(dataset)
    }


def _vectors(known: Dataset, looked_at: Dataset, sample: Sample, seed: int) -> dict[str, Any]:
    """Return what only inputs that are vectors have."""
    assert known.target is not None
    inputs = sample.task.inputs
    marks, curves = survey(sample, seed)
    told = (
        []
        if len(sample) != len(looked_at)
        else leaks.find(looked_at, sample.y, sample.folds(seed), sample.classes)
    )
    return {
        "numbers": int(np.prod(inputs.shape)),
        "categories": len(inputs.cardinalities),
        "directions": directions(sample),
        "classes": count_classes(known.column(known.target)) if sample.classes else None,
        "pictures": _pictures(known, sample),
        "leaks": tuple(told),
        "landmarks": marks,
        "curves": curves,
        "purity": purity(sample, seed) if len(sample) > 2 else None,
    }


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
    asked = dataset.forecast
    return {
        "source": dataset.source,
        "examples": count_examples(dataset),
        "sampled": len(looked_at) if len(looked_at) < len(dataset) else 0,
        "seed": seed,
        "target": dataset.target or (", ".join(asked.targets) if asked is not None else None),
        "target_reason": dataset.target_reason,
        "fields": tuple(dataset.fields.values()),
        "left_out": left_out,
        "missing": {name: known.missing for name, known in dataset.fields.items() if known.missing},
        "ledger": ledger.counts(),
        "used": ledger.used,
        "total": ledger.total,
        "offers": _offers(dataset),
    }


def _pictures(dataset: Dataset, sample: Sample) -> Pictures | None:
    names = [name for name, known in dataset.inputs.items() if known.kind == "image"]
    if not names or sample.pictures is None:
        return None
    return pictures.describe(dataset.column(names[0]), sample.pictures)
