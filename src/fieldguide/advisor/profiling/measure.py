"""What a measure is, and how the profile finds every one of them.

A measure looks at one aspect of the data and returns figures and sentences. Those of the files in
`measures/` and of installed packages (entry points of the group ``fieldguide.measures``, such as
``drift = "package.module:MEASURE"``) are found without a list.
"""

from __future__ import annotations

import importlib
import pkgutil
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

from fieldguide.advisor.plain import plain
from fieldguide.advisor.profiling.curves import Curve
from fieldguide.advisor.profiling.duplicates import Duplicates
from fieldguide.advisor.profiling.landmarks import Landmark
from fieldguide.advisor.profiling.narrow import compact
from fieldguide.advisor.profiling.rows import Rows
from fieldguide.advisor.profiling.sample import Sample
from fieldguide.data import Dataset

GROUP = "fieldguide.measures"
ROOM = "fieldguide.advisor.profiling.measures"


@dataclass(frozen=True)
class Finding:
    """What one measure found.

    Attributes:
        figures: Numbers, names and lists of them, by name; everything must be ready for JSON.
        sentences: The same in plain words, for someone who does not know the method.
    """

    figures: dict[str, Any] = field(default_factory=dict)
    sentences: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        stored: dict[str, Any] = plain(self)
        return stored


@dataclass(frozen=True)
class Material:
    """What a measure may look at.

    Attributes:
        task: Name of the task.
        form: Form of the inputs, such as ``"table"`` or ``"image"``.
        dataset: Every example whose target is known; it may lie on disk.
        looked_at: The examples drawn for measuring, as they came.
        encoded: The same as plain arrays, in the same order, or None where the form of the inputs
            is no vector; pictures are shrunk, and of large picture files there may be fewer.
        origins: Where each encoded example comes from: a row number or a file.
        score_name: The score that the task is judged by.
        seed: Decides whatever is left to chance.
        landmarks: Scores of quick models.
        curves: Learning curves of quick models.
        duplicates: Exact copies.
        rows: The examples laid out flat, where the task has no target and the form allows it.
    """

    task: str
    form: str
    dataset: Dataset
    looked_at: Dataset
    encoded: Sample | None
    origins: Any
    score_name: str
    seed: int
    landmarks: dict[str, Landmark]
    curves: dict[str, Curve]
    duplicates: Duplicates
    rows: Rows | None = None

    @property
    def sample(self) -> Sample:
        """The encoded examples, for measures of forms that have them."""
        assert self.encoded is not None, f"inputs of the form {self.form} are no vectors"
        return self.encoded

    @cached_property
    def compact(self) -> Sample:
        """The encoded examples on at most 200 principal directions."""
        return compact(self.sample, self.seed)


@dataclass(frozen=True)
class Measure:
    """One aspect of the data that is measured.

    Attributes:
        name: Key in `Profile.findings`.
        find: Looks at the material; None where there is nothing to say.
        tasks: Names of the tasks that it applies to; empty for all.
        forms: Forms of input that it applies to; empty for all.
        order: Sentences of measures with small numbers come first.
    """

    name: str
    find: Callable[[Material], Finding | None]
    tasks: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    order: int = 50

    def applies(self, task: str, form: str) -> bool:
        """Say whether data of this task and form can be measured."""
        return task in (self.tasks or (task,)) and form in (self.forms or (form,))


def findings(material: Material) -> dict[str, Finding]:
    """Carry out every measure that applies, by name."""
    found = {}
    for measure in measures():
        if measure.applies(material.task, material.form):
            finding = _carry_out(measure, material)
            if finding is not None:
                found[measure.name] = finding
    return found


@cache
def measures() -> tuple[Measure, ...]:
    """Return every measure, in the order of their sentences."""
    folder = str(Path(__file__).parent / "measures")
    names = [module.name for module in pkgutil.iter_modules([folder])]
    ours = [importlib.import_module(f"{ROOM}.{name}").MEASURE for name in names]
    known = {measure.name: measure for measure in ours}
    for point in metadata.entry_points(group=GROUP):
        measure = _brought(point, known)
        if measure is not None:
            known[measure.name] = measure
    return tuple(sorted(known.values(), key=lambda one: (one.order, one.name)))


def _brought(point: metadata.EntryPoint, known: dict[str, Measure]) -> Measure | None:
    """Load what an installed package brings; None, with a warning, if that is no measure."""
    try:
        loaded = point.load()
    except (ImportError, AttributeError) as error:
        _leave_out(point.value, f"it cannot be imported ({error})")
        return None
    if isinstance(loaded, Measure) and loaded.name not in known:
        return loaded
    taken = isinstance(loaded, Measure)
    _leave_out(point.value, "its name is taken already" if taken else "it is no Measure")
    return None


def _carry_out(measure: Measure, material: Material) -> Finding | None:
    """Measure; what another package brings may fail without taking the profile with it."""
    if measure.find.__module__.startswith(f"{ROOM}."):
        return measure.find(material)
    try:
        return measure.find(material)
    except Exception as error:
        _leave_out(measure.name, f"it failed with {type(error).__name__}: {error}")
        return None


def _leave_out(name: str, reason: str) -> None:
    warnings.warn(
        f"The measure '{name}' of an installed package is left out: {reason}. Mend that package "
        "(CONTRIBUTING.md says how), or uninstall it.",
        RuntimeWarning,
        stacklevel=2,
    )
