"""Label noise: the share of examples whose class looks wrong, and which ones those are.

Confident learning (Northcutt, Jiang & Chuang 2021. Confident learning: estimating uncertainty in
dataset labels. JAIR): with p̂(j; x) learnt from all examples but x itself, and t_j the mean of
p̂(j; x) over the examples labelled j, an example labelled i whose most likely class among those with
p̂(j; x) ≥ t_j is j counts towards C_ij. Scaled to the number of examples labelled i, what lies off
C's diagonal is noise.

The probabilities come from kernel ridge regression on class indicators, whose left-out answers
have a closed form. Where classes overlap, or the model is weak, answer and label differ without a
mistake of anybody, and a part of that counts too: where the model does not halve the errors of
always naming the commonest class, the estimate is given as an upper bound.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fieldguide.advisor.profiling import landmark_models as models
from fieldguide.advisor.profiling.measure import Finding, Material, Measure
from fieldguide.advisor.profiling.narrow import draw
from fieldguide.advisor.profiling.sample import VECTORS

EXAMPLES = 1_000
FEWEST = 30  # examples below which nothing is estimated
HOPELESS = 0.8  # share of the constant answer's errors above which nothing was learnt
WEAK = 0.5  # share of them above which noise and the model's own errors cannot be told apart
SHOWN = 20  # suspicious examples listed; a sentence names the first five
DRAWS = 200  # of the bootstrap
SAID = 0.02  # share from which it is worth a warning


def find(material: Material) -> Finding | None:
    """Estimate the share of wrong labels, with an 80 % interval, and name the likeliest."""
    sample = material.compact
    chosen = _distinct(sample.vectors, sample.y, draw(len(sample), EXAMPLES, material.seed))
    part = sample.take(chosen)
    if len(part) < FEWEST or len(np.unique(part.y)) < 2:
        return None
    answers = models.left_out(part.vectors, part.pictures, part.y, part.classes).clip(1e-6)
    p = answers / answers.sum(axis=1, keepdims=True)
    wrong, constant = np.mean(p.argmax(axis=1) != part.y), 1 - np.bincount(part.y).max() / len(part)
    copies = material.duplicates
    figures: dict[str, Any] = {
        "examples": len(part),
        "contradicting": copies.conflicting / max(1, copies.compared),
        "left_out_error": float(wrong),
    }
    if wrong > HOPELESS * constant:
        said = "Label noise cannot be estimated: the classes are hardly told apart from each other."
        return Finding({**figures, "estimated": None}, (said,))
    low, share, high = _interval(p, part.y, material.seed)
    suspects = [material.origins[chosen[place]] for place in _suspects(p, part.y)[:SHOWN]]
    weak = bool(wrong > WEAK * constant and share >= SAID)
    figures |= {"estimated": share, "low": low, "high": high}
    figures |= {"upper_bound_only": weak, "suspects": suspects}
    if weak:
        return Finding(figures, (_weak_words(high, float(wrong)),))
    return Finding(figures, _words(share, low, high, len(part), suspects))


def confident_joint(p: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Count examples by given label and by the class that they confidently belong to.

    Args:
        p: Probabilities from a model that did not learn from the example; (n, classes).
        y: Given labels; (n,).

    Returns:
        Scaled so that row i sums to the number of examples labelled i; (classes, classes).
    """
    classes = p.shape[1]
    given = np.bincount(y, minlength=classes)
    confident = _confident(p, y)
    counts = np.zeros((classes, classes))
    known = confident >= 0
    np.add.at(counts, (y[known], confident[known]), 1)
    blank = counts.sum(axis=1) == 0  # nobody with this label is sure of anything: believe it
    counts[blank, blank] = 1
    scaled: np.ndarray = counts / counts.sum(axis=1, keepdims=True) * given[:, None]
    return scaled


def noise(p: np.ndarray, y: np.ndarray) -> float:
    """Return the share of examples off the diagonal of the confident joint."""
    joint = confident_joint(p, y)
    return float(1 - np.trace(joint) / joint.sum())


def _confident(p: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the likeliest class that passes its own threshold, or -1; (n,)."""
    sums = np.bincount(y, weights=p[np.arange(len(y)), y], minlength=p.shape[1])
    counts = np.bincount(y, minlength=p.shape[1])
    thresholds = np.where(counts > 0, sums / np.maximum(1, counts), np.inf)
    passed = np.where(p >= thresholds, p, -1.0)
    return np.where(passed.max(axis=1) >= 0, passed.argmax(axis=1), -1)


def _suspects(p: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return examples that confidently belong to another class, the surest first."""
    confident, every = _confident(p, y), np.arange(len(y))
    margin = p[every, confident] - p[every, y]
    off = np.flatnonzero((confident >= 0) & (confident != y))
    return off[np.argsort(-margin[off], kind="stable")]


def _interval(p: np.ndarray, y: np.ndarray, seed: int) -> tuple[float, float, float]:
    """Return the low end, the estimate and the high end, by bootstrap over the examples."""
    chance, count = np.random.default_rng(seed), len(y)
    drawn = [noise(p[pick], y[pick]) for pick in chance.integers(0, count, (DRAWS, count))]
    low, high = np.quantile(drawn, (0.1, 0.9))
    share = noise(p, y)
    none = 1 - 0.1 ** (1 / count)  # with no case among `count`, the share may still be this
    return min(float(low), share), share, max(float(high), share, none)


def _distinct(vectors: np.ndarray, y: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Keep one of each group of equal examples: a left-out example must not have a twin."""
    rows = np.concatenate([vectors[chosen], y[chosen, None]], axis=1)
    return chosen[np.sort(np.unique(rows, axis=0, return_index=True)[1])]


def _weak_words(high: float, wrong: float) -> str:
    return (
        f"Label noise: at most {high:.0%} of the labels or so. How much less cannot be told: the "
        f"model that looks for it is wrong in {wrong:.0%} itself."
    )


def _words(
    share: float, low: float, high: float, looked_at: int, suspects: list[object]
) -> tuple[str, ...]:
    where = f"estimated on {looked_at:,} examples by confident learning"
    if share < SAID:
        return (f"Label noise: hardly any ({share:.1%}; at most {high:.1%} likely), {where}.",)
    said = [
        f"Label noise: about {share:.0%} of the labels look wrong ({low:.0%} to {high:.0%}), "
        f"{where}. Where classes overlap by nature, that counts as well."
    ]
    if suspects:
        said.append(f"Check these labels first: {', '.join(map(str, suspects[:5]))}.")
    return tuple(said)


MEASURE = Measure("label_noise", find, tasks=("classification",), forms=VECTORS, order=20)
