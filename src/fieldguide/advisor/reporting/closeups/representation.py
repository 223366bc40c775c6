"""Representations: what comes back out of a code, what is lost, and what the code looks like."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from sklearn.neighbors import KNeighborsClassifier
from torch import Tensor

from fieldguide.advisor import words
from fieldguide.advisor.reporting import figures_of_rows as figures
from fieldguide.advisor.reporting import looks, mistakes
from fieldguide.advisor.reporting.closeups import display
from fieldguide.data import Dataset
from fieldguide.estimator import Estimator
from fieldguide.tasks.without_target import WithoutTarget

LOOKED_AT = 1_500  # held-out examples
KNOWN = 5_000  # examples that principal components learn from
SHOWN = 12  # pictures beside their reconstructions
CURVES, LINES = 6, 4  # sequences, or rows of a table, likewise
NEAREST = 5
MOST_LOST = 15  # columns drawn


def measure(
    model: Estimator, known: Dataset, held_out: Dataset, *, seed: int
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Reconstruct held-out examples; return findings and arrays.

    Args:
        model: Fitted; reconstructs.
        known: What it learnt from.
        held_out: What it did not.
        seed: Decides the sample.
    """
    task = model.task_
    assert isinstance(task, WithoutTarget)
    chosen = _draw(len(held_out), LOOKED_AT, seed)
    part = held_out.take(chosen)
    examples = task.encode(part, once=True)
    rows, back = task.all_rows(examples).double(), model._run_network(examples).double()
    found: dict[str, Any] = {"form": display.form_of(task, known), "looked_at": len(chosen)}
    arrays: dict[str, np.ndarray] = {}
    _pick(task, part, rows, back, found, arrays)
    _lost(task, rows, back, found, arrays)
    trained = task.all_rows(task.encode(known.take(_draw(len(known), KNOWN, seed)))).double()
    if hasattr(model, "codes"):
        codes = model._without_gradients(model.codes, examples).double()
        _code(codes, rows, trained, display.classes_of(part), found, arrays)
    return found, arrays


def sections(
    found: dict[str, Any], arrays: dict[str, np.ndarray], winner: dict[str, Any]
) -> dict[str, tuple[dict[str, Any], list[str]]]:
    """Return the parts of the report by name, each with its figures."""
    made = {"restored": _restored(found, arrays, winner), "lost": _loss(found, arrays)}
    if "code" in found:
        made["codes"] = _map(found, arrays)
    return made


def _draw(length: int, count: int, seed: int) -> np.ndarray:
    order = np.random.default_rng(seed).permutation(length)
    return np.sort(order[:count])


def _pick(
    task: WithoutTarget, part: Dataset, rows: Tensor, back: Tensor, found: dict[str, Any],
    arrays: dict[str, np.ndarray],
) -> None:  # fmt: skip
    """Keep examples from the best kept to the worst, as they came and as they came back."""
    errors = (rows - back).square().sum(dim=1)
    form = found["form"]
    count = min(len(rows), {"image": SHOWN, "series": CURVES}.get(form, LINES))
    ordered = errors.argsort(stable=True)
    places = ordered[torch.linspace(0, len(rows) - 1, count).round().long()]
    spread = (rows - rows.mean(dim=0)).square().sum(dim=1).mean().clamp_min(1e-12)
    found["examples"] = [
        {"where": mistakes.where(part, place), "lost": float(errors[place] / spread)}
        for place in places.tolist()
    ]
    for name, which in (("originals", rows), ("restored", back)):
        cells, values = display.units(task, which[places], form)
        found[name] = cells
        if values is not None:
            arrays[name] = values


def _lost(
    task: WithoutTarget, rows: Tensor, back: Tensor, found: dict[str, Any],
    arrays: dict[str, np.ndarray],
) -> None:  # fmt: skip
    """Keep what share of its variance each column, pixel or step loses."""
    error = (rows - back).square().mean(dim=0)
    spread = (rows - rows.mean(dim=0)).square().mean(dim=0)
    form = found["form"]
    if form == "image":
        shape = task.inputs.shape
        both = [each.view(shape).sum(dim=0).sqrt().numpy() for each in (error, spread)]
        arrays["lost"], arrays["spread"] = both
        arrays["mean"] = task.values(rows.mean(dim=0)[None])[0]
        return
    if form == "series":
        shape = (task.inputs.shape[0], -1)
        steps = error.view(shape).mean(dim=1), spread.view(shape).mean(dim=1)
        arrays["lost"], arrays["spread"] = (each.sqrt().numpy() for each in steps)
        return
    found["columns"] = _by_column(task, error, spread)


def _by_column(task: WithoutTarget, error: Tensor, spread: Tensor) -> list[dict[str, Any]]:
    number, word, columns = 0, task.numbers, []
    for name, codec in task.inputs.codecs.items():
        start = word if codec.codes else number
        word, number = (word + codec.width, number) if codec.codes else (word, number + codec.width)
        own = slice(start, start + codec.width)
        if task.inputs.form == "array":
            columns += [(f"{name}[{place}]", slice(place, place + 1)) for place in range(own.stop)]
        else:
            columns.append((name, own))
    found = []
    for name, own in columns:
        varies = float(spread[own].sum())
        if varies > 1e-12:
            found.append({"column": name, "lost": float(error[own].sum()) / varies})
    return sorted(found, key=lambda one: -one["lost"])


def _code(
    codes: Tensor, rows: Tensor, trained: Tensor, classes: list[str] | None,
    found: dict[str, Any], arrays: dict[str, np.ndarray],
) -> None:  # fmt: skip
    """Keep two directions of the code beside two principal components of the rows."""
    width, mean = codes.shape[1], trained.mean(dim=0)
    _, _, directions = torch.linalg.svd(trained - mean, full_matrices=False)
    plain = (rows - mean) @ directions[:width].T
    rest = (rows - mean).square().sum() - plain.square().sum()
    whole = (rows - rows.mean(dim=0)).square().sum().clamp_min(1e-12)
    found["code"] = {"width": width, "row": rows.shape[1], "as_it_is": width <= 2,
                     "components_keep": 1 - float(rest / whole)}  # fmt: skip
    arrays["map"] = (codes if width <= 2 else _leading(codes)).numpy()
    arrays["components"] = plain[:, :2].numpy()
    if classes is not None:
        found["classes"] = classes
        for name, points in (("own", codes), ("components", plain)):
            found["code"][f"neighbours_{name}"] = _alike(points.numpy(), classes)


def _leading(codes: Tensor) -> Tensor:
    centred = codes - codes.mean(dim=0)
    _, _, directions = torch.linalg.svd(centred, full_matrices=False)
    return centred @ directions[:2].T


def _alike(points: np.ndarray, classes: list[str]) -> float | None:
    """Return how often the nearest others, voting, have an example's class; itself left out."""
    if len(points) < 4 * NEAREST:
        return None
    names, codes = np.unique(classes, return_inverse=True)
    finder = KNeighborsClassifier(NEAREST).fit(points, codes)
    near = finder.kneighbors(points, NEAREST + 1, return_distance=False)[:, 1:]
    votes = np.apply_along_axis(np.bincount, 1, codes[near], minlength=len(names))
    return float((votes.argmax(axis=1) == codes).mean())


def _restored(
    found: dict[str, Any], arrays: dict[str, np.ndarray], winner: dict[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    code = found.get("code")
    kept = words.score(winner["score"], "explained")
    says = f"{kept} of what varies among held-out examples comes back"
    if code is not None:
        end = "s" if code["width"] != 1 else ""
        says += f" out of a code of {code['width']:,} number{end} for {code['row']:,}"
    facts: dict[str, Any] = {"title": "What comes back", "says": f"{says}."}
    order = "from the best kept to the worst; below each, what share of the usual variation is lost"
    lost = [f"{words.share(one['lost'])} lost" for one in found["examples"]]
    if found["form"] == "image":
        low, high = display.levels(arrays["originals"])
        pairs = zip(arrays["originals"], arrays["restored"], found["examples"], lost, strict=True)
        facts["pictures"] = [
            {"picture": display.pair(display.image(a, low, high), display.image(b, low, high)),
             "alt": f"left the original of {one['where']}, right what came back",
             "caption": said, "under": one["where"]}
            for a, b, one, said in pairs
        ]  # fmt: skip
        facts |= {"kind": "pairs", "note": f"Left the original, right what came back; {order}."}
        return facts, []
    if found["form"] == "series":
        drawn = figures.restored(arrays["originals"], arrays["restored"], lost)
        facts["note"] = f"Held-out sequences (dots) and what came back (line), {order}."
        return facts, [drawn]
    facts["table"] = _rows(found, lost)
    facts["note"] = f"Held-out rows {order}. The columns are those that lose most."
    return facts, []


def _rows(found: dict[str, Any], lost: list[str]) -> dict[str, Any]:
    """Return a table of two lines an example: as it came, and as it came back."""
    names = found["originals"]["names"]
    worst = [one["column"] for one in found["columns"] if one["column"] in names]
    shown = [names.index(name) for name in (worst or names)[: display.COLUMNS]]
    lines = []
    examples = zip(
        found["examples"], found["originals"]["cells"], found["restored"]["cells"], lost,
        strict=True,
    )  # fmt: skip
    for example, came, back, said in examples:
        lines.append([example["where"], "original", *[came[place] for place in shown]])
        lines.append([said, "came back", *[back[place] for place in shown]])
    return {"head": ["where", "", *[names[place] for place in shown]], "rows": lines, "text": 2}


def _loss(found: dict[str, Any], arrays: dict[str, np.ndarray]) -> tuple[dict[str, Any], list[str]]:
    facts: dict[str, Any] = {"title": "What is lost"}
    if found["form"] == "image":
        lost, spread = arrays["lost"].astype(float), arrays["spread"].astype(float)
        share = float(np.square(lost).sum() / max(np.square(spread).sum(), 1e-12))
        low, high = display.levels(arrays["mean"][None])
        shown = display.image(arrays["mean"], low, high)
        heat = lost / max(float(lost.max()), 1e-12)
        facts["pictures"] = [{
            "picture": mistakes.data_uri(looks.side_by_side(shown, heat)),
            "alt": "left the mean picture, right tinted where most is lost",
            "caption": "the mean picture", "under": "tinted where most is lost",
        }]  # fmt: skip
        facts["says"] = (
            f"{words.share(share)} of the variation of the pixels does not come back; the tint is "
            "darkest where the error is largest."
        )
        return facts | {"kind": "large"}, []
    if found["form"] == "series":
        worst = int(arrays["lost"].argmax())
        facts["says"] = (
            f"The error is largest at step {worst + 1:,} of {len(arrays['lost']):,}: "
            f"{arrays['lost'][worst]:.2g} standard deviations, where steps vary by "
            f"{arrays['spread'][worst]:.2g}."
        )
        return facts, [figures.by_step(arrays["lost"], arrays["spread"])]
    columns = found["columns"]
    if not columns:
        return facts | {"says": "No column varies, so that nothing could be lost."}, []
    first = columns[0]
    facts["says"] = (
        f"Most is lost of '{first['column']}' ({words.share(first['lost'])} of its variance), "
        f"least of '{columns[-1]['column']}' ({words.share(columns[-1]['lost'])})."
    )
    return facts, [figures.lost_columns(columns[:MOST_LOST])]


def _map(found: dict[str, Any], arrays: dict[str, np.ndarray]) -> tuple[dict[str, Any], list[str]]:
    code, classes = found["code"], found.get("classes")
    which = "The numbers of the code" if code["as_it_is"] else "The two directions in which the "
    which += "" if code["as_it_is"] else "code varies most"
    says = (
        f"Principal components of as many numbers ({code['width']:,}) keep "
        f"{words.score(code['components_keep'], 'explained')} of the same examples."
    )
    own, other = code.get("neighbours_own"), code.get("neighbours_components")
    more = []
    if own is not None and other is not None:
        more.append(
            f"The {NEAREST} nearest neighbours, voting, name the right class for "
            f"{words.share(own)} of the examples in the code, for {words.share(other)} in "
            "principal components of its width; neither learnt from the classes."
        )
    note = (
        f"{which} (left), beside the first two principal components (right), for "
        f"{found['looked_at']:,} held-out examples"
        f"{', coloured by class' if classes else ''}."
    )
    drawn = figures.maps(arrays["map"], arrays["components"], classes)
    return {"title": "The map of the code", "says": says, "more": more, "note": note}, [drawn]
