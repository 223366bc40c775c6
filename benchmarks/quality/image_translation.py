"""pix2pix and CycleGAN where the truth is known: from edges to clothes, and digits to negatives.

python -m benchmarks.quality.image_translation

Pairs: the edges of Fashion-MNIST's pictures are questions, the pictures answers. pix2pix stands
beside the same U-Net without its discriminator (the distance alone) and the baselines: structural
similarity and mean absolute error on the official test split, and the Fréchet distance of answers
from real pictures in the last hidden layer of a LeNet-5 that learnt the ten classes.

No pairs: MNIST's digits, white on black, and the coloured negatives of other digits. CycleGAN sees
no pair; because the negative of every digit is known, the error of its translations can be told.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
import torch

import fieldguide as fg
from benchmarks.quality._runs import data_folder
from benchmarks.results import Result, machine, versions
from fieldguide import formats
from fieldguide.data import as_dataset
from fieldguide.metrics.features import FeatureSpace, compare, space_of_classifier

COMMAND = "python -m benchmarks.quality.image_translation"
EDGE = 60.0  # difference of grey levels across two pixels from which there is an edge
SIMPLE = ("linear filter", "mean picture", "unchanged picture")
PAPER = np.array([255, 214, 92])  # red, green and blue of what negatives are printed on
INK = np.array([40, 30, 120])


def arguments() -> argparse.Namespace:
    """Return the command line; the defaults take about 15 minutes on one core."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pairs", type=int, default=2_000, help="pairs to learn from")
    parser.add_argument("--epochs", type=int, default=14, help="of pix2pix")
    parser.add_argument("--maps", type=int, default=32, help="of pix2pix")
    parser.add_argument("--digits", type=int, default=500, help="digits of each kind to learn from")
    parser.add_argument("--cycles", type=int, default=16, help="epochs of CycleGAN")
    parser.add_argument("--judged", type=int, default=1_000, help="held-out pictures")
    parser.add_argument("--classified", type=int, default=20_000, help="that LeNet-5 learns from")
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    return given


def pictures_of(dataset: fg.Dataset, count: int, start: int = 0) -> np.ndarray:
    """Return some pictures of a data set, (n, 1, 28, 28)."""
    (name,) = dataset.inputs
    return np.asarray(dataset.column(name))[start : start + count]


def edges_of(pictures: np.ndarray) -> np.ndarray:
    """Return white pictures with a black pixel wherever grey levels change."""
    down, right = np.gradient(pictures.astype(np.float64), axis=(2, 3))
    return np.where(2 * np.hypot(down, right) > EDGE, 0, 255).astype(np.uint8)


def negatives_of(digits: np.ndarray) -> np.ndarray:
    """Return digits in ink on coloured paper, (n, 3, 28, 28)."""
    share = digits.astype(np.float64) / 255
    colours = PAPER[:, None, None] * (1 - share) + INK[:, None, None] * share
    return colours.round().astype(np.uint8)


def paired(given: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Learn from pairs; return the scores of everybody by name."""
    train, test = formats.read(data_folder("fashion-mnist")).split()
    judge = space(train.take(np.arange(given.classified)), test)
    answers, truths = pictures_of(train, given.pairs), pictures_of(test, given.judged)
    questions, asked = edges_of(answers), edges_of(truths)
    networks = {"epochs": given.epochs, "maps": given.maps, "batch_size": 16, "lr": 4e-4,
                "validation": 0.0, "seed": given.seed}  # fmt: skip
    candidates = {
        "pix2pix": fg.Pix2Pix(**networks),
        "distance alone": fg.Pix2Pix(**networks, adversarial=0.0),
        "linear filter": fg.LinearFilter(),
        "mean picture": fg.MeanPicture(),
        "unchanged picture": fg.UnchangedPicture(),
    }
    found = {}
    for name, model in candidates.items():
        begun = time.perf_counter()
        model.fit(questions, answers)
        seconds = time.perf_counter() - begun
        made = model.predict(asked)
        found[name] = model.evaluate(asked, truths)
        found[name] |= {"frechet_distance": apart(judge, truths, made), "seconds": seconds}
        print(f"{name}: {rounded(found[name])}", flush=True)
    fresh = pictures_of(train, given.judged, given.pairs)
    found["real pictures"] = {"frechet_distance": apart(judge, truths, fresh)}
    print(f"real pictures: {rounded(found['real pictures'])}", flush=True)
    return found


def space(train: fg.Dataset, test: fg.Dataset) -> FeatureSpace:
    """Return what a classifier of real pictures sees before it decides."""
    model = fg.LeNet(epochs=4, batch_size=128, validation=0).fit(train)
    network, inputs = model.network_, model.task_.inputs
    accuracy = model.evaluate(test)["accuracy"]
    name = f"LeNet-5 trained on Fashion-MNIST (test accuracy {accuracy:.4f})"
    print(name, flush=True)
    return space_of_classifier(lambda some: network.embed(inputs.finish(some)), name)


def apart(judge: FeatureSpace, real: np.ndarray, made: np.ndarray) -> float:
    """Return the Fréchet distance of made pictures from real ones."""
    return float(compare(judge, torch.from_numpy(real), torch.from_numpy(made))["frechet_distance"])


def unpaired(given: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Learn without pairs; return errors against the truth, and the task's own scores."""
    train, test = formats.read(data_folder("mnist")).split()
    white = np.repeat(pictures_of(train, given.digits), 3, axis=1)
    printed = negatives_of(pictures_of(train, given.digits, given.digits))
    held = pictures_of(test, given.judged)
    plain, truth = np.repeat(held, 3, axis=1), negatives_of(held)
    names = np.repeat(["digit", "negative"], [len(white), len(printed)])
    known = as_dataset(np.concatenate([white, printed]), names)
    half = given.judged // 2
    judged = as_dataset(
        np.concatenate([plain[:half], truth[half:]]),
        np.repeat(["digit", "negative"], [half, given.judged - half]),
    )
    candidates = {
        "CycleGAN": fg.CycleGAN(epochs=given.cycles, maps=16, blocks=3, batch_size=4, lr=4e-4,
                                validation=0.0, seed=given.seed),
        "colour statistics": fg.ColourStatistics(task="unpaired_image_translation"),
        "unchanged picture": fg.UnchangedPicture(task="unpaired_image_translation"),
    }  # fmt: skip
    found = {}
    for name, model in candidates.items():
        begun = time.perf_counter()
        model.fit(known)
        seconds = time.perf_counter() - begun
        there = np.abs(model.predict(plain).astype(float) - truth).mean()
        again = as_dataset(truth, np.repeat(["negative"], len(truth)))
        back = np.abs(model.predict(again).astype(float) - plain).mean()
        found[name] = {"mae": float(there), "mae_back": float(back), **model.evaluate(judged),
                       "seconds": seconds}  # fmt: skip
        print(f"{name}: {rounded(found[name])}", flush=True)
    return found


def rounded(scores: dict[str, float]) -> dict[str, float]:
    """Return figures as they are recorded."""
    return {name: round(value, 4) for name, value in scores.items()}


def record(
    benchmark: str, algorithm: str, data: str, metric: str, found: dict[str, dict[str, float]],
    given: argparse.Namespace, *, figure: str, of: str, beside: str, better: str, seconds: float,
) -> None:  # fmt: skip
    """Save one figure of one candidate; what it should reach is what another one does."""
    run: dict[str, Any] = {"value": round(found[of][figure], 5)}
    run |= {name: rounded(scores) for name, scores in found.items()}
    Result(
        benchmark=benchmark,
        kind="quality",
        algorithm=algorithm,
        data=data,
        metric=metric,
        value=run["value"],
        target=round(found[beside][figure], 5),
        better=better,
        seeds=[given.seed],
        runs=[run],
        runtime_s=round(seconds, 1),
        versions=versions(),
        machine=machine(),
        command=COMMAND,
    ).save()


def main() -> None:
    """Learn, measure, record."""
    given, started = arguments(), time.perf_counter()
    pairs = paired(given)
    middle = time.perf_counter()
    clothes = f"Fashion-MNIST, from edges, {given.pairs} pairs, {given.judged} test pictures"
    simple = max(SIMPLE, key=lambda name: pairs[name]["ssim"])
    record("edges-to-clothes-pix2pix", "pix2pix", clothes, "structural similarity; target: that of "
           f"the best simple answer, the {simple}", pairs, given, figure="ssim", of="pix2pix",
           beside=simple, better="higher", seconds=middle - started)  # fmt: skip
    record("edges-to-clothes-pix2pix-frechet-distance", "pix2pix", clothes, "Fréchet distance in "
           "the last hidden layer of a LeNet-5; target: that of the distance alone", pairs, given,
           figure="frechet_distance", of="pix2pix", beside="distance alone", better="lower",
           seconds=middle - started)  # fmt: skip
    digits = unpaired(given)
    record("digits-to-negatives-cyclegan", "cyclegan", f"MNIST and coloured negatives of other "
           f"digits, {given.digits} each, {given.judged} test digits", "mean absolute error of "
           "bytes; target: that of matched colours", digits, given, figure="mae", of="CycleGAN",
           beside="colour statistics", better="lower",
           seconds=time.perf_counter() - middle)  # fmt: skip


if __name__ == "__main__":
    main()
