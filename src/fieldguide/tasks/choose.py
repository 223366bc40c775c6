"""Which task a data set poses. Every class in this folder is a candidate."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from fieldguide.data import Dataset
from fieldguide.errors import DataError, ModelFolderError, TaskMismatch, UsageError, did_you_mean
from fieldguide.tasks.task import Task


@cache
def known() -> dict[str, type[Task]]:
    """Return every task by name."""
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        importlib.import_module(f"fieldguide.tasks.{module.name}")
    return {kind.name: kind for kind in _heirs(Task) if hasattr(kind, "name")}  # type: ignore[type-abstract]


def _heirs(kind: type[Task]) -> list[type[Task]]:
    """Return all classes that inherit from one, in the order they were made."""
    return [one for heir in kind.__subclasses__() for one in (heir, *_heirs(heir))]


def names() -> list[str]:
    """Return the names of all tasks."""
    return sorted(known())


def all_without_target(able: Sequence[str]) -> bool:
    """Say whether tasks are named, and none of them has a use for a column to predict."""
    named = [known()[name] for name in able if name in known()]
    return bool(named) and not any(kind.needs_target for kind in named)


def wants_pairs(able: Sequence[str]) -> bool:
    """Say whether pictures that come in pairs are wanted so: unless tasks are named, none of them.

    Args:
        able: Names of the tasks in question; ``"auto"`` names none.
    """
    named = [known()[name] for name in able if name in known()]
    return not named or any(kind.pairs for kind in named)


def choose(
    dataset: Dataset, name: str = "auto", able: Sequence[str] = ()
) -> tuple[type[Task], str]:
    """Return the task that a data set poses, with the reason.

    Args:
        dataset: The data, with a target if one is known.
        name: Name of a task, or ``"auto"`` to look at the target.
        able: The tasks that the algorithm can do, if it is known already. One that does a single
            task does it wherever the target allows: few whole numbers may be quantities.

    Raises:
        UsageError: Unknown name.
        TaskMismatch: The algorithm's only task cannot be done with this target.
        DataError: No task, or several, fit.
    """
    if name != "auto":
        if name not in known():
            raise UsageError(
                f"There is no task '{name}'.{did_you_mean(name, known())} "
                f"Tasks: auto, {', '.join(names())}."
            )
        return known()[name], "you named it"
    if dataset.ratings is not None:  # their target is a number, and no one to regress on
        return known()["recommendation"], known()["recommendation"].fits(dataset)[1]
    if dataset.forecast is None:  # whoever also forecasts is no less bound to its only other task
        able = [name for name in able if known()[name].forecast is None]
        if able and not any(known()[name].needs_target for name in able):
            return known()[able[0]], "the algorithm learns without a target"
    answers = {kind: kind.fits(dataset) for kind in known().values()}
    fitting = [kind for kind, (fits, _) in answers.items() if fits]
    if able and dataset.target is None:  # what needs no target suits only those who do it
        fitting = [kind for kind in fitting if kind.needs_target or kind.name in able]
    if len(able) == 1 and fitting and able[0] not in [kind.name for kind in fitting]:
        return _the_only(able[0], dataset, answers[fitting[0]][1], fitting[0].name)
    if len(fitting) == 1:
        return fitting[0], answers[fitting[0]][1]
    asking = {kind: reason for kind, (_, reason) in answers.items() if kind.needs_target}
    reasons = "; ".join(f"{kind.name}: {reason}" for kind, reason in asking.items())
    raise DataError(
        f"{len(fitting)} tasks fit the data ({reasons}).",
        "Name the column to predict with target=… (--target), or the task with task=… (--task).",
        file=dataset.source,
    )


def _the_only(name: str, dataset: Dataset, reason: str, other: str) -> tuple[type[Task], str]:
    """Return the only task that an algorithm does, though the target suggests another."""
    only = known()[name]
    if only.allows(dataset):
        return only, "the only task of this algorithm"
    raise TaskMismatch(
        f"the algorithm does {name}, and '{dataset.target}' poses {other} ({reason}). "
        "`fieldguide recommend` lists algorithms that fit."
    )


def from_config(stored: dict[str, Any]) -> Task:
    """Rebuild a task from `Task.config`.

    Raises:
        ModelFolderError: A task that this version does not know.
    """
    name = stored.get("task")
    if name not in known():
        raise ModelFolderError(
            f"The model does a task '{name}' that this version does not know. Upgrade fieldguide."
        )
    return known()[name].from_config(stored)
