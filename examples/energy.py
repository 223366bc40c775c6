"""What goes with what? A Boltzmann machine learns it from baskets, and fills one up.

python examples/energy.py
"""

from __future__ import annotations

import numpy as np

import fieldguide as fg

GOODS = ("bread", "butter", "jam", "pasta", "sauce", "cheese")
HABITS = np.array([[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]])  # breakfast, supper


def baskets(count: int, seed: int) -> np.ndarray:
    """Return baskets (count, goods): one habit each, and now and then something forgotten."""
    chance = np.random.default_rng(seed)
    return HABITS[chance.integers(0, 2, count)] * (chance.random((count, len(GOODS))) < 0.9)


model = fg.RBM(hidden=8, epochs=40, validation=0).fit(baskets(600, seed=0))
found = model.log_likelihood(baskets(300, seed=1))
print(f"log-probability of a new basket: {found['log_likelihood']:.2f} nats")

begun = np.array([[1, 1, 0, 0, 0, 0]])
likely = np.asarray(model.reconstruct(begun))[0]
print("bread and butter also want:", GOODS[int(np.argmax(np.where(begun[0], -1, likely)))])

odd = np.array([[1, 0, 0, 0, 1, 0]])
print("bread with sauce is stranger:", bool(model.score_samples(odd) < model.score_samples(begun)))
