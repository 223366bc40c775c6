"""MLP on the Adult table, with gradient boosting beside it: three seeds, the official split.

python -m benchmarks.quality.adult
"""

from __future__ import annotations

import fieldguide as fg
from benchmarks.quality._runs import arguments, data_folder, reproduce

if __name__ == "__main__":
    given = arguments(seeds=3)
    train, test = fg.read(data_folder("adult"), target="income").split()
    entrants = {
        "mlp": (fg.MLP(hidden=(128, 64), epochs=15, batch_size=256, dropout=0.2), 0.853),
        "gradient-boosting": (fg.GradientBoosting(), None),
    }
    for name, (model, target) in entrants.items():
        reproduce(
            f"adult-{name}",
            model,
            train,
            test,
            data="Adult, official test split",
            target=target,
            given=given,
        )
