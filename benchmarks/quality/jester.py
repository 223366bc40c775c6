"""Ratings of jokes: the RBM beside matrix factorisation, item means and popularity.

    python -m benchmarks.quality.jester [--seeds 3] [--threads 1] [--users N] [name …]

Jester5k: 5,000 users and 100 jokes, ratings from -10 to 10. With each seed a fifth of every user's
ratings is held out by lot. ``rmse`` decides; ``nmae`` is the mean absolute error divided by 20, for
which Eigentaste has 0.187 (Goldberg et al. 2001, on another split). Lists rank all jokes that the
user did not rate in training, and a joke rated 5 or more counts as liked: see what `evaluate` says
of ``ndcg_at_10``. The average of the guesses of both factor models is scored too. Hyperparameters
are the defaults, which were chosen on the split with seed 0; it is not among those scored.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any

import numpy as np
import torch

import fieldguide as fg
from benchmarks.quality._runs import data_folder
from benchmarks.results import Result, machine, versions
from fieldguide import catalog
from fieldguide.data import Dataset

NAMES = ("popularity", "item-means", "matrix-factorisation", "ratings-rbm")
AVERAGE = ("matrix-factorisation", "ratings-rbm")
WITHIN = 1.02  # of the error of matrix factorisation, for the RBM
EIGENTASTE = 0.187
Run = dict[str, Any]


def ratings(users: int) -> Dataset:
    """Return the ratings, or those of some users."""
    whole = fg.read(
        data_folder("jester5k") / "ratings.csv.gz",
        user="user", item="joke", rating="rating", lowest=-10, highest=10,
    )  # fmt: skip
    names = whole.column("user")
    chosen = names.unique(maintain_order=True).head(users or 5_000)  # type: ignore[union-attr]
    return whole.take(np.flatnonzero(names.is_in(chosen.implode())))  # type: ignore[union-attr]


def scored(name: str, seed: int, train: Dataset, test: Dataset) -> tuple[Run, np.ndarray]:
    """Fit one algorithm; return its scores and its guesses."""
    kind = catalog.get(name).load()
    model = kind() if catalog.get(name).card.baseline else kind(seed=seed)
    began = time.perf_counter()
    model.fit(train, progress=True)
    seconds = round(time.perf_counter() - began, 1)
    scores = {key: round(value, 5) for key, value in model.evaluate(test).items()}
    print(f"{name}, seed {seed}: {scores} in {seconds:.0f} s", flush=True)
    return {"value": scores["rmse"], "seed": seed, **scores, "seconds": seconds}, model.predict(
        test
    )


def average(guesses: dict[str, np.ndarray], test: Dataset, seed: int) -> Run:
    """Score the mean of the guesses of both factor models."""
    found = np.mean([guesses[name] for name in AVERAGE], axis=0)
    error = found - np.asarray(test.column("rating"))
    rmse, nmae = float(np.sqrt(np.square(error).mean())), float(np.abs(error).mean() / 20)
    print(f"average of both, seed {seed}: rmse {rmse:.4f}, nmae {nmae:.4f}", flush=True)
    return {"value": round(rmse, 5), "seed": seed, "rmse": round(rmse, 5), "nmae": round(nmae, 5)}


def save(
    name: str, metric: str, runs: list[Run], target: float | None, algorithm: str | None
) -> None:
    """Write one result."""
    Result(
        benchmark=f"jester-{name}",
        kind="quality",
        algorithm=algorithm,
        data="Jester5k, a fifth of every user's ratings held out",
        metric=metric,
        value=round(statistics.mean(run["value"] for run in runs), 5),
        target=target,
        better="lower",
        seeds=[run["seed"] for run in runs],
        runs=runs,
        runtime_s=round(sum(run.get("seconds", 0.0) for run in runs), 1),
        versions=versions(),
        machine=machine(),
        command="python -m benchmarks.quality.jester",
    ).save()


def main() -> None:
    """Score all algorithms with each seed, and record them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", default=list(NAMES))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--users", type=int, default=0, help="only so many users, to try it")
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    data, runs = ratings(given.users), {name: [] for name in (*given.names, "average")}
    for seed in range(1, 1 + given.seeds):  # settings were chosen on split 0
        train, test = data.split(0.2, seed=seed)
        guesses: dict[str, np.ndarray] = {}
        for name in given.names:
            run, guesses[name] = scored(name, seed, train, test)
            runs[name].append(run)
        if set(AVERAGE) <= set(guesses):
            runs["average"].append(average(guesses, test, seed))
    if given.users:
        print("a part only: nothing recorded", flush=True)
        return
    factors = [run["rmse"] for run in runs.get("matrix-factorisation", [])]
    bound = round(WITHIN * statistics.mean(factors), 5) if factors else None
    for name in given.names:
        save(name, "rmse", runs[name], bound if name == "ratings-rbm" else None, name)
    if "ratings-rbm" in runs:
        nmae = [{**run, "value": run["nmae"]} for run in runs["ratings-rbm"]]
        save("ratings-rbm-nmae", "nmae", nmae, EIGENTASTE, "ratings-rbm")
    if runs["average"]:
        save("average", "rmse", runs["average"], None, None)


if __name__ == "__main__":
    main()
