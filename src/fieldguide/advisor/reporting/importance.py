"""Permutation importance (Breiman 2001): what shuffling a column costs on held-out rows."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fieldguide.advisor import scoring
from fieldguide.data import Dataset, Examples
from fieldguide.estimator import Estimator
from fieldguide.tasks.inputs import Inputs

ROWS = 2_000  # held-out rows looked at
REPEATS = 10  # shuffles of each column
MOST_PLACES = 300  # of a block of numbers: more are shuffled in neighbouring groups
AFTER_FIRST = 40  # columns that are shuffled again: those that seemed to matter most


@dataclass(frozen=True)
class Place:
    """Where a column of the user's went in the encoded inputs.

    Attributes:
        column: Its name.
        part: ``"numbers"`` or ``"categories"``.
        start: Its first position there.
        stop: One past its last.
    """

    column: str
    part: str
    start: int
    stop: int


def places(inputs: Inputs) -> list[Place]:
    """Return where each column went; a block of numbers counts as one column a number."""
    found, numbers, categories = [], 0, 0
    for name, codec in inputs.codecs.items():
        if codec.codes:
            found.append(Place(name, "categories", categories, categories + 1))
            categories += 1
            continue
        if inputs.form == "array":
            return _of_block(name, codec.width)
        found.append(Place(name, "numbers", numbers, numbers + codec.width))
        numbers += codec.width
    return found


def measure(
    model: Estimator, held_out: Dataset, *, until: float, seed: int = 0
) -> dict[str, Any] | None:
    """Shuffle one column after the other among held-out rows, and score again.

    Args:
        model: Fitted on a table or a block of numbers.
        held_out: Rows that it has not learnt from.
        until: Value of ``time.monotonic()`` to stop at.
        seed: Decides the sample of rows and the shuffles.

    Returns:
        ``kind`` ``"importance"``, the ``rows`` looked at, their ``score``, and ``columns``, the
        most important first: ``drop`` of the score (mean over ``repeats`` shuffles) and its 95 %
        interval ``low`` to ``high`` over shuffles and resampled rows. None where there was no time
        to shuffle every column once.
    """
    sample = held_out.in_memory(ROWS, seed)
    examples = model.task_.encode(sample, once=True)
    assert examples.y is not None
    base = _parts(model, examples, examples.x)
    before = scoring.resampled(base, seed)
    known = places(model.task_.inputs)
    drops: dict[Place, list[float]] = {place: [] for place in known}
    spread: dict[Place, list[np.ndarray]] = {place: [] for place in known}
    for repeat in range(REPEATS):
        order = torch.from_numpy(np.random.default_rng((seed, repeat)).permutation(len(sample)))
        for place in _worth(drops, repeat):
            if time.monotonic() >= until:
                break
            parts = _parts(model, examples, shuffled(examples.x, place, order))
            whole = scoring.score_of(base.sum(axis=0)) - scoring.score_of(parts.sum(axis=0))
            drops[place].append(float(whole))
            spread[place].append(before - scoring.resampled(parts, seed))
    if not all(drops.values()):
        return None
    return {
        "kind": "importance",
        "rows": len(sample),
        "score": float(scoring.score_of(base.sum(axis=0))),
        "repeats": max(map(len, drops.values())),
        "columns": _ranked(drops, spread),
    }


def shuffled(x: Tensor | dict[str, Tensor], place: Place, order: Tensor) -> Any:
    """Return inputs whose column is exchanged among the rows; the rest is shared."""
    if isinstance(x, dict):
        return {**x, place.part: _exchanged(x[place.part], place, order)}
    return _exchanged(x, place, order)


def _exchanged(values: Tensor, place: Place, order: Tensor) -> Tensor:
    copied = values.clone()
    flat = copied.flatten(1)
    flat[:, place.start : place.stop] = flat[order, place.start : place.stop]
    return flat.view_as(copied)


def _of_block(name: str, width: int) -> list[Place]:
    ends = np.linspace(0, width, min(width, MOST_PLACES) + 1).astype(int).tolist()
    return [
        Place(f"{name}[{a}]" if b == a + 1 else f"{name}[{a}:{b}]", "numbers", a, b)
        for a, b in itertools.pairwise(ends)
    ]


def _worth(drops: dict[Place, list[float]], repeat: int) -> list[Place]:
    """Return the columns to shuffle: all at first, then those that seem to matter."""
    if repeat == 0:
        return list(drops)
    ordered = sorted(drops, key=lambda place: -max(drops[place], default=0.0))
    return [place for place in ordered[:AFTER_FIRST] if drops[place]]


def _parts(model: Estimator, examples: Examples, x: Any) -> np.ndarray:
    assert examples.y is not None
    outputs = model._run_network(Examples(x, finish=examples.finish))
    return model.task_.summands(outputs, examples.y)


def _ranked(
    drops: dict[Place, list[float]], spread: dict[Place, list[np.ndarray]]
) -> list[dict[str, Any]]:
    found = []
    for place, seen in drops.items():
        low, high = np.quantile(np.concatenate(spread[place]), [0.025, 0.975])
        drop = float(np.mean(seen))
        found.append({"column": place.column, "drop": drop, "repeats": len(seen),
                      "low": min(drop, float(low)), "high": max(drop, float(high))})  # fmt: skip
    return sorted(found, key=lambda one: -one["drop"])
