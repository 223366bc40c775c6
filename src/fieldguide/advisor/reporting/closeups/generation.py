"""Generated examples: beside real ones, how like them, and whether they are copies."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from fieldguide.advisor import words
from fieldguide.advisor.reporting import figures_of_rows as figures
from fieldguide.advisor.reporting.closeups import display, likeness
from fieldguide.codecs import Labels
from fieldguide.data import Dataset
from fieldguide.estimator import Estimator
from fieldguide.metrics.features import space_of_rows
from fieldguide.metrics.generation import mode_coverage
from fieldguide.metrics.memorisation import Memorisation, memorisation, nearest_neighbours
from fieldguide.tasks.generation import JUDGED
from fieldguide.tasks.without_target import WithoutTarget

KNOWN = 20_000  # training examples that copies are looked for among
SHOWN, CURVES, LINES = 20, 8, 8  # pictures, sequences, rows of a table
COPIED = 0.01  # share of copies among the samples from which it is said that a model copies
NEAREST = 6  # samples shown beside their nearest training example


def measure(
    model: Estimator, known: Dataset, held_out: Dataset, *, seed: int
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Draw examples, compare them with real ones, and look for copies.

    Args:
        model: Fitted; draws examples.
        known: What it learnt from.
        held_out: What it did not.
        seed: Decides what is drawn.
    """
    task = model.task_
    assert isinstance(task, WithoutTarget)
    learnt, real = _some(known, KNOWN, seed), _some(held_out, JUDGED, seed)
    train, held = (task.all_rows(task.encode(part)) for part in (learnt, real))
    made = model._drawn(max(len(held), SHOWN), None, torch.Generator().manual_seed(seed))
    fresh = train[torch.randperm(len(train), generator=torch.Generator().manual_seed(seed))]
    space = space_of_rows(train)
    features = [space.features(rows) for rows in (made, train, held)]
    test = memorisation(*features)
    distances, nearest = nearest_neighbours(features[0], features[1])
    found = _figures(task, display.form_of(task, known), made, fresh, held, test)
    found |= {"copies_space": space.name, "searched": len(learnt)}
    arrays: dict[str, np.ndarray] = {}
    _keep(task, {"made": made, "real": held}, found, arrays)
    _nearest(task, made, train, distances, nearest, found, arrays)
    classes = display.classes_of(learnt)
    if classes is not None:
        _modes(classes, display.classes_of(real) or [], nearest, found)
    if isinstance(task.codec, Labels):
        _asked(model, task, seed, found, arrays)
    return found, arrays


def sections(
    found: dict[str, Any], arrays: dict[str, np.ndarray], winner: dict[str, Any]
) -> dict[str, tuple[dict[str, Any], list[str]]]:
    """Return the parts of the report by name, each with its figures."""
    return {"samples": _samples(found, arrays), "likeness": likeness.section(found, winner),
            "copies": _copies(found, arrays)}  # fmt: skip


def copies(found: dict[str, Any]) -> bool:
    """Say whether more than a few samples are as good as training examples."""
    test = found["memorisation"]
    return bool(test["suspected"] and test["copied"] >= COPIED)


def _figures(
    task: WithoutTarget, form: str, made: Tensor, fresh: Tensor, held: Tensor, test: Memorisation
) -> dict[str, Any]:
    """Return scores of samples, of training examples in their place, and of the test for copies."""
    memory = {name: getattr(test, name) for name in ("z", "copied", "samples", "held_out")}
    return {
        "form": form,
        "space": likeness.space(task.width),
        "unseen": likeness.unseen(task.width, held, made, fresh),
        "varies": float(made.double().var(dim=0).sum() / fresh.double().var(dim=0).sum()),
        "scores": task.scores(made[: len(held)], held),
        "yardstick": task.scores(fresh[: len(held)], held),
        "memorisation": {**memory, "suspected": test.suspected},
    }


def _some(dataset: Dataset, count: int, seed: int) -> Dataset:
    order = np.random.default_rng(seed).permutation(len(dataset))
    return dataset.take(np.sort(order[:count]))


def _keep(
    task: WithoutTarget, rows: dict[str, Tensor], found: dict[str, Any],
    arrays: dict[str, np.ndarray],
) -> None:  # fmt: skip
    count = {"image": SHOWN, "series": CURVES}.get(found["form"], LINES)
    for name, some in rows.items():
        found[name], values = display.units(task, some[:count], found["form"])
        if values is not None:
            arrays[name] = values


def _nearest(
    task: WithoutTarget, made: Tensor, train: Tensor, distances: Tensor, nearest: Tensor,
    found: dict[str, Any], arrays: dict[str, np.ndarray],
) -> None:  # fmt: skip
    """Keep samples beside their nearest training example, from the nearest to the median."""
    closest = distances.argsort(stable=True)
    places = closest[torch.linspace(0, len(closest) // 2, min(NEAREST, len(made))).long()]
    _keep(task, {"near_made": made[places], "near_real": train[nearest[places]]}, found, arrays)
    usual = max(found["memorisation"]["held_out"], 1e-12)
    found["distances"] = (distances[places] / usual).tolist()


def _modes(classes: list[str], real: list[str], nearest: Tensor, found: dict[str, Any]) -> None:
    """Note which classes the samples' nearest training examples are of."""
    names = sorted(set(classes) | set(real))
    place = {name: code for code, name in enumerate(names)}
    truth = np.array([place[name] for name in real])
    drawn = np.array([place[name] for name in classes])[nearest.numpy()]
    seen = mode_coverage(truth, drawn)
    found["modes"] = {"covered": seen.covered, "total": seen.total,
                      "missing": [names[code] for code in seen.missing]}  # fmt: skip


def _asked(
    model: Estimator, task: WithoutTarget, seed: int, found: dict[str, Any],
    arrays: dict[str, np.ndarray],
) -> None:  # fmt: skip
    """Keep samples of each class, where the algorithm minds which class it is asked for."""
    assert isinstance(task.codec, Labels)
    count = min(task.codec.width, SHOWN)
    if count < 2:
        return
    codes = torch.arange(count)
    one, other = (
        model._drawn(count, given, torch.Generator().manual_seed(seed))
        for given in (codes, codes.flip(0))
    )
    if torch.equal(one, other):
        return
    repeats = max(1, SHOWN // count)
    rows = model._drawn(
        count * repeats, codes.repeat_interleave(repeats), torch.Generator().manual_seed(seed)
    )
    _keep(task, {"made": rows}, found, arrays)
    names = task.codec.decode(codes.repeat_interleave(repeats).numpy())
    found["asked"] = [str(name) for name in names]


def _samples(
    found: dict[str, Any], arrays: dict[str, np.ndarray]
) -> tuple[dict[str, Any], list[str]]:
    facts: dict[str, Any] = {"title": "Samples beside real examples"}
    asked = found.get("asked")
    facts["says"] = (
        "Samples of each class that it was asked for, then real held-out examples."
        if asked
        else "Samples, not chosen, then real held-out examples."
    )
    if found["form"] == "image":
        low, high = display.levels(arrays["real"])
        facts["groups"] = [
            {"title": title, "pictures": [
                {"picture": display.one(display.image(picture, low, high)), "alt": alt,
                 "caption": "" if said is None else said, "under": ""}
                for picture, said in zip(pictures, labels, strict=True)]}
            for title, alt, pictures, labels in (
                ("Generated", "a generated picture", arrays["made"],
                 asked or [None] * len(arrays["made"])),
                ("Real", "a real picture", arrays["real"], [None] * len(arrays["real"])))
        ]  # fmt: skip
        return facts, []
    if found["form"] == "series":
        both = [(arrays["made"], asked or ["generated"] * len(arrays["made"]), "made"),
                (arrays["real"], ["real"] * len(arrays["real"]), "real")]  # fmt: skip
        return facts, [figures.curves(some, said, name, f"Sequences: {said[0]}")
                       for some, said, name in both]  # fmt: skip
    names = found["made"]["names"][: display.COLUMNS]
    lines = [
        [label, *cells[: display.COLUMNS]]
        for key, title in (("made", "generated"), ("real", "real"))
        for label, cells in zip(
            (asked if asked and key == "made" else [title] * len(found[key]["cells"])),
            found[key]["cells"], strict=False)
    ]  # fmt: skip
    facts["table"] = {"head": ["", *names], "rows": lines, "text": 1}
    return facts, []


def _copies(
    found: dict[str, Any], arrays: dict[str, np.ndarray]
) -> tuple[dict[str, Any], list[str]]:
    test = found["memorisation"]
    said = [f"{gap:.2f} of the usual distance" for gap in found["distances"]]
    facts: dict[str, Any] = {"title": "Invented or copied?", "says": _copying(found)}
    facts["note"] = (
        f"Shown are samples, the nearest first, beside their nearest of {found['searched']:,} "
        "training examples, with their distance as a share of the one that held-out examples "
        f"usually have. Distances in {found['copies_space']}; test after Meehan, Chaudhuri & "
        f"Dasgupta (2020); {words.share(test['copied'])} of all samples are at a tenth of the "
        "usual distance or less."
    )
    if found["form"] == "image":
        low, high = display.levels(arrays["near_real"])
        facts["pictures"] = [
            {"picture": display.pair(display.image(a, low, high), display.image(b, low, high)),
             "alt": "left a sample, right its nearest training example",
             "caption": one, "under": ""}
            for a, b, one in zip(arrays["near_made"], arrays["near_real"], said, strict=True)
        ]  # fmt: skip
        return facts | {"kind": "pairs"}, []
    if found["form"] == "series":
        drawn = figures.restored(arrays["near_real"], arrays["near_made"], said)
        facts["note"] += " Dots: the training example; line: the sample."
        return facts, [drawn]
    names = found["near_made"]["names"][: display.COLUMNS]
    lines = []
    for one, other, gap in zip(
        found["near_made"]["cells"], found["near_real"]["cells"], said, strict=True
    ):
        lines.append(["sample", *one[: display.COLUMNS]])
        lines.append([f"training, {gap}", *other[: display.COLUMNS]])
    facts["table"] = {"head": ["", *names], "rows": lines, "text": 1}
    return facts, []


def _copying(found: dict[str, Any]) -> str:
    test = found["memorisation"]
    gap = f"{test['samples']:.3g} against {test['held_out']:.3g}"
    says = (
        "No sign that it copies: samples lie no nearer to training examples than held-out examples "
        f"do ({gap})."
    )
    if test["suspected"]:
        rank = f"{test['z']:.1f} standard deviations of a rank test"
        says = (
            f"It copies: {words.share(test['copied'])} of its samples are training examples, or as "
            f"good as ({gap}; {rank})."
            if copies(found)
            else f"No sign that it copies: samples lie a little nearer to training examples than "
            f"held-out examples do ({gap}), as smooth ones do to everything, and few are copies."
            if found.get("varies", 1.0) < likeness.SMOOTH
            else "It holds on to its training examples: samples lie nearer to them than held-out "
            f"examples do, by more than chance explains ({gap}; {rank}), though few are copies."
        )
    return says
