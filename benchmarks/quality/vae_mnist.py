"""Variational autoencoder on binarised MNIST: the bound on the log-likelihood of the test digits.

    python -m benchmarks.quality.vae_mnist [--seeds 1] [--epochs 40] [--train 60000] [--threads 1]

A pixel is white with the probability that its brightness says, drawn once with a fixed seed for
training and test digits alike (Salakhutdinov & Murray 2008). The evidence lower bound (ELBO) takes
one draw a digit; the importance-weighted bound 200. Published: -86.76 nats for one layer of 50
hidden numbers and an estimate with 5,000 draws, after 3,280 passes (Burda et al. 2016).
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np
import torch

import fieldguide as fg
from benchmarks.quality._runs import data_folder
from benchmarks.results import Result, machine, versions

TARGET = -100.0  # nats
DRAWS = 200


def binarised(pictures: np.ndarray, seed: int) -> np.ndarray:
    """Draw black and white pictures (n, 1, 28, 28) of grey ones."""
    chance = np.random.default_rng(seed)
    white = chance.random(pictures.shape, dtype=np.float32) < pictures.astype(np.float32) / 255
    return np.where(white, 255, 0).astype(np.uint8)


def main() -> None:
    """Train with each seed, take both bounds of the test digits, record."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--train", type=int, default=60_000, help="training digits")
    parser.add_argument("--threads", type=int, default=0)
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    train, test = fg.read(data_folder("mnist")).split()
    digits = binarised(np.asarray(train.columns["image"])[: given.train], seed=0)
    held = binarised(np.asarray(test.columns["image"]), seed=1)
    started, runs = time.perf_counter(), []
    for seed in range(given.seeds):
        begun = time.perf_counter()
        model = fg.VAE(
            code=32, hidden=(200, 200), epochs=given.epochs, batch_size=128, lr=2e-3,
            validation=0, seed=seed,
        ).fit(digits, progress=True)  # fmt: skip
        seconds = time.perf_counter() - begun
        elbo = float(model.log_likelihood(held, samples=1).mean())
        tighter = float(model.log_likelihood(held, samples=DRAWS).mean())
        print(f"seed {seed}: ELBO {elbo:.2f}, {DRAWS} draws {tighter:.2f}, {seconds:.0f} s")
        runs.append(
            {"value": round(elbo, 3), f"bound_of_{DRAWS}_draws": round(tighter, 3),
             "training_s": round(seconds, 1), "epochs": given.epochs, "digits": len(digits)}
        )  # fmt: skip
    value = statistics.mean(run["value"] for run in runs)
    Result(
        benchmark="vae-mnist",
        kind="quality",
        algorithm="vae",
        data="MNIST, binarised by chance once; the official test split",
        metric="evidence lower bound in nats",
        value=round(value, 3),
        target=TARGET,
        seeds=list(range(given.seeds)),
        runs=runs,
        runtime_s=round(time.perf_counter() - started, 1),
        versions=versions(),
        machine=machine(),
        command="python -m benchmarks.quality.vae_mnist",
    ).save()
    print(f"vae-mnist: {value:.2f} nats, target {TARGET}")


if __name__ == "__main__":
    main()
