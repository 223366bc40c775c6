"""The race: entrants learn in processes of their own, under a budget that is kept from outside."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from fieldguide import catalog, tasks
from fieldguide.advisor.profiling.duplicates import refuse_all_the_same
from fieldguide.advisor.racing import data_store, run_folder
from fieldguide.advisor.racing.clock import Clock
from fieldguide.advisor.racing.course import Course
from fieldguide.advisor.racing.launcher import Launcher
from fieldguide.advisor.racing.outcome import Race as Race
from fieldguide.data import Dataset, as_dataset
from fieldguide.data.rolling import count_examples
from fieldguide.errors import DataError, UsageError

VALIDATION, FEWEST = (
    0.1,
    20,
)  # share of the training part that choices are made on; at least so many
ONE_DAY = 86_400.0  # seconds
FREE_SHARE = 0.9  # of the free memory: what an entrant may hold unless told otherwise


def race(
    data: Any,
    *,
    budget: float | None = None,
    run: str | Path,
    target: Any = None,
    task: str = "auto",
    algorithms: Sequence[str] | None = None,
    memory: int | None = None,
    test: float = 0.2,
    seed: int = 0,
    steps: int | None = None,
    tune: bool = True,
    ensemble: bool = False,
    resume: bool = False,
    progress: bool = True,
    began: float | None = None,
) -> Race:
    """Race the algorithms that fit a data set, and honest baselines, under a budget.

    Every entrant learns from the same examples in a process of its own, is stopped at its share
    of time or memory, and is scored on the same held-out examples. Baselines go first; the others
    race in rounds, and those that do best on validation examples get longer shares; the rest of the
    time goes to a search for better hyperparameters of the leaders. At every moment the run folder
    holds the best model so far (``best``), ``leaderboard.json``, ``report.html`` and ``report.md``.

    Args:
        data: A `Dataset`, the path or name of one, or inputs as an array or data frame. None goes
            on with the data and the settings in the run folder (only with ``resume``).
        budget: Seconds of wall clock for everything, above 0; with ``resume``, None for the former
            budget. What was used before counts.
        run: The run folder; made if it is missing.
        target: Column to predict; or the targets, where ``data`` are inputs.
        task: ``"auto"``, or the name of a task.
        algorithms: Names of the algorithms to race beside the baselines; None for the advisor's
            choice.
        memory: Bytes that an entrant may hold; None for nine tenths of what is free.
        test: Share of examples held out, where the data bring no split of their own.
        seed: Decides the split, the initial weights, the trials and the resamples.
        steps: Training steps that an entrant may take at most, in whole epochs, above 0: the race
            then ends the same, however slow the machine is and whatever is killed on the way.
            ``budget`` is a safety net in that case, one day unless it is given.
        tune: Whether to search the hyperparameters of the leaders in the time that is left.
        ensemble: Whether the leaders, voting, race as one more entrant.
        resume: Go on with the race in ``run``: what has finished is not run again.
        progress: Show progress on standard error.
        began: Value of ``time.monotonic()`` from which the budget counts, for a caller who has
            spent some of it already, such as on reading the data; None for now.

    Raises:
        DataError: The data break a rule.
        UsageError: An argument is wrong.
        RunFolderError: The folder holds another race, or one is running in it.
        Interrupted: Ctrl-C; ``resume=True`` goes on.

    Example:
        >>> import fieldguide as fg
        >>> outcome = fg.race("iris", budget=30, run="runs/iris")  # doctest: +SKIP
        >>> fg.load(outcome.best).predict("iris")  # doctest: +SKIP
    """
    began = time.monotonic() if began is None else began
    if steps is not None and budget is None and not resume:
        budget = ONE_DAY
    _check(budget, resume, test, memory, algorithms, steps)
    folder = Path(run)
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "seed": seed,
        "test": test,
        "task": task,
        "steps": steps,
        "algorithms": None if algorithms is None else [catalog.get(n).name for n in algorithms],
    }
    choices = {"tune": tune, "ensemble": ensemble}
    with run_folder.locked(folder):
        if not resume:
            run_folder.refuse_if_taken(folder)
        memory = memory or int(FREE_SHARE * psutil.virtual_memory().available)
        launcher = Launcher(folder, memory)
        if not resume:
            launcher.is_ready()  # it begins to load while the data are read
        try:
            facts = (
                _go_on(folder, data, target, settings)
                if resume
                else _start(folder, data, target, settings | choices | {"budget": budget})
            )
            facts["ensemble"] = ensemble or facts.get("ensemble", False)  # may be added later
            clock = Clock.of(folder, budget or facts["budget"], began)
            return Course(folder, facts, clock, launcher, progress=progress).run()
        finally:
            launcher.close()


def _check(
    budget: float | None,
    resume: bool,
    test: float,
    memory: int | None,
    algorithms: Sequence[str] | None,
    steps: int | None,
) -> None:
    if steps is not None and steps < 1:
        raise UsageError(f"steps={steps}: expected whole steps above 0, such as 1000.")
    if not (resume if budget is None else budget > 0):
        raise UsageError(
            f"budget={budget}: expected seconds above 0, such as 600, or steps=… instead."
        )
    if not 0 < test < 1:
        raise UsageError(f"test={test}: the share held out must lie between 0 and 1.")
    if memory is not None and memory <= 0:
        raise UsageError(f"memory={memory}: expected bytes above 0, such as 4_000_000_000.")
    for name in algorithms or ():
        catalog.get(name)


def _start(folder: Path, data: Any, target: Any, settings: dict[str, Any]) -> dict[str, Any]:
    """Read and split the data, choose the task, and write both down."""
    if data is None:
        raise UsageError("data=None: expected data; only a resumed race brings its own.")
    dataset = _read(data, target, settings["task"])
    kind, reason = tasks.choose(dataset, settings["task"])
    if not kind.needs_target:
        refuse_all_the_same(dataset)
    train, held_out, validation, fitted = _split(dataset, settings)
    kind.target_codec(dataset.take(train))  # a target that cannot be learnt ends the race here
    shutil.rmtree(folder / run_folder.DATA, ignore_errors=True)  # of a race that died starting
    data_store.write(folder / run_folder.DATA, dataset, train, held_out, validation, fitted)
    asked, named = dataset.forecast, dataset.target if kind.needs_target else None
    facts = {
        **settings,
        "kind": kind.name,
        "kind_reason": reason,
        "score_name": kind.score_name,
        "target": named or ", ".join(asked.targets if asked is not None else ()) or None,
        "source": dataset.source,
        "fingerprint": data_store.fingerprint(dataset),
        "train": count_examples(dataset.take(train)),
        "held_out": count_examples(dataset.take(held_out)),
        "validation": len(validation),
        **({} if asked is None else {"forecast": asked.to_dict()}),
    }
    run_folder.start(folder, facts)
    return facts


def _go_on(folder: Path, data: Any, target: Any, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the facts of the race in the folder, if it is the one that is meant."""
    if data is None:
        return run_folder.check(folder, {})
    dataset = _read(data, target, settings["task"])
    now = {**settings, "fingerprint": data_store.fingerprint(dataset)}
    return run_folder.check(folder, now)


def _read(data: Any, target: Any, task: str) -> Dataset:
    if not isinstance(data, (str, Path)):
        return as_dataset(data, target)
    from fieldguide import formats

    if target is None and tasks.all_without_target((task,)):
        target = ""  # none is guessed: it would be missing from what is learnt
    return formats.read(data, target=target, pairs=tasks.wants_pairs((task,)))


def _split(dataset: Dataset, settings: dict[str, Any]) -> tuple[np.ndarray, ...]:
    """Return positions, so that they can be stored: training, held-out, validation, the rest."""
    needed = {dataset.target, dataset.group, dataset.time}
    asked = dataset.forecast
    needed |= set() if asked is None else {asked.series, *asked.targets}
    needed |= set() if dataset.ratings is None else {dataset.ratings.user}
    columns = {name: column for name, column in dataset.columns.items() if name in needed}
    marked = replace(dataset, columns=columns, origins=np.arange(len(dataset)))
    train, held_out = marked.split(test=settings["test"], seed=settings["seed"])
    validation = fitted = data_store.NONE
    if VALIDATION * len(train) >= FEWEST:  # as `Estimator.fit` does with the same share
        with contextlib.suppress(DataError):  # one group: nothing can be set apart
            rest, chosen = train.split(test=VALIDATION, seed=settings["seed"])
            validation, fitted = chosen.origins, rest.origins
    return train.origins, held_out.origins, validation, fitted
