"""Training LeNet-5 on 28×28 grey images, in turn with the same network in a hand-written loop.

python -m benchmarks.speed.lenet
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import polars as pl
import torch
import torch.nn.functional as F

import fieldguide as fg
from benchmarks.in_turn import in_turn, save_ratio, second_epoch_of_fit, timed
from fieldguide.data import Dataset
from fieldguide.tasks import choose

COUNT, SIZE = 10_000, 128


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Return random images (n, 1, 28, 28) and ten classes."""
    chance = np.random.default_rng(0)
    return chance.random((COUNT, 1, 28, 28), dtype=np.float32), np.arange(COUNT) % 10


def loop(x: np.ndarray, y: np.ndarray) -> Callable[[], float]:
    """A hand-written loop with the fused optimizer over our own network."""
    data = Dataset.from_columns({"image": x, "y": pl.Series("y", y)}, target="y")
    task = choose(data, "classification")[0].fit(data)
    network = fg.LeNet().build(task)
    inputs, targets = torch.from_numpy(x), torch.from_numpy(y)
    optimizer = torch.optim.AdamW(network.parameters(), 1e-3, fused=True)

    def epoch() -> None:
        total = 0.0
        for index in torch.randperm(COUNT).split(SIZE):
            loss = F.cross_entropy(network(inputs[index]), targets[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()

    return timed(epoch, COUNT)


def main() -> None:
    """Run both sides and record."""
    started = time.perf_counter()
    x, y = examples()
    print(f"LeNet-5, 28×28, batch {SIZE}; images/s")
    ours = second_epoch_of_fit(fg.LeNet(batch_size=SIZE, validation=0), x, y)
    rates = in_turn({"fieldguide": ours, "raw fused": loop(x, y)})
    save_ratio(
        "lenet-over-raw-fused",
        rates,
        "fieldguide",
        "raw fused",
        unit="images/s",
        target=0.97,
        data=f"{COUNT} random images 28×28, batch {SIZE}",
        algorithm="lenet",
        started=started,
        command="python -m benchmarks.speed.lenet",
    )


if __name__ == "__main__":
    main()
