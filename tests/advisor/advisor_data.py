"""Constructed data whose right answer is certain, and a catalog of cards without code."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from fieldguide.card import Card
from fieldguide.catalog import Entry
from fieldguide.data import Dataset

BOTH = ("classification", "regression")


def table(target="y", **columns):
    """A data set of scalar columns."""
    return Dataset.from_columns(
        {name: pl.Series(name, values) for name, values in columns.items()}, target=target
    )


def xor(count=600, seed=0):
    """Two numbers; the class is whether their signs agree: a line is right half of the time."""
    a, b = np.random.default_rng(seed).normal(size=(2, count))
    return table(a=a, b=b, y=np.where(a * b > 0, "same", "different"))


def blobs(count=300, seed=0):
    """Two clouds, ten deviations apart."""
    y = np.arange(count) % 2
    a, b = np.random.default_rng(seed).normal(size=(2, count)) + 10 * y
    return table(a=a, b=b, y=np.where(y == 1, "up", "down"))


def mixed_table(count=800, seed=0):
    """The effect of a number turns with a category, and starts at a threshold."""
    chance = np.random.default_rng(seed)
    kind, x, z = (
        chance.integers(0, 4, count),
        chance.uniform(0, 1, count),
        chance.normal(size=count),
    )
    up = np.where(kind % 2 == 0, x > 0.4, x < 0.7) & (z > -1)
    words = np.array(["red", "green", "blue", "grey"])[kind]
    return table(colour=words, x=x, z=z, y=np.where(up, "yes", "no"))


def pictures(count=600, side=16, seed=0, shuffled=False):
    """A plus or a cross, three pixels wide, anywhere on smooth noise; shuffled: pixels mixed up."""
    chance = np.random.default_rng(seed)
    y = np.arange(count) % 2
    coarse = chance.normal(size=(count, side // 4, side // 4))
    images = 20 * np.kron(coarse, np.ones((4, 4))) + 5 * chance.normal(size=(count, side, side))
    marks = np.zeros((2, 3, 3))
    marks[0, 1, :] = marks[0, :, 1] = 120
    marks[1][np.eye(3, dtype=bool) | np.eye(3, dtype=bool)[::-1]] = 120
    for image, top, left, kind in zip(
        images, *chance.integers(0, side - 2, (2, count)), y, strict=True
    ):
        image[top : top + 3, left : left + 3] += marks[kind]
    flat = np.clip(images + 100, 0, 255).astype(np.uint8).reshape(count, -1)
    if shuffled:
        flat = flat[:, chance.permutation(side * side)]
    columns = {
        "image": flat.reshape(count, 1, side, side),
        "shape": pl.Series(np.where(y == 1, "cross", "plus")),
    }
    return Dataset.from_columns(columns, target="shape")


def entry(name, **facts):
    """A catalog entry of a card alone."""
    facts = {"tasks": BOTH, "year": 2000, **facts}
    card = Card(title=name.capitalize(), paper="A paper.", **facts)
    return Entry(name, name.capitalize(), "test", f"no_such_module_{name}", Path(), "A page.", card)


CONSTANT = entry("constant", capacity=0, baseline=True)
LINE = entry("line", capacity=1, baseline=True, needs_examples=20)
NEIGHBOURS = entry("neighbours", baseline=True, rule="neighbours", needs_examples=20)
TREES = entry("trees", baseline=True, rule="trees", needs_examples=50)
DENSE = entry("dense", capacity=2, needs_examples=100)
WINDOWS = entry("windows", capacity=3, needs_examples=300, local=True, inputs=("image",))
DEEP = entry("deep", capacity=4, needs_examples=10_000, local=True, inputs=("image",))
CATALOG = (CONSTANT, LINE, NEIGHBOURS, TREES, DENSE, WINDOWS, DEEP)
