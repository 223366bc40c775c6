"""How an entrant or a trial learns, within its share of time or steps."""

from __future__ import annotations

import dataclasses
import math
import os
import shutil
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fieldguide import catalog
from fieldguide.advisor.racing import data_store
from fieldguide.advisor.racing.judging import MODEL, judge, validate
from fieldguide.advisor.recommending.pace import training_seconds
from fieldguide.data import Dataset
from fieldguide.data.rolling import count_examples
from fieldguide.engine import checkpoint
from fieldguide.errors import Interrupted
from fieldguide.estimator import Estimator
from fieldguide.hyperparameter import ranges, restore
from fieldguide.tasks import known as known_tasks

CHECKPOINT = "checkpoint"
CHECKPOINT_EVERY = "FIELDGUIDE_CHECKPOINT_EVERY"  # read by the engine: seconds
abandoned = threading.Event()  # nobody waits for this process any more


@dataclass(frozen=True)
class Parts:
    """The data of a race, as one entrant sees them.

    Attributes:
        known: Everything that may be learnt from, the validation examples included.
        validation: Examples that choices are made on, or None where there are too few.
        fitted: ``known`` without ``validation``.
        held_out: Examples that decide the race.
    """

    known: Dataset
    validation: Dataset | None
    fitted: Dataset
    held_out: Dataset

    @classmethod
    def read(cls, folder: Path) -> Parts:
        """Read them from a run folder's data."""
        dataset, train, test = data_store.read(folder)
        chosen = data_store.read_validation(folder)
        known, held_out = dataset.take(train), dataset.take(test)
        if not len(chosen):
            return cls(known, None, known, held_out)
        rest = data_store.read_fitted(folder)
        return cls(known, dataset.take(chosen), dataset.take(rest), held_out)


def learn(spec: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Carry out the specification of an entrant or a trial; return its result.

    Args:
        spec: See `entrant.carry_out`.
        folder: Its own.
    """
    began = time.monotonic()
    every = 60.0 if spec["steps"] is not None else min(60.0, max(1.0, spec["seconds"] / 5))
    os.environ[CHECKPOINT_EVERY] = str(min(every, float(os.environ.get(CHECKPOINT_EVERY, every))))
    parts = Parts.read(Path(spec["data"]))
    result = _score_again(spec) if spec["model"] else _fit(spec, folder, parts, began)
    model: Estimator = result.pop("fitted")
    if spec["purpose"] == "entrant" or (spec["fraction"] == 1.0 and holds_out(model, parts)):
        model.save(folder / MODEL)
    if spec["purpose"] == "entrant":
        result |= judge(model, parts.held_out, folder)
    if parts.validation is not None and result.pop("apart"):
        result |= validate(model, parts.validation, folder)
    shutil.rmtree(folder / CHECKPOINT, ignore_errors=True)
    return {"status": "finished", **result, **spec["facts"]}


def holds_out(model: Estimator, parts: Parts) -> bool:
    """Whether an algorithm picks its best epoch on examples that it does not learn from."""
    return parts.validation is not None and model.validation > 0


def _score_again(spec: dict[str, Any]) -> dict[str, Any]:
    """Take a trial's model as it is: to learn it once more would give the same."""
    model = catalog.load(spec["model"])
    return {
        "fitted": model,
        "apart": True,
        "history": model.history_,
        "epochs": len(model.history_),
        "cut": False,
        "algorithm": spec["algorithm"],
        "hyperparameters": spec["hyperparameters"],
    }


def _fit(spec: dict[str, Any], folder: Path, parts: Parts, began: float) -> dict[str, Any]:
    kind = catalog.get(spec["algorithm"]).load()
    before = _seconds_before(folder / CHECKPOINT)
    given = restore(kind, spec["hyperparameters"])
    fewer = _fewer_epochs(kind, given, parts, spec)
    given |= fewer
    told = {**_race_terms(kind, spec["task"]), **given, "seed": spec["seed"], "task": spec["task"]}
    apart = holds_out(kind(**told), parts)
    # What holds nothing out learns from everything, unless it is tried out only.
    known = parts.fitted if apart or spec["purpose"] == "trial" else parts.known
    limit = _limit(spec, kind, told, parts, before, spec["seconds"] - (time.monotonic() - began))
    model = kind(**told, time_limit=limit)
    judged = parts.validation if apart else None
    stopped = _carry_on(model, known, judged, folder / CHECKPOINT) or spec["rescue"]
    model.time_limit = None
    short = bool(fewer) and spec["fraction"] == 1.0  # not by intention, but for want of steps
    return {
        "fitted": model,
        "apart": known is parts.fitted,
        "seconds": before if spec["rescue"] else before + time.monotonic() - began,
        "cut": bool(stopped or short or _was_cut(model, limit)),
        "history": model.history_,
        "epochs": len(model.history_),
        "algorithm": spec["algorithm"],
        "hyperparameters": given,
    }


def _race_terms(kind: type[Estimator], task: str) -> dict[str, Any]:
    """Return the hyperparameters that are the same for everybody who has them."""
    known = {field.name for field in dataclasses.fields(kind)}
    return {name: value for name, value in known_tasks()[task].race_terms.items() if name in known}


def _fewer_epochs(
    kind: type[Estimator], given: dict[str, Any], parts: Parts, spec: dict[str, Any]
) -> dict[str, int]:
    """Return the epochs of a trial in short, or of a budget in steps, where they are fewer."""
    if "epochs" not in ranges(kind):
        return {}
    model = kind(**given)
    wanted = model.epochs
    if spec["steps"] is not None:
        wanted = min(
            wanted, spec["steps"] // math.ceil(count_examples(parts.fitted) / model.batch_size)
        )
    wanted = max(1, round(wanted * spec["fraction"]))
    return {"epochs": wanted} if wanted < model.epochs else {}


def _limit(
    spec: dict[str, Any],
    kind: type[Estimator],
    told: dict[str, Any],
    parts: Parts,
    before: float,
    left: float,
) -> float | None:
    """Return the seconds that `fit` may take; None where steps are counted instead."""
    if spec["rescue"]:
        return 0.0
    if spec["steps"] is not None:
        return None
    judged = parts.held_out if spec["purpose"] == "entrant" else parts.held_out.take(np.arange(1))
    return before + training_seconds(kind, told, parts.known, judged, left)


def _carry_on(model: Estimator, known: Dataset, judged: Dataset | None, folder: Path) -> bool:
    """Fit, from the checkpoint if there is one; say whether it was asked to stop."""
    folder.mkdir(exist_ok=True)
    try:
        model.fit(known, validation_data=judged, run=folder, resume=True, progress=True)
    except Interrupted:  # time is up: what was learnt so far competes
        if abandoned.is_set() or "history_" not in vars(model):
            raise
        return True
    return False


def _was_cut(model: Estimator, limit: float | None) -> bool:
    """Whether the clock ended the training, not the number of epochs."""
    history = model.history_
    last = history[-1]["epoch"] if history else 0
    if limit is None or last >= model.epochs:
        return False
    return not history or bool(history[-1]["seconds"] >= 0.5 * limit)


def _seconds_before(folder: Path) -> float:
    """Return the training time in the latest checkpoint."""
    files = sorted(folder.glob("*.safetensors"))  # the middle of a stage, then ends of stages
    return float(checkpoint.read(files[0])["elapsed"]) if files else 0.0
