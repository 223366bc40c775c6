"""How bent the data are: what pieces of planes keep that one plane loses.

Principal components lay one plane of k directions through all examples; local principal components
(Kambhatla & Leen 1997) lay one through each piece of the data. Both learn from three quarters of
the examples and give back the held-out quarter. Pieces lose less of any data, because naming the
piece is a code too: so the same is done to a Gaussian cloud of the same covariance, on which no
bend can be found, and only what they lose less than there counts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fieldguide.advisor.profiling.measure import Finding, Material, Measure
from fieldguide.advisor.profiling.narrow import draw
from fieldguide.advisor.profiling.rows import FORMS, TASKS, turned

EXAMPLES = 1_500
DIRECTIONS = 64  # principal directions looked at
WIDTHS = (2, 4, 8, 16, 32)  # numbers of a code that are tried
PIECES = 24  # at most
EACH = 8  # examples that a piece has at least for each of its directions
ROUNDS = 5  # of taking turns: which piece an example belongs to, which plane a piece has
CLOUDS = 2  # Gaussian clouds compared with
RESAMPLES = 500
SURE = (0.005, 0.995)  # ends of the interval that decides: several widths are tried
FEWEST = 100  # examples
LEAST = 0.1  # share of the loss that pieces must save beyond the usual: tails alone save less
LEFT = 1e-3  # share of the variance that a plane must lose for pieces to be compared with it


def find(material: Material) -> Finding | None:
    """Compare both at several widths."""
    if material.rows is None or len(material.rows.values) < FEWEST:
        return None
    rows = material.rows
    chosen = draw(len(rows.values), EXAMPLES, material.seed)
    values = turned(rows.values[chosen], DIRECTIONS)
    chance = np.random.default_rng(material.seed)
    values = values[chance.permutation(len(values))]
    if np.square(values - values.mean(axis=0)).sum() <= 1e-9 * values.size:
        return None
    clouds = [_cloud(values, chance) for _ in range(CLOUDS)]
    learnt = len(values) - len(values) // 4
    widths = [k for k in WIDTHS if k < min(values.shape[1], learnt // (2 * EACH))]
    steps = [_at(k, values, clouds, material.seed) for k in widths]
    while len(steps) > 1 and 1 - steps[-1]["straight"] < LEFT:  # wider codes lose nothing
        steps.pop()
    if not steps:
        return None
    largest = max(steps, key=lambda step: step["gain_low"])
    code = _kept(min(rows.code, values.shape[1], learnt), *_parts(values), material.seed)
    bent = largest["gain_low"] > 0 and largest["gain"] >= LEAST
    figures = {"widths": steps, "bent": bent, "saved": largest["saved"],
               "usual": largest["usual"], "code": code, "learnt": learnt,
               "judged": len(values) - learnt}  # fmt: skip
    return Finding(figures, tuple(_said(steps, largest, bent)))


def plane(rows: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean of rows (n, d) and their leading directions, (at most width, d)."""
    mean = rows.mean(axis=0)
    _, _, directions = np.linalg.svd(rows - mean, full_matrices=False)
    return mean, directions[:width]


def lost(rows: np.ndarray, mean: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Return the squared distance of each row from a plane, (n,)."""
    away = rows - mean
    squares = np.square(away).sum(axis=1) - np.square(away @ directions.T).sum(axis=1)
    return np.asarray(squares.clip(min=0))


def pieces(rows: np.ndarray, width: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return planes of some width through pieces of the data, which together lose little.

    Args:
        rows: (n, d).
        width: Directions of each plane, 1 or more.
        seed: Decides where the pieces begin.
    """
    count = int(np.clip(len(rows) // (EACH * (width + 1)), 1, PIECES))
    starts = rows[np.random.default_rng(seed).choice(len(rows), count, replace=False)]
    belongs = np.square(rows[:, None] - starts).sum(axis=2).argmin(axis=1)
    found = [plane(rows, width)]
    for _ in range(ROUNDS):
        own = [np.flatnonzero(belongs == piece) for piece in range(count)]
        found = [plane(rows[places], width) for places in own if len(places) > width + 1] or found
        belongs = np.stack([lost(rows, *one) for one in found], axis=1).argmin(axis=1)
    return found


def _cloud(values: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Return as many rows of a Gaussian with the covariance of the given ones."""
    _, spreads, directions = np.linalg.svd(values - values.mean(axis=0), full_matrices=False)
    noise = chance.normal(size=(len(values), len(spreads)))
    return np.asarray(noise * spreads / np.sqrt(len(values)) @ directions)


def _at(width: int, values: np.ndarray, clouds: list[np.ndarray], seed: int) -> dict[str, Any]:
    """Return what one plane keeps at one width, and what share of its loss pieces save.

    ``gain``: that share less the one on Gaussian clouds, with its 99 % interval.
    """
    held = len(values) // 4
    spread, straight, bent = _losses(values, width, seed)
    drawn = np.random.default_rng(seed).integers(0, held, (RESAMPLES, held))
    parts = [_losses(cloud, width, seed) for cloud in clouds]
    usual = float(np.mean([_saved(*part[1:]) for part in parts]))
    own, others = _saved(straight[drawn], bent[drawn]), drawn[:, ::-1]
    excess = [own - _saved(*(each[others] for each in part[1:])) for part in parts]
    low, high = np.quantile(np.concatenate(excess), SURE)
    saved = float(_saved(straight, bent))
    return {
        "width": width,
        "straight": 1 - float(straight.sum() / spread.sum()),
        "saved": saved,
        "usual": usual,
        "gain": saved - usual,
        "gain_low": float(low),
        "gain_high": float(high),
    }


def _losses(rows: np.ndarray, width: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return for held-out rows how far they are from the mean, one plane, and pieces of planes."""
    held, known = _parts(rows)
    straight = lost(held, *plane(known, width))
    each = np.stack([lost(held, *one) for one in pieces(known, width, seed)], axis=1)
    return np.square(held - known.mean(axis=0)).sum(axis=1), straight, each.min(axis=1)


def _kept(width: int, held: np.ndarray, known: np.ndarray, seed: int) -> dict[str, Any]:
    """Return the share of the variance that one plane keeps, with its 80 % interval."""
    straight = lost(held, *plane(known, width))
    spread = np.square(held - known.mean(axis=0)).sum(axis=1)
    drawn = np.random.default_rng(seed).integers(0, len(held), (RESAMPLES, len(held)))
    kept = 1 - straight[drawn].sum(axis=1) / np.maximum(spread[drawn].sum(axis=1), 1e-300)
    low, high = np.quantile(kept, (0.1, 0.9))
    whole = 1 - float(straight.sum() / max(float(spread.sum()), 1e-300))
    return {"width": width, "score": whole, "low": float(low), "high": float(high)}


def _parts(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a quarter of the rows, held out, and the others."""
    return rows[: len(rows) // 4], rows[len(rows) // 4 :]


def _saved(straight: np.ndarray, bent: np.ndarray) -> np.ndarray:
    """Return what share of the loss of one plane pieces of planes save."""
    whole = np.maximum(straight.sum(axis=-1), 1e-300)
    return np.asarray(1 - bent.sum(axis=-1) / whole)


def _said(steps: list[dict[str, Any]], largest: dict[str, Any], bent: bool) -> list[str]:
    shares = ", ".join(f"{step['straight']:.0%} at {step['width']}" for step in steps)
    said = [f"Principal components give back, by the numbers of the code: {shares}."]
    if bent:
        said.append(
            f"The data are bent or in groups: with {largest['width']} directions, pieces of planes "
            f"save {largest['saved']:.0%} of what one plane loses, of a Gaussian cloud only "
            f"{largest['usual']:.0%} (difference {100 * largest['gain_low']:.0f} to "
            f"{100 * largest['gain_high']:.0f} points): an autoencoder has something to find."
        )
    else:
        said.append(
            "No bend was found: pieces of planes save hardly more of what one plane loses than "
            "they do of a Gaussian cloud, so that principal components are hard to beat."
        )
    return said


MEASURE = Measure("bend", find, tasks=TASKS, forms=FORMS, order=10)
