"""The score to expect of an algorithm, with the range that holds it in four cases of five."""

from __future__ import annotations

import math
from functools import cache

from fieldguide.advisor.profiling.profile import Profile
from fieldguide.advisor.recommending import of_ratings, of_series
from fieldguide.advisor.recommending.evidence import LEAST_ERROR, recorded
from fieldguide.advisor.recommending.expected import Forecast
from fieldguide.advisor.recommending.experience import Experience, Lesson
from fieldguide.advisor.recommending.first_guess import first_guess
from fieldguide.advisor.recommending.rehearsal import Rehearsal
from fieldguide.card import Card


@cache
def usual() -> Experience:
    """Return the experience that comes with the package."""
    return Experience(recorded())


def forecast(
    card: Card,
    profile: Profile,
    name: str = "",
    experience: Experience | None = None,
    rehearsal: Rehearsal | None = None,
) -> Forecast | None:
    """Forecast a score, or return None where nothing could be measured.

    Args:
        card: The algorithm's.
        profile: What the data are like.
        name: The algorithm's name in the catalog.
        experience: What recorded races teach; by default those that come with the package.
        rehearsal: What the algorithm itself did with a part of the data, if it was tried.
    """
    tried = {"forecasting": of_series, "recommendation": of_ratings}.get(profile.task)
    if tried is not None:  # no recorded race is one of these
        return tried.expected(card, profile)
    guess = first_guess(card, profile)
    if guess is None:
        return None
    taught = usual() if experience is None else experience
    lesson = taught.lesson(name, card, profile, guess)
    mean, spread, source = lesson.mean, lesson.spread, _source(guess.source, lesson)
    if rehearsal is not None:
        mean, spread = rehearsal.correct(guess, mean, spread)
        source = f"{rehearsal.source}; before that: {source}"
    spread = math.hypot(spread, guess.log_chance(profile))
    below, above = taught.widths(card)  # of the log error: below it is better than expected
    floor = profile.duplicates.floor
    ends = (mean, mean - below * spread, mean + above * spread)
    middle, least, most = (
        (max(guess.error, 0.0) + LEAST_ERROR) * math.exp(shift) - LEAST_ERROR for shift in ends
    )
    if profile.classes is not None:
        most = min(most, 1.0)
        middle = min(middle, 1.0)
    middle, least = max(middle, floor, 0.0), max(least, floor, 0.0)
    return Forecast(1 - middle, 1 - max(most, middle), 1 - min(least, middle), source)


def _source(said: str, lesson: Lesson) -> str:
    if not lesson.alike:
        return f"{said}; no recorded race is like these data"
    return f"{said}, corrected by races recorded on {', '.join(lesson.alike)}"
