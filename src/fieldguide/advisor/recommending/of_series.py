"""What to expect of forecasters: simple ones are tried on the last fifth, the others compared.

A network of windows can be as straight as the series ask it to be, and most begin from the last
value. So it is expected to err like the best simple forecast that learns; where that is no better
than repeating what was, a network must learn to leave that alone, and does a little worse.
"""

from __future__ import annotations

import math
from typing import Any

from fieldguide.advisor.profiling.phrases import score
from fieldguide.advisor.profiling.profile import Profile
from fieldguide.advisor.recommending.expected import EIGHTY, Forecast
from fieldguide.card import Card

STRAIGHT, BENT = 0.15, 0.3  # spread of log(error) of linear models, and of networks, not tried
LEARNT_NOTHING = 1.15  # on a network's error, where what learns is no better than what does not
CLEAR = 2.0  # standard errors that tell two forecasts apart


def tried(profile: Profile) -> dict[str, dict[str, Any]]:
    """Return the simple forecasts that were tried, by name; empty for other data."""
    found = profile.findings.get("series")
    backtest: dict[str, dict[str, Any]] = {} if found is None else found.figures["backtest"]
    return backtest


def hard_to_beat(profile: Profile) -> bool:
    """Whether repeating what was is as good as any simple forecast that learns."""
    found = profile.findings.get("series")
    return found is not None and bool(found.figures["hard_to_beat"])


def expected(card: Card, profile: Profile) -> Forecast | None:
    """Return what to expect of an algorithm, or None where nothing was tried."""
    known = tried(profile)
    if not known:
        return None
    own = _own(card, profile)
    if own is not None:
        source = f"tried on the last {own['windows']:,} windows of your series"
        return Forecast.of_trial(own["skill"], own["deviation"], source)
    plain, line = _best(profile, learns=False), _best(profile, learns=True)
    error, spread = _of_kin(card, 1 - plain["skill"], 1 - line["skill"])
    enough = profile.examples / max(1, card.needs_examples)
    if enough < 1:
        error, spread = error * enough**-0.4, spread + 0.3
    spread = math.hypot(spread, line["deviation"] / max(error, 0.05))
    low, high = (1 - error * math.exp(sign * EIGHTY * spread) for sign in (1, -1))
    source = f"not tried itself; {line['title']} and {plain['title']} were, on the last fifth"
    return Forecast(1 - error, low, high, source)


def noise(profile: Profile) -> float:
    """Return the standard deviation of a skill by chance."""
    return max((one["deviation"] for one in tried(profile).values()), default=0.0)


def reasons(card: Card, profile: Profile) -> list[str]:
    """Return what speaks for a forecaster."""
    own = _own(card, profile)
    if not tried(profile):
        return []
    plain, line = _best(profile, learns=False), _best(profile, learns=True)
    if own is not None:
        said = [f"On the last fifth of your series it reaches {_skill(own)}; 0 is as good as the "
                "seasonal-naive forecast was before."]  # fmt: skip
        if own["capacity"] == 0 and own["skill"] >= plain["skill"] and hard_to_beat(profile):
            said.append(
                "It is hard to beat: nothing simple that learns is better by more than chance "
                "explains."
            )
        return said
    if line["skill"] > plain["skill"] + CLEAR * line["deviation"]:
        return [
            f"There is something to learn: {line['title']} reaches {_skill(line)}, the best that "
            f"learns nothing, {plain['title']}, {_skill(plain)}."
        ]
    return []


def doubts(card: Card, profile: Profile) -> list[str]:
    """Return what speaks against a forecaster."""
    if not tried(profile):
        return []
    own = _own(card, profile)
    plain = _best(profile, learns=False)
    if own is not None:
        best = max(tried(profile).values(), key=lambda one: one["skill"])
        if best["skill"] > own["skill"] + CLEAR * max(best["deviation"], own["deviation"]):
            return [f"{best['title']} does better there: {_skill(best)}."]
        return []
    if hard_to_beat(profile):
        return [
            f"{plain['title']} is hard to beat here ({_skill(plain)}): the simple models that "
            "learn from the past found nothing in it."
        ]
    return []


def facts(card: Card, profile: Profile) -> dict[str, Any]:
    """Return the measured figures that bear on a forecaster."""
    if not tried(profile):
        return {}
    own = _own(card, profile)
    plain, line = _best(profile, learns=False), _best(profile, learns=True)
    return {
        "backtest_skill": None if own is None else own["skill"],
        "best_that_learns_nothing": plain["title"],
        "best_that_learns_nothing_skill": plain["skill"],
        "best_simple_that_learns": line["title"],
        "best_simple_that_learns_skill": line["skill"],
        "naive_is_hard_to_beat": hard_to_beat(profile),
    }


def _of_kin(card: Card, plain: float, line: float) -> tuple[float, float]:
    """Return the error to expect of what was not tried, and the spread of its log."""
    if card.capacity < 2:
        return line, STRAIGHT
    if line < plain:
        return line, BENT
    return LEARNT_NOTHING * math.sqrt(max(line * plain, 0.0)), BENT


def _own(card: Card, profile: Profile) -> dict[str, Any] | None:
    return next((one for one in tried(profile).values() if one["title"] == card.title), None)


def _best(profile: Profile, *, learns: bool) -> dict[str, Any]:
    """Return the best that was tried of those that learn, or of those that do not."""
    known = list(tried(profile).values())
    kind = [one for one in known if (one["capacity"] > 0) == learns] or known
    return max(kind, key=lambda one: one["skill"])


def _skill(one: dict[str, Any]) -> str:
    return score(one["skill"], "skill")
