"""An RBM 784-256 on binarised MNIST digits in turn with scikit-learn's BernoulliRBM.

    python -m benchmarks.speed.rbm [--count 60000] [--rounds 5] [--batch 10] [--epochs 5]

Both sides learn by persistent contrastive divergence with one Gibbs step, the same batch size,
(first) learning rate and number of epochs; ours falls along half a cosine, as is its default, and
scikit-learn's is constant, for it has no schedule. They learn from the same digits in single
precision; scikit-learn is also timed in double precision, which it computes in when digits come as
NumPy gives them. A round times one epoch of each. The pseudo-likelihood of both is then taken on
the 10,000 test digits after as many epochs, by scikit-learn's own `score_samples`, with the
weights of either.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch
from sklearn.neural_network import BernoulliRBM

import fieldguide as fg
from benchmarks.in_turn import in_turn, save_ratio, timed
from benchmarks.quality._runs import data_folder

HIDDEN = 256
LR = 0.05
SEEDS = 3  # draws of the unit that each example's pseudo-likelihood flips


def digits(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return training and test digits, 0 or 1, float32."""
    train, test = fg.read(data_folder("mnist")).split()
    both = []
    for part in (train.take(np.arange(min(count, len(train)))), test):
        pixels = np.asarray(part.column(next(iter(part.inputs))))
        both.append((pixels.reshape(len(pixels), -1) > 127).astype(np.float32))
    return both[0], both[1]


def ours(batch: int, epochs: int) -> fg.RBM:
    """Return our machine."""
    return fg.RBM(
        hidden=HIDDEN, epochs=epochs, batch_size=batch, lr=LR, validation=0,
        task="representation",
    )  # fmt: skip


def theirs(batch: int, epochs: int) -> BernoulliRBM:
    """Return scikit-learn's machine."""
    return BernoulliRBM(HIDDEN, learning_rate=LR, batch_size=batch, n_iter=epochs, random_state=0)


def second_epoch(model: fg.RBM, x: np.ndarray) -> Callable[[], float]:
    """Return a case: digits a second in the second of two epochs of `fit`."""

    def case() -> float:
        history = model.set_params(epochs=2).fit(x).history_
        return len(x) / (history[1]["seconds"] - history[0]["seconds"])

    return case


def pseudo_likelihood(peer: BernoulliRBM, test: np.ndarray) -> float:
    """Return the mean of scikit-learn's `score_samples` over a few draws of the flipped unit."""
    scores = []
    for seed in range(SEEDS):
        peer.random_state = seed
        scores.append(peer.score_samples(test).mean())
    return float(np.mean(scores))


def in_their_shape(model: fg.RBM) -> BernoulliRBM:
    """Return a BernoulliRBM with our weights."""
    machine, peer = model.network_.machine, BernoulliRBM(HIDDEN)
    peer.components_ = machine.weights.detach().T.contiguous().numpy()
    peer.intercept_visible_ = machine.visible_bias.detach().numpy()
    peer.intercept_hidden_ = machine.hidden_bias.detach().numpy()
    peer.n_features_in_ = len(peer.intercept_visible_)
    return peer


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    started, (train, test) = time.perf_counter(), digits(given.count)
    double = train.astype(np.float64)
    cases = {
        "fieldguide": second_epoch(ours(given.batch, 2), train),
        "BernoulliRBM": timed(lambda: theirs(given.batch, 1).fit(train), len(train)),
        "BernoulliRBM, float64": timed(lambda: theirs(given.batch, 1).fit(double), len(train)),
    }
    rates = in_turn(cases, rounds=given.rounds, warm_up=1)
    mine = ours(given.batch, given.epochs).fit(train)
    peer = theirs(given.batch, given.epochs).fit(train)
    quality = {
        "fieldguide": pseudo_likelihood(in_their_shape(mine), test),
        "BernoulliRBM": pseudo_likelihood(peer, test),
    }
    print(f"pseudo-likelihood of test digits after {given.epochs} epochs: {quality}", flush=True)
    peers = {"scikit-learn": "BernoulliRBM", "scikit-learn-float64": "BernoulliRBM, float64"}
    for short, name in peers.items():
        save_ratio(
            f"rbm-batch-{given.batch}-over-{short}",
            rates,
            "fieldguide",
            name,
            unit="digits/s",
            target=4.0,
            data=f"MNIST, {len(train):,} digits binarised; pseudo-likelihood of the test digits "
            f"after {given.epochs} epochs: {quality['fieldguide']:.1f} and "
            f"{quality['BernoulliRBM']:.1f} nats",
            algorithm="rbm",
            started=started,
            command=f"python -m benchmarks.speed.rbm --batch {given.batch}",
        )


if __name__ == "__main__":
    main()
