"""Pictures to translate: how many there are, and how far answers come that need no network."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from fieldguide import catalog, tasks
from fieldguide.advisor.profiling.measure import Finding, Material, Measure
from fieldguide.advisor.profiling.phrases import NAMES, counted
from fieldguide.data import Dataset, Field
from fieldguide.errors import DataError

TASKS = ("image_translation", "unpaired_image_translation")
PIXELS, FEWEST, MOST = 1_500_000, 24, 400  # of all pictures tried; pictures tried
HELD_OUT = 1 / 3
EVERY_PIXEL = 224 * 224  # of a picture, where its size varies


def find(material: Material) -> Finding | None:
    """Count the pictures, and try the baselines on a third of some of them."""
    data = material.dataset
    if data.target is None:
        return None
    marks = tried(data, material.task, material.seed)
    return Finding({"marks": marks}, (*_counted(data, material.task), *_worth(marks, material)))


def tried(data: Dataset, task: str, seed: int) -> dict[str, dict[str, Any]]:
    """Return what each baseline of the task scores on a third of some pictures, held out.

    Returns:
        By name: ``title``, ``score``, ``deviation`` (of the score, by chance), ``capacity``,
        ``learnt`` and ``judged`` (numbers of pictures).
    """
    field = next(known for known in data.inputs.values() if known.kind == "image")
    pixels = int(np.prod(field.shape[1:])) or EVERY_PIXEL
    some = data.in_memory(int(np.clip(PIXELS // pixels, FEWEST, MOST)), seed)
    try:
        train, held = some.split(HELD_OUT, seed)
        return {
            entry.name: _tried(entry, task, train, held)
            for entry in catalog.entries()
            if entry.card.baseline and task in entry.card.tasks
        }
    except DataError:  # too few, or too few of a class
        return {}


def _tried(entry: catalog.Entry, task: str, train: Dataset, held: Dataset) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        model = entry.load()(task=task).fit(train)
        outputs, truth = model._outputs_and_truth(held, None)
    parts = model.task_.summands(outputs, truth)[:, 0]
    return {
        "title": entry.card.title,
        "score": float(parts.mean()),
        "deviation": float(parts.std() / max(1, len(parts)) ** 0.5),
        "capacity": entry.card.capacity,
        "learnt": len(train),
        "judged": len(held),
    }


def _counted(data: Dataset, task: str) -> list[str]:
    if task == TASKS[1]:
        return [
            "No pairs are needed: each picture is translated into the other class, and judged by "
            "whether it looks like one of those."
        ]
    assert data.target is not None
    question = next(known for known in data.inputs.values() if known.kind == "image")
    answer = data.fields[data.target]
    return [
        f"{counted(len(data), 'pair')} of pictures: from '{question.name}' "
        f"({_size(question)}) to '{answer.name}' ({_size(answer)})."
    ]


def _size(field: Field) -> str:
    channels, height, width = (*field.shape, 0, 0, 0)[:3]
    colours = {0: "grey and colour", 1: "grey", 3: "colour", 4: "colour with transparency"}
    size = f"{width} by {height}" if height and width else "of several sizes"
    return f"{colours.get(channels, f'{channels} channels')}, {size}"


def _worth(marks: dict[str, dict[str, Any]], material: Material) -> list[str]:
    if not marks:
        return []
    ranked = sorted(marks.values(), key=lambda one: -one["score"])
    said = "; ".join(f"{one['title']} {one['score']:.2f}" for one in ranked)
    kind = tasks.known()[material.task]
    name = NAMES.get(kind.score_name, kind.score_name)
    judged = ranked[0]["judged"]
    return [f"Simple answers to {counted(judged, 'held-out picture')} ({name}): {said}."]


MEASURE = Measure("translations", find, tasks=TASKS, forms=("image",), order=5)
