"""What recorded races teach about a forecast: by how much it was wrong on data sets like this one.

A forecast from cards and quick models has an error e; on each recorded data set the algorithm had
the error a. With r = log(a / e) there, and w the likeness to the data at hand, the correction is

    mean = Σ w r / (λ + Σ w)        spread² = (λ s² + Σ w (r - mean)²) / (λ + Σ w)

that is, an average pulled towards 0 (no correction) as if λ data sets had spoken for the forecast,
where s is the spread that the forecast claims. How far such corrected forecasts were off on data
sets that were left out, in units of the spread, gives the width of the interval that holds 80 %
(split conformal prediction, Papadopoulos et al. 2002).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fieldguide import catalog
from fieldguide.advisor.profiling.profile import Profile
from fieldguide.advisor.recommending.evidence import LEAST_ERROR, Recorded, facts, likeness
from fieldguide.advisor.recommending.expected import EIGHTY
from fieldguide.advisor.recommending.first_guess import FirstGuess, first_guess, rule_of
from fieldguide.card import Card

DOUBT = 0.5  # λ: data sets' worth of trust in the forecast as it is
MOST = 1.5  # log of the largest factor that one data set may teach
ENOUGH = 12  # splits below which the usual width of a normal distribution is taken


@dataclass(frozen=True)
class Lesson:
    """What experience says about one algorithm on one data set.

    Attributes:
        mean: Log of the factor on the error that was guessed first.
        spread: Standard deviation of that log.
        alike: Names of the recorded data sets that are most alike, the nearest first.
        weight: How many data sets' worth of evidence there was.
    """

    mean: float
    spread: float
    alike: tuple[str, ...]
    weight: float


class Experience:
    """Lessons from a set of recorded races.

    Args:
        races: The evidence; may be empty.
    """

    def __init__(self, races: Sequence[Recorded]):
        self.races = tuple(races)
        self.facts = np.array([facts(race.profile) for race in races]).reshape(len(races), -1)
        self.cards = {entry.name: entry.card for entry in catalog.entries()}

    def lesson(self, name: str, card: Card, profile: Profile, guess: FirstGuess) -> Lesson:
        """Return what the races teach about an algorithm on the data of a profile.

        An algorithm that no race knows learns from those that find rules of the same shape.
        """
        if not self.races:
            return Lesson(0.0, guess.spread, (), 0.0)
        weights = likeness(facts(profile), self.facts)
        return self._lesson(name, card, weights, guess.spread)

    def widths(self, card: Card) -> tuple[float, float]:
        """How many spreads below and above hold 80 %, by leaving out each origin in turn.

        Each shape of rule has its own, if enough was recorded of it.
        """
        found, rule = self._left_out, rule_of(card)
        own = [off for off, name in found if rule_of(self.cards[name]) == rule]
        off = own if len(own) >= ENOUGH else [each for each, _ in found]
        if len(off) < ENOUGH:
            return EIGHTY, EIGHTY
        low, high = np.quantile(off, [0.1, 0.9])
        return max(0.3, -float(low)), max(0.3, float(high))

    @cached_property
    def _left_out(self) -> list[tuple[float, str]]:
        """Return, for each score recorded, how many spreads its log error was off."""
        found = []
        origins = np.array([race.origin for race in self.races])
        for number, race in enumerate(self.races):
            weights = likeness(self.facts[number], self.facts) * (origins != race.origin)
            for name, scores in race.scores.items():
                guess = first_guess(self.cards[name], race.profile) if name in self.cards else None
                if guess is None:
                    continue
                lesson = self._lesson(name, self.cards[name], weights, guess.spread)
                total = math.hypot(lesson.spread, guess.log_chance(race.profile))
                for score in scores:
                    off = residual(score, guess.error) - lesson.mean
                    found.append((off / total, name))
        return found

    def _lesson(self, name: str, card: Card, weights: np.ndarray, spread: float) -> Lesson:
        known = self._residuals.get(name)
        if known is None:
            known = self._of_rule(rule_of(card))
        there = ~np.isnan(known)
        w, r = weights[there], known[there]
        total = DOUBT + w.sum()
        mean = float((w * r).sum() / total)
        variance = (DOUBT * spread**2 + (w * np.square(r - mean)).sum()) / total
        order = np.argsort(-weights)[:3]
        alike = tuple(self.races[i].case for i in order if weights[i] > 0.1)
        return Lesson(mean, math.sqrt(variance), alike, float(w.sum()))

    @cached_property
    def _residuals(self) -> dict[str, np.ndarray]:
        """For each algorithm, the mean residual on each data set; NaN where it did not run."""
        names = sorted({name for race in self.races for name in race.scores} & set(self.cards))
        found = {name: np.full(len(self.races), np.nan) for name in names}
        for number, race in enumerate(self.races):
            for name in names:
                guess = first_guess(self.cards[name], race.profile)
                if name in race.scores and guess is not None:
                    each = [residual(score, guess.error) for score in race.scores[name]]
                    found[name][number] = float(np.mean(each))
        return found

    def _of_rule(self, rule: str) -> np.ndarray:
        kin = [r for name, r in self._residuals.items() if rule_of(self.cards[name]) == rule]
        if not kin:
            return np.full(len(self.races), np.nan)
        stacked = np.stack(kin)
        counts = (~np.isnan(stacked)).sum(axis=0)
        sums = np.nansum(stacked, axis=0)
        return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def residual(score: float, error: float) -> float:
    """Return the log of how many times the expected error the real one was."""
    real = max(0.0, 1 - score) + LEAST_ERROR
    return float(np.clip(math.log(real / (max(0.0, error) + LEAST_ERROR)), -MOST, MOST))
