"""Pictures of the suite: real ones, cuttings of them, and variants that change the answer."""

from __future__ import annotations

import io
import wave
import xml.etree.ElementTree as ElementTree
import zipfile
from functools import cache, partial

import numpy as np
from PIL import Image
from sklearn import datasets

from benchmarks.grade.case import Case, block, root, wrong_labels
from fieldguide import formats
from fieldguide.data import Dataset

Arrays = tuple[np.ndarray, np.ndarray]


@cache
def _idx(name: str) -> Arrays:
    data = formats.read(root() / name)
    inputs = next(iter(data.inputs))
    x = np.asarray(data.column(inputs))
    order = np.random.default_rng(0).permutation(len(x))
    return x[order], data.column(data.target or "").to_numpy()[order].astype(int)


@cache
def _cifar() -> Arrays:
    with zipfile.ZipFile(root() / "cifar10-jpeg/cifar10_subset.zip") as archive:
        names = sorted(n for n in archive.namelist() if "train/" in n and n.endswith(".jpg"))
        pictures = [np.asarray(Image.open(io.BytesIO(archive.read(name)))) for name in names]
    classes = [name.split("/")[-2] for name in names]
    y = np.unique(classes, return_inverse=True)[1]
    order = np.random.default_rng(0).permutation(len(y))
    return np.stack(pictures).transpose(0, 3, 1, 2)[order], y[order]


def _digits(shuffled: bool = False) -> Dataset:
    bunch = datasets.load_digits()
    x = (bunch.images[:, None] * 15).astype(np.uint8)
    return block(_permuted(x) if shuffled else x, bunch.target)


def _part(name: str, count: int) -> Dataset:
    x, y = _cifar() if name == "cifar10" else _idx(name)
    return block(x[:count], y[:count])


def _permuted(x: np.ndarray) -> np.ndarray:
    """The same shuffle of the pixels in every picture: neighbours mean nothing any more."""
    order = np.random.default_rng(0).permutation(x[0, 0].size)
    return x.reshape(*x.shape[:2], -1)[:, :, order].reshape(x.shape)


def _shuffled_pixels(name: str, count: int) -> Dataset:
    x, y = _cifar() if name == "cifar10" else _idx(name)
    return block(_permuted(x[:count]), y[:count])


def _rotated(count: int) -> Dataset:
    """Every picture turned by an angle of its own."""
    x, y = _idx("mnist")
    angles = np.random.default_rng(0).uniform(-180, 180, count)
    turned = [
        np.asarray(Image.fromarray(picture[0]).rotate(angle, Image.Resampling.BILINEAR))
        for picture, angle in zip(x[:count], angles, strict=True)
    ]
    return block(np.stack(turned)[:, None], y[:count])


def _redrawn(name: str, count: int) -> Dataset:
    x, y = _idx(name)
    return block(x[:count], wrong_labels(y[:count], 0.4))


def _grainy(name: str, count: int) -> Dataset:
    x, y = _idx(name)
    noise = np.random.default_rng(0).normal(0, 80, x[:count].shape)
    return block((x[:count] + noise).clip(0, 255).astype(np.uint8), y[:count])


def _grey_cifar(count: int) -> Dataset:
    x, y = _cifar()
    grey = x[:count].mean(axis=1, keepdims=True).astype(np.uint8)
    return block(grey, y[:count])


def _angle(count: int) -> Dataset:
    """A number to predict from a picture: by how much a six was turned, in degrees."""
    x, y = _idx("mnist")
    sixes = x[y == 6][:count]
    angles = np.random.default_rng(0).uniform(-90, 90, len(sixes))
    turned = [
        np.asarray(Image.fromarray(picture[0]).rotate(angle, Image.Resampling.BILINEAR))
        for picture, angle in zip(sixes, angles, strict=True)
    ]
    return block(np.stack(turned)[:, None], angles)


def _blood_cells(side: int = 32) -> Dataset:
    """Cells cut out of micrographs, one class a kind of cell."""
    x, y = [], []
    for path in sorted((root() / "bccd/Annotations").glob("*.xml"))[:150]:
        tree = ElementTree.parse(path)
        image = Image.open(path.parents[1] / "JPEGImages" / f"{path.stem}.jpg").convert("RGB")
        for box in tree.iter("object"):
            sides = ("xmin", "ymin", "xmax", "ymax")
            corners = [float(box.findtext(f"bndbox/{side}") or 0) for side in sides]
            if corners[2] - corners[0] < 8 or corners[3] - corners[1] < 8:
                continue
            cut = image.crop(tuple(int(c) for c in corners)).resize((side, side))
            x.append(np.asarray(cut).transpose(2, 0, 1))
            y.append(["RBC", "WBC", "Platelets"].index(box.findtext("name") or "RBC"))
    kept = np.random.default_rng(0).permutation(len(y))[:1_500]
    return block(np.stack(x)[kept], np.asarray(y)[kept])


def _membranes(count: int, side: int = 32) -> Dataset:
    """Windows of electron micrographs: does the middle show a membrane?"""
    chance = np.random.default_rng(0)
    folder = root() / "isbi-membrane"
    x, y = [], []
    for path in sorted((folder / "images").glob("*.png")):
        image = np.asarray(Image.open(path).convert("L"))
        label = np.asarray(Image.open(folder / "labels" / path.name).convert("L"))
        for _ in range(count // 30):
            top, left = chance.integers(0, image.shape[0] - side, 2)
            x.append(image[None, top : top + side, left : left + side])
            y.append(int(label[top + side // 2, left + side // 2] == 0))
    return block(np.stack(x), np.asarray(y))


def _street(count: int, side: int = 32) -> Dataset:
    """Windows of street scenes: the class of the pixel in the middle, of the eight commonest."""
    chance = np.random.default_rng(0)
    x, y = [], []
    for path in sorted((root() / "camvid/train").glob("*.jpg")):
        image = np.asarray(Image.open(path).convert("RGB")).transpose(2, 0, 1)
        label = np.asarray(Image.open(root() / "camvid/trainannot" / f"{path.stem}.png"))
        for _ in range(1 + count // 367):
            top = int(chance.integers(0, image.shape[1] - side))
            left = int(chance.integers(0, image.shape[2] - side))
            x.append(image[:, top : top + side, left : left + side])
            y.append(int(label[top + side // 2, left + side // 2]))
    common = np.argsort(-np.bincount(y))[:8]
    kept = np.flatnonzero(np.isin(y, common))[:count]
    return block(np.stack(x)[kept], np.asarray(y)[kept])


def _spoken(side: int = 32) -> Dataset:
    """Spoken digits as spectrograms: 32 bands by 32 moments."""
    x, y = [], []
    with zipfile.ZipFile(root() / "fsdd/recordings.zip") as archive:
        for name in sorted(n for n in archive.namelist() if n.endswith(".wav")):
            with wave.open(io.BytesIO(archive.read(name))) as sound:
                signal = np.frombuffer(sound.readframes(sound.getnframes()), "<i2").astype(float)
            starts = np.linspace(0, max(1, len(signal) - 256), side).astype(int)
            pieces = np.stack([np.resize(signal[s : s + 256], 256) for s in starts])
            power = np.abs(np.fft.rfft(pieces * np.hanning(256)))[:, : side * 4]
            bands = np.log1p(power.reshape(side, side, 4).mean(axis=2)).T
            x.append((255 * bands / max(bands.max(), 1e-9)).astype(np.uint8)[None])
            y.append(int(name.rsplit("/", 1)[-1].split("_")[0]))
    return block(np.stack(x), np.asarray(y))


IMAGES: tuple[Case, ...] = (
    Case("digits", "digits", _digits),
    Case("digits, pixels shuffled", "digits", partial(_digits, True)),
    Case("mnist, 300", "mnist", partial(_part, "mnist", 300), "mnist"),
    Case("mnist, 3,000", "mnist", partial(_part, "mnist", 3_000), "mnist"),
    Case("mnist, pixels shuffled", "mnist", partial(_shuffled_pixels, "mnist", 2_500), "mnist"),
    Case("mnist, turned", "mnist", partial(_rotated, 3_000), "mnist"),
    Case("mnist, 40 % labels redrawn", "mnist", partial(_redrawn, "mnist", 2_500), "mnist"),
    Case("mnist, angle of a six", "mnist", partial(_angle, 1_500), "mnist"),
    Case("fashion, 300", "fashion", partial(_part, "fashion-mnist", 300), "fashion-mnist"),
    Case("fashion, 3,000", "fashion", partial(_part, "fashion-mnist", 3_000), "fashion-mnist"),
    Case("fashion, 10,000", "fashion", partial(_part, "fashion-mnist", 10_000), "fashion-mnist"),
    Case(
        "fashion, pixels shuffled",
        "fashion",
        partial(_shuffled_pixels, "fashion-mnist", 2_500),
        "fashion-mnist",
    ),
    Case("fashion, grainy", "fashion", partial(_grainy, "fashion-mnist", 2_500), "fashion-mnist"),
    Case("cifar10, 500", "cifar10", partial(_part, "cifar10", 500), "cifar10-jpeg"),
    Case("cifar10, 2,500", "cifar10", partial(_part, "cifar10", 2_500), "cifar10-jpeg"),
    Case("cifar10, grey", "cifar10", partial(_grey_cifar, 2_500), "cifar10-jpeg"),
    Case(
        "cifar10, pixels shuffled",
        "cifar10",
        partial(_shuffled_pixels, "cifar10", 2_000),
        "cifar10-jpeg",
    ),
    Case("blood cells", "bccd", _blood_cells, "bccd"),
    Case("membranes", "isbi", partial(_membranes, 2_400), "isbi-membrane"),
    Case("street windows", "camvid", partial(_street, 2_500), "camvid"),
    Case("spoken digits", "fsdd", _spoken, "fsdd"),
)
