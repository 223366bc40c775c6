"""The measured figures behind a recommendation, and where its forecasts come from."""

from __future__ import annotations

from typing import Any

from fieldguide.advisor.plain import plain
from fieldguide.advisor.profiling.profile import Profile
from fieldguide.advisor.recommending import of_pictures, of_ratings, of_series, without_target
from fieldguide.advisor.recommending.expected import Forecast
from fieldguide.advisor.recommending.first_guess import rule_of
from fieldguide.advisor.recommending.probe import Cost
from fieldguide.card import Card

OF_FINDINGS = {  # the figure of a finding that bears on any algorithm
    "label_noise": "estimated",
    "noise_floor": "estimated",
    "separability": "separable",
    "detail": "fine_share",
}


def facts(card: Card, profile: Profile) -> dict[str, Any]:
    """Return what was measured and bears on this algorithm, ready for JSON.

    Scores are accuracies or R²; ``quick_model`` is the one whose rule has the algorithm's shape.
    """
    rule, marks = rule_of(card), profile.landmarks
    found: dict[str, Any] = {
        "examples": profile.examples,
        "examples_it_usually_needs": card.needs_examples,
        "numbers_in_an_example": profile.numbers,
        "rule": rule,
    }
    kin = {"separator": "linear", "smooth": "network"}.get(rule, rule)
    nearest = marks.get(kin, marks.get("smooth"))
    if nearest is not None:
        best = max(marks.values(), key=lambda mark: mark.score)
        found |= {
            "quick_model": nearest.words,
            "quick_model_score": nearest.score,
            "quick_model_learnt_from": nearest.trained,
            "best_quick_model": best.words,
            "best_quick_model_score": best.score,
            "constant_score": marks["constant"].score,
        }
    if rule == "local" and profile.pictures is not None:
        found["locality"] = profile.pictures.locality
    for name, figure in OF_FINDINGS.items():
        if name in profile.findings:
            found[f"{name}_{figure}"] = profile.findings[name].figures.get(figure)
    if without_target.concerns(profile):
        found |= without_target.facts(card, profile)
    if of_pictures.concerns(profile):
        found |= of_pictures.facts(card, profile)
    ready: dict[str, Any] = plain(
        found | of_series.facts(card, profile) | of_ratings.facts(card, profile)
    )
    return ready


def evidence(score: Forecast | None, cost: Cost | None, profile: Profile) -> str:
    """Say where the forecasts come from: records, quick models, the card, the probe."""
    said = ["nothing could be measured, so that the card alone gives its place"]
    if without_target.concerns(profile):
        said = [without_target.UNKNOWN]
    if of_pictures.concerns(profile):
        said = [of_pictures.UNKNOWN]
    if score is not None:
        said = [f"score: {score.source}"]
    if cost is None or (cost.seconds is None and cost.memory_bytes is None):
        said.append("time and memory: not probed")
    else:
        said.append("time and memory: a few steps on this machine")
    whole = "; ".join(said)
    return f"{whole[0].upper()}{whole[1:]}."
