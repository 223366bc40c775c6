"""LSTM and DLinear beside NeuralForecast's, on the same rows, windows and scale.

    python -m benchmarks.quality.forecast_peers [--data etth1] [--horizons 24,96,336]
        [--models lstm,dlinear] [--seeds 1] [--threads 2] [--steps 1000] [--rows N]

Needs NeuralForecast 3.3 in the environment. Both sides see the training rows, choose on the
validation rows, and are scored on every window of the test rows, standardised by the training rows
(see `forecasts`). NeuralForecast trains one model over all channels, each a series of its own, for
``steps`` batches with its own defaults; ours trains with its own. Sides take turns, seed by seed.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import time
import warnings
from typing import Any

import numpy as np
import pandas as pd
import torch

from benchmarks.quality.forecasts import LOOKBACK, RECURRENT, borders, model_of, parts
from benchmarks.results import Result, machine, versions
from fieldguide import catalog
from fieldguide.data import Dataset

LOOKBACKS = {"lstm": RECURRENT, "dlinear": LOOKBACK}


def standardised(train: Dataset, validation: Dataset, test: Dataset, lookback: int) -> pd.DataFrame:
    """Return all rows in NeuralForecast's long form, standardised by the training rows."""
    asked = train.forecast
    assert asked is not None
    blocks = []
    for part, context in ((train, 0), (validation, lookback), (test, lookback)):
        columns = [np.asarray(part.column(name), float)[context:] for name in asked.targets]
        blocks.append(np.stack(columns, axis=1))
    values = np.concatenate(blocks)
    values = (values - blocks[0].mean(axis=0)) / blocks[0].std(axis=0)
    times = pd.date_range("2000-01-01", periods=len(values), freq="h")
    return pd.concat(
        pd.DataFrame({"unique_id": name, "ds": times, "y": values[:, place]})
        for place, name in enumerate(asked.targets)
    )


def theirs(name: str, horizon: int, seed: int, frame: pd.DataFrame, given: Any) -> dict[str, Any]:
    """Train and score NeuralForecast's model."""
    import neuralforecast
    from neuralforecast import models

    kind = {"lstm": models.LSTM, "dlinear": models.DLinear}[name]
    model = kind(
        h=horizon, input_size=LOOKBACKS[name], max_steps=given.steps, random_seed=seed,
        early_stop_patience_steps=3, scaler_type="identity", accelerator="cpu",
        enable_progress_bar=False, logger=False, enable_model_summary=False,
        enable_checkpointing=False,
    )  # fmt: skip
    rows = int(frame["unique_id"].eq(frame["unique_id"].iloc[0]).sum())
    end, middle, _ = borders(given.kind, rows)
    began = time.perf_counter()
    found = neuralforecast.NeuralForecast(models=[model], freq="h").cross_validation(
        frame, n_windows=None, val_size=middle - end, test_size=rows - middle, step_size=1
    )
    seconds = time.perf_counter() - began
    error = (found[type(model).__name__] - found["y"]).to_numpy()
    return _run("neuralforecast", name, seed, float(np.square(error).mean()),
                float(np.abs(error).mean()), seconds)  # fmt: skip


def ours(name: str, horizon: int, seed: int, given: Any) -> dict[str, Any]:
    """Train and score our model; the seconds hold scoring too, as theirs do."""
    lookback = LOOKBACKS[name]
    train, validation, test = parts(given.kind, horizon, lookback, given.rows)
    model = model_of(name, seed, given.epochs)
    began = time.perf_counter()
    model.fit(train, validation_data=validation)
    scores = model.evaluate(test)
    seconds = time.perf_counter() - began
    return _run("fieldguide", name, seed, scores["standardised_mse"],
                scores["standardised_mae"], seconds)  # fmt: skip


def _run(side: str, name: str, seed: int, mse: float, mae: float, seconds: float) -> dict[str, Any]:
    run = {"value": round(mse, 5), "side": side, "model": name, "seed": seed,
           "standardised_mae": round(mae, 5), "seconds": round(seconds, 1)}  # fmt: skip
    print(run, flush=True)
    return run


def record(name: str, horizon: int, given: Any) -> None:
    """Let both sides take turns, and write the result."""
    if name not in catalog.list_algorithms():
        print(f"{name}: not in the catalog, left out", flush=True)
        return
    began, runs = time.perf_counter(), []
    split = parts(given.kind, horizon, LOOKBACKS[name], given.rows)
    frame = standardised(*split, LOOKBACKS[name])
    for seed in range(given.seeds):
        runs += [ours(name, horizon, seed, given), theirs(name, horizon, seed, frame, given)]
    if given.rows:
        print("a part only: nothing recorded", flush=True)
        return
    means = {
        side: statistics.mean(run["value"] for run in runs if run["side"] == side)
        for side in ("fieldguide", "neuralforecast")
    }
    Result(
        benchmark=f"forecast-peers-{given.kind}-{name}-{horizon}",
        kind="quality",
        algorithm=name,
        data=f"{given.kind}, test rows, every window, horizon {horizon}",
        metric=f"standardised mean squared error of {name}; target: NeuralForecast's",
        value=round(means["fieldguide"], 5),
        target=round(means["neuralforecast"], 5),
        better="lower",
        seeds=list(range(given.seeds)),
        runs=runs,
        runtime_s=round(time.perf_counter() - began, 1),
        versions=versions(),
        machine=machine(),
        command="python -m benchmarks.quality.forecast_peers "
        f"--data {given.kind} --horizons {horizon} --models {name}",
    ).save()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", dest="kind", default="etth1")
    parser.add_argument("--horizons", default="24,96,336")
    parser.add_argument("--models", default="lstm,dlinear")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--steps", type=int, default=1_000)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--rows", type=int, default=0, help="only so many rows, to try it")
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    logging.getLogger("lightning").setLevel(logging.ERROR)
    logging.getLogger("lightning_fabric").setLevel(logging.ERROR)
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")  # of the other side's packages
    for horizon in given.horizons.split(","):
        for name in given.models.split(","):
            record(name, int(horizon), given)


if __name__ == "__main__":
    main()
