"""Outliers: how well they are told apart, and why the strangest held-out examples are strange.

Why: one column after the other (patch after patch of a picture, stretch after stretch of a
sequence) is set to what is usual among normal examples, and the surprise that this takes away is
counted. That asks nothing of an algorithm but its surprise.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn import metrics
from torch import Tensor

from fieldguide.advisor import words
from fieldguide.advisor.reporting import figures_of_rows as figures
from fieldguide.advisor.reporting import importance, looks, mistakes
from fieldguide.advisor.reporting.closeups import display
from fieldguide.data import Dataset, Examples, Inputs
from fieldguide.estimator import Estimator
from fieldguide.tasks.outliers import ALARMS, Outliers
from fieldguide.tasks.without_target import WithoutTarget

LOOKED_AT = 2_000  # held-out examples
KNOWN = 2_000  # examples that tell what is usual
SHOWN, ROWS = 9, 8  # strangest pictures or sequences; rows of a table
PATCHES = 7  # patches along a side of a picture
STRETCHES = 24  # of a sequence
WHY = 3  # columns named
TOLD = 0.05  # share of the surprise that a column must take away to be named


def measure(
    model: Estimator, known: Dataset, held_out: Dataset, *, seed: int
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Score held-out examples, and ask why the strangest are strange.

    Args:
        model: Fitted; says how surprising examples are.
        known: What it learnt from.
        held_out: What it did not.
        seed: Decides the sample.
    """
    task = model.task_
    assert isinstance(task, Outliers)
    order = np.random.default_rng(seed).permutation(len(held_out))
    part = held_out.take(np.sort(order[:LOOKED_AT]))
    examined = task.examined(part)
    surprise, truth = model._run_network(examined).double(), task.truth(examined)
    arrays = {"surprise": surprise.numpy(), "truth": truth.numpy()}
    classes = display.classes_of(part)
    form = display.form_of(task, known)
    found: dict[str, Any] = {"form": form, "known_outliers": classes is not None,
                             "threshold": task.threshold, "looked_at": len(part)}  # fmt: skip
    if classes is not None:
        found["normal"] = str(task.codec.decode(np.array([task.normal]))[0])
    count = SHOWN if form in ("image", "series") else ROWS
    strangest = surprise[: len(part)].argsort(descending=True, stable=True)[:count]
    usual = _usual(task, task.learnt_from(known), seed)
    x = next(iter(task.encode(part.take(strangest.numpy())).whole())).x
    drops = _drops(model, form, x, usual)
    rows = task.rows(x)
    cells, values = display.units(task, rows, form)
    found |= {"shown": cells, "usual": display.units(task, task.rows(usual), form)[0]}
    if values is not None:
        arrays["strangest"] = values
        arrays["weights"] = _laid_out(drops, task)
    found["examples"] = [
        {"where": mistakes.where(part, place), "surprise": float(surprise[place]),
         "class": None if classes is None else classes[place],
         "why": _why(drops, number) if values is None else []}
        for number, place in enumerate(strangest.tolist())
    ]  # fmt: skip
    return found, arrays


def sections(
    found: dict[str, Any], arrays: dict[str, np.ndarray], winner: dict[str, Any]
) -> dict[str, tuple[dict[str, Any], list[str]]]:
    """Return the parts of the report by name, each with its figures."""
    return {"separation": _separation(found, arrays), "strangest": _strangest(found, arrays)}


Place = tuple[str, Any]  # what is replaced, and where in the inputs
Drops = list[tuple[Place, np.ndarray]]


def _usual(task: Outliers, known: Dataset, seed: int) -> Inputs:
    """Return one example that is the median of normal ones, of categories the commonest."""
    order = np.random.default_rng(seed).permutation(len(known))
    examples = task.encode(known.take(np.sort(order[:KNOWN])))
    x = next(iter(examples.whole())).x
    if isinstance(x, Tensor):
        return x.median(dim=0).values[None]
    middle = {name: part.double().median(dim=0).values[None].to(part.dtype)
              for name, part in x.items()}  # fmt: skip
    if "categories" in x:
        middle["categories"] = x["categories"].mode(dim=0).values[None]
    return middle


def _drops(model: Estimator, form: str, x: Inputs, usual: Inputs) -> Drops:
    """Return by how much each example is less strange with a part of it replaced, (n,)."""
    task = model.task_
    assert isinstance(task, WithoutTarget)
    before = model._run_network(Examples(x)).double()
    found = []
    for place, changed in _changed(task, form, x, usual):
        found.append((place, (before - model._run_network(Examples(changed)).double()).numpy()))
    return found


def _changed(
    task: WithoutTarget, form: str, x: Inputs, usual: Inputs
) -> Iterator[tuple[Place, Inputs]]:
    """Yield the inputs with one part after the other replaced by what is usual."""
    if form == "image":
        assert isinstance(x, Tensor) and isinstance(usual, Tensor)
        for rows in _stretches(x.shape[2], PATCHES):
            for columns in _stretches(x.shape[3], PATCHES):
                changed = x.clone()
                changed[:, :, rows, columns] = usual[:, :, rows, columns]
                yield ("", (rows, columns)), changed
        return
    if form == "series" and isinstance(x, Tensor):
        for steps in _stretches(x.shape[1], STRETCHES):
            changed = x.clone()
            changed[:, steps] = usual[:, steps]  # type: ignore[index]
            yield ("", steps), changed
        return
    if form == "series":
        assert isinstance(x, dict) and isinstance(usual, dict)
        for steps in _stretches(x["steps"].shape[1], STRETCHES):
            inside = usual["steps"][:, steps]
            changed_steps = x["steps"].clone()
            changed_steps[:, steps.start : steps.start + inside.shape[1]] = inside
            yield ("", steps), {**x, "steps": changed_steps}
        return
    for place in importance.places(task.inputs):
        yield (place.column, None), _replaced(x, usual, place)


def _replaced(x: Inputs, usual: Inputs, place: importance.Place) -> Inputs:
    values = x if isinstance(x, Tensor) else x[place.part]
    middle = usual if isinstance(usual, Tensor) else usual[place.part]
    changed = values.clone()
    changed.flatten(1)[:, place.start : place.stop] = middle.flatten(1)[:, place.start : place.stop]
    return changed if isinstance(x, Tensor) else {**x, place.part: changed}


def _stretches(length: int, count: int) -> list[slice]:
    """Return stretches of a side that touch, at most so many."""
    ends = np.linspace(0, length, min(count, length) + 1).round().astype(int)
    return [slice(int(a), int(b)) for a, b in itertools.pairwise(ends)]


def _laid_out(drops: Drops, task: WithoutTarget) -> np.ndarray:
    """Return drops as weights of pixels or steps, 0 to 1."""
    shape = task.inputs.shape[1:] if task.inputs.form == "image" else task.inputs.shape[:1]
    count = len(drops[0][1])
    found = np.zeros((count, *shape))
    for (_, where), drop in drops:
        inside = (slice(None), *where) if isinstance(where, tuple) else (slice(None), where)
        width = drop.clip(min=0).reshape(-1, *[1] * len(shape))
        found[inside] = width
    largest = found.reshape(count, -1).max(axis=1).clip(min=1e-12)
    return np.asarray(found / largest.reshape(-1, *[1] * len(shape)), dtype=np.float32)


def _why(drops: Drops, number: int) -> list[dict[str, Any]]:
    """Return the columns without which an example is less strange, with their shares of it."""
    each = {name: float(drop[number]) for (name, _), drop in drops}
    total = sum(max(0.0, drop) for drop in each.values())
    ordered = sorted(each, key=lambda name: -each[name])[:WHY]
    return [
        {"column": name, "share": each[name] / total}
        for name in ordered
        if total > 0 and each[name] > TOLD * total
    ]


def _separation(
    found: dict[str, Any], arrays: dict[str, np.ndarray]
) -> tuple[dict[str, Any], list[str]]:
    surprise, truth = arrays["surprise"], arrays["truth"]
    normal, strange = surprise[truth == 0], surprise[truth == 1]
    facts: dict[str, Any] = {"title": "How well it tells outliers from the normal"}
    if not len(normal) or not len(strange):
        return facts | {"says": "The held-out examples are all of one kind."}, []
    limit = found["threshold"] if found["threshold"] is not None else float("inf")
    alarms, hits = float((normal > limit).mean()), float((strange > limit).mean())
    facts["says"] = (
        f"At its threshold it finds {words.share(hits)} of {len(strange):,} "
        f"{'outliers' if found['known_outliers'] else 'shuffled examples'} and raises "
        f"a false alarm for {words.share(alarms)} of {len(normal):,} normal ones."
    )
    facts["note"] = (
        f"Normal is '{found['normal']}', the commonest class; all other classes are outliers, and "
        "none of them was learnt from."
        if found["known_outliers"]
        else "No column tells outliers. Held-out examples whose columns were shuffled one by one "
        "stand in: likely values in unlikely company. Outliers of another kind may be found better "
        "or worse than these; a column that names some (--target) would show it."
    )
    facts["more"] = _off(normal, strange, alarms)
    other = "outliers" if found["known_outliers"] else "shuffled"
    false, right, _ = metrics.roc_curve(truth, surprise)
    area = float(metrics.auc(false, right))
    drawn = [
        figures.histogram(normal, strange, limit, other),
        figures.roc(false, right, (alarms, hits), area),
    ]
    return facts | {"side": True}, drawn


def _off(normal: np.ndarray, strange: np.ndarray, alarms: float) -> list[str]:
    """Say so where the threshold raises far more or fewer alarms than it was set for."""
    count = len(normal)
    noise = 3 * (ALARMS * (1 - ALARMS) / count) ** 0.5
    if abs(alarms - ALARMS) <= max(noise, 0.5 * ALARMS):
        return []
    better = float(np.quantile(normal, 1 - ALARMS))
    return [
        f"The threshold was set for {words.share(ALARMS)}, on examples that were at hand in "
        f"training; the model knew those better than new ones. At {better:.4g} instead, "
        f"{words.share(ALARMS)} of the held-out normal examples would raise an alarm, and "
        f"{words.share(float((strange > better).mean()))} of the others be found."
        if alarms > ALARMS
        else f"The threshold was set for {words.share(ALARMS)}: new normal examples are less "
        f"strange than those it was set on. At {better:.4g} instead, "
        f"{words.share(float((strange > better).mean()))} of the others would be found."
    ]


def _strangest(
    found: dict[str, Any], arrays: dict[str, np.ndarray]
) -> tuple[dict[str, Any], list[str]]:
    examples, limit = found["examples"], found["threshold"]
    beyond = sum(one["surprise"] > limit for one in examples) if limit is not None else 0
    says = f"The {len(examples)} strangest of {found['looked_at']:,} held-out examples"
    if found["known_outliers"]:
        hits = sum(one["class"] != found["normal"] for one in examples)
        says += f"; {'all' if hits == len(examples) else hits} of them are outliers by their class"
    elif beyond < len(examples):
        says += f"; {beyond} of them lie beyond the threshold"
    facts: dict[str, Any] = {"title": "The strangest examples", "says": f"{says}."}
    labels = [
        one["where"] if one["class"] is None
        else f"class {one['class']}" if len(one["class"]) < 3 else one["class"]
        for one in examples
    ]  # fmt: skip
    if found["form"] == "image":
        low, high = display.levels(arrays["strangest"])
        shown = zip(arrays["strangest"], arrays["weights"], examples, labels, strict=True)
        facts["pictures"] = [
            {"picture": mistakes.data_uri(
                looks.side_by_side(display.image(picture, low, high), heat.astype(float))),
             "alt": f"left {label}, right the same, tinted where it is strange",
             "caption": label, "under": one["where"]}
            for picture, heat, one, label in shown
        ]  # fmt: skip
        facts |= {"kind": "pairs", "note": _how("patch of the picture", "Tinted is where")}
        return facts, []
    if found["form"] == "series":
        facts["note"] = _how("stretch of steps", "Shaded is where")
        return facts, [figures.weighed_curves(arrays["strangest"], arrays["weights"], labels)]
    facts["table"] = _table(found)
    facts["note"] = _how("column", "Shares say how much of that")
    facts["note"] += " Of surprises only the order means anything: the larger, the stranger."
    return facts, []


def _how(part: str, what: str) -> str:
    return (
        f"Why: one {part} after the other was set to the median of normal examples, and the "
        f"surprise that this took away was counted. {what} most was taken away."
    )


def _table(found: dict[str, Any]) -> dict[str, Any]:
    """Return the strangest rows, with the values that make them strange."""
    names, usual = found["shown"]["names"], found["usual"]["cells"][0]
    labelled = found["known_outliers"]
    lines = []
    for one, cells in zip(found["examples"], found["shown"]["cells"], strict=True):
        said = []
        for part in one["why"]:
            place = names.index(part["column"]) if part["column"] in names else None
            values = "" if place is None else f" {cells[place]}, usually {usual[place]}"
            said.append(f"{part['column']}{values} ({words.share(part['share'])})")
        kind = [one["class"]] if labelled else []
        lines.append([one["where"], *kind, f"{one['surprise']:.4g}",
                      "; ".join(said) or "no single column"])  # fmt: skip
    head = ["where", *(["class"] if labelled else []), "surprise", "strange because of"]
    return {"head": head, "rows": lines, "text": len(head), "prose": True}
