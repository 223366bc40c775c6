"""Training ResNet-18 on 32×32 colour images, in turn with the same network in plain loops.

    python -m benchmarks.speed.resnet18

The plain loop is what torchvision's and timm's users write: float32, channels first, SGD with
momentum. (torchvision itself cannot be imported beside the CPU build of torch; its ResNet-18 has
the same layers, which tests/algorithms/convolution prove.) The other loops add, one by one, the
choices that the engine makes by itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F

import fieldguide as fg
from benchmarks.in_turn import in_turn, save_ratio, second_epoch_of_fit, timed
from fieldguide.data import Dataset
from fieldguide.tasks import choose

COUNT, SIZE = 256, 128


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Return random images (n, 3, 32, 32) and ten classes."""
    chance = np.random.default_rng(0)
    return chance.random((COUNT, 3, 32, 32), dtype=np.float32), np.arange(COUNT) % 10


def loop(x: np.ndarray, y: np.ndarray, *, channels_last: bool, bf16: bool) -> Callable[[], float]:
    """A hand-written loop over our own network."""
    import polars as pl

    data = Dataset.from_columns({"image": x, "y": pl.Series("y", y)}, target="y")
    task = choose(data, "classification")[0].fit(data)
    network = fg.ResNet(depth=18).build(task)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    network = network.to(memory_format=layout)
    inputs, targets = torch.from_numpy(x).to(memory_format=layout), torch.from_numpy(y)
    optimizer = torch.optim.SGD(network.parameters(), 0.01, momentum=0.9)

    def epoch() -> None:
        for index in torch.randperm(COUNT).split(SIZE):
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
                loss = F.cross_entropy(network(inputs[index]), targets[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return timed(epoch, COUNT)


def main() -> None:
    """Run all sides and record."""
    started = time.perf_counter()
    x, y = examples()
    print(f"ResNet-18, 32×32, batch {SIZE}; images/s")
    model = fg.ResNet(depth=18, batch_size=SIZE, validation=0, augment=())
    rates = in_turn(
        {
            "fieldguide": second_epoch_of_fit(model, x, y),
            "plain loop": loop(x, y, channels_last=False, bf16=False),
            "channels-last loop": loop(x, y, channels_last=True, bf16=False),
            "channels-last bf16 loop": loop(x, y, channels_last=True, bf16=True),
        },
        rounds=3,
        warm_up=1,
    )
    for other, target in (("plain loop", 2.0), ("channels-last loop", None)):
        save_ratio(
            f"resnet-18-over-{other.replace(' ', '-')}",
            rates,
            "fieldguide",
            other,
            unit="images/s",
            target=target,
            data=f"{COUNT} random images 32×32, batch {SIZE}",
            algorithm="resnet",
            started=started,
            command="python -m benchmarks.speed.resnet18",
        )


if __name__ == "__main__":
    main()
