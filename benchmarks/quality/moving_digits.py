"""Clips of moving handwritten digits: three seeds, on digits and movements never seen in training.

    python -m benchmarks.quality.moving_digits [--seeds 3] [--clips 2500]

A clip is a gesture of two strokes: a digit of MNIST crosses the picture from side to side, then
from top to bottom, or the other way round, each stroke in one direction or the other. The eight
gestures (order of the strokes, direction of each) are eight orders of the *same* frames, and the
test clips show every set of frames in all eight. What does not see order gives all eight one
answer, and is right once: a bag of frames has an accuracy of exactly 1/8.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any

import numpy as np
import polars as pl
import torch
from sklearn.base import clone

import fieldguide as fg
from benchmarks.quality._runs import data_folder
from benchmarks.results import Result, machine, versions
from fieldguide import catalog
from fieldguide.data import Dataset
from fieldguide.data.clips import ClipColumn

SIDE, DIGIT = 32, 14  # pixels on a side: of a frame, and of a digit, which is halved for it
STROKE = 5  # frames of one stroke
GESTURES = tuple(
    f"{first} then {second}"
    for across in ("right", "left")
    for down in ("down", "up")
    for first, second in ((across, down), (down, across))
)
MODELS = {
    "moving-digits-cnn-rnn": fg.CNNRNN(epochs=6, batch_size=32, validation=0.0),
    "moving-digits-bag-of-frames": fg.BagOfFrames(epochs=6, batch_size=32, validation=0.0),
}
TARGETS = {"moving-digits-cnn-rnn": 0.95, "moving-digits-bag-of-frames": 0.15}


def strokes(digit: np.ndarray, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return a stroke to the right and one down, each (STROKE, 1, SIDE, SIDE); anywhere, uneven."""
    both = np.zeros((2, STROKE, 1, SIDE, SIDE), dtype=np.uint8)
    room = SIDE - DIGIT
    for stroke, across in zip(both, (True, False), strict=True):
        lane = chance.integers(0, room + 1)
        first, last = chance.integers(0, 5), room - chance.integers(0, 5)
        way = np.linspace(first, last, STROKE) + chance.uniform(-1, 1, STROKE)
        for frame, along in zip(stroke[:, 0], way.round().clip(0, room).astype(int), strict=True):
            row, column = (lane, along) if across else (along, lane)
            frame[row : row + DIGIT, column : column + DIGIT] = digit
    return both[0], both[1]


def gesture(name: str, right: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Return the clip of a gesture: the frames of both strokes in its order."""
    ways = {"right": right, "left": right[::-1], "down": down, "up": down[::-1]}
    return np.concatenate([ways[word] for word in name.split(" then ")])


def clips(digits: Dataset, count: int, seed: int, names: tuple[str, ...] = ()) -> Dataset:
    """Return clips of digits drawn by chance, each a gesture drawn by chance, or all ``names``."""
    chance = np.random.default_rng(seed)
    pictures = np.asarray(digits.columns["image"])
    made, labels = [], []
    for place in chance.choice(len(pictures), count):
        halved = pictures[place, 0].reshape(DIGIT, 2, DIGIT, 2).mean(axis=(1, 3))
        both = strokes(halved.round().astype(np.uint8), chance)
        for name in names or (GESTURES[chance.integers(len(GESTURES))],):
            made.append(gesture(name, *both))
            labels.append(name)
    columns = {"clip": ClipColumn.of(made), "gesture": pl.Series("gesture", labels)}
    return Dataset.from_columns(columns, target="gesture")


def run(benchmark: str, train: Dataset, test: Dataset, seeds: int) -> None:
    """Fit with each seed, score on the test clips, and record."""
    started, runs = time.perf_counter(), []
    for seed in range(seeds):
        begun = time.perf_counter()
        model: Any = clone(MODELS[benchmark]).set_params(seed=seed).fit(train, progress=True)
        seconds = time.perf_counter() - begun
        scores = model.evaluate(test)
        print(f"{benchmark}, seed {seed}: {scores} in {seconds:.0f} s", flush=True)
        runs.append({"value": scores["accuracy"], **scores, "seconds": round(seconds, 1)})
    value = statistics.mean(run["value"] for run in runs)
    Result(
        benchmark=benchmark,
        kind="quality",
        algorithm=catalog.name_of(type(MODELS[benchmark])),
        data=f"{len(train)} clips of moving MNIST digits; {len(test)} of test digits are scored",
        metric="accuracy",
        value=round(value, 5),
        target=TARGETS[benchmark],
        better="lower" if "bag" in benchmark else "higher",
        seeds=list(range(seeds)),
        runs=runs,
        runtime_s=round(time.perf_counter() - started, 1),
        versions=versions(),
        machine=machine(),
        command="python -m benchmarks.quality.moving_digits",
    ).save()
    print(f"{benchmark}: accuracy {value:.4f}, target {TARGETS[benchmark]}", flush=True)


def main() -> None:
    """Make the clips, then train the network that sees order and the one that does not."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--clips", type=int, default=2500, help="training clips")
    parser.add_argument("--threads", type=int, default=0)
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    digits, held = fg.read(data_folder("mnist")).split()
    train = clips(digits, given.clips, seed=0)
    test = clips(held, 125, seed=1, names=GESTURES)
    run("moving-digits-cnn-rnn", train, test, given.seeds)
    run("moving-digits-bag-of-frames", train, test, seeds=1)


if __name__ == "__main__":
    main()
