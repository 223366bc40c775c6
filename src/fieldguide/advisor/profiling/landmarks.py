"""Landmarks: how well quick models of different shapes do on a sample of the data.

Pfahringer, Bensusan & Giraud-Carrier (2000) call such figures landmarks: they place a data set on
the map of what each kind of algorithm is good at.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch.nn.functional as F
from sklearn.utils.extmath import randomized_svd
from torch import from_numpy

from fieldguide.advisor.profiling import landmark_models as models
from fieldguide.advisor.profiling.pictures import LOCAL_FROM, correlations, locality
from fieldguide.advisor.profiling.sample import Sample

MOST = {"constant": 5_000, "linear": 4_000, "trees": 4_000}  # examples looked at, else KERNEL
TREE_COLUMNS = 100  # columns that trees look at; more pixels are averaged, more columns drawn
MANY_CLASSES = 4  # with more, boosted trees grow a tree a class and round: on fewer examples
VERY_MANY_CLASSES = 50  # with more, one fold is held out instead of each in turn
KERNEL = 1_500  # examples for the models whose cost grows with the square of their number
DIRECTIONS = 200  # principal directions kept where there are more numbers than that
SLOWER = 0.75  # share of a measured slope that holds further out
FEWEST = 10  # examples below which nothing can be measured

Rule = Callable[[Sample, Sample], np.ndarray]

WORDS = {
    "constant": "always giving the same answer",
    "linear": "a linear model",
    "smooth": "a smooth model (Gaussian kernel)",
    "trees": "boosted trees",
    "neighbours": "nearest neighbours",
    "local": "a model that looks through small windows",
}


@dataclass(frozen=True)
class Landmark:
    """What one quick model scored on examples that it had not seen.

    Attributes:
        rule: Shape of the rule: constant, linear, smooth, trees, neighbours, local.
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
    if len(sample) < FEWEST:
        return {}
    rules: dict[str, Rule] = {
        "constant": lambda a, b: models.constant(a.vectors, a.y, b.vectors, a.classes),
        "linear": lambda a, b: models.linear(a.vectors, a.y, b.vectors, a.classes),
        "smooth": lambda a, b: models.smooth(a.vectors, a.y, b.vectors, a.classes),
        "trees": lambda a, b: models.trees(a.columns, a.y, b.columns, a.classes, a.categories),
    }
    sample = replace(sample, columns=_coarse_columns(sample, seed))
    if sample.pictures is not None:
        rules["local"] = lambda a, b: models.local(_pictures(a), a.y, _pictures(b), a.classes)
    compact = _compact(sample, seed)
    found = {rule: _measure(rule, fit, compact, seed) for rule, fit in rules.items()}
    found["neighbours"] = _neighbours(_at_most(compact, KERNEL, seed), seed)
    return found


def purity(sample: Sample, seed: int = 0) -> float:
    """Return the share of examples whose nearest other example has the same class.

    Where numbers are predicted: R² of taking the nearest example's number.
    """
    part = _at_most(_compact(sample, seed), KERNEL, seed)
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


def _measure(rule: str, fit: Rule, sample: Sample, seed: int) -> Landmark:
    started = time.perf_counter()
    most = MOST.get(rule, KERNEL)
    slow = rule == "trees" and sample.classes > MANY_CLASSES
    part = _at_most(sample, KERNEL if slow else most, seed)
    folds = part.folds(seed)
    judged, guesses, fewer = [], [], []
    small = len(part) <= 1_200 and sample.classes <= VERY_MANY_CLASSES
    for fold in range(folds.max() + 1 if small else 1):
        held, rest = part.take(np.flatnonzero(folds == fold)), np.flatnonzero(folds != fold)
        quarter = np.random.default_rng((seed, fold)).permutation(rest)[: max(4, len(rest) // 4)]
        judged.append(held.y)
        guesses.append(fit(part.take(rest), held))
        fewer.append(fit(part.take(np.sort(quarter)), held))
    truth = np.concatenate(judged)
    score, deviation = score_of(truth, np.concatenate(guesses), part.classes)
    before, _ = score_of(truth, np.concatenate(fewer), part.classes)
    seconds = time.perf_counter() - started
    slope = 0.0 if rule == "constant" else _slope(before, score, deviation, len(truth))
    if rule == "linear":  # with many more examples than numbers, a line has learnt all it can
        slope *= min(1.0, 10 * part.vectors.shape[1] / len(rest))
    return Landmark(
        rule, WORDS[rule], score, deviation, len(rest), len(truth), slope, round(seconds, 3)
    )


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


def _best_vote(sample: Sample) -> tuple[float, float]:
    """Return the score of the number of neighbours that does best, and its deviation."""
    vectors, y, classes = sample.vectors, sample.y, sample.classes
    tried = [
        score_of(y, models.neighbours(vectors, y, classes, k), classes)
        for k in (1, 5, 15)
        if k < len(sample)
    ]
    return max(tried)


def _compact(sample: Sample, seed: int) -> Sample:
    """Return the sample with vectors turned onto their principal directions, if there are many."""
    if sample.vectors.shape[1] <= DIRECTIONS:
        return sample
    centred = sample.vectors - sample.vectors.mean(axis=0)
    _, _, axes = randomized_svd(
        centred[:KERNEL], min(DIRECTIONS, len(centred[:KERNEL]) - 1), n_iter=2, random_state=seed
    )
    return replace(sample, vectors=centred @ axes.T)


def _coarse_columns(sample: Sample, seed: int) -> np.ndarray:
    """Return at most `TREE_COLUMNS` columns: their cost grows with the number of columns."""
    count = sample.columns.shape[1]
    if count <= TREE_COLUMNS:
        return sample.columns
    pictures = sample.pictures
    if pictures is not None and locality(*correlations(pictures[:500])) >= LOCAL_FROM:
        side = max(4, int(np.sqrt(TREE_COLUMNS / pictures.shape[1])))
        size = tuple(min(side, length) for length in pictures.shape[2:])
        pooled: np.ndarray = F.adaptive_avg_pool2d(from_numpy(pictures), size).numpy()
        return pooled.reshape(len(pooled), -1)
    drawn = np.random.default_rng(seed).choice(
        count - len(sample.categories), max(1, TREE_COLUMNS - len(sample.categories)), False
    )
    return sample.columns[:, np.concatenate([np.sort(drawn), sample.categories]).astype(int)]


def _at_most(sample: Sample, count: int, seed: int) -> Sample:
    if len(sample) <= count:
        return sample
    return sample.take(np.sort(np.random.default_rng(seed).choice(len(sample), count, False)))


def _pictures(sample: Sample) -> np.ndarray:
    assert sample.pictures is not None
    return sample.pictures
