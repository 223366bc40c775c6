"""What to expect of translations of pictures: simple ones are tried, networks placed by examples.

No recorded race is of these tasks. Baselines are expected where they were on a third of some
pictures; of a network no score can be told before it is raced, only whether it has enough to learn
from. Where what learns nothing is nearly right already, a network has little to add.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fieldguide.advisor.profiling.phrases import score
from fieldguide.advisor.profiling.profile import Profile
from fieldguide.advisor.recommending.expected import Forecast
from fieldguide.card import Card

TASKS = ("image_translation", "unpaired_image_translation")
NEARLY_RIGHT = 0.95  # score of what learns nothing, from which there is little left to learn
ENOUGH = 0.25  # share of the pictures that a network usually needs, from which it stands first
UNKNOWN = "no score can be forecast: only a race shows what a network makes of pictures"


def concerns(profile: Profile) -> bool:
    """Say whether the data pose one of these tasks."""
    return profile.task in TASKS


def expected(card: Card, profile: Profile) -> Forecast | None:
    """Return the score to expect of a baseline that was tried; None of a network."""
    mark = _mark(card, profile)
    if mark is None:
        return None
    source = f"tried on {mark['judged']:,} of your pictures, learnt from {mark['learnt']:,}"
    found = Forecast.of_trial(mark["score"], mark["deviation"], source)
    return replace(found, high=min(1.0, found.high))


def standing(card: Card, profile: Profile) -> float:
    """Return the worth that decides the order."""
    known = expected(card, profile)
    if known is not None:
        return known.expected
    best = max((mark["score"] for mark in _marks(profile).values()), default=0.0)
    sure = min(1.0, profile.examples / max(1.0, ENOUGH * card.needs_examples))
    return best + (1 - best) * (sure - 0.5) * 0.5


def reasons(card: Card, profile: Profile) -> list[str]:
    """Return what speaks for an algorithm."""
    mark = _mark(card, profile)
    if mark is not None:
        reached = score(mark["score"], profile.score_name)
        said = [f"Tried on {mark['judged']:,} held-out pictures, it reaches {reached}."]
        return [*said, "It is cheap, and the yardstick that deep learning must beat."]
    best = _best(profile)
    if card.baseline or best is None or best["score"] >= NEARLY_RIGHT:
        return []
    return [
        f"There is something to learn: the best simple answer, {best['title']}, reaches "
        f"{score(best['score'], profile.score_name)}."
    ]


def doubts(card: Card, profile: Profile) -> list[str]:
    """Return what speaks against it, its appetite for examples aside."""
    best = _best(profile)
    if card.baseline or best is None or best["score"] < NEARLY_RIGHT:
        return []
    return [
        f"{best['title']} reaches {score(best['score'], profile.score_name)} without a network: "
        "there is little left to learn."
    ]


def facts(card: Card, profile: Profile) -> dict[str, Any]:
    """Return the figures behind it, ready for JSON."""
    mark, best = _mark(card, profile), _best(profile)
    found: dict[str, Any] = {} if mark is None else {"tried_score": mark["score"]}
    return found if best is None else found | {"best_simple": best["title"],
                                               "best_simple_score": best["score"]}  # fmt: skip


def _mark(card: Card, profile: Profile) -> dict[str, Any] | None:
    return next((m for m in _marks(profile).values() if m["title"] == card.title), None)


def _best(profile: Profile) -> dict[str, Any] | None:
    return max(_marks(profile).values(), key=lambda mark: mark["score"], default=None)


def _marks(profile: Profile) -> dict[str, dict[str, Any]]:
    found = profile.findings.get("translations")
    marks: dict[str, dict[str, Any]] = {} if found is None else found.figures["marks"]
    return marks
