"""Kills training runs with SIGKILL at random moments, resumes them, and compares.

    python -m tests.killing SEED FOLDER NAME...

trains each named algorithm (of the catalog, or of `tests.toys`) three ways, each in a process of
its own that is forked from this one: undisturbed; killed, twice; and resumed to the end. Prints one
JSON line each: whether weights and history are equal bit for bit, and where the kills fell.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fieldguide import catalog
from fieldguide.data import Dataset
from fieldguide.engine.run_folder import FILE
from fieldguide.engine.settings import CHECKPOINT_EVERY
from fieldguide.estimator import Estimator
from fieldguide.hyperparameter import ranges
from tests import toys

KILLS = 2
COUNT = {
    "array": 300, "table": 300, "image": 60, "series": 100, "clip": 60, "tree": 100, "window": 120,
    "rating": 280,
}  # fmt: skip
# What makes resuming hard, for whichever algorithm has it: chance in every step, early stopping.
HARD = {
    "epochs": 3,
    "batch_size": 8,
    "validation": 0.4,
    "patience": 2,
    "dropout": 0.3,
    "clip": 0.5,
    "seed": 3,
}


def named(name: str) -> type[Estimator]:
    """Return an algorithm's class."""
    return getattr(toys, name, None) or catalog.get(name).load()


def hard(kind: type[Estimator]) -> dict[str, Any]:
    """Return hyperparameters that make resuming as hard as it gets."""
    known = ranges(kind)
    given = {name: value for name, value in HARD.items() if name in known}
    if isinstance(getattr(kind, "maps", None), int):
        given["maps"] = 8
    if "augment" in known:
        given["augment"] = known["augment"].choices
    return given


def data_for(kind: type[Estimator]) -> Dataset:
    """Return data for an algorithm; in a child, for polars' threads do not survive a fork."""
    form, task = kind.card.inputs[0], kind.card.tasks[0]
    side = {"side": max(16, kind.card.smallest_image)} if form == "image" else {}
    return toys.FORMS[form](task, COUNT[form], **side)


def in_child(work: Callable[[], object]) -> int:
    """Do work in a forked process; return its id."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        work()
        status = 0
    finally:
        os._exit(status)


def wait(child: int) -> None:
    _, status = os.waitpid(child, 0)
    assert status == 0, f"the child ended with status {status}"


def written(run: Path) -> int:
    """Return when the last checkpoint was written, 0 if none was."""
    try:
        return (run / FILE).stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def killed(child: int, run: Path, delay: float) -> bool:
    """Kill a process some time after its first checkpoint; say whether it was still at work."""
    former, end = written(run), None
    while end is None or time.monotonic() < end:
        if os.waitpid(child, os.WNOHANG)[0]:
            return False
        if end is None and written(run) != former:
            end = time.monotonic() + delay
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1] == signal.SIGKILL


def compare(name: str, folder: Path, chance: np.random.Generator) -> dict[str, Any]:
    kind = named(name)
    run = folder / "run"
    run.mkdir(parents=True)

    def fit(to: str, **how: Any) -> Callable[[], object]:
        return lambda: kind(**hard(kind)).fit(data_for(kind), **how).save(folder / to)

    wait(in_child(fit("whole")))
    seconds = json.loads((folder / "whole/config.json").read_text())["history"][-1]["seconds"]
    os.environ[CHECKPOINT_EVERY] = str(seconds / 10)
    kills = []
    for number in range(KILLS):
        delay = float(chance.uniform(0, 0.7)) * seconds
        child = in_child(fit("killed", run=run, resume=number > 0))
        kills.append(delay / seconds if killed(child, run, delay) else None)
    stood = sorted(file.name for file in run.iterdir())
    wait(in_child(fit("resumed", run=run, resume=True)))
    whole, resumed = contents(folder / "whole"), contents(folder / "resumed")
    return {
        "name": name,
        "weights": whole[0] == resumed[0],
        "history": whole[1] == resumed[1],
        "epochs": len(whole[1]),
        "kills": kills,
        "stood": stood,
    }


def contents(model: Path) -> tuple[bytes, list[dict[str, Any]]]:
    """Return weights and history, less the times, which no two runs share."""
    history = json.loads((model / "config.json").read_text())["history"]
    for record in history:
        del record["seconds"]
    return (model / "weights.safetensors").read_bytes(), history


def main(seed: str, folder: str, *names: str) -> None:
    torch.set_num_threads(1)
    chance = np.random.default_rng(int(seed))
    for name in names:
        print(json.dumps(compare(name, Path(folder) / name, chance)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
