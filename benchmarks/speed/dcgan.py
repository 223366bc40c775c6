"""Training DCGAN on 28×28 grey pictures, in turn with the same networks in a plain fp32 loop.

python -m benchmarks.speed.dcgan

The plain loop is the one of tutorials: default memory layout, single precision, unfused Adam, and a
generator's loss that leaves gradients behind in the discriminator.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F

import fieldguide as fg
from benchmarks.in_turn import in_turn, save_ratio, timed
from fieldguide.algorithms.adversarial._convolutions import PictureDiscriminator, PictureGenerator

SIZE, LATENT = 64, 100


def pictures(count: int) -> np.ndarray:
    """Return random pictures (n, 1, 28, 28)."""
    chance = np.random.default_rng(0)
    return chance.integers(0, 256, (count, 1, 28, 28), dtype=np.uint8)


def ours(data: np.ndarray, maps: int) -> Callable[[], float]:
    """Return a case: steps per second of the second of two epochs of `fit`."""

    def case() -> float:
        model = fg.DCGAN(epochs=2, batch_size=SIZE, maps=maps, latent=LATENT, validation=0)
        history = model.fit(data).history_
        return len(data) / SIZE / (history[1]["seconds"] - history[0]["seconds"])

    return case


def plain(data: np.ndarray, maps: int, device: str) -> Callable[[], float]:
    """Return a case: steps per second of a hand-written loop over the same networks."""
    torch.manual_seed(0)
    make = PictureGenerator(latent=LATENT, channels=1, height=28, width=28, maps=maps).to(device)
    judge = PictureDiscriminator(channels=1, height=28, width=28, maps=maps).to(device)
    of_make = torch.optim.Adam(make.parameters(), 2e-4, betas=(0.5, 0.999))
    of_judge = torch.optim.Adam(judge.parameters(), 2e-4, betas=(0.5, 0.999))
    real = torch.from_numpy(data).float().div(127.5).sub(1)
    one, nought = torch.ones(SIZE, device=device), torch.zeros(SIZE, device=device)

    def epoch() -> None:
        for index in torch.randperm(len(real)).split(SIZE):
            judge.zero_grad()
            F.binary_cross_entropy_with_logits(judge(real[index].to(device)), one).backward()
            made = make(torch.randn(SIZE, LATENT, device=device))
            F.binary_cross_entropy_with_logits(judge(made.detach()), nought).backward()
            of_judge.step()
            make.zero_grad()
            F.binary_cross_entropy_with_logits(judge(made), one).backward()
            of_make.step()
        if device != "cpu":
            torch.cuda.synchronize()

    return timed(epoch, len(real) / SIZE)


def main() -> None:
    """Run both sides and record."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=2560)
    parser.add_argument("--maps", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    started, data = time.perf_counter(), pictures(given.count // SIZE * SIZE)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    print(f"DCGAN, 28×28, maps={given.maps}, batch {SIZE}, {device}; steps/s")
    cases = {
        "fieldguide": ours(data, given.maps),
        "plain fp32": plain(data, given.maps, device),
    }
    rates = in_turn(cases, rounds=given.rounds, warm_up=1)
    save_ratio(
        "dcgan-over-plain-fp32",
        rates,
        "fieldguide",
        "plain fp32",
        unit="steps/s",
        target=1.8,
        data=f"{len(data)} random pictures 28×28, batch {SIZE}, maps={given.maps}",
        algorithm="dcgan",
        started=started,
        command="python -m benchmarks.speed.dcgan",
    )


if __name__ == "__main__":
    main()
