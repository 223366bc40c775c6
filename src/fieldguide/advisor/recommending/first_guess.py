"""A first guess of an algorithm's error: from its card and from what quick models scored."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from fieldguide.advisor.profiling.landmarks import Landmark
from fieldguide.advisor.profiling.pictures import LOCAL_FROM
from fieldguide.advisor.profiling.profile import Profile
from fieldguide.advisor.recommending import of_ratings, of_series
from fieldguide.card import Card

HELD_OUT = 0.1  # share of the examples that a fit holds out
MIXED_FROM = 300  # rows of mixed columns from which boosted trees usually win
JUDGED = 0.2  # share of the examples that a score is usually measured on
# Spread of log(error) around a landmark of the same shape, and factor on its error, from our trials
# on iris, wine, breast-cancer, diabetes, digits, Adult, California housing and (Fashion-)MNIST.
SPREAD = {"constant": 0.02, "linear": 0.15, "neighbours": 0.25, "trees": 0.2, "separator": 0.5}
FACTOR = {"separator": 1.3, "local": 1.25}


@dataclass(frozen=True)
class FirstGuess:
    """An error expected of a fit with default settings, before experience is asked.

    Attributes:
        error: 1 - score: as likely to be exceeded as not.
        spread: Standard deviation of the log of the error.
        mark: The quick model that it rests on.
        examples: Number of examples that the fit learns from.
    """

    error: float
    spread: float
    mark: Landmark
    examples: int

    def chance(self, profile: Profile) -> float:
        """Return the standard deviation of the score by the chance of which are held out."""
        held = max(1.0, JUDGED * profile.examples)
        return self.mark.deviation * math.sqrt(self.mark.judged / held)

    def log_chance(self, profile: Profile) -> float:
        """Return the same for the log of the error."""
        return min(1.5, self.chance(profile) / (max(self.error, 0.0) + 0.005))

    @property
    def source(self) -> str:
        """Where it comes from, in plain words."""
        return _source(self.mark, self.examples)


def rule_of(card: Card) -> str:
    """Return the shape of rule: constant, linear, separator, smooth, trees, neighbours, local.

    ``smooth`` is what networks without windows find; a small network is the measure of it.
    """
    if card.rule:
        return card.rule
    if card.capacity < 2:
        return "linear" if card.capacity else "constant"
    return "local" if card.local else "smooth"


def first_guess(card: Card, profile: Profile) -> FirstGuess | None:
    """Guess an error, or return None where nothing could be measured."""
    mark = nearest_landmark(card, profile)
    if mark is None:
        return None
    examples = learning_examples(profile)
    factor, spread = _own(card, mark, profile)
    error = max(mark.error_at(examples) * factor, profile.duplicates.floor)
    if profile.classes is not None:
        error = min(error, 1.0)
    return FirstGuess(error, math.hypot(spread, _doubt(mark, examples)), mark, examples)


def nearest_landmark(card: Card, profile: Profile) -> Landmark | None:
    """Return the quick model whose shape of rule comes nearest."""
    marks, rule, examples = profile.landmarks, rule_of(card), learning_examples(profile)
    if not marks:
        return None
    if rule == "separator":
        return marks["linear"]
    if rule == "orderless":
        return _without_order(profile)
    if rule == "smooth":  # a network can be as straight as the data ask it to be
        bent = marks.get("network", marks["smooth"])
        return min((bent, marks["linear"]), key=lambda mark: mark.error_at(examples))
    if rule == "local" and "local" in marks and "network" in marks:
        # Windows may be as wide as the picture: what any network finds, they find.
        pair = marks["local"], marks["network"]
        return min(pair, key=lambda mark: mark.error_at(examples))
    return marks.get(rule, marks["smooth"])


def _without_order(profile: Profile) -> Landmark:
    """Return the quick model that does not see the order of frames, where there is one."""
    smooth = profile.landmarks["smooth"]
    finding = profile.findings.get("clips")
    if finding is None or "without_order" not in finding.figures:
        return smooth
    figures = finding.figures
    return replace(
        smooth,
        words="a smooth model of frames without their order",
        score=figures["without_order"],
        deviation=figures["error"],
        trained=figures["looked_at"] * 3 // 4,
        judged=figures["looked_at"],
    )


def learning_examples(profile: Profile) -> int:
    """Return the number of examples that a fit learns from."""
    held = round(profile.examples * HELD_OUT)
    return profile.examples - (held if held >= 20 else 0)


def noise(card: Card, profile: Profile) -> float:
    """Return the standard deviation of a score measured on as many examples as there are."""
    if profile.task == "forecasting":
        return of_series.noise(profile)
    if profile.task == "recommendation":
        return of_ratings.noise(profile)
    mark = nearest_landmark(card, profile)
    if mark is None:
        return 0.0
    return mark.deviation * math.sqrt(mark.judged / max(1, profile.examples))


def _own(card: Card, mark: Landmark, profile: Profile) -> tuple[float, float]:
    """Return the factor on the landmark's error that is the algorithm's own, and its spread."""
    rule = rule_of(card)
    factor, spread = FACTOR.get(rule, 1.0), SPREAD.get(rule, 0.35)
    enough = learning_examples(profile) / max(1, card.needs_examples)
    if rule == "trees" and mixed(profile) and profile.examples >= MIXED_FROM:
        # Grinsztajn et al. (2022), figure 1; it counts the more, the less our measurement is sure.
        factor *= 1 - min(0.25, max(0.07, mark.deviation / max(1 - mark.score, 1e-3)))
    if rule == mark.rule == "smooth":  # what looks straight is learnt easily, bends are not
        factor += 0.25 * min(1.0, max(0.0, 1 - math.log10(max(enough, 1.0) / 10) / 1.5))
    if rule == "local" and profile.pictures is not None:
        factor *= _windows(card, profile.pictures.locality, enough)
    if enough < 1:
        factor *= enough**-0.4
        spread += 0.3
    return factor, spread


def _windows(card: Card, locality: float, enough: float) -> float:
    """Depth pays with examples, where neighbouring pixels belong together; else it costs."""
    seen = min(1.0, locality / LOCAL_FROM)
    depth = max(0, card.capacity - 2)
    gain = 0.12 * depth * min(2.0, max(0.0, math.log10(max(enough, 1e-9))))
    return 1 - seen * min(0.5, gain) + (1 - seen) * 0.5


def mixed(profile: Profile) -> bool:
    """Whether the columns are of several kinds, as in most tables people keep."""
    return profile.form == "table" and profile.categories > 0 and profile.numbers > 0


def _doubt(mark: Landmark, examples: int) -> float:
    """Return the spread of log(error) from a small sample and from going beyond it."""
    error = max(1 - mark.score, 0.5 / (mark.judged + 1))
    beyond = math.log(max(1.0, examples / max(1, mark.trained))) if mark.slope > 0 else 0.0
    return math.sqrt(min(1.0, mark.deviation / error) ** 2 + (0.07 * beyond) ** 2)


def _source(mark: Landmark, examples: int) -> str:
    words = mark.words if mark.words.split()[0] in ("a", "always") else f"quick {mark.words}"
    said = f"{words}, tried on {mark.trained:,} of your examples"
    if examples > 1.5 * mark.trained and mark.slope > 0:
        said += f" and extrapolated to {examples:,}"
    return said
