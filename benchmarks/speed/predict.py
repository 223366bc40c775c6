"""`predict` on 10,000 images, in turn with the bare network on ready tensors.

python -m benchmarks.speed.predict
"""

from __future__ import annotations

import time

import numpy as np
import torch

import fieldguide as fg
from benchmarks.in_turn import in_turn, save_ratio, timed

COUNT, SIZE = 10_000, 1024


def main() -> None:
    """Run both sides for LeNet-5 and the MLP and record."""
    chance = np.random.default_rng(0)
    x = chance.random((COUNT, 1, 28, 28), dtype=np.float32)
    y = np.arange(COUNT) % 10
    for name, model in (("lenet", fg.LeNet(epochs=1)), ("mlp", fg.MLP(epochs=1))):
        started = time.perf_counter()
        model.fit(x[:1000], y[:1000])
        network = model.network_
        ready = model.task_.encode(
            fg.Dataset.from_columns({next(iter(model.task_.inputs.codecs)): x}), with_target=False
        ).x

        def bare(network: torch.nn.Module = network, ready: torch.Tensor = ready) -> torch.Tensor:
            with torch.inference_mode():
                return torch.cat([network(part) for part in ready.split(SIZE)]).argmax(1)

        print(f"{name}, predict on {COUNT} images 28×28; images/s")
        rates = in_turn(
            {"predict": timed(lambda m=model: m.predict(x), COUNT), "bare": timed(bare, COUNT)}
        )
        save_ratio(
            f"predict-{name}-over-bare-network",
            rates,
            "predict",
            "bare",
            unit="images/s",
            target=0.95,
            data=f"{COUNT} random images 28×28",
            algorithm=name,
            started=started,
            command="python -m benchmarks.speed.predict",
        )


if __name__ == "__main__":
    main()
