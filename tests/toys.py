"""One tiny data set per task and input form, and two estimators with unusual learning rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np
import polars as pl
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import SGD, AdamW, Optimizer

from fieldguide.card import Card
from fieldguide.data import Batch, ClipColumn, Dataset, Examples, SeriesColumn, TreeColumn
from fieldguide.data.trees import Node
from fieldguide.engine import Stage
from fieldguide.estimator import Estimator
from fieldguide.hyperparameter import option
from fieldguide.tasks import Task

COUNT = 60
AHEAD = 4  # steps to forecast


def table(task: str, count: int = COUNT, seed: int = 0) -> Dataset:
    """Mixed columns: numbers (one with gaps), a category, truth values."""
    chance = np.random.default_rng(seed)
    size, age = chance.normal(size=count), chance.normal(size=count)
    colour = chance.choice(["red", "green", "blue"], size=count)
    target = size + (colour == "red") + 0.1 * chance.normal(size=count)
    columns = {
        "size": pl.Series("size", size),
        "age": pl.Series("age", [None if value > 1.5 else value for value in age]),
        "colour": pl.Series("colour", colour),
        "wild": pl.Series("wild", chance.random(count) > 0.5),
        "target": pl.Series("target", _target(task, target)),
    }
    return Dataset.from_columns(columns, target="target")


def array(task: str, count: int = COUNT, seed: int = 0) -> Dataset:
    """A block of four numbers an example."""
    chance = np.random.default_rng(seed)
    x = chance.normal(size=(count, 4))
    columns = {"x": x, "target": pl.Series("target", _target(task, x[:, 0] + x[:, 1]))}
    return Dataset.from_columns(columns, target="target")


def images(task: str, count: int = COUNT, seed: int = 0, side: int = 16) -> Dataset:
    """Pictures that are brighter on the left or on the right; pairs, where those are asked for."""
    if task == "image_translation":
        return pairs(count, seed, side)
    chance = np.random.default_rng(seed)
    x = chance.integers(0, 100, size=(count, 3, side, side))
    bright = chance.random(count) * 2 - 1
    x[..., : side // 2] += (75 * (1 + bright)).astype(int)[:, None, None, None]
    columns = {
        "x": x.astype(np.uint8),
        "target": pl.Series("target", _target(task, bright)),
    }
    return Dataset.from_columns(columns, target="target")


def pairs(count: int = COUNT, seed: int = 0, side: int = 16) -> Dataset:
    """Colour pictures of a bright square, and grey ones, a little smaller, of its outline."""
    chance = np.random.default_rng(seed)
    photos = chance.integers(0, 60, size=(count, 3, side, side))
    small = side - 2
    drawn = np.full((count, 1, small, small), 255)
    for number, (top, left) in enumerate(chance.integers(0, small - small // 2, (count, 2))):
        photos[number, :, top : top + small // 2, left : left + small // 2] += 150
        drawn[number, :, top : top + small // 2, left : left + small // 2] = 0
        drawn[number, :, top + 1 : top + small // 2 - 1, left + 1 : left + small // 2 - 1] = 255
    columns = {"photo": photos.astype(np.uint8), "drawing": drawn.astype(np.uint8)}
    return Dataset.from_columns(columns, target="drawing")


def series(task: str, count: int = COUNT, seed: int = 0) -> Dataset:
    """Sequences of 6 to 12 steps and two channels, with a gap here and there, that rise or fall."""
    chance = np.random.default_rng(seed)
    slope, sequences = chance.normal(size=count), []
    for rise in slope:
        steps = np.arange(chance.integers(6, 13))
        one = np.stack([rise * steps, np.ones(len(steps))], axis=1)
        one += 0.3 * chance.normal(size=one.shape)
        one[chance.integers(len(steps)), 0] = np.nan
        sequences.append(one)
    columns = {
        "series": SeriesColumn.of(sequences, ("height", "weight")),
        "target": pl.Series("target", _target(task, slope)),
    }
    return Dataset.from_columns(columns, target="target")


def clips(task: str, count: int = COUNT, seed: int = 0) -> Dataset:
    """Clips of 3 to 5 frames in which a bright bar goes down or up, at a speed of its own."""
    chance = np.random.default_rng(seed)
    speeds, made = chance.uniform(-1, 1, count), []
    for speed in speeds:
        clip = chance.integers(0, 60, (chance.integers(3, 6), 1, 12, 12))
        for time, frame in enumerate(clip):
            middle = 6 + 2 * speed * (time - len(clip) / 2)
            frame[:, int(middle) - 1 : int(middle) + 2] += 180
        made.append(clip.astype(np.uint8))
    columns = {
        "clip": ClipColumn.of(made),
        "target": pl.Series("target", _target(task, speeds)),
    }
    return Dataset.from_columns(columns, target="target")


def trees(task: str, count: int = COUNT, seed: int = 0) -> Dataset:
    """Trees of 1 to 8 words, some of them ups and downs; nodes of two or three children."""
    chance = np.random.default_rng(seed)
    scores = {"up": 1.0, "down": -1.0, "so": 0.1, "it": 0.0}
    words = [chance.choice(list(scores), size=chance.integers(1, 9)).tolist() for _ in range(count)]
    values = np.array([sum(scores[word] for word in some) for some in words])
    labels = _target(task, values + 0.01 * chance.normal(size=count)).tolist()
    column = TreeColumn.of(
        _grown(chance, some, label) for some, label in zip(words, labels, strict=True)
    )
    columns = {"tree": column, "target": pl.Series("target", labels)}
    return Dataset.from_columns(columns, target="target")


def _grown(chance: np.random.Generator, words: list[str], label: object = None) -> Node:
    """Return a tree over words; below the root, ups and downs are labelled where classes are."""
    if len(words) == 1:
        known = {"up": "high", "down": "low"}.get(words[0])
        return (known if label is None else label), words[0]
    most = min(3, len(words))
    cuts = np.sort(chance.choice(np.arange(1, len(words)), chance.integers(1, most), False))
    edges = [0, *cuts.tolist(), len(words)]
    parts = [words[start:stop] for start, stop in pairwise(edges)]
    return label, [_grown(chance, part) for part in parts]


def windows(task: str = "forecasting", count: int = COUNT, seed: int = 0) -> Dataset:
    """Two hourly series that repeat after 8 steps, one shorter; a past and a known column."""
    chance = np.random.default_rng(seed)
    parts = []
    for name, length in (("north", count), ("south", count - 10)):
        step = np.arange(length + AHEAD)
        promoted = (step % 5 == 0).astype(float)
        load = 20 + 5 * np.sin(step * 2 * np.pi / 8) + 2 * promoted
        load[length:] = np.nan  # the future, in which only what is known goes on
        parts.append(
            pl.DataFrame(
                {
                    "time": np.datetime64("2024-01-01", "us") + step * np.timedelta64(1, "h"),
                    "shop": [name] * len(step),
                    "load": load + 0.3 * chance.normal(size=len(step)),
                    "wind": np.where(np.isnan(load), np.nan, chance.normal(size=len(step))),
                    "promoted": promoted,
                }
            )
        )
    frame = pl.concat(parts)
    rows = Dataset.from_columns({name: frame[name] for name in frame.columns})
    return rows.as_series(
        AHEAD, time="time", series="shop", targets=("load",), known=("promoted",), lookback=8,
        season=8,
    )  # fmt: skip


def ratings(task: str = "recommendation", count: int = 240, seed: int = 0) -> Dataset:
    """Ratings from 1 to 5 in by 20 users of two tastes, which items please more or less."""
    chance = np.random.default_rng(seed)
    users, items = 20, 15
    pairs = chance.permutation(users * items)[:count]
    user, item = np.divmod(pairs, items)
    taste, kind = chance.normal(size=(users, 2)), chance.normal(size=(items, 2))
    value = 3 + (taste[user] * kind[item]).sum(axis=1) + 0.2 * chance.normal(size=len(pairs))
    columns = {
        "user": pl.Series("user", [f"u{code}" for code in user]),
        "item": pl.Series("item", [f"i{code}" for code in item]),
        "rating": pl.Series("rating", np.clip(np.round(2 * value) / 2, 1, 5)),
    }
    return Dataset.from_columns(columns).as_ratings(lowest=1, highest=5)


FORMS = {
    "table": table,
    "array": array,
    "image": images,
    "series": series,
    "clip": clips,
    "tree": trees,
    "window": windows,
    "rating": ratings,
}


def _target(task: str, values: np.ndarray) -> np.ndarray:
    if task == "regression":
        return 10 + 3 * values
    return np.where(values > np.median(values), "high", "low")


class Rivals(nn.Module):
    """A generator of numbers and a discriminator that also classifies."""

    def __init__(self, width: int, head: nn.Module):
        super().__init__()
        self.generator = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, width))
        self.trunk = nn.Sequential(nn.Linear(width, 8), nn.ReLU(), nn.Dropout(0.2))
        self.real, self.head = nn.Linear(8, 1), head

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.trunk(x))

    def verdict(self, x: Tensor) -> Tensor:
        return self.real(self.trunk(x))


class ToyRivals(Estimator):
    """Two networks that descend in turns, each with its own optimizer (Goodfellow et al. 2014)."""

    card = Card(
        title="Rivals", paper="", year=2014, tasks=("classification", "regression"),
        inputs=("array",),
    )  # fmt: skip
    epochs: int = option(3, "passes", low=0)

    def build(self, task: Task) -> nn.Module:
        return Rivals(task.inputs.shape[0], task.head(8))

    def optimizers(self) -> Mapping[str, Optimizer]:
        net = self.network_
        judges = [*net.trunk.parameters(), *net.real.parameters(), *net.head.parameters()]
        return {
            "discriminator": AdamW(judges, self.lr, fused=True),
            "generator": SGD(net.generator.parameters(), self.lr, momentum=0.9),
        }

    def step(self, batch: Batch) -> Mapping[str, Tensor]:
        net = self.network_
        invented = net.generator(torch.randn(len(batch), 2))
        real, false = net.verdict(batch.x), net.verdict(invented.detach())
        judged = F.softplus(-real).mean() + F.softplus(false).mean()
        self.descend("discriminator", judged + self.task_.loss(net(batch.x), batch))
        fooled = F.softplus(-net.verdict(invented)).mean()
        self.descend("generator", fooled)
        return {"discriminator": judged, "generator": fooled}


class Stack(nn.Module):
    """Two layers that learn one after the other, and a head."""

    def __init__(self, width: int, head: nn.Module):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(width, 6), nn.Linear(6, 6)])
        self.back = nn.ModuleList([nn.Linear(6, width), nn.Linear(6, 6)])
        self.dropout, self.head = nn.Dropout(0.1), head
        self.register_buffer("centre", torch.zeros(6))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = torch.tanh(layer(x))
        return self.head(self.dropout(x - self.centre))


class ToyStack(Estimator):
    """Pre-trains layer by layer, then fine-tunes everything (Bengio et al. 2007).

    Drawing a stage looks at what the network has learnt and rolls dice: the second layer's data
    are the first one's codes, with noise.
    """

    card = Card(
        title="Stack", paper="", year=2007, tasks=("classification", "regression"),
        inputs=("array",),
    )  # fmt: skip
    epochs: int = option(3, "passes", low=0)

    def build(self, task: Task) -> nn.Module:
        return Stack(task.inputs.shape[0], task.head(6))

    def stages(self, data: Examples) -> Iterator[Stage]:
        net, x = self.network_, data.x
        for number in range(2):
            batches = Examples(x).batches(self.batch_size, seed=self.seed)
            step = self._pre_training(number)
            yield Stage(f"layer {number + 1}", step, batches, 2, judged=False, until=0.3)
            with torch.no_grad():
                x = torch.tanh(net.layers[number](x))
                x += 0.01 * torch.randn_like(x)
        with torch.no_grad():
            net.centre.copy_(x.mean(dim=0))
        yield from super().stages(data)

    def _pre_training(self, number: int):
        net = self.network_

        def step(batch: Batch) -> Mapping[str, Tensor]:
            codes = torch.tanh(net.layers[number](net.dropout(batch.x)))
            error = F.mse_loss(net.back[number](codes), batch.x)
            self.descend("network", error)
            return {"reconstruction": error}

        return step
