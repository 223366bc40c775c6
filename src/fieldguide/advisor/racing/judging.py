"""What a fitted model is worth: on the held-out examples, or on the validation examples alone."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from fieldguide.advisor import scoring
from fieldguide.advisor.racing import backtests
from fieldguide.data import Dataset
from fieldguide.estimator import Estimator
from fieldguide.tasks.forecasting import Forecasting

PREDICTIONS, VALIDATION, MODEL = "predictions.npz", "validation.npz", "model"
WEIGHTS = "weights.safetensors"


def judge(model: Estimator, held_out: Dataset, folder: Path) -> dict[str, Any]:
    """Predict the held-out examples once; keep what each adds to the score.

    Args:
        model: Fitted, and saved under ``folder``.
        held_out: The examples that decide the race.
        folder: Of the entrant; gets ``predictions.npz``.
    """
    began = time.monotonic()
    outputs, truth = model._outputs_and_truth(held_out, None)
    seconds = time.monotonic() - began
    task = model.task_
    kept: dict[str, Any] = {"parts": task.summands(outputs, truth)}
    if isinstance(task, Forecasting):  # every step of every window would fill the disk
        kept |= backtests.keep(task, outputs, held_out)
    else:
        told = (
            task.needs_target and not task.pairs
        )  # pictures would fill the disk, and tell nothing
        kept["prediction"] = _plain(task.decode(outputs)) if told else np.empty((0, 0))
    if hasattr(task, "probabilities"):
        kept["confidence"] = task.probabilities(outputs).max(axis=1)
    _write(folder / PREDICTIONS, kept)
    return {
        "scores": task.judge(outputs, truth, held_out) | model.more_scores(held_out),
        "score_name": task.score_name,
        "predict_seconds": seconds,
        "size": sum(file.stat().st_size for file in (folder / MODEL).iterdir()),
        "weight_bytes": (folder / MODEL / WEIGHTS).stat().st_size,
        "code": _code(model, held_out),
        "weights": sum(weight.numel() for weight in model.network_.parameters()),
        "notes": [str(note) for note in getattr(model, "notes_", [])],
    }


def _code(model: Estimator, held_out: Dataset) -> int | None:
    """Return how many numbers stand for an example, where the task is to find some."""
    if model.task_.name != "representation" or not hasattr(model, "codes"):
        return None
    return int(model.encode(held_out.take(np.arange(1))).shape[1])


def validate(model: Estimator, validation: Dataset, folder: Path) -> dict[str, Any]:
    """Predict the validation examples, which the model has not learnt from; keep the outputs.

    Args:
        model: Fitted.
        validation: The examples that choices are made on.
        folder: Gets ``validation.npz``: summands of the score, outputs, and the target's codec.
    """
    outputs, truth = model._outputs_and_truth(validation, None)
    task = model.task_
    parts = task.summands(outputs, truth)
    codec = json.dumps(task.codec.config())
    _write(folder / VALIDATION, {"parts": parts, "outputs": _numbers(outputs), "codec": codec})
    return {"validation_score": float(scoring.score_of(parts.sum(axis=0)))}


def validation_parts(folder: Path) -> np.ndarray | None:
    """Return what `validate` kept of the score's summands, or None."""
    path = folder / VALIDATION
    if not path.exists():
        return None
    with np.load(path, allow_pickle=False) as stored:
        parts: np.ndarray = stored["parts"]
        return parts


def _write(path: Path, arrays: dict[str, Any]) -> None:
    """Write arrays so that the file is whole or not there."""
    beside = path.with_name(f".{path.name}")
    with open(beside, "wb") as file:
        np.savez(file, **arrays)
    os.replace(beside, path)


def _numbers(outputs: Tensor) -> np.ndarray:
    return outputs.float().numpy()


def _plain(values: np.ndarray) -> np.ndarray:
    """Return values that NumPy stores without pickling."""
    return values.astype(str) if values.dtype.kind == "O" else values
