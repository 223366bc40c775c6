"""Linear separability: is there a hyperplane that has all examples of a class on one side?

A linear program looks for w and b with s·(w·x + b) ≥ t for every example, |w_i| ≤ 1, and the
largest t: the plane exists if and only if t > 0. It is asked for each class against all others.
With half as many numbers as examples or more, a plane exists for most labellings, whatever they
mean (Cover 1965), and nothing is asked.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog  # type: ignore[import-untyped]

from fieldguide.advisor.profiling.measure import Finding, Material, Measure
from fieldguide.advisor.profiling.narrow import draw
from fieldguide.advisor.profiling.phrases import listed
from fieldguide.advisor.profiling.sample import VECTORS, Sample

EXAMPLES = 1_000
CLASSES = 10  # commonest classes asked for
STEPS = 2_000  # of the simplex method, after which a class stays undecided
CLEAR = 1e-7  # t above which the plane exists


@dataclass(frozen=True)
class Plane:
    """What a class against all others came to.

    Attributes:
        exists: Whether a hyperplane parts it from all others; None where that stayed undecided.
        margin: Distance of the nearest example to the plane found, as a share of the examples'
            root mean squared distance from their mean; at least this much is possible.
    """

    exists: bool | None
    margin: float = 0.0


def find(material: Material) -> Finding | None:
    """Say for each class whether a hyperplane parts it from all others."""
    sample = material.sample
    chosen = draw(len(sample), EXAMPLES, material.seed)
    if 2 * (sample.vectors.shape[1] + 1) >= len(chosen):
        return _wide(sample, len(chosen))
    part = material.compact.take(chosen)
    counts = np.bincount(part.y, minlength=part.classes)
    classes = [int(k) for k in np.argsort(-counts, kind="stable")[:CLASSES] if counts[k]]
    if len(classes) < 2:
        return None
    asked = classes[:1] if part.classes == 2 else classes  # two classes have one plane
    planes = {k: plane(part.vectors, part.y == k) for k in asked}
    names = _names(part, asked)
    parted = sorted(names[k] for k, found in planes.items() if found.exists)
    figures = {
        "examples": len(part),
        "separable": all(found.exists for found in planes.values()),
        "meaningful": True,
        "classes": {names[k]: vars(found) for k, found in planes.items()},
    }
    return Finding(figures, (_words(parted, planes, names, part),))


def plane(vectors: np.ndarray, inside: np.ndarray) -> Plane:
    """Look for the hyperplane that parts some examples from the others.

    Args:
        vectors: (n, features).
        inside: Which examples belong on one side, (n,) of booleans; some do, some do not.
    """
    x = vectors.astype(np.float64)
    x -= x.mean(axis=0)
    radius = np.sqrt(np.square(x).sum(axis=1).mean()) or 1.0
    x /= radius
    sign = np.where(inside, 1.0, -1.0)[:, None]
    count, width = x.shape
    left = np.concatenate([-sign * x, -sign, np.ones((count, 1))], axis=1)
    aim = np.zeros(width + 2)
    aim[-1] = -1.0
    bounds = [(-1.0, 1.0)] * width + [(None, None), (0.0, 1.0)]
    found = linprog(
        aim, left, np.zeros(count), bounds=bounds, method="highs", options={"maxiter": STEPS}
    )
    if found.status == 1 or found.x is None:
        return Plane(None)
    w, b = found.x[:width], found.x[width]
    nearest = float((sign[:, 0] * (x @ w + b)).min())
    if nearest <= CLEAR:
        return Plane(False)
    return Plane(True, nearest / float(np.linalg.norm(w)))


def _wide(sample: Sample, count: int) -> Finding:
    width = sample.vectors.shape[1]
    said = (
        f"Whether a hyperplane parts the classes says nothing here: with {width:,} numbers and "
        f"{count:,} examples one exists for nearly any labels."
    )
    return Finding({"examples": count, "separable": None, "meaningful": False}, (said,))


def _names(part: Sample, classes: list[int]) -> dict[int, str]:
    known = part.task.codec.as_array()  # type: ignore[attr-defined]
    return {k: str(known[k]) for k in classes}


def _words(parted: list[str], planes: dict[int, Plane], names: dict[int, str], part: Sample) -> str:
    where = f"of the {len(part):,} examples looked at"
    if part.classes == 2:
        found = next(iter(planes.values()))
        if found.exists is None:
            return f"Whether a hyperplane parts the classes {where} stayed undecided."
        if not found.exists:
            return f"No hyperplane parts the two classes {where}."
        near = f"the nearest lie {found.margin:.1%} of the data's radius away"
        return f"A hyperplane parts the two classes {where} without a mistake ({near})."
    if len(parted) == len(planes):
        return f"Each class is parted from all others by a hyperplane, {where}."
    if not parted:
        return f"No class is parted from all others by a hyperplane, {where}."
    return f"Parted from all others by a hyperplane, {where}: {listed(parted)}; the others are not."


MEASURE = Measure("separability", find, tasks=("classification",), forms=VECTORS, order=10)
