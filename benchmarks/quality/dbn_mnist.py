"""A deep belief network 784-500-500-2000 on MNIST: all labels, and a thousand of them.

    python -m benchmarks.quality.dbn_mnist [all] [few] [--count 60000] [--pretrain 10] [--epochs 30]

``all``: pre-trained layer by layer, then fine-tuned by back-propagation on 60,000 labels; test
error beside the 1.25 % of Hinton, Osindero & Teh (2006). ``few``: layers learnt from all 60,000
digits without labels, then fine-tuned on the first 1,000 of them with labels, beside the same
network that starts from random weights; the target is that pre-training wins. A multilayer
perceptron of rectified units, which needs no pre-training, is recorded beside them.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

import fieldguide as fg
from benchmarks.quality._runs import data_folder
from benchmarks.results import Result, machine, versions
from fieldguide.data import Dataset

LABELLED = 1_000
TARGET = 0.984
# The network of Hinton, Osindero & Teh (2006).
LAYERS: dict[str, Any] = {"hidden": (500, 500, 2000), "batch_size": 100}


def few(train: Dataset, test: Dataset, given: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the accuracy with and without layers learnt from unlabelled digits, by seed."""
    labelled, found = train.take(np.arange(LABELLED)), []
    tuned = {**LAYERS, "batch_size": 20, "epochs": given.few_epochs, "validation": 0}
    for seed in range(given.seeds):
        started = time.perf_counter()
        first = fg.DBN(
            **LAYERS, pretrain_epochs=given.pretrain, fine_tune="none", task="representation",
            validation=0, seed=seed,
        ).fit(train, progress=True)  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            kept = str(first.save(Path(folder) / "layers"))
            helped = fg.DBN(**tuned, pretrained=kept, seed=seed).fit(labelled)
        alone = plain(tuned, seed).fit(labelled)
        scores = {
            "value": helped.evaluate(test)["accuracy"],
            "without_pre_training": alone.evaluate(test)["accuracy"],
            "mlp": fg.MLP(epochs=60, validation=0, seed=seed)
            .fit(labelled)
            .evaluate(test)["accuracy"],
            "seconds": round(time.perf_counter() - started, 1),
        }
        print(f"{LABELLED} labels, seed {seed}: {scores}", flush=True)
        found.append(scores)
    return found


def plain(tuned: dict[str, Any], seed: int) -> fg.DBN:
    """Return the same network without pre-training."""
    return fg.DBN(**tuned, pretrain_epochs=0, seed=seed)


def everything(train: Dataset, test: Dataset, given: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the accuracy with all labels, by seed."""
    found = []
    for seed in range(given.seeds):
        started = time.perf_counter()
        run = None if given.run is None else given.run / f"dbn-mnist-{seed}"
        model = fg.DBN(
            **LAYERS, pretrain_epochs=given.pretrain, epochs=given.epochs, validation=0, seed=seed
        ).fit(train, run=run, resume=run is not None and run.exists(), progress=True)
        scores = model.evaluate(test)
        seconds = round(time.perf_counter() - started, 1)
        print(f"all labels, seed {seed}: {scores} in {seconds} s", flush=True)
        found.append({"value": scores["accuracy"], **scores, "seconds": seconds})
    return found


def record(name: str, runs: list[dict[str, Any]], target: float | None, started: float) -> None:
    """Save a result."""
    labels = f"{LABELLED:,} labels" if "few" in name else "all labels"
    Result(
        benchmark=name,
        kind="quality",
        algorithm="dbn",
        data=f"MNIST, official test split, {labels}",
        metric="accuracy",
        value=round(float(np.mean([run["value"] for run in runs])), 5),
        target=target,
        seeds=list(range(len(runs))),
        runs=runs,
        runtime_s=round(time.perf_counter() - started, 1),
        versions=versions(),
        machine=machine(),
        command="python -m benchmarks.quality.dbn_mnist",
    ).save()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", nargs="*", default=["all", "few"], help="all, few or both")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--count", type=int, default=60_000)
    parser.add_argument("--pretrain", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--few-epochs", type=int, default=60)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--run", type=Path, default=None, help="folder to checkpoint in and resume")
    parser.add_argument("--dry", action="store_true", help="record nothing")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    train, test = fg.read(data_folder("mnist")).split()
    train = train.take(np.arange(min(given.count, len(train))))
    if "all" in given.what:
        started = time.perf_counter()
        runs = everything(train, test, given)
        if not given.dry:
            record("dbn-mnist", runs, TARGET, started)
    if "few" in given.what:
        started = time.perf_counter()
        runs = few(train, test, given)
        alone = float(np.mean([run["without_pre_training"] for run in runs]))
        if not given.dry:
            record("dbn-mnist-few-labels", runs, round(alone, 5), started)


if __name__ == "__main__":
    main()
