"""What autoencoders are used for, each beside the tool that one would take instead, on MNIST.

    python -m benchmarks.quality.autoencoder_jobs [JOB …] [--train 20000] [--epochs 30] [--seeds 3]

- *reduction*: trustworthiness (15 neighbours, 2,000 test digits) and accuracy of the nearest
  neighbour (training digits) in codes of 2, 8 and 32 numbers, beside principal components.
- *compression*: bytes of all 10,000 test digits against peak signal-to-noise ratio. Codes are
  rounded to a number of levels, column by column within the range of the training codes, and lzma
  codes them; beside principal components treated alike, and JPEG of all digits in one large grey
  picture, so that its header counts once. Models are not counted: the sender and the receiver have
  them; their sizes are recorded.
- *denoising*: Gaussian noise of a deviation of 64 levels of grey, clipped; peak signal-to-noise
  ratio of what is left, beside a median filter.
- *augmentation*: LeNet-5 on 200 labelled digits, with and without 2,000 digits that a conditional
  variational autoencoder learnt from the same 200.
"""

from __future__ import annotations

import argparse
import io
import lzma
import statistics
import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from PIL import Image
from scipy.ndimage import median_filter
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.neighbors import KNeighborsClassifier

import fieldguide as fg
from benchmarks.quality._runs import data_folder
from benchmarks.results import Result, machine, versions

PEAK = 255.0
NOISE = 64.0  # levels of grey
SIGHT = 2_000  # test digits among which neighbours are looked for
SIZES = (12, 24, 32)  # bytes a digit at which qualities are compared; the first is the value's
LEVELS = (4, 8, 16, 32, 64)
QUALITIES = (1, 2, 5, 10, 20, 35, 50, 75)
LABELS, MADE = 200, 2_000


class Digits:
    """Training and test digits, and the command line."""

    def __init__(self, given: argparse.Namespace):
        train, test = fg.read(data_folder("mnist")).split()
        self.given = given
        self.x, self.y = self._parts(train, given.train)
        self.held, self.truth = self._parts(test, None)

    def autoencoder(self, width: int, seed: int) -> Any:
        """Return a fitted autoencoder with a code of that width."""
        model = fg.Autoencoder(
            hidden=(512, 256), code=width, epochs=self.given.epochs, batch_size=128, seed=seed
        )
        return model.fit(self.x)

    def principal(self, width: int) -> PCA:
        """Return as many principal components of the same digits."""
        return PCA(width, random_state=0).fit(flat(self.x))

    @staticmethod
    def _parts(part: Any, count: int | None) -> tuple[np.ndarray, np.ndarray]:
        x, y = np.asarray(part.columns["image"]), np.asarray(part.columns[part.target])
        return x[:count], y.astype(str)[:count]


def flat(pictures: np.ndarray) -> np.ndarray:
    """Lay pictures out, (n, pixels)."""
    return pictures.reshape(len(pictures), -1).astype(np.float32)


def psnr(pictures: np.ndarray, others: np.ndarray) -> float:
    """Return the peak signal-to-noise ratio over all pixels, in decibels."""
    error = np.square(flat(pictures) - flat(others).clip(0, PEAK)).mean()
    return float(10 * np.log10(PEAK**2 / error))


def reduction(digits: Digits, seed: int) -> dict[str, Any]:
    """Return how well codes keep neighbours, by width; the value is of 8 numbers."""

    def judged(train: np.ndarray, held: np.ndarray) -> dict[str, float]:
        nearest = KNeighborsClassifier(1).fit(train, digits.y)
        kept = trustworthiness(flat(digits.held[:SIGHT]), held[:SIGHT], n_neighbors=15)
        accuracy = nearest.score(held[:SIGHT], digits.truth[:SIGHT])
        return {"trustworthiness": round(float(kept), 4), "accuracy": round(float(accuracy), 4)}

    found: dict[str, Any] = {}
    for width in (2, 8, 32):
        model, pca = digits.autoencoder(width, seed), digits.principal(width)
        found[f"autoencoder_{width}"] = judged(model.encode(digits.x), model.encode(digits.held))
        found[f"pca_{width}"] = judged(*(pca.transform(flat(x)) for x in (digits.x, digits.held)))
    return {"value": found["autoencoder_8"]["accuracy"], **found}


def rounded(codes: np.ndarray, of_training: np.ndarray, levels: int) -> tuple[np.ndarray, int]:
    """Round codes to levels within the range of the training's; return them and their bytes."""
    low, high = of_training.min(axis=0), of_training.max(axis=0)
    step = np.where(high > low, high - low, 1.0) / (levels - 1)
    whole = ((codes - low) / step).round().clip(0, levels - 1).astype(np.uint8)
    columns = np.ascontiguousarray(whole.T).tobytes()  # alike numbers stand together
    return whole * step + low, len(lzma.compress(columns, preset=9))


def curve(
    train: np.ndarray, held: np.ndarray, decode: Callable[[np.ndarray], np.ndarray], digits: Digits
) -> list[tuple[float, float]]:
    """Return bytes a digit and decibels for each number of levels."""
    points = []
    for levels in LEVELS:
        codes, size = rounded(held, train, levels)
        points.append((round(size / len(held), 2), round(psnr(digits.held, decode(codes)), 3)))
    return points


def jpeg(digits: Digits) -> list[tuple[float, float]]:
    """Return bytes a digit and decibels of one large picture, at several qualities."""
    count = int(np.sqrt(len(digits.held)))
    tiles = digits.held[: count**2, 0].reshape(count, count, 28, 28)
    large = tiles.transpose(0, 2, 1, 3).reshape(count * 28, count * 28)
    points = []
    for quality in QUALITIES:
        file = io.BytesIO()
        Image.fromarray(large).save(file, "JPEG", quality=quality, optimize=True)
        again = np.asarray(Image.open(file))
        points.append((round(file.tell() / count**2, 2), round(psnr(large[None], again[None]), 3)))
    return points


def decibels_at(points: Iterable[tuple[float, float]], size: float) -> float | None:
    """Return the best quality for a number of bytes a digit, between points; None beyond them."""
    best: list[tuple[float, float]] = []
    for one, quality in sorted(points):
        if not best or quality > best[-1][1]:
            best.append((one, quality))
    sizes, qualities = np.array(best).T
    if not sizes[0] <= size <= sizes[-1]:
        return None
    return round(float(np.interp(np.log(size), np.log(sizes), qualities)), 3)


def compression(digits: Digits, seed: int) -> dict[str, Any]:
    """Return bytes against decibels; the value is what is gained on PCA at equal bytes."""
    points: dict[str, list[tuple[float, float]]] = {"autoencoder": [], "pca": []}
    weights = 0
    for width in (4, 8, 16, 32, 64):
        model, pca = digits.autoencoder(width, seed), digits.principal(width)
        codes = [model.encode(x) for x in (digits.x, digits.held)]
        points["autoencoder"] += curve(*codes, model.decode, digits)
        codes = [pca.transform(flat(x)) for x in (digits.x, digits.held)]
        points["pca"] += curve(*codes, pca.inverse_transform, digits)
        weights = sum(weight.numel() for weight in model.network_.parameters())
    points["jpeg"] = jpeg(digits)
    reached = {
        str(size): {name: decibels_at(some, size) for name, some in points.items()}
        for size in SIZES
    }
    ours, theirs = (reached[str(SIZES[0])][name] for name in ("autoencoder", "pca"))
    assert ours is not None and theirs is not None, "four levels to 64 are on both sides of this"
    return {
        "value": round(ours - theirs, 3),
        "decibels_at_bytes": reached,
        "largest_model_bytes": 4 * weights,
        "points": points,
    }


def denoising(digits: Digits, seed: int) -> dict[str, Any]:
    """Return decibels of noisy digits, and of what each way of denoising leaves."""
    chance = np.random.default_rng(seed)
    noisy = digits.held + NOISE * chance.normal(size=digits.held.shape)
    noisy = noisy.clip(0, 255).round().astype(np.uint8)
    model = fg.DenoisingAutoencoder(
        noise="gaussian", amount=NOISE / float(digits.x.std()), hidden=(512,), code=128,
        epochs=digits.given.epochs, batch_size=128, seed=seed,
    ).fit(digits.x)  # fmt: skip
    found = {
        f"median_filter_{w}": psnr(digits.held, median_filter(noisy, (1, 1, w, w))) for w in (3, 5)
    }
    cleaned = psnr(digits.held, model.reconstruct(noisy))
    return {"value": round(cleaned, 3), "noisy": round(psnr(digits.held, noisy), 3)} | {
        name: round(value, 3) for name, value in found.items()
    }


def augmentation(digits: Digits, seed: int) -> dict[str, Any]:
    """Return the accuracy with and without generated digits; the value is the gain."""
    chosen = np.random.default_rng(seed).permutation(len(digits.x))[:LABELS]
    x, y = digits.x[chosen], digits.y[chosen]
    maker = fg.VAE(
        task="generation", code=10, hidden=(200,), epochs=300, validation=0, seed=seed
    ).fit(x, y)
    names = np.unique(y)
    made = np.concatenate(
        [maker.sample(MADE // len(names), label=name, seed=seed) for name in names]
    )
    labels = np.repeat(names, MADE // len(names))

    def accuracy(pictures: np.ndarray, classes: np.ndarray, epochs: int) -> float:
        model = fg.LeNet(epochs=epochs, validation=0, seed=seed).fit(pictures, classes)
        return float(model.evaluate(digits.held, digits.truth)["accuracy"])

    # As many steps with as without, so that it is the pictures that count.
    both = np.concatenate([x, made]), np.concatenate([y, labels])
    alone = accuracy(x, y, 20 * len(both[0]) // LABELS)
    more = accuracy(*both, 20)
    return {"value": round(more - alone, 4), "without": round(alone, 4), "with": round(more, 4)}


JOBS: dict[str, tuple[Callable[[Digits, int], dict[str, Any]], dict[str, Any]]] = {
    "reduction": (
        reduction,
        {"metric": "accuracy of the nearest neighbour in codes of 8 numbers", "target": None},
    ),
    "compression": (
        compression,
        {"metric": f"dB at {SIZES[0]} bytes a digit less those of principal components",
         "target": 0.0},
    ),
    "denoising": (denoising, {"metric": "peak signal-to-noise ratio in dB", "target": None}),
    "augmentation": (
        augmentation,
        {"metric": "accuracy with generated digits less accuracy without", "target": 0.0},
    ),
}  # fmt: skip
ALGORITHMS = {"denoising": "denoising-autoencoder", "augmentation": "vae"}


def run(name: str, digits: Digits) -> None:
    """Do a job with each seed and record it."""
    job, facts = JOBS[name]
    begun, runs = time.perf_counter(), []
    for seed in range(digits.given.seeds if name == "augmentation" else 1):
        runs.append(job(digits, seed))
        print(f"{name}, seed {seed}: {runs[-1]}", flush=True)
    value = statistics.mean(one["value"] for one in runs)
    Result(
        benchmark=f"autoencoder-{name}",
        kind="quality",
        algorithm=ALGORITHMS.get(name, "autoencoder"),
        data=f"MNIST, {len(digits.x):,} training digits, official test split",
        value=round(value, 4),
        seeds=list(range(len(runs))),
        runs=runs,
        runtime_s=round(time.perf_counter() - begun, 1),
        versions=versions(),
        machine=machine(),
        command="python -m benchmarks.quality.autoencoder_jobs",
        **facts,
    ).save()


def main() -> None:
    """Do the jobs that were named, or all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("jobs", nargs="*", metavar="JOB", help=f"of {', '.join(JOBS)}; or all")
    parser.add_argument("--train", type=int, default=20_000, help="training digits")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0)
    given = parser.parse_args()
    unknown = sorted(set(given.jobs) - set(JOBS))
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(JOBS)}")
    if given.threads:
        torch.set_num_threads(given.threads)
    digits = Digits(given)
    for name in given.jobs or JOBS:
        run(name, digits)


if __name__ == "__main__":
    main()
