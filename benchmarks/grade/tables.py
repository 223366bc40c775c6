"""Tables of the suite: scikit-learn's, real ones, made-up ones with a known rule, and variants."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
import polars as pl
from sklearn import datasets

from benchmarks.grade.case import Case, block, root, some, table, wrong_labels
from fieldguide import formats
from fieldguide.data import Dataset


@cache
def _read(path: str, target: str) -> Dataset:
    return formats.read(root() / path, target=target)


def _adult(count: int) -> Dataset:
    return some(_read("adult", "income"), count)


def _adult_noisy() -> Dataset:
    data = _adult(4_000)
    noisy = wrong_labels(data.column("income").to_numpy(), 0.4)
    return Dataset.from_columns({**data.columns, "income": pl.Series(noisy)}, target="income")


def _california(count: int) -> Dataset:
    return some(_read("california-housing/housing.csv", "median_house_value"), count)


def _california_rotated() -> Dataset:
    """Columns mixed by a random rotation: no column means anything by itself."""
    data = _california(4_000)
    names = [name for name, known in data.inputs.items() if known.kind == "number"]
    x = np.stack([data.column(name).cast(pl.Float64).fill_null(0).to_numpy() for name in names], 1)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    turn, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(len(names), len(names))))
    return table(x @ turn, data.column("median_house_value").to_numpy().astype(float))


def _wine(colour: str, as_class: bool) -> Dataset:
    frame = pl.read_csv(root() / f"wine-quality/winequality-{colour}.csv", infer_schema_length=None)
    name = next(column for column in frame.columns if "quality" in column.lower())
    y = frame[name].to_numpy()
    rest = frame.drop(name)
    return table(
        rest.to_numpy().astype(float), y if as_class else y.astype(float), list(rest.columns)
    )


def _mammography() -> Dataset:
    path = root() / "mammography/mammography.csv"
    frame = pl.read_csv(path, has_header=False, quote_char="'")
    y = frame.to_series(frame.width - 1).cast(pl.Int64).to_numpy()
    return table(frame[:, :-1].to_numpy().astype(float), y)


def _esol() -> Dataset:
    data = _read("esol/delaney-processed.csv", "measured log solubility in mols per litre")
    columns = {
        name: column
        for name, column in data.columns.items()
        if name == data.target or (data.fields[name].kind == "number" and "ESOL" not in name)
    }
    return Dataset.from_columns(columns, target=data.target)


def _ecg() -> Dataset:
    rows = []
    for part in ("TRAIN", "TEST"):
        with gzip.open(root() / f"ecg5000/ECG5000_{part}.tsv.gz", "rt") as lines:
            rows += [[float(value) for value in line.split()] for line in lines]
    values = np.asarray(rows, dtype=np.float32)
    return block(values[:, 1:], values[:, 0].astype(int))


def _intents() -> Dataset:
    with (root() / "banking77/train.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    kept = sorted({row["category"] for row in rows})[:20]
    rows = [row for row in rows if row["category"] in kept]
    columns = {name: pl.Series([row[name] for row in rows]) for name in ("text", "category")}
    return Dataset.from_columns(columns, target="category")


def _oil() -> Dataset:
    frame = pl.read_csv(root() / "ett/ETTh1.csv").drop("date").sample(4_000, seed=0)
    x = frame.drop("OT")
    return table(x.to_numpy(), frame["OT"].to_numpy(), list(x.columns))


def _exchange() -> Dataset:
    with gzip.open(root() / "exchange-rate/exchange_rate.txt.gz", "rt") as lines:
        x = np.loadtxt(lines, delimiter=",")
    return table(x[:, :-1], x[:, -1])


def _parity() -> Dataset:
    """The class is the parity of three signs; ten more columns say nothing."""
    x = np.random.default_rng(0).normal(size=(2_500, 13))
    return table(x, (x[:, :3] > 0).sum(axis=1) % 2)


def _straight() -> Dataset:
    """A noisy linear rule over more columns than most algorithms can tell apart."""
    chance = np.random.default_rng(0)
    x = chance.normal(size=(400, 100))
    return table(x, x @ chance.normal(size=100) + 3 * chance.normal(size=400))


def _nothing() -> Dataset:
    chance = np.random.default_rng(0)
    return table(chance.normal(size=(800, 8)), chance.integers(0, 3, 800))


def _made(maker: Callable[..., tuple[np.ndarray, np.ndarray]], **settings: Any) -> Dataset:
    return table(*maker(**settings, random_state=0))


def _digits(count: int = 1_797) -> Dataset:
    x, y = datasets.load_digits(return_X_y=True)
    return some(block(x, y), count)


def _wines_real(name: str) -> Dataset:
    return formats.read(name)


TABLES: tuple[Case, ...] = (
    *(
        Case(name, name, partial(_wines_real, name))
        for name in ("iris", "wine", "breast-cancer", "diabetes")
    ),
    Case("digits as numbers", "digits", _digits),
    Case("digits as numbers, 150", "digits", partial(_digits, 150)),
    Case("adult, 300", "adult", partial(_adult, 300), "adult"),
    Case("adult, 5,000", "adult", partial(_adult, 5_000), "adult"),
    Case("adult, 25,000", "adult", partial(_adult, 25_000), "adult"),
    Case("adult, 40 % labels redrawn", "adult", _adult_noisy, "adult"),
    Case("california, 300", "california", partial(_california, 300), "california-housing"),
    Case("california, 5,000", "california", partial(_california, 5_000), "california-housing"),
    Case("california, 20,000", "california", partial(_california, 20_000), "california-housing"),
    Case("california, rotated", "california", _california_rotated, "california-housing"),
    Case("red wine, grade", "wine-quality", partial(_wine, "red", False), "wine-quality"),
    Case("red wine, class", "wine-quality", partial(_wine, "red", True), "wine-quality"),
    Case("white wine, class", "wine-quality", partial(_wine, "white", True), "wine-quality"),
    Case("mammography", "mammography", _mammography, "mammography"),
    Case("solubility", "esol", _esol, "esol"),
    Case("heartbeats", "ecg5000", _ecg, "ecg5000"),
    Case("bank intents", "banking77", _intents, "banking77"),
    Case("oil temperature", "ett", _oil, "ett"),
    Case("exchange rates", "exchange-rate", _exchange, "exchange-rate"),
    Case("friedman 1", "friedman", partial(_made, datasets.make_friedman1, n_samples=2_000)),
    Case("friedman 3", "friedman", partial(_made, datasets.make_friedman3, n_samples=600)),
    Case("two moons", "moons", partial(_made, datasets.make_moons, n_samples=1_000, noise=0.2)),
    Case(
        "gaussian quantiles",
        "quantiles",
        partial(_made, datasets.make_gaussian_quantiles, n_samples=2_000, n_features=10),
    ),
    Case(
        "fifty classes",
        "many classes",
        partial(
            _made,
            datasets.make_classification,
            n_samples=4_000,
            n_features=20,
            n_informative=15,
            n_classes=50,
            n_clusters_per_class=1,
        ),
    ),
    Case("parity of three", "parity", _parity),
    Case("straight, 100 columns", "straight", _straight),
    Case("nothing to learn", "nothing", _nothing),
)
