"""An RBM with 500 hidden units on binarised MNIST: log-probability of the test digits.

    python -m benchmarks.quality.rbm_mnist [--epochs 60] [--count 60000] [--detail 1.0]

Learnt by persistent contrastive divergence with a falling learning rate; the
test log-probability is estimated by annealed importance sampling with 100 runs of the 14,500
temperatures of Salakhutdinov & Murray (2008), who report -86.34 nats for CD-25 and 500 units.
Their digits were binarised by chance; here a pixel is on above 127 of 255.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch

import fieldguide as fg
from benchmarks.quality._runs import data_folder
from benchmarks.results import Result, machine, versions

TARGET = -95.0


def digits(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return training and test digits as pictures of 0 and 255, (n, 1, 28, 28)."""
    train, test = fg.read(data_folder("mnist")).split()
    parts = (train.take(np.arange(min(count, len(train)))), test)
    pixels = [np.asarray(part.column(next(iter(part.inputs)))) for part in parts]
    return tuple((255 * (part > 127)).astype(np.uint8) for part in pixels)  # type: ignore[return-value]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--count", type=int, default=60_000)
    parser.add_argument("--steps", type=int, default=1)
    parser.add_argument("--lr", type=float, default=0.05)
    parser.add_argument("--batch", type=int, default=20)
    parser.add_argument("--detail", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--run", type=Path, default=None, help="folder to checkpoint in and resume")
    parser.add_argument("--dry", action="store_true", help="record nothing")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    train, test = digits(given.count)
    model = fg.RBM(
        hidden=500, epochs=given.epochs, steps=given.steps, lr=given.lr, batch_size=given.batch,
        validation=0, task="representation",
    )  # fmt: skip
    started = time.perf_counter()
    model.fit(
        train, run=given.run, resume=given.run is not None and given.run.exists(), progress=True
    )
    seconds = time.perf_counter() - started
    found = model.log_likelihood(test, detail=given.detail)
    scores = {
        "train_log_likelihood": float(model.score_samples(train).mean()) - found["log_partition"],
        "pseudo_likelihood": model.pseudo_likelihood(test),
    }
    print(f"{found} {scores}, {seconds:.0f} s of training", flush=True)
    if given.dry:
        return
    Result(
        benchmark="rbm-mnist",
        kind="quality",
        algorithm="rbm",
        data="MNIST, binarised at 127, official test split",
        metric="log-probability of a test digit, nats (annealed importance sampling)",
        value=round(found["log_likelihood"], 3),
        target=TARGET,
        seeds=[0],
        runs=[{"value": found["log_likelihood"], **found, **scores, "seconds": round(seconds, 1)}],
        runtime_s=round(time.perf_counter() - started, 1),
        versions=versions(),
        machine=machine(),
        command="python -m benchmarks.quality.rbm_mnist",
    ).save()


if __name__ == "__main__":
    main()
