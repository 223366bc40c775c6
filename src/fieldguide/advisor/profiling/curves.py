"""Learning curves: the error after learning from more and more examples, and where it is heading.

Errors fall as a power of the number of examples, towards a floor that more examples do not remove
(Figueroa et al. 2012; Hestness et al. 2017):

    error(n) = scale · n^-power + floor

How sure that is comes from a bootstrap over the examples that the errors were measured on: each
draw of them is fitted anew, and among the powers that suit it one is drawn by likelihood.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

DRAWS = 200  # of the bootstrap
POWERS = np.linspace(0.1, 1.0, 10)  # in practice 0.07 to 0.35 for networks, 0.5 to 1 in theory
LUCK = 0.05  # spread of log(error) by which examples happened to be learnt from
BLIND = 0.9  # share of the constant answer's error above which learning has not begun
FEWEST = 3  # sizes below which no curve is drawn


@dataclass(frozen=True)
class Expected:
    """An error (1 - score) to expect.

    Attributes:
        error: The middle.
        low: Undercut with 10 % chance.
        high: Exceeded with 10 % chance.
    """

    error: float
    low: float
    high: float


@dataclass(frozen=True)
class Curve:
    """The learning curve of a quick model.

    Attributes:
        rule: Shape of its rule, as in `Profile.landmarks`.
        words: The model in plain words.
        sizes: Numbers of examples learnt from, growing.
        errors: 1 - score on examples held out, for each size.
        deviations: Standard deviations of the errors.
        judged: Examples that the errors were measured on.
        draws: Scale (the error's falling part at the largest size), power and floor, a row for each
            draw of the bootstrap; shape (draws, 3).
    """

    rule: str
    words: str
    sizes: tuple[int, ...]
    errors: tuple[float, ...]
    deviations: tuple[float, ...]
    judged: int
    draws: np.ndarray = field(repr=False, compare=False)

    def errors_at(self, examples: float | np.ndarray) -> np.ndarray:
        """Return the error after learning from `examples`, for each draw.

        Args:
            examples: One number, or several of shape (k,).

        Returns:
            Shape (draws,), or (draws, k).
        """
        scale, power, floor = self.draws.T.reshape(3, -1, *[1] * np.ndim(examples))
        found: np.ndarray = scale * (np.asarray(examples) / self.sizes[-1]) ** -power + floor
        return found

    def expect(self, examples: float) -> Expected:
        """Return the error to expect after learning from this many, with an 80 % interval."""
        low, middle, high = np.quantile(self.errors_at(examples), (0.1, 0.5, 0.9))
        return Expected(float(middle), float(low), float(high))

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form: what was measured, and where it is heading."""
        ahead = {2**k * self.sizes[-1]: self.expect(2**k * self.sizes[-1]) for k in range(1, 5)}
        return {
            "rule": self.rule,
            "words": self.words,
            "sizes": list(self.sizes),
            "errors": list(self.errors),
            "deviations": list(self.deviations),
            "judged": self.judged,
            "power": float(np.median(self.draws[:, 1])),
            "floor": float(np.median(self.draws[:, 2])),
            "ahead": [{"examples": n, **vars(expected)} for n, expected in ahead.items()],
        }


def curve(
    rule: str,
    words: str,
    sizes: Sequence[int],
    losses: Sequence[np.ndarray],
    spread: np.ndarray,
    constant: float,
    seed: int = 0,
) -> Curve | None:
    """Fit a curve, or return None where there are too few sizes to see one.

    Args:
        rule: Shape of the model's rule.
        words: The model in plain words.
        sizes: Numbers of examples learnt from, (s,).
        losses: 0 or 1, or squared errors, of each judged example, for each of s sizes; (judged,).
        spread: What the losses are a share of: ones, or squared distances from the mean; (judged,).
        constant: Error of always giving the same answer. Before a model does better than that, its
            curve is flat, and no power of anything (Hestness et al. 2017, figure 6).
        seed: Decides the draws.
    """
    order = np.argsort(sizes)
    learnt, lost = np.asarray(sizes)[order], np.asarray(losses, dtype=np.float64)[order]
    if spread.sum() <= 0:
        return None
    judged, chance = lost.shape[1], np.random.default_rng(seed)
    least = 0.5 / (judged + 1)  # nothing wrong among few is no proof of perfection
    errors = np.maximum(lost.sum(axis=1) / spread.sum(), least)
    seeing = np.flatnonzero(errors < BLIND * constant)
    if not len(seeing) or len(errors) - seeing[0] < FEWEST:
        return None
    learnt, lost, errors = learnt[seeing[0] :], lost[seeing[0] :], errors[seeing[0] :]
    weights = chance.multinomial(judged, np.full(judged, 1 / judged), size=DRAWS)
    drawn = np.maximum(weights @ lost.T / (weights @ spread)[:, None].clip(1e-12), least)
    lucky = drawn * np.exp(LUCK * chance.standard_normal(drawn.shape))
    deviations = np.hypot(np.maximum(drawn.std(axis=0), least), LUCK * errors)
    return Curve(
        rule=rule,
        words=words,
        sizes=tuple(int(size) for size in learnt),
        errors=tuple(float(error) for error in errors),
        deviations=tuple(float(one) for one in deviations),
        judged=judged,
        draws=_fit(learnt / learnt[-1], lucky, deviations, chance),
    )


def _fit(
    sizes: np.ndarray, errors: np.ndarray, deviations: np.ndarray, chance: np.random.Generator
) -> np.ndarray:
    """Fit every draw by weighted least squares, and draw one of the powers by its likelihood.

    Args:
        sizes: As shares of the largest; (s,).
        errors: (draws, s).
        deviations: (s,).
        chance: Draws the power.

    Returns:
        Scale, power and floor; (draws, 3).
    """
    x, w = sizes[None, :] ** -POWERS[:, None], deviations**-2  # (powers, s), (s,)
    sw, sx, sxx = w.sum(), x @ w, (x * x) @ w
    se, sxe = (errors @ w)[:, None], errors @ (x * w).T  # (draws, 1), (draws, powers)
    scale = (sw * sxe - sx * se) / (sw * sxx - sx * sx)
    floor = (se - scale * sx) / sw
    below, rising = floor < 0, scale < 0
    scale, floor = np.where(below, sxe / sxx, scale), np.where(below, 0.0, floor)
    scale, floor = np.where(rising, 0.0, scale), np.where(rising, se / sw, floor)
    left = errors[:, None, :] - scale[..., None] * x - floor[..., None]  # (draws, powers, s)
    misfit = (left * left) @ w
    likelihood = np.exp(-0.5 * (misfit - misfit.min(axis=1, keepdims=True)))
    upto = np.cumsum(likelihood, axis=1)
    chosen = (chance.random((len(errors), 1)) * upto[:, -1:] > upto).sum(axis=1)
    rows = np.arange(len(errors))
    return np.stack([scale[rows, chosen], POWERS[chosen], floor[rows, chosen]], axis=1)
