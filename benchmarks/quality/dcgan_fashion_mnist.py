"""DCGAN on Fashion-MNIST: are all ten modes there, how far are samples from real pictures, copies?

python -m benchmarks.quality.dcgan_fashion_mnist

The space is the last hidden layer of a LeNet-5 that learnt the ten classes from the same training
split; its accuracy is recorded. Beside the samples' distances stand those of real training pictures
from the test split, which no generator can be expected to beat. With --plain the same networks also
learn in a plain single-precision loop for as many steps, and are measured in the same way.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

import fieldguide as fg
from benchmarks.quality._runs import data_folder
from benchmarks.results import Result, machine, versions
from fieldguide import formats
from fieldguide.algorithms.adversarial._convolutions import PictureDiscriminator, PictureGenerator
from fieldguide.metrics.features import FeatureSpace, compare, space_of_classifier
from fieldguide.metrics.generation import mode_coverage
from fieldguide.metrics.memorisation import memorisation

COMMAND = "python -m benchmarks.quality.dcgan_fashion_mnist"
FIGURES = ("frechet_distance", "kernel_distance", "precision", "recall", "density", "coverage")


def arguments() -> argparse.Namespace:
    """Return the command line; the defaults take about 20 minutes on one core."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--run", type=Path, default=None, help="folder to checkpoint in and resume")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--classifier-epochs", type=int, default=6)
    parser.add_argument("--maps", type=int, default=32)
    parser.add_argument("--count", type=int, default=60_000, help="training pictures")
    parser.add_argument("--judged", type=int, default=10_000, help="samples, and real pictures")
    parser.add_argument("--plain", action="store_true", help="also train a plain fp32 loop")
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    return given


class Judge:
    """A classifier of the ten classes, and the space of its last hidden layer."""

    def __init__(self, train: fg.Dataset, test: fg.Dataset, epochs: int):
        self.model = fg.LeNet(epochs=epochs, batch_size=128, validation=0).fit(train)
        self.accuracy = self.model.evaluate(test)["accuracy"]
        network, inputs = self.model.network_, self.model.task_.inputs
        self.space: FeatureSpace = space_of_classifier(
            lambda pictures: network.embed(inputs.finish(pictures)),
            f"LeNet-5 trained on Fashion-MNIST (test accuracy {self.accuracy:.4f})",
        )

    def classes(self, pictures: np.ndarray) -> np.ndarray:
        """Return the class code of each picture."""
        network, finish = self.model.network_, self.model.task_.inputs.finish
        with torch.inference_mode():
            parts = [network(finish(some)) for some in torch.from_numpy(pictures).split(500)]
        return torch.cat(parts).argmax(dim=1).numpy()

    def figures(self, made: np.ndarray, train: np.ndarray, test: np.ndarray) -> dict[str, Any]:
        """Return what there is to say about generated pictures."""
        modes = mode_coverage(self.classes(test), self.classes(made))
        found = compare(self.space, torch.from_numpy(test), torch.from_numpy(made))
        seen, fresh, drawn = (
            self.space.features(torch.from_numpy(part)) for part in (train, test, made)
        )
        copies = memorisation(drawn, seen, fresh)
        return {
            "value": modes.covered,
            "missing": list(modes.missing),
            "divergence_of_classes": round(modes.divergence, 5),
            **{name: round(float(found[name]), 5) for name in FIGURES},
            "space": self.space.name,
            "rows": found["rows"],
            "memorisation_z": round(copies.z, 2),
            "copied": copies.copied,
            "memorisation": str(copies),
        }


def plain_loop(train: np.ndarray, given: argparse.Namespace, seed: int) -> np.ndarray:
    """Train the same networks in a plain loop, and return samples."""
    torch.manual_seed(seed)
    make = PictureGenerator(latent=100, channels=1, height=28, width=28, maps=given.maps)
    judge = PictureDiscriminator(channels=1, height=28, width=28, maps=given.maps)
    of_judge = torch.optim.Adam(judge.parameters(), 2e-4, betas=(0.5, 0.999))
    of_make = torch.optim.Adam(make.parameters(), 2e-4, betas=(0.5, 0.999))
    for _ in range(given.epochs):
        for index in torch.randperm(len(train)).split(64):
            real = torch.from_numpy(train[index.numpy()]).float().div(127.5).sub(1)
            fake = make(torch.randn(len(real), 100))
            judge.zero_grad()
            (F.softplus(-judge(real)).mean() + F.softplus(judge(fake.detach())).mean()).backward()
            of_judge.step()
            make.zero_grad()
            F.softplus(-judge(fake)).mean().backward()
            of_make.step()
    make.eval()
    with torch.inference_mode():
        parts = [make(torch.randn(500, 100)) for _ in range(-(-given.judged // 500))]
    pictures = torch.cat(parts)[: given.judged].add(1).mul(127.5).round()
    return pictures.to(torch.uint8).numpy()


def pictures_of(dataset: fg.Dataset) -> np.ndarray:
    """Return the pictures of a data set, (n, 1, 28, 28)."""
    (name,) = dataset.inputs
    return np.asarray(dataset.column(name))


def main() -> None:
    """Train, measure, record."""
    given, started = arguments(), time.perf_counter()
    train, test = formats.read(data_folder("fashion-mnist")).split()
    if given.count < len(train):
        train = train.take(np.arange(given.count))
    judge = Judge(train, test, given.classifier_epochs)
    print(f"{judge.space.name}, {time.perf_counter() - started:.0f} s", flush=True)
    seen, real = pictures_of(train), pictures_of(test)[: given.judged]
    floor = compare(judge.space, torch.from_numpy(real), torch.from_numpy(seen[: given.judged]))
    runs = []
    for seed in range(given.seeds):
        begun = time.perf_counter()
        run = None if given.run is None else given.run / f"dcgan-fashion-mnist-{seed}"
        model = fg.DCGAN(epochs=given.epochs, maps=given.maps, validation=0, seed=seed)
        model.fit(train, run=run, resume=run is not None and run.exists(), progress=True)
        made = model.sample(given.judged, seed=seed)
        figures = judge.figures(made, seen, real)
        figures |= {"seconds": round(time.perf_counter() - begun, 1), "notes": model.notes_}
        figures |= {f"real_{name}": round(float(floor[name]), 5) for name in FIGURES}
        if given.plain:
            theirs = judge.figures(plain_loop(seen, given, seed), seen, real)
            figures |= {f"plain_{name}": theirs[name] for name in ("value", *FIGURES)}
        print(figures, flush=True)
        runs.append(figures)
    record(given, runs, time.perf_counter() - started)


def record(given: argparse.Namespace, runs: list[dict[str, Any]], seconds: float) -> None:
    """Save the modes, and the distance as a result of its own."""
    shared: dict[str, Any] = {
        "kind": "quality",
        "algorithm": "dcgan",
        "data": f"Fashion-MNIST, {given.judged} samples beside the official test split",
        "seeds": list(range(given.seeds)),
        "runtime_s": round(seconds, 1),
        "versions": versions(),
        "machine": machine(),
        "command": COMMAND,
    }
    modes = float(np.mean([run["value"] for run in runs]))
    Result(
        benchmark="fashion-mnist-dcgan-modes",
        metric="classes among samples, of ten",
        value=modes,
        target=10,
        runs=runs,
        **shared,
    ).save()
    distances = [{**run, "value": run["frechet_distance"]} for run in runs]
    Result(
        benchmark="fashion-mnist-dcgan-frechet-distance",
        metric="Fréchet distance in the last hidden layer of a LeNet-5",
        value=round(float(np.mean([run["value"] for run in distances])), 4),
        target=None,
        better="lower",
        runs=distances,
        **shared,
    ).save()
    print(f"modes: {modes} of 10; Fréchet distances: {[run['value'] for run in distances]}")


if __name__ == "__main__":
    main()
