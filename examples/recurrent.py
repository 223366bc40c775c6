"""Who remembers? The first of a hundred steps decides; gates can be told to keep it.

python examples/recurrent.py
"""

from __future__ import annotations

import numpy as np

import fieldguide as fg

STEPS = 100


def sequences(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return sequences (count, STEPS, 1) that start loud and go on softly, and how they started."""
    x = np.random.default_rng(seed).normal(size=(count, STEPS, 1))
    x[:, 1:] *= 0.1
    return x, np.where(x[:, 0, 0] > 0, "up", "down")


for memory in (0, STEPS):
    model = fg.GRU(hidden=24, epochs=10, lr=1e-2, validation=0, memory=memory)
    model.fit(*sequences(600, seed=0))
    print(f"memory={memory}:", model.evaluate(*sequences(300, seed=1))["accuracy"])
