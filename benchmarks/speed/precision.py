"""Does bfloat16 pay here? Products and training steps in float32 and bfloat16, in turn.

    python -m benchmarks.speed.precision

The ratio is bfloat16's rate over float32's; `engine/hardware.py` decides by the processor's
features, and this shows whether that decision is right on the machine at hand.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.in_turn import in_turn, save_ratio, timed
from fieldguide.algorithms.convolution.resnet import ResNetNetwork
from fieldguide.engine.hardware import has_fast_bf16


def product(rows: int, wide: int, dtype: torch.dtype) -> Callable[[], float]:
    """A product (rows, wide) · (wide, wide); rate in GFLOP/s."""
    left, right = torch.randn(rows, wide).to(dtype), torch.randn(wide, wide).to(dtype)
    repeats = 20

    def work() -> None:
        for _ in range(repeats):
            torch.mm(left, right)

    return timed(work, repeats * 2 * rows * wide * wide / 1e9)


def training(network: nn.Module, shape: tuple[int, ...], bf16: bool) -> Callable[[], float]:
    """One forward and backward pass; rate in examples/s."""
    x, y = torch.randn(shape), torch.zeros(shape[0], dtype=torch.long)
    if len(shape) == 4:
        network = network.to(memory_format=torch.channels_last)
        x = x.to(memory_format=torch.channels_last)

    def work() -> None:
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
            F.cross_entropy(network(x), y).backward()

    return timed(work, shape[0])


def mlp() -> nn.Module:
    """784-1024-1024-10."""
    return nn.Sequential(
        nn.Linear(784, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, 10)
    )


def main() -> None:
    """Run all pairs and record."""
    started = time.perf_counter()
    print(f"auto would choose bfloat16 here: {has_fast_bf16()}")
    resnet = {"depth": 18, "num_classes": 10, "stem": "small"}
    pairs = {
        "product-1024": ("GFLOP/s", lambda b: product(1024, 1024, _dtype(b))),
        "mlp-784-1024-1024-10": ("examples/s", lambda b: training(mlp(), (128, 784), b)),
        "resnet-18": (
            "images/s",
            lambda b: training(ResNetNetwork(**resnet), (32, 3, 32, 32), b),
        ),
    }
    for name, (unit, make) in pairs.items():
        print(f"{name}; {unit}")
        rates = in_turn({"bf16": make(True), "fp32": make(False)}, rounds=5, warm_up=1)
        save_ratio(
            f"precision-{name}",
            rates,
            "bf16",
            "fp32",
            unit=unit,
            target=None,
            data="random numbers",
            algorithm=None,
            started=started,
            command="python -m benchmarks.speed.precision",
        )


def _dtype(bf16: bool) -> torch.dtype:
    return torch.bfloat16 if bf16 else torch.float32


if __name__ == "__main__":
    main()
