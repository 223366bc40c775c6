"""Landmarks: how well quick models of different shapes do on a sample of the data.

Pfahringer, Bensusan & Giraud-Carrier (2000) call such figures landmarks: they place a data set on
the map of what each kind of algorithm is good at.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from fieldguide.advisor.profiling import landmark_models as models
from fieldguide.advisor.profiling.curves import Curve, curve
from fieldguide.advisor.profiling.narrow import KERNEL, at_most, coarse_columns, compact
from fieldguide.advisor.profiling.quick_network import network
from fieldguide.advisor.profiling.sample import Sample
from fieldguide.advisor.profiling.trials import Rule, attempt, losses, parts_of

MOST = {
    "constant": 5_000,
    "linear": 4_000,
    "trees": 4_000,
    "network": 3_000,
}  # examples looked at, else KERNEL
MANY_CLASSES = 4  # with more, boosted trees grow a tree a class and round: on fewer examples
SLOWER = 0.75  # share of a measured slope that holds further out
SLOW = ("trees", "local", "network")  # rules that take a moment even to learn from few examples
FEWEST = 10  # examples below which nothing can be measured
VOTERS = (1, 5, 15)  # numbers of nearest neighbours tried

WORDS = {
    "constant": "always giving the same answer",
    "linear": "a linear model",
    "smooth": "a smooth model (Gaussian kernel)",
    "network": "a small neural network",
    "trees": "boosted trees",
    "neighbours": "nearest neighbours",
    "local": "a model that looks through small windows",
}


@dataclass(frozen=True)
class Landmark:
    """What one quick model scored on examples that it had not seen.

    Attributes:
        rule: Shape of the rule: constant, linear, smooth, network, trees, neighbours, local.
        words: The model in plain words.
        score: Accuracy, or R².
        deviation: Standard deviation of the score by the chance of which examples were held out.
        trained: Examples it learnt from.
        judged: Examples it was judged on.
        slope: How the error falls with more examples: error ∝ examples^-slope.
        seconds: Wall clock it took.
    """

    rule: str
    words: str
    score: float
    deviation: float
    trained: int
    judged: int
    slope: float
    seconds: float

    def error_at(self, examples: int) -> float:
        """Return the error (1 - score) to expect after learning from this many examples.

        Error falls as a power of the number of examples (Hestness et al. 2017); the power measured
        between a quarter of the sample and all of it slows down further out.
        """
        growth = max(1.0, examples / max(1, self.trained))
        least = 0.5 / (self.judged + 1)  # nothing wrong among few is no proof of perfection
        return max(1 - self.score, least) * float(growth ** (-SLOWER * self.slope))

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return asdict(self)


def landmarks(sample: Sample, seed: int = 0) -> dict[str, Landmark]:
    """Fit every quick model that suits the sample and score it on held-out examples.

    Args:
        sample: Encoded examples.
        seed: Decides which are held out.

    Returns:
        Landmarks by rule; empty below `FEWEST` examples.
    """
    return survey(sample, seed)[0]


def survey(sample: Sample, seed: int = 0) -> tuple[dict[str, Landmark], dict[str, Curve]]:
    """Return the landmarks and, of all but the constant one, the learning curves."""
    if len(sample) < FEWEST:
        return {}, {}
    rules: dict[str, Rule] = {
        "constant": lambda a, b: models.constant(a.vectors, a.y, b.vectors, a.classes),
        "linear": lambda a, b: models.linear(a.vectors, a.y, b.vectors, a.classes),
        "smooth": lambda a, b: models.smooth(a.vectors, a.y, b.vectors, a.classes),
        "network": lambda a, b: network(a.vectors, a.y, b.vectors, a.classes),
        "trees": lambda a, b: models.trees(a.columns, a.y, b.columns, a.classes, a.categories),
    }
    sample = replace(sample, columns=coarse_columns(sample))
    if sample.pictures is not None:
        rules["local"] = lambda a, b: models.local(_pictures(a), a.y, _pictures(b), a.classes)
    narrow = compact(sample, seed)
    found = {rule: _measure(rule, fit, narrow, seed) for rule, fit in rules.items()}
    few = at_most(narrow, KERNEL, seed)
    found["neighbours"] = _neighbours(few, seed), _neighbours_curve(few, seed)
    marks = {rule: mark for rule, (mark, _) in found.items()}
    return marks, {rule: known for rule, (_, known) in found.items() if known is not None}


def purity(sample: Sample, seed: int = 0) -> float:
    """Return the share of examples whose nearest other example has the same class.

    Where numbers are predicted: R² of taking the nearest example's number.
    """
    part = at_most(compact(sample, seed), KERNEL, seed)
    guess = models.neighbours(part.vectors, part.y, part.classes, k=1)
    return score_of(part.y, guess, part.classes)[0]


def directions(sample: Sample, share: float = 0.9) -> int:
    """Return how many principal directions hold this share of the inputs' variance."""
    centred = sample.vectors[:KERNEL] - sample.vectors[:KERNEL].mean(axis=0)
    small = centred.T @ centred if centred.shape[1] < len(centred) else centred @ centred.T
    values = np.linalg.eigvalsh(small)[::-1].clip(0)
    if values.sum() <= 0:
        return 0
    return int(np.searchsorted(np.cumsum(values) / values.sum(), share - 1e-9)) + 1


def score_of(y: np.ndarray, guess: np.ndarray, classes: int) -> tuple[float, float]:
    """Return accuracy or R², and its standard deviation by the chance of the draw."""
    if classes:
        right = float(np.mean(guess == y))
        smoothed = (right * len(y) + 0.5) / (len(y) + 1)
        return right, float(np.sqrt(smoothed * (1 - smoothed) / len(y)))
    error = np.square(guess - y).mean(axis=1)
    spread = np.square(y - y.mean(axis=0)).mean(axis=1)
    if spread.sum() == 0:
        return 0.0, 0.0
    ratio = error.sum() / spread.sum()
    return float(1 - ratio), float(np.sqrt(np.square(error - ratio * spread).sum()) / spread.sum())


def _measure(rule: str, fit: Rule, sample: Sample, seed: int) -> tuple[Landmark, Curve | None]:
    started = time.perf_counter()
    slow = rule == "trees" and sample.classes > MANY_CLASSES
    part = at_most(sample, KERNEL if slow else MOST.get(rule, KERNEL), seed)
    flat = rule == "constant"  # it learns nothing from more examples
    trial = attempt(fit, part, seed, curved=not flat, twice=rule not in SLOW)
    score, deviation = score_of(trial.truth, trial.full, part.classes)
    before, _ = score_of(trial.truth, trial.quarter, part.classes)
    slope = 0.0 if flat else _slope(before, score, deviation, len(trial.truth))
    if rule == "linear":  # with many more examples than numbers, a line has learnt all it can
        slope *= min(1.0, 10 * part.vectors.shape[1] / trial.learnt)
    seconds = round(time.perf_counter() - started, 3)
    mark = Landmark(
        rule, WORDS[rule], score, deviation, trial.learnt, len(trial.truth), slope, seconds
    )
    known = None if flat else _curve(rule, trial.learnt, trial.losses, trial.truth, part, seed)
    return mark, known


def _curve(
    rule: str,
    learnt: int,
    lost: dict[int, np.ndarray],
    truth: np.ndarray,
    part: Sample,
    seed: int,
) -> Curve | None:
    spread = (
        np.ones(len(truth)) if part.classes else losses(truth, truth.mean(axis=0), part.classes)
    )
    constant = 1 - float(np.bincount(part.y).max()) / len(part) if part.classes else 1.0
    sizes = [learnt // share for share in lost]
    found = list(lost.values())
    return curve(rule, WORDS[rule], sizes, found, spread, constant, seed) if lost else None


def _slope(before: float, after: float, deviation: float, judged: int) -> float:
    """Return the power by which the error fell over a fourfold sample, 0 to 0.5.

    What could be chance is taken off (the positive part of James & Stein's estimate).
    """
    least = 0.5 / judged
    error = max(1 - after, least)
    fall = float(np.log(max(1 - before, least) / error) / np.log(4))
    chance = min(deviation / error, 1.0) / np.log(4)
    return float(np.clip(fall - chance**2 / fall, 0.0, 0.5)) if fall > 0 else 0.0


def _neighbours(sample: Sample, seed: int) -> Landmark:
    """Ask every example's nearest others, among all and among a quarter."""
    started = time.perf_counter()
    count = len(sample)
    chosen = np.random.default_rng(seed).permutation(count)[: max(4, count // 4)]
    score, deviation = _best_vote(sample)
    before, _ = _best_vote(sample.take(np.sort(chosen)))
    seconds = round(time.perf_counter() - started, 3)
    slope, words = _slope(before, score, deviation, len(chosen)), WORDS["neighbours"]
    return Landmark("neighbours", words, score, deviation, count - 1, count, slope, seconds)


def _neighbours_curve(sample: Sample, seed: int) -> Curve | None:
    """Ask the nearest others within parts of the sample, so that everyone is judged at each size.

    The number of neighbours is the best for each size.
    """
    order = np.random.default_rng(seed).permutation(len(sample))
    lost = {}
    for share in parts_of(len(sample) - 1):
        tried = np.zeros((len(VOTERS), len(sample)))
        for chosen in np.array_split(order, share):
            part = sample.take(chosen)
            for place, k in enumerate(VOTERS):
                few = min(k, len(part) - 1)
                guess = models.neighbours(part.vectors, part.y, part.classes, few)
                tried[place, chosen] = losses(part.y, guess, part.classes)
        lost[share] = tried[tried.mean(axis=1).argmin()]
    return _curve("neighbours", len(sample) - 1, lost, sample.y, sample, seed)


def _best_vote(sample: Sample) -> tuple[float, float]:
    """Return the score of the number of neighbours that does best, and its deviation."""
    vectors, y, classes = sample.vectors, sample.y, sample.classes
    tried = [
        score_of(y, models.neighbours(vectors, y, classes, k), classes)
        for k in VOTERS
        if k < len(sample)
    ]
    return max(tried)


def _pictures(sample: Sample) -> np.ndarray:
    assert sample.pictures is not None
    return sample.pictures
