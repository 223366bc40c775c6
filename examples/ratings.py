"""Who likes what? Guessed from ratings, with the ratings that made the guess.

python examples/ratings.py
"""

from __future__ import annotations

import numpy as np
import polars as pl

import fieldguide as fg
from fieldguide.data import as_dataset

FILMS = [f"{kind} {number}" for kind in ("western", "musical", "mystery") for number in range(12)]


def ratings(users: int = 300) -> pl.DataFrame:
    """Return stars, 1 to 5, of a third of the films by users who love one kind of them."""
    chance = np.random.default_rng(0)
    kind, love = np.arange(len(FILMS)) // 12, chance.integers(3, size=users)
    stars = 2.5 + 1.5 * (love[:, None] == kind) + chance.normal(scale=0.7, size=(users, len(FILMS)))
    user, film = np.nonzero(chance.random(stars.shape) < 1 / 3)
    return pl.DataFrame(
        {
            "user": [f"user {number}" for number in user],
            "film": [FILMS[number] for number in film],
            "stars": stars[user, film].round().clip(1, 5),
        }
    )


train, test = as_dataset(ratings()).as_ratings(lowest=1, highest=5).split(test=0.2, seed=0)
for model in (fg.Popularity(), fg.ItemMeans(), fg.MatrixFactorisation(), fg.RatingsRBM(epochs=30)):
    scores = model.fit(train).evaluate(test)
    print(f"{type(model).__name__}: rmse {scores['rmse']:.3f}, ndcg {scores['ndcg_at_10']:.3f}")
best = model.recommend("user 7", count=3)
print(best, model.explain("user 7", best["film"][0], count=3), sep="\n")
