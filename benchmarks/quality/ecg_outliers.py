"""Heartbeats: abnormal ones found after learning from normal ones, and spoilt ones put right.

    python -m benchmarks.quality.ecg_outliers [--seeds 3] [--epochs 200] [--threads 1]

ECG5000, the archive's own split: 292 normal beats to learn from; 4,499 test beats, of which 2,626
are normal, to be judged by. Beside the autoencoder stand scikit-learn's isolation forest and its
principal components (error of reconstruction), each fitted on the same normal beats.

Correction: faults are put into the normal test beats, the signal before is the truth, and the root
mean squared error against it is taken before and after, beside a median filter of the width that
is best on the very faults it is judged by, which flatters it.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any

import numpy as np
import torch
from scipy.signal import medfilt
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, roc_auc_score

import fieldguide as fg
from benchmarks.quality._runs import data_folder
from benchmarks.results import Result, machine, versions
from fieldguide.data import Dataset, SeriesColumn

WIDTHS = (3, 5, 9, 15, 31)  # steps of a median filter
THRESHOLD = 6.0


def beats() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return normal training beats (n, 140), test beats, and which of those are abnormal."""
    train, test = fg.read(data_folder("ecg5000")).split()
    labels = [np.asarray(part.column("class")).astype(str) for part in (train, test)]
    names, counts = np.unique(labels[0], return_counts=True)
    normal = names[counts.argmax()]
    first, second = (part.column("series").padded()[:, :, 0] for part in (train, test))
    return first[labels[0] == normal], second, labels[1] != normal


def as_series(beat: np.ndarray) -> Dataset:
    """Return beats as series: all steps are in one unit, and keep one scale."""
    return Dataset.from_columns({"series": SeriesColumn.of_block(beat)})


def areas(abnormal: np.ndarray, strange: np.ndarray) -> dict[str, float]:
    """Return the areas under the ROC curve and under precision over recall."""
    return {
        "auroc": round(float(roc_auc_score(abnormal, strange)), 4),
        "auprc": round(float(average_precision_score(abnormal, strange)), 4),
    }


def peers(train: np.ndarray, test: np.ndarray, abnormal: np.ndarray, seed: int) -> dict[str, Any]:
    """Return what isolation forest and principal components reach."""
    forest = IsolationForest(n_estimators=300, random_state=seed).fit(train)
    found = {"isolation_forest": areas(abnormal, -forest.score_samples(test))}
    for width in (4, 8, 16):
        pca = PCA(width).fit(train)
        away = np.square(test - pca.inverse_transform(pca.transform(test))).sum(axis=1)
        found[f"pca_{width}"] = areas(abnormal, away)
    return found


def spikes(beat: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Add spikes of 2 to 5 deviations to 5 % of the steps."""
    height = chance.choice([-1, 1], beat.shape) * chance.uniform(2, 5, beat.shape)
    return np.where(chance.random(beat.shape) < 0.05, beat + height, beat)


def dropouts(beat: np.ndarray, chance: np.random.Generator, level: float = -6.0) -> np.ndarray:
    """Set 15 steps in a row to the value of a dead sensor."""
    start = chance.integers(0, beat.shape[1] - 15, (len(beat), 1))
    steps = np.arange(beat.shape[1])
    return np.where((steps >= start) & (steps < start + 15), level, beat)


def held(beat: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Set 15 steps in a row to 0, in the midst of what is usual."""
    return dropouts(beat, chance, level=0.0)


FAULTS = {"spikes": spikes, "dropouts": dropouts, "flat": held}


def rmse(one: np.ndarray, other: np.ndarray) -> float:
    """Return the root mean squared error."""
    return float(np.sqrt(np.square(one - other).mean()))


def corrected(model: Any, clean: np.ndarray, seed: int) -> dict[str, dict[str, float]]:
    """Return errors before and after correction, by fault."""
    found = {}
    for name, fault in FAULTS.items():
        bad = fault(clean, np.random.default_rng(seed))
        after = model.repair(as_series(bad), threshold=THRESHOLD)
        filtered = {w: rmse(np.array([medfilt(row, w) for row in bad]), clean) for w in WIDTHS}
        width = min(filtered, key=lambda one: filtered[one])
        wrong = bad != clean
        found[name] = {
            "before": round(rmse(bad, clean), 4),
            "after": round(rmse(after.values, clean), 4),
            "median_filter": round(filtered[width], 4),
            "median_filter_width": width,
            "reconstruction": round(rmse(model.reconstruct(as_series(bad)), clean), 4),
            "found": round(float(after.mask[wrong].mean()), 4),
            "false_alarms": round(float(after.mask[~wrong].mean()), 4),
        }
    untouched = model.repair(as_series(clean), threshold=THRESHOLD)
    found["none"] = {"before": 0.0, "after": round(rmse(untouched.values, clean), 4)}
    return found


def save(name: str, runs: list[dict[str, Any]], seconds: float, **more: Any) -> None:
    """Record a result."""
    value = statistics.mean(run["value"] for run in runs)
    Result(
        benchmark=name,
        kind="quality",
        value=round(value, 4),
        seeds=list(range(len(runs))),
        runs=runs,
        runtime_s=round(seconds, 1),
        versions=versions(),
        machine=machine(),
        command="python -m benchmarks.quality.ecg_outliers",
        **more,
    ).save()
    print(f"{name}: {value:.4f}, target {more['target']}", flush=True)


def main() -> None:
    """Find abnormal beats, then correct spoilt ones."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--threads", type=int, default=0)
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    train, test, abnormal = beats()
    begun, outliers = time.perf_counter(), []
    for seed in range(given.seeds):
        model = fg.Autoencoder(
            hidden=(64, 32), code=8, epochs=given.epochs, validation=0, seed=seed
        ).fit(as_series(train))
        found = areas(abnormal, -model.score_samples(as_series(test)))
        outliers.append({"value": found["auroc"], **found, **peers(train, test, abnormal, seed)})
        print(f"outliers, seed {seed}: {outliers[-1]}", flush=True)
    save(
        "ecg5000-outliers", outliers, time.perf_counter() - begun, algorithm="autoencoder",
        data="ECG5000, 292 normal beats; the archive's test split less one series",
        metric="area under the ROC curve", target=0.98,
    )  # fmt: skip
    begun, fixed = time.perf_counter(), []
    for seed in range(given.seeds):
        model = fg.DenoisingAutoencoder(
            hidden=(256,), code=16, amount=0.3, epochs=2 * given.epochs, lr=2e-3, seed=seed
        ).fit(as_series(train))
        errors = corrected(model, test[~abnormal], seed)
        shares = [errors[name]["after"] / errors[name]["before"] for name in FAULTS]
        fixed.append({"value": round(statistics.mean(shares), 4), **errors})
        print(f"correction, seed {seed}: {fixed[-1]}", flush=True)
    save(
        "ecg5000-correction", fixed, time.perf_counter() - begun,
        algorithm="denoising-autoencoder",
        data="ECG5000, normal test beats with spikes, dropouts and flat stretches put in",
        metric="error against the clean signal after / before, mean over faults", target=1.0,
        better="lower",
    )  # fmt: skip


if __name__ == "__main__":
    main()
