"""Evidence: races recorded on public data sets, and how like them the data at hand are.

The file ``advisor/evidence/races.json`` holds, for each data set, what the profile measured and
what every algorithm scored with default settings. `python -m benchmarks.grade.evidence` builds it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from fieldguide.advisor.profiling.classes import Classes
from fieldguide.advisor.profiling.duplicates import Duplicates
from fieldguide.advisor.profiling.landmarks import Landmark
from fieldguide.advisor.profiling.pictures import Pictures
from fieldguide.advisor.profiling.profile import Profile

FILE = Path(__file__).parents[1] / "evidence" / "races.json"
LEAST_ERROR = 0.005  # errors below this are as good as equal: a few examples decide them

REACH = 0.075  # how fast evidence fades with the squared distance in facts, each in its scale
SCALES = {
    "examples": 0.5,  # decades
    "numbers": 0.7,  # decades
    "classes": 1.5,  # doublings
    "regression": 0.5,
    "pictures": 0.3,
    "locality": 0.3,
    "mixed": 1.0,
    "linear": 0.7,  # these and the following: log of the error, as a share of the constant's
    "smooth": 0.7,
    "network": 0.7,
    "trees": 0.7,
    "neighbours": 0.7,
    "local": 0.7,
}


@dataclass(frozen=True)
class Recorded:
    """One data set that every algorithm was tried on.

    Attributes:
        case: What the data set is called.
        origin: The data it was made from; several may share one.
        profile: What the data are like, as far as forecasts ask.
        scores: Scores of each algorithm, one a split; failures are absent.
    """

    case: str
    origin: str
    profile: Profile
    scores: dict[str, tuple[float, ...]]


@cache
def recorded() -> tuple[Recorded, ...]:
    """Return the evidence that comes with the package."""
    stored = json.loads(FILE.read_text(encoding="utf-8"))
    return tuple(of_record(one) for one in stored["races"])


def of_record(record: Mapping[str, Any]) -> Recorded:
    """Return a data set's evidence from its JSON form: case, origin, profile, results."""
    scores = {
        name: tuple(result["scores"])
        for name, result in record["results"].items()
        if "scores" in result
    }
    return Recorded(record["case"], record["origin"], restore(record["profile"]), scores)


def restore(stored: Mapping[str, Any]) -> Profile:
    """Return a profile from the part of its JSON form that forecasts ask for."""
    classes, pictures = stored["classes"], stored["pictures"]
    known = {name: value for name, value in (pictures or {}).items() if name != "locality"}
    plain = ("examples", "task", "score_name", "form", "numbers", "categories", "directions")
    return Profile(
        **{name: stored[name] for name in plain},
        forms=(stored["form"],),
        source="",
        sampled=0,
        seed=0,
        task_reason="",
        target="",
        target_reason="",
        fields=(),
        left_out={},
        classes=classes
        and Classes(tuple((label, count) for label, count in classes["counts"]), ()),
        pictures=Pictures(**known) if known else None,
        duplicates=Duplicates(**stored["duplicates"]),
        landmarks={name: Landmark(**mark) for name, mark in stored["landmarks"].items()},
        purity=stored["purity"],
    )


def facts(profile: Profile) -> np.ndarray:
    """Return what makes data sets alike, each in units of its scale; shape (facts,)."""
    marks, examples = profile.landmarks, max(2, profile.examples)
    seen = profile.pictures
    found = {
        "examples": math.log10(examples),
        "numbers": math.log10(1 + profile.numbers + profile.categories),
        "classes": math.log2(len(profile.classes)) if profile.classes is not None else 0.0,
        "regression": float(profile.classes is None),
        "pictures": float(seen is not None),
        "locality": seen.locality if seen is not None else 0.0,
        "mixed": float(profile.categories > 0 and profile.numbers > 0),
    }
    least = max(marks["constant"].error_at(examples), LEAST_ERROR) if marks else 1.0
    for rule in ("linear", "smooth", "network", "trees", "neighbours", "local"):
        mark = marks.get(rule, marks.get("smooth"))
        error = mark.error_at(examples) if mark is not None else least
        found[rule] = math.log(min(1.0, max(error, LEAST_ERROR) / least))
    return np.array([found[name] / scale for name, scale in SCALES.items()])


def likeness(one: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return how much each of others (n, facts) teaches about one: 1 the same, 0 nothing."""
    apart = np.square(others - one).sum(axis=1)
    return np.asarray(np.exp(-REACH * apart))
