"""Forecasts of ETTh1 and of exchange rates: networks beside what they must beat.

    python -m benchmarks.quality.forecasts [--data etth1,exchange-rate] [--horizons 24,96,336]
        [--models dlinear,lstm,…] [--seeds 3] [--threads 2] [--epochs 10] [--rows N]

The protocol is the literature's: every channel is forecast, standardised by the training rows; each
window of the test rows counts once; ETTh1 is split into 12, 4 and 4 months of 30 days, exchange
rates into 60, 20 and 20 % of the days. The published figure is that of DLinear on ETTh1 (Zeng et
al. 2023, table 2). One result for each data set and horizon.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

import fieldguide as fg
from benchmarks.quality._runs import data_folder
from benchmarks.results import Result, machine, versions
from fieldguide import catalog
from fieldguide.data import Dataset

LOOKBACK = 336  # steps, as in the paper
RECURRENT = 96  # steps of memory that a recurrent network is asked for
PUBLISHED = {("etth1", 96): 0.375, ("etth1", 336): 0.439}
FILES = {"etth1": ("ett", "ETTh1.csv"), "exchange-rate": ("exchange-rate", "exchange_rate.txt.gz")}
SEASONS = {"etth1": 24, "exchange-rate": 1}
BASELINES = ("naive", "seasonal-naive", "drift", "exponential-smoothing", "ridge-regression")
PULLS = (1.0, 100.0, 10_000.0)  # of ridge regression, chosen among on the validation rows
NETWORKS = ("dlinear", "nlinear", "lstm")


def borders(data: str, rows: int) -> tuple[int, int, int]:
    """Return the ends of training, validation and test rows."""
    if data == "etth1" and rows >= 14_400:
        return 8_640, 11_520, 14_400
    return round(0.6 * rows), round(0.8 * rows), rows


def parts(data: str, horizon: int, lookback: int, rows: int) -> tuple[Dataset, Dataset, Dataset]:
    """Return training, validation and test rows, the last two with their context before them."""
    folder, file = FILES[data]
    whole = fg.read(
        data_folder(folder) / file, horizon=horizon, lookback=lookback, season=SEASONS[data]
    )
    end, middle, last = borders(data, min(rows or len(whole), len(whole)))
    spans = [(0, end), (end - lookback, middle), (middle - lookback, last)]
    train, validation, test = (whole.take(np.arange(*span)) for span in spans)
    return train, validation, test


def model_of(name: str, seed: int, epochs: int) -> Any:
    """Return an estimator; ``nlinear`` is DLinear with the last value taken off."""
    made: dict[str, Callable[[], Any]] = {
        "dlinear": lambda: fg.DLinear(epochs=epochs, seed=seed),
        "nlinear": lambda: fg.DLinear(epochs=epochs, seed=seed, last_value=True),
    }
    if name in made:
        return made[name]()
    kind = catalog.get(name).load()
    return kind() if name in BASELINES else kind(epochs=epochs, seed=seed)


def scored(data: str, horizon: int, name: str, seed: int, given: argparse.Namespace) -> dict:
    """Fit one model and score it on the test rows."""
    lookback = RECURRENT if name == "lstm" else LOOKBACK
    train, validation, test = parts(data, horizon, lookback, given.rows)
    model = model_of(name, seed, given.epochs)
    began = time.perf_counter()
    if name == "ridge-regression":  # as many weights as the past has numbers: λ matters
        rivals = [type(model)(regularisation=pull).fit(train) for pull in PULLS]
        model = max(rivals, key=lambda one: one.score(validation))
    elif name in BASELINES:
        model.fit(train)
    else:
        model.fit(train, validation_data=validation)
    seconds = time.perf_counter() - began
    scores = {key: round(value, 5) for key, value in model.evaluate(test).items()}
    print(f"{data} {horizon} {name} {seed}: {scores} in {seconds:.1f} s", flush=True)
    run = {"value": scores["standardised_mse"], "model": name, "seed": seed, **scores}
    return {**run, "lookback": lookback, "seconds": round(seconds, 1)}


def record(data: str, horizon: int, given: argparse.Namespace) -> None:
    """Score all models at one horizon, and write the result."""
    began, runs = time.perf_counter(), []
    known = catalog.list_algorithms()
    for name in given.models.split(","):
        if name != "nlinear" and name not in known:
            print(f"{name}: not in the catalog, left out", flush=True)
            continue
        seeds = range(1 if name in BASELINES else given.seeds)
        runs += [scored(data, horizon, name, seed, given) for seed in seeds]
    own = [run["value"] for run in runs if run["model"] == "dlinear"]
    if given.rows or not own:
        print("a part only: nothing recorded", flush=True)
        return
    Result(
        benchmark=f"forecast-{data}-{horizon}",
        kind="quality",
        algorithm="dlinear",
        data=f"{data}, test rows, every window, horizon {horizon}",
        metric="standardised mean squared error of DLinear",
        value=round(statistics.mean(own), 5),
        target=PUBLISHED.get((data, horizon)),
        better="lower",
        seeds=list(range(given.seeds)),
        runs=runs,
        runtime_s=round(time.perf_counter() - began, 1),
        versions=versions(),
        machine=machine(),
        command=f"python -m benchmarks.quality.forecasts --data {data} --horizons {horizon}",
    ).save()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default="etth1,exchange-rate")
    parser.add_argument("--horizons", default="24,96,336")
    parser.add_argument("--models", default=",".join((*NETWORKS, *BASELINES)))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--rows", type=int, default=0, help="only so many rows, to try it")
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    for data in given.data.split(","):
        for horizon in given.horizons.split(","):
            record(data, int(horizon), given)


if __name__ == "__main__":
    main()
