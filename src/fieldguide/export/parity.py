"""Whether an exported file says what the model says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from fieldguide.codecs import Picture, Quantity
from fieldguide.data import Dataset, ImageFiles
from fieldguide.errors import ExportMismatch
from fieldguide.export.feed import feed
from fieldguide.tasks import Task

STRICT = 1e-4
"""Largest difference of a probability, or of a value in deviations of the target: rounding."""
RESIZED = 2e-2
"""The same where the file itself resizes a picture: pixels differ by up to one step of 255."""
MOST_EXAMPLES, MOST_PICTURES = 256, 32


@dataclass
class Parity:
    """What a comparison found.

    Attributes:
        examples: Number of comparisons made.
        largest: Largest difference found.
        unit: What it is a difference of.
    """

    examples: int = 0
    largest: float = 0.0
    unit: str = "of a probability"


def check(
    file: Path, task: Task, examples: Dataset, outputs: Callable[[Dataset], Tensor]
) -> Parity:
    """Compare the file, under onnxruntime, with the model.

    Args:
        file: The exported file.
        task: The model's task.
        examples: What to compare on; a sample is taken of many.
        outputs: The model's outputs for a data set, in single precision.

    Raises:
        ExportMismatch: They differ by more than rounding explains.
    """
    parity = Parity()
    run = _runner(file)
    for part, tolerance in _parts(task, examples):
        _compare(task, run(feed(task.inputs, part)), outputs(part), tolerance, parity)
    return parity


def _runner(file: Path) -> Callable[[dict[str, np.ndarray]], dict[str, Any]]:
    """Return what runs the file; onnxruntime's errors share no class of their own."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what it warns of is ours to know, not the user's
    try:
        session = onnxruntime.InferenceSession(
            str(file), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:
        raise _cannot_run(error) from error
    names = [port.name for port in session.get_outputs()]

    def run(given: dict[str, np.ndarray]) -> dict[str, Any]:
        try:
            return dict(zip(names, session.run(None, given), strict=True))
        except Exception as error:
            raise _cannot_run(error) from error

    return run


def _cannot_run(error: Exception) -> ExportMismatch:
    return ExportMismatch(
        f"onnxruntime cannot run the exported file ({str(error).strip().splitlines()[0]}). "
        "Nothing was written. This is a fault of fieldguide or of a package it exports with."
    )


def _parts(task: Task, examples: Dataset) -> Iterator[tuple[Dataset, float]]:
    """Yield examples that can run together, with the tolerance that they are held to."""
    name, codec = next(iter(task.inputs.codecs.items()))
    if not isinstance(codec, Picture):
        yield examples.in_memory(MOST_EXAMPLES), STRICT
        return
    chosen = examples.in_memory(MOST_PICTURES)
    # Brought to size by the codec first, then as they are, which the file must resize by itself.
    ready = codec.encode(chosen.column(name))
    yield Dataset(fields={}, columns={name: ready}, source=chosen.source), STRICT
    if codec.stored != "uint8":
        return
    for index in range(len(chosen)):
        one = chosen.take(np.array([index]))
        column = one.column(name)
        shape = column.load(0).shape[:2] if isinstance(column, ImageFiles) else column.shape[2:]
        if tuple(shape) != codec.shape[1:]:
            yield one, RESIZED


def _compare(
    task: Task, answers: dict[str, Any], outputs: Tensor, tolerance: float, parity: Parity
) -> None:
    if "value" in answers:
        truth = task.decode(outputs)
        assert isinstance(task.codec, Quantity)
        unit = np.asarray(task.codec.deviations)
        difference = _largest((answers["value"] - truth) / (unit if truth.ndim == 2 else unit[0]))
        parity.unit = "standard deviations of the target"
        what = "values differ by up to {:.2g} of the target's standard deviation"
    else:
        truth = task.probabilities(outputs)  # type: ignore[attr-defined]
        difference = _largest(answers["probabilities"] - truth)
        what = "probabilities differ by up to {:.2g}"
    parity.examples += len(truth)
    parity.largest = max(parity.largest, difference)
    problems = [] if difference <= tolerance else [what.format(difference)]
    if "label" in answers:
        problems += _labels(answers["label"], task.decode(outputs), truth, tolerance)
    if problems:
        raise ExportMismatch(
            f"The exported file disagrees with the model on {len(truth)} examples: "
            f"{'; '.join(problems)} (allowed: {tolerance:g}). Nothing was written. "
            "This is a fault of fieldguide or of a package it exports with, not of your data."
        )


def _largest(difference: np.ndarray) -> float:
    """Return the largest difference; infinite where only one side is a number."""
    return float(np.nan_to_num(np.abs(difference), nan=np.inf).max(initial=0.0))


def _labels(
    given: np.ndarray, wanted: np.ndarray, shares: np.ndarray, tolerance: float
) -> list[str]:
    """Say which labels differ; two classes that are as likely as each other may change places."""
    ordered = np.sort(shares, axis=1)
    clear = ordered[:, -1] - ordered[:, -2] > 2 * tolerance
    wrong = np.flatnonzero((given != wanted) & clear)
    if not len(wrong):
        return []
    first = wrong[0]
    return [f"{len(wrong)} labels differ (first: '{given[first]}' for '{wanted[first]}')"]
