"""Eight groups on a ring: a plain GAN forgets some of them, a Wasserstein GAN makes them all.

python examples/adversarial.py
"""

from __future__ import annotations

import numpy as np

import fieldguide as fg

ANGLES = np.arange(8) * np.pi / 4
CENTRES = 2 * np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)


def ring(count: int, seed: int) -> np.ndarray:
    """Return points (count, 2) around the eight centres."""
    chance = np.random.default_rng(seed)
    return CENTRES[chance.integers(0, 8, count)] + 0.05 * chance.normal(size=(count, 2))


def groups(points: np.ndarray) -> int:
    """Return how many of the eight groups have at least one point in fifty."""
    apart = np.linalg.norm(points[:, None] - CENTRES, axis=2)
    return int((np.bincount(apart.argmin(axis=1)[apart.min(axis=1) < 0.5], minlength=8) > 20).sum())


plain = fg.GAN(epochs=20, hidden=(64, 64), batch_size=128, validation=0)
measured = fg.WGANGP(
    epochs=60, hidden=(64, 64), latent=8, batch_size=128, validation=0,
    lr=2e-3, momentum=0.5, penalty=1.0,
)  # fmt: skip
for model in (plain, measured):
    made = model.fit(ring(2000, seed=0)).sample(1000)
    scores = model.evaluate(ring(1000, seed=1))
    print(f"{type(model).__name__}: {groups(made)} of 8, distance {scores['frechet_distance']:.3f}")
    print(" ", *model.notes_)
