"""Every kind of network that the catalog holds, exported and compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from fieldguide import catalog, export
from fieldguide.data import Dataset
from fieldguide.errors import ExportMismatch
from fieldguide.export import parity

QUICK = {"epochs": 1, "batch_size": 8, "device": "cpu"}
ON_PICTURES = ("lenet", "resnet")
ON_TABLES = ("logistic-regression", "gradient-boosting", "nearest-neighbours", "majority")


@pytest.mark.parametrize("name", ON_PICTURES)
def test_image_networks(name: str, tmp_path: Path) -> None:
    kind: Any = catalog.get(name).load()
    X = np.random.default_rng(0).integers(0, 256, (12, 3, 32, 32), dtype=np.uint8)
    model = kind(**QUICK).fit(X, np.array(["a", "b", "c"] * 4))
    path = model.export(tmp_path / "model.onnx", X)
    assert export.described(path)["agreement"]["largest_difference"] < 1e-5


def tied(kind: str) -> Dataset:
    """Examples most of which are as far from each other as many others are."""
    chance, columns = np.random.default_rng(0), {}
    if kind in ("words", "mixed"):
        columns |= {f"w{i}": pl.Series(chance.choice(["a", "b", "c"], 200)) for i in range(4)}
    if kind in ("numbers", "mixed"):
        columns |= {f"n{i}": pl.Series(chance.integers(0, 4, 200) * 0.1) for i in range(3)}
    columns["y"] = pl.Series(chance.choice(["u", "v"], 200))
    return Dataset.from_columns(columns, target="y")


@pytest.mark.parametrize("kind", ["words", "numbers", "mixed"])
def test_neighbours_that_are_equally_near(kind: str, tmp_path: Path) -> None:
    data = tied(kind)
    model = catalog.get("nearest-neighbours").load()().fit(data)
    found = export.described(model.export(tmp_path / "model.onnx", data))
    assert found["agreement"]["largest_difference"] < 1e-6


@pytest.mark.parametrize("name", ON_TABLES)
def test_baselines(name: str, tmp_path: Path) -> None:
    model = catalog.get(name).load()().fit("wine")
    found = export.described(model.export(tmp_path / "model.onnx", "wine"))
    assert found["agreement"]["examples"] == 178
    assert found["agreement"]["largest_difference"] < 1e-6
    assert found["classes"] == ["class_0", "class_1", "class_2"]


def test_a_file_that_cannot_run_is_a_mismatch(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"no model at all")
    with pytest.raises(ExportMismatch, match="onnxruntime cannot run the exported file"):
        parity._runner(tmp_path / "model.onnx")
