"""One entrant of a race, in a process of its own: learn, save, predict what was held out.

Run as ``python -m fieldguide.advisor.entrant SPEC.json``. Without an argument it loads what every
entrant needs, waits for the path of its specification on standard input, and lives no longer than
the process at the other end of that pipe.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import shutil
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

import numpy as np

from fieldguide import catalog
from fieldguide.advisor import data_store, run_folder, scoring
from fieldguide.engine import checkpoint
from fieldguide.errors import FieldguideError, Interrupted
from fieldguide.estimator import Estimator

RESULT, PREDICTIONS, MODEL, CHECKPOINT = "result.json", "predictions.npz", "model", "checkpoint"
CHECKPOINT_EVERY = "FIELDGUIDE_CHECKPOINT_EVERY"  # read by the engine: seconds
TRAINING_SHARE = 0.75  # of the entrant's time; the rest is for validation, saving and scoring
IDLE = 0.2  # seconds without a specification after which there is time for more imports
_abandoned = threading.Event()  # nobody waits for this entrant any more


def main(arguments: list[str]) -> None:
    """Carry out one specification and leave the process, whatever threads are left behind."""
    if not arguments:
        os.write(1, b"ready\n")
        if not select.select([sys.stdin], [], [], IDLE)[0]:
            importlib.import_module("torch._dynamo")  # which the first optimizer would import
    spec_path = arguments[0] if arguments else sys.stdin.readline().strip()
    if spec_path:
        spec = json.loads(Path(spec_path).read_text(encoding="utf-8"))
        _redirect_output(spec["log"])
        if not arguments:
            threading.Thread(target=_end_with_parent, daemon=True).start()
        carry_out(spec)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def carry_out(spec: dict[str, Any]) -> None:
    """Do what a specification says and write the result, a failure included.

    Args:
        spec: ``algorithm``, ``hyperparameters``, ``data`` (folder), ``folder`` (of this entrant),
            ``seconds`` (wall clock from now), ``task``, ``seed``, ``rescue`` (only turn the
            checkpoint into a model).
    """
    folder = Path(spec["folder"])
    try:
        result = _forecast(spec) if spec.get("forecast") else _compete(spec, folder)
    except Interrupted:
        return  # the checkpoint is there, and the parent knows why it asked
    except FieldguideError as error:
        result = {"status": "failed", "reason": str(error)}
    except MemoryError:
        result = {"status": "failed", "reason": "memory ran out."}
    except Exception as error:  # any bug of any algorithm must end in the leaderboard
        traceback.print_exc()
        result = {"status": "failed", "reason": f"{type(error).__name__}: {_first_line(error)}"}
    run_folder.write_json(folder / RESULT, result)


def _compete(spec: dict[str, Any], folder: Path) -> dict[str, Any]:
    began = time.monotonic()
    os.environ[CHECKPOINT_EVERY] = str(min(60.0, max(1.0, spec["seconds"] / 5)))
    dataset, train, test = data_store.read(Path(spec["data"]))
    kind = catalog.get(spec["algorithm"]).load()
    before = _seconds_before(folder / CHECKPOINT)
    left = TRAINING_SHARE * spec["seconds"] - (time.monotonic() - began)
    limit = 0.0 if spec["rescue"] else before + max(0.0, left)
    given = {**spec["hyperparameters"], "seed": spec["seed"], "task": spec["task"]}
    model = kind(**given, time_limit=limit)
    (folder / CHECKPOINT).mkdir(exist_ok=True)
    try:
        model.fit(
            dataset.take(train), run=folder / CHECKPOINT, resume=True, progress=not spec["rescue"]
        )
    except Interrupted:  # time is up; what was learnt so far competes
        if _abandoned.is_set() or "history_" not in vars(model):
            raise
    model.time_limit = None
    trained = before + time.monotonic() - began
    model.save(folder / MODEL)
    result = _judge(model, dataset.take(test), folder)
    shutil.rmtree(folder / CHECKPOINT, ignore_errors=True)
    return {
        **result,
        "status": "finished",
        "seconds": before if spec["rescue"] else trained,
        "cut": bool(spec["rescue"] or _was_cut(model, limit)),
    }


def _judge(model: Estimator, test: Any, folder: Path) -> dict[str, Any]:
    """Predict the held-out examples once; keep what each adds to the score."""
    began = time.monotonic()
    outputs, truth = model._outputs_and_truth(test, None)
    seconds = time.monotonic() - began
    task = model.task_
    guess = task.decode(outputs)
    kept: dict[str, Any] = {
        "parts": scoring.summands(task, outputs, truth),
        "prediction": _plain(guess),
    }
    if hasattr(task, "probabilities"):
        kept["confidence"] = task.probabilities(outputs).max(axis=1)
    beside = folder / f".{PREDICTIONS}"
    with open(beside, "wb") as file:
        np.savez(file, **kept)
    os.replace(beside, folder / PREDICTIONS)
    return {
        "scores": task.scores(outputs, truth),
        "score_name": task.score_name,
        "predict_seconds": seconds,
        "size": sum(file.stat().st_size for file in (folder / MODEL).iterdir()),
        "weights": sum(weight.numel() for weight in model.network_.parameters()),
        "epochs": len(model.history_),
        "history": model.history_,
        "notes": [str(note) for note in getattr(model, "notes_", [])],
    }


def _forecast(spec: dict[str, Any]) -> dict[str, Any]:
    """Ask the advisor which algorithms fit; here, because a probe runs their code."""
    from fieldguide.advisor.recommend import recommend

    dataset, train, _ = data_store.read(Path(spec["data"]))
    items = recommend(dataset.take(train), probe=True, seed=spec["seed"])
    names = ("name", "ruled_out", "seconds", "memory_bytes")
    return {
        "status": "finished",
        "items": [{name: getattr(item, name) for name in names} for item in items],
    }


def _was_cut(model: Estimator, limit: float) -> bool:
    """Whether the clock ended the training, not the number of epochs."""
    planned = model.epochs
    history = model.history_
    last = history[-1]["epoch"] if history else 0
    return bool(last < planned and (not history or history[-1]["seconds"] >= 0.5 * limit))


def _seconds_before(folder: Path) -> float:
    state = checkpoint.read(folder)
    return 0.0 if state is None else float(state["elapsed"])


def _plain(values: np.ndarray) -> np.ndarray:
    """Return values that NumPy stores without pickling."""
    return values.astype(str) if values.dtype.kind == "O" else values


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or ["no message"])[0][:300]


def _redirect_output(log: str) -> None:
    """Send standard output and error to the log; appended, so that it can be cut from outside."""
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)


def _end_with_parent() -> None:
    """Wait until the pipe closes, which it does when the race dies; then save and end."""
    with contextlib.suppress(ValueError, OSError):
        sys.stdin.read()
    _abandoned.set()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(5)
    os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
