"""MLP on California housing: three seeds, the same fifth of the rows held out.

python -m benchmarks.quality.california_housing
"""

from __future__ import annotations

import fieldguide as fg
from benchmarks.quality._runs import arguments, data_folder, reproduce

if __name__ == "__main__":
    given = arguments(seeds=3)
    path = data_folder("california-housing") / "housing.csv"
    train, test = fg.read(path, target="median_house_value").split(test=0.2, seed=0)
    entrants = {
        "mlp": (fg.MLP(hidden=(128, 64), epochs=60, batch_size=128, lr=3e-3), 0.78),
        "gradient-boosting": (fg.GradientBoosting(), None),
    }
    for name, (model, target) in entrants.items():
        reproduce(
            f"california-housing-{name}",
            model,
            train,
            test,
            data="California housing, a fifth held out with seed 0",
            target=target,
            metric="r2",
            given=given,
        )
