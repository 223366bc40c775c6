"""What is expected of algorithms that learn without a target, from what was measured of the rows.

No recorded race is without a target, so that experience says nothing here. What has the shape of a
quick model (one ellipsoid, several, cuts, neighbours) is expected where that one was; of networks
no score can be told before they are raced, only whether there is something for them to find.
"""

from __future__ import annotations

import math
from typing import Any

from fieldguide.advisor.profiling.phrases import score
from fieldguide.advisor.profiling.profile import Profile
from fieldguide.advisor.profiling.rows import TASKS
from fieldguide.advisor.recommending.expected import EIGHTY, Forecast
from fieldguide.advisor.recommending.first_guess import rule_of
from fieldguide.card import Card

SPREAD = 0.25  # of the error around a quick model's: settings differ, and examples do
STEP = 1e-3  # of the score, that breaks ties in favour of what is simpler
UNKNOWN = (
    "no score can be forecast: no quick model has the shape of a network, and no race without a "
    "target is recorded"
)


def concerns(profile: Profile) -> bool:
    """Say whether the data pose one of these tasks."""
    return profile.task in TASKS


def expected(card: Card, profile: Profile) -> Forecast | None:
    """Return the score to expect, with the range that holds it in four cases of five, or None.

    The range is that of the trial's noise and of settings that differ; it was not calibrated on
    recorded races, and the source says so.
    """
    mark = _mark(card, profile)
    if mark is None:
        return None
    spread = EIGHTY * math.hypot(mark["deviation"], SPREAD * (1 - mark["score"]))
    source = (
        f"a quick model of the same shape ({mark['words']}), learnt from {mark['learnt']:,} of "
        "your examples; the range is its noise, not calibrated on recorded races"
    )
    low, high = max(0.0, mark["score"] - spread), min(1.0, mark["score"] + spread)
    return Forecast(mark["score"], low, high, source)


def standing(card: Card, profile: Profile) -> float:
    """Return the worth that decides the order; a network's rests on what there is to find."""
    known = expected(card, profile)
    if known is not None:
        return known.expected - STEP * card.capacity
    best = _best(profile)
    if best is None:
        return -STEP * card.capacity
    if not bent(profile) or profile.examples < card.needs_examples:
        return best - STEP * card.capacity
    return best + 0.5 * _saved(profile) * (1 - best) - STEP * card.capacity


def bent(profile: Profile) -> bool:
    """Say whether pieces of planes keep clearly more than one plane."""
    return bool(_figures(profile, "bend").get("bent", False))


def reasons(card: Card, profile: Profile) -> list[str]:
    """Return what speaks for an algorithm."""
    mark, said = _mark(card, profile), []
    if mark is not None:
        what = mark["words"][0].upper() + mark["words"][1:]
        said.append(f"{what}, tried on your examples: {score(mark['score'], profile.score_name)}.")
    figures = _figures(profile, "bend")
    if figures and bent(profile) and card.capacity >= 2 and not card.baseline:
        said.append(
            f"The data are bent or in groups: pieces of planes save {figures['saved']:.0%} of what "
            f"one plane loses (of a Gaussian cloud {figures['usual']:.0%}); networks can find that."
        )
    if figures and not bent(profile) and card.capacity <= 1:
        said.append("No bend was found in the data: one plane is hard to beat.")
    seen = profile.pictures
    if card.local and seen is not None and seen.locality > 0:
        said.append(
            f"Neighbouring pixels belong together (correlation {seen.neighbours:.2f}, far apart "
            f"{seen.strangers:.2f}): windows see strokes and edges wherever they stand."
        )
    if card.baseline:
        said.append("It is cheap, and the yardstick that deep learning must beat.")
    return said


def doubts(card: Card, profile: Profile) -> list[str]:
    """Return what speaks against it, its appetite for examples aside."""
    figures = _figures(profile, "bend")
    if not figures:
        return []
    if card.capacity <= 1 and bent(profile):
        return ["The data are bent or in groups, and it sees one plane."]
    if card.capacity >= 2 and not card.baseline and not bent(profile):
        return ["No bend was found in the data: it may do no better than principal components."]
    return []


def facts(card: Card, profile: Profile) -> dict[str, Any]:
    """Return the figures behind it, ready for JSON."""
    mark, figures = _mark(card, profile), _figures(profile, "bend")
    found: dict[str, Any] = {"rule": rule_of(card)}
    if mark is not None:
        found |= {"quick_model": mark["words"], "quick_model_score": mark["score"]}
    if figures:
        found |= {"bent": figures["bent"], "saved_by_pieces": figures["saved"]}
    dimension = _figures(profile, "intrinsic_dimension").get("dimension")
    return found if dimension is None else found | {"intrinsic_dimension": dimension}


def _mark(card: Card, profile: Profile) -> dict[str, Any] | None:
    """Return the quick model of the same shape; networks have none."""
    rule = rule_of(card)
    if not card.baseline and rule not in ("constant", "linear"):
        return None
    if profile.task == "representation":
        return _plane(profile) if rule == "linear" else None
    found: dict[str, Any] | None = _figures(profile, "quick_rows").get("marks", {}).get(rule)
    return found


def _plane(profile: Profile) -> dict[str, Any] | None:
    """Return what principal components keep at the width of the baseline's code."""
    figures = _figures(profile, "bend")
    if not figures:
        return None
    code = figures["code"]
    words = f"principal components with a code of {code['width']} numbers"
    deviation = (code["high"] - code["low"]) / (2 * EIGHTY)
    return {"words": words, "score": code["score"], "deviation": deviation,
            "learnt": figures["learnt"]}  # fmt: skip


def _best(profile: Profile) -> float | None:
    if profile.task == "representation":
        mark = _plane(profile)
        return None if mark is None else float(mark["score"])
    marks = _figures(profile, "quick_rows").get("marks", {})
    return max((float(mark["score"]) for mark in marks.values()), default=None)


def _saved(profile: Profile) -> float:
    figures = _figures(profile, "bend")
    return max(0.0, figures.get("saved", 0.0) - figures.get("usual", 0.0))


def _figures(profile: Profile, measure: str) -> dict[str, Any]:
    found = profile.findings.get(measure)
    return {} if found is None else found.figures
