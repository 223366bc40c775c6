"""One entrant of a race, in a process of its own: learn, save, predict what was held out.

The nursery forks it; ``python -m fieldguide.advisor.racing.entrant SPEC.json`` does the same by
hand.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fieldguide import catalog
from fieldguide.advisor.profiling.profile import profile
from fieldguide.advisor.racing import data_store, run_folder, scoring
from fieldguide.advisor.recommending.pace import training_seconds
from fieldguide.advisor.recommending.recommend import recommend
from fieldguide.data import Dataset
from fieldguide.engine import checkpoint
from fieldguide.errors import FieldguideError, Interrupted
from fieldguide.estimator import Estimator

RESULT, PREDICTIONS, MODEL, CHECKPOINT = "result.json", "predictions.npz", "model", "checkpoint"
CHECKPOINT_EVERY = "FIELDGUIDE_CHECKPOINT_EVERY"  # read by the engine: seconds
_abandoned = threading.Event()  # nobody waits for this entrant any more


def run(spec_path: str, life: int | None = None) -> None:
    """Carry out one specification and leave the process, whatever threads are left behind.

    Args:
        spec_path: File that holds it.
        life: A pipe that closes when the race ends, and this entrant with it; None for none.
    """
    spec = json.loads(Path(spec_path).read_text(encoding="utf-8"))
    if life is not None:
        _redirect_output(spec["log"])
        threading.Thread(target=_end_with_race, args=[life], daemon=True).start()
    # Being asked to end concerns learning, where the engine listens; scoring is not cut off.
    signal.signal(signal.SIGTERM, lambda *_: None)
    carry_out(spec)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def carry_out(spec: dict[str, Any]) -> None:
    """Do what a specification says and write the result, a failure included.

    Args:
        spec: ``algorithm``, ``hyperparameters``, ``data`` (folder), ``folder`` (of this entrant),
            ``seconds`` (wall clock from now), ``task``, ``seed``, ``rescue`` (only turn the
            checkpoint into a model), ``forecast`` (only ask the advisor), ``analysis`` (only look
            closely at the best model).
    """
    folder = Path(spec["folder"])
    try:
        result = _errand(spec)(spec, folder)
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


def _errand(spec: dict[str, Any]) -> Callable[[dict[str, Any], Path], dict[str, Any]]:
    if spec.get("analysis"):
        from fieldguide.advisor.reporting.analysis import carry_out as analyse

        return lambda spec, folder: analyse(spec)
    return _forecast if spec.get("forecast") else _compete


def _compete(spec: dict[str, Any], folder: Path) -> dict[str, Any]:
    began = time.monotonic()
    os.environ[CHECKPOINT_EVERY] = str(min(60.0, max(1.0, spec["seconds"] / 5)))
    dataset, train, test = data_store.read(Path(spec["data"]))
    kind = catalog.get(spec["algorithm"]).load()
    known, held_out = dataset.take(train), dataset.take(test)
    before = _seconds_before(folder / CHECKPOINT)
    given = {**spec["hyperparameters"], "seed": spec["seed"], "task": spec["task"]}
    limit = 0.0
    if not spec["rescue"]:
        left = spec["seconds"] - (time.monotonic() - began)
        limit = before + training_seconds(kind, given, known, held_out, left)
    model = kind(**given, time_limit=limit)
    stopped = _fit(model, known, folder / CHECKPOINT) or spec["rescue"]
    model.time_limit = None
    trained = before + time.monotonic() - began
    model.save(folder / MODEL)
    result = _judge(model, held_out, folder)
    shutil.rmtree(folder / CHECKPOINT, ignore_errors=True)
    return {
        **result,
        "status": "finished",
        "seconds": before if spec["rescue"] else trained,
        "cut": bool(stopped or _was_cut(model, limit)),
    }


def _fit(model: Estimator, known: Dataset, folder: Path) -> bool:
    """Fit, from the checkpoint if there is one; say whether it was asked to stop."""
    folder.mkdir(exist_ok=True)
    try:
        model.fit(known, run=folder, resume=True, progress=True)
    except Interrupted:  # time is up: what was learnt so far competes
        if _abandoned.is_set() or "history_" not in vars(model):
            raise
        return True
    return False


def _judge(model: Estimator, test: Dataset, folder: Path) -> dict[str, Any]:
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


def _forecast(spec: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Ask the advisor which algorithms fit; here, because a probe runs their code."""
    dataset, train, _ = data_store.read(Path(spec["data"]))
    known = dataset.take(train)
    seen = profile(known, spec["task"], seed=spec["seed"])
    result: dict[str, Any] = {}
    for probe in (False, True):  # should time run out, the ranking without a probe is there
        found = recommend(known, profile=seen, probe=probe, seed=spec["seed"], task=spec["task"])
        names = ("name", "ruled_out", "seconds", "memory_bytes")
        items = [{name: getattr(item, name) for name in names} for item in found]
        facts = {**seen.to_dict(), "sentences": seen.sentences()}
        result = {"status": "finished", "items": items, "profile": facts}
        run_folder.write_json(folder / RESULT, result)
    return result


def _was_cut(model: Estimator, limit: float) -> bool:
    """Whether the clock ended the training, not the number of epochs."""
    planned = model.epochs
    history = model.history_
    last = history[-1]["epoch"] if history else 0
    return bool(last < planned and (not history or history[-1]["seconds"] >= 0.5 * limit))


def _seconds_before(folder: Path) -> float:
    """Return the training time in the latest checkpoint."""
    files = sorted(folder.glob("*.safetensors"))  # the middle of a stage, then ends of stages
    return float(checkpoint.read(files[0])["elapsed"]) if files else 0.0


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


def _end_with_race(life: int) -> None:
    """Wait until the pipe closes, as it does when the race dies; then save and end."""
    with contextlib.suppress(OSError):
        os.read(life, 1)
    _abandoned.set()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(5)
    os._exit(1)


if __name__ == "__main__":
    run(sys.argv[1])
