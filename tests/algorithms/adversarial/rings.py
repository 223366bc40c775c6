"""Eight small Gaussians on a ring, the usual first test of an adversarial network."""

from __future__ import annotations

import numpy as np

ANGLES = np.arange(8) * np.pi / 4
CENTRES = 2 * np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)


def ring(count: int = 2000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return points (count, 2), and which Gaussian each is from."""
    chance = np.random.default_rng(seed)
    which = chance.integers(0, 8, count)
    return CENTRES[which] + 0.05 * chance.normal(size=(count, 2)), which


def nearest(points: np.ndarray, within: float = 0.4) -> np.ndarray:
    """Return the Gaussian nearest to each point; -1 where none is near."""
    apart = np.linalg.norm(points[:, None] - CENTRES, axis=2)
    return np.where(apart.min(axis=1) < within, apart.argmin(axis=1), -1)
