"""What to expect of recommenders: simple ones are tried on held-out ratings, the others compared.

Users are what chance draws, so the noise of a trial is that over users. A network that was not
tried has hidden features as matrix factorisation has, and is expected where the best tried model
of its capacity was; with fewer ratings than it needs, less of that.
"""

from __future__ import annotations

import math
from typing import Any

from fieldguide.advisor.profiling.phrases import score
from fieldguide.advisor.profiling.profile import Profile
from fieldguide.advisor.recommending.expected import EIGHTY, Forecast
from fieldguide.card import Card

SPREAD = 0.1  # of the error of what was not tried, around a model of its kind
CLEAR = 2.0  # standard deviations that tell two models apart


def tried(profile: Profile) -> list[dict[str, Any]]:
    """Return the simple models that were tried, the best first; empty for other data."""
    found = profile.findings.get("ratings")
    trial = [] if found is None else list(found.figures.get("trial", {}).values())
    return sorted(trial, key=lambda one: -one["score"])


def noise(profile: Profile) -> float:
    """Return the standard deviation of a score by chance."""
    return max((float(one["deviation"]) for one in tried(profile)), default=0.0)


def expected(card: Card, profile: Profile) -> Forecast | None:
    """Return what to expect of a recommender, or None where nothing was tried."""
    known = tried(profile)
    if not known:
        return None
    own = _own(card, profile)
    if own is not None:
        source = f"tried on {own['judged']:,} of your ratings, held out"
        return Forecast.of_trial(own["score"], own["deviation"], source)
    kin = _kin(card, profile)
    enough = min(1.0, profile.examples / max(1, card.needs_examples))
    middle = enough * max(0.0, kin["score"]) + (1 - enough) * min(0.0, kin["score"])
    reach = EIGHTY * math.hypot(SPREAD * (1 - middle), kin["deviation"])
    source = f"not tried itself; {kin['title']} was, on {kin['judged']:,} of your ratings, held out"
    return Forecast(middle, middle - reach, middle + reach, source)


def reasons(card: Card, profile: Profile) -> list[str]:
    """Return what speaks for a recommender."""
    own, known = _own(card, profile), tried(profile)
    if not known:
        return []
    if own is not None:
        return [
            f"On held-out ratings it reaches {_score(own)}: 0 is as good as an item's mean, 100 % "
            "would be perfect."
        ]
    line = _line(profile)
    best = known[0]
    if card.capacity >= 2 and best["capacity"] >= 2 and _clearly(best, line):
        return [
            f"Tastes differ in ways that hidden features find: {best['title']} reaches "
            f"{_score(best)} on held-out ratings, means alone {_score(line)}."
        ]
    return []


def doubts(card: Card, profile: Profile) -> list[str]:
    """Return what speaks against a recommender."""
    own, known = _own(card, profile), tried(profile)
    if not known:
        return []
    best, line = known[0], _line(profile)
    if own is not None and own is not best and _clearly(best, own):
        return [f"{best['title']} does better there: {_score(best)}."]
    if own is None and card.capacity >= 2 and not _clearly(best, line):
        return [
            f"Nothing tried does clearly better than {line['title'].lower()} ({_score(line)}): "
            "there is little taste to find beside how good items are and how generous users."
        ]
    return []


def facts(card: Card, profile: Profile) -> dict[str, Any]:
    """Return the measured figures that bear on a recommender."""
    known = tried(profile)
    if not known:
        return {}
    own, line = _own(card, profile), _line(profile)
    return {
        "held_out_score": None if own is None else own["score"],
        "best_tried": known[0]["title"],
        "best_tried_score": known[0]["score"],
        "means_score": line["score"],
        "gain_of_item_means": profile.findings["ratings"].figures.get("gain_of_item_means"),
    }


def _own(card: Card, profile: Profile) -> dict[str, Any] | None:
    return next((one for one in tried(profile) if one["title"] == card.title), None)


def _kin(card: Card, profile: Profile) -> dict[str, Any]:
    """Return the best tried model that is no more complex, or the simplest."""
    known = tried(profile)
    alike = [one for one in known if one["capacity"] <= card.capacity]
    return alike[0] if alike else min(known, key=lambda one: one["capacity"])


def _line(profile: Profile) -> dict[str, Any]:
    """Return the best tried model without hidden features."""
    known = tried(profile)
    return next((one for one in known if one["capacity"] < 2), known[-1])


def _clearly(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return bool(one["score"] > other["score"] + CLEAR * max(one["deviation"], other["deviation"]))


def _score(one: dict[str, Any]) -> str:
    return score(one["score"], "explained")
