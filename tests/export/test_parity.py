from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import polars as pl
import pytest
import torch
from sklearn import datasets

import fieldguide as fg
from fieldguide import export
from fieldguide.data import Dataset
from fieldguide.errors import ExportMismatch, UsageError
from fieldguide.export import parity


def mlp(**more: Any) -> fg.MLP:
    return fg.MLP(**{"hidden": (8,), "epochs": 2, "device": "cpu", **more})


def run(path: Path, feeds: dict[str, np.ndarray]) -> dict[str, Any]:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    outputs = [port.name for port in session.get_outputs()]
    return dict(zip(outputs, session.run(outputs, feeds), strict=True))


def facts(path: Path) -> dict[str, str]:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.get_modelmeta().custom_metadata_map


def mixed(rows: int = 60) -> Dataset:
    chance = np.random.default_rng(0)
    ages = chance.normal(40, 12, rows)
    ages[::9] = np.nan
    cities = [("Rome", "Oslo", None, "São Paulo")[i] for i in chance.integers(0, 4, rows)]
    since = [datetime(2020, 1, 1) + timedelta(hours=31 * i) for i in range(rows)]
    columns = {
        "age": pl.Series(ages).fill_nan(None),
        "city": pl.Series(cities, dtype=pl.String),
        "member": pl.Series([bool(i % 2) for i in range(rows)]),
        "since": pl.Series(since),
        "label": pl.Series(chance.normal(size=rows)),
        "bought": pl.Series(["yes" if i % 3 else "no" for i in range(rows)]),
    }
    data = Dataset.from_columns(columns, target="bought")
    return with_kind(data, since="datetime")


def with_kind(data: Dataset, **kinds: str) -> Dataset:
    from dataclasses import replace

    fields = {
        name: replace(field, kind=kinds.get(name, field.kind))  # type: ignore[arg-type]
        for name, field in data.fields.items()
    }
    return replace(data, fields=fields)


def test_mixed_columns_go_in_as_they_are(tmp_path: Path) -> None:
    data = mixed()
    model = mlp().fit(data)
    path = model.export(tmp_path / "model.onnx", data)
    answers = run(path, export.feed(model.task_.inputs, data))
    assert answers["label"].tolist() == model.predict(data).tolist()
    np.testing.assert_allclose(answers["probabilities"], model.predict_proba(data), atol=1e-6)


def test_feeding_by_hand(tmp_path: Path) -> None:
    model = mlp().fit(mixed())
    path = model.export(tmp_path / "model.onnx")
    row = {
        "age": np.array([np.nan, 31.5]),
        "city": np.array(["", "Atlantis"], dtype=object),
        "member": np.array([1.0, np.nan]),
        "since": np.array([1.6e9, np.nan]),
        "label_input": np.array([0.0, 1.0]),
    }
    columns = {
        "age": pl.Series([None, 31.5]),
        "city": pl.Series([None, "Atlantis"]),
        "member": pl.Series([True, None]),
        "since": pl.Series([datetime(2020, 9, 13, 12, 26, 40), None], dtype=pl.Datetime("us")),
        "label": pl.Series([0.0, 1.0]),
    }
    new = Dataset(fields={}, columns=columns)
    np.testing.assert_allclose(run(path, row)["probabilities"], model.predict_proba(new), atol=1e-6)


def test_regression_comes_out_in_the_users_units(tmp_path: Path) -> None:
    X, y = datasets.load_diabetes(return_X_y=True)
    model = mlp().fit(X, y)
    path = model.export(tmp_path / "model.onnx", X)
    value = run(path, {"x": X})["value"]
    assert value.shape == (len(X),)
    np.testing.assert_allclose(value, model.predict(X), rtol=1e-5)


def test_several_targets(tmp_path: Path) -> None:
    X = np.random.default_rng(0).normal(size=(50, 3))
    data = Dataset.from_columns({"x": X, "y": X[:, :2] * 1e6 + 5}, target="y")
    model = mlp().fit(data)
    path = model.export(tmp_path / "model.onnx")
    np.testing.assert_allclose(run(path, {"x": X})["value"], model.predict(data), rtol=1e-4)


def test_categories_alone(tmp_path: Path) -> None:
    columns = {
        "a": pl.Series(["x", "y", "z"] * 10),
        "b": pl.Series(["p", "q"] * 15),
        "y": pl.Series([1, 5, 1] * 10),
    }
    data = Dataset.from_columns(columns, target="y")
    model = mlp().fit(data)
    path = model.export(tmp_path / "model.onnx", data)
    label = run(path, export.feed(model.task_.inputs, data))["label"]
    assert label.dtype == np.int64 and label.tolist() == model.predict(data).tolist()


def test_text_goes_in_as_weights_and_the_file_says_so(tmp_path: Path) -> None:
    columns = {
        "review": pl.Series(["good film", "bad film", "good plot and cast", "so bad"] * 8),
        "y": pl.Series(["up", "down", "up", "down"] * 8),
    }
    data = with_kind(Dataset.from_columns(columns, target="y"), review="text")
    model = mlp().fit(data)
    path = model.export(tmp_path / "model.onnx", data)
    (described,) = json.loads(facts(path)["inputs"])
    assert described["type"] == "float32" and "NOT the text" in described["meaning"]
    weights = model.task_.inputs.codecs["review"].encode(data.column("review"))
    assert run(path, {"review": weights})["label"].tolist() == model.predict(data).tolist()


def pictures(count: int = 24, size: int = 12) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(0)
    X = chance.integers(0, 256, (count, 3, size, size), dtype=np.uint8)
    return X, np.array(["cat", "dog"] * (count // 2))


def test_pictures_are_resized_inside(tmp_path: Path) -> None:
    X, y = pictures()
    model = mlp().fit(X, y)
    path = model.export(tmp_path / "model.onnx", X)
    np.testing.assert_allclose(
        run(path, {"x": X})["probabilities"], model.predict_proba(X), atol=1e-6
    )
    smooth = np.kron(X[:, :, ::4, ::4], np.ones((1, 1, 10, 9))).astype(np.uint8)
    np.testing.assert_allclose(
        run(path, {"x": smooth})["probabilities"], model.predict_proba(smooth), atol=0.02
    )


@pytest.mark.parametrize("shape", [(12, 12), (31, 33), (200, 90), (7, 5), (8, 60), (400, 400)])
def test_resize_is_within_one_step_of_the_codec(shape: tuple[int, int]) -> None:
    from fieldguide.codecs import Picture
    from fieldguide.export.columns import encode
    from fieldguide.export.graph import Graph, Port

    codec = Picture(3, 20, 24, (0.0,) * 3, (1.0,) * 3)
    graph = Graph()
    pixels = encode(graph, "x", codec)
    graph.give_out(pixels, Port("pixels", "float32", ("batch", 3, 20, 24), ""))
    session = onnxruntime.InferenceSession(graph.model({}, "").SerializeToString())
    X = np.random.default_rng(0).integers(0, 256, (2, 3, *shape), dtype=np.uint8)
    given = session.run(None, {"x": X})[0]
    assert np.abs(given - codec.encode(X).astype(float)).max() <= 1


def test_pictures_of_fractions_keep_their_size_and_units(tmp_path: Path) -> None:
    X, y = pictures()
    X = (X / 255).astype(np.float32)
    model = mlp().fit(X, y)
    path = model.export(tmp_path / "model.onnx")
    np.testing.assert_allclose(
        run(path, {"x": X})["probabilities"], model.predict_proba(X), atol=1e-6
    )


def test_metadata_describe_the_file(tmp_path: Path) -> None:
    path = mlp().fit(mixed()).export(tmp_path / "model.onnx")
    known = facts(path)
    assert known["task"] == "classification" and known["target"] == "bought"
    assert json.loads(known["classes"]) == ["no", "yes"]
    inputs = {one["name"]: one for one in json.loads(known["inputs"])}
    assert inputs["age"]["missing"] == "NaN" and inputs["city"]["type"] == "string"
    assert json.loads(known["agreement"])["examples"] == parity.MOST_EXAMPLES


class Spoilt(torch.nn.Module):
    """Says the opposite of another network."""

    def __init__(self, network: torch.nn.Module):
        super().__init__()
        self.network = network

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.network(x).flip(1)


def test_a_file_that_disagrees_is_not_written(tmp_path: Path) -> None:
    X, y = datasets.load_iris(return_X_y=True)
    model = mlp(epochs=10).fit(X, y)
    path = tmp_path / "model.onnx"
    path.write_text("an earlier file")
    with pytest.raises(ExportMismatch, match=r"probabilities differ by up to 0\.\d+; \d+ labels"):
        spoilt = Spoilt(model.network_)
        export.to_onnx(
            spoilt,
            model.task_,
            path,
            forward=lambda batch: spoilt(batch.x),
            outputs=model._outputs,
        )
    assert path.read_text() == "an earlier file"
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = datasets.load_iris(return_X_y=True)
    model = mlp(epochs=1).fit(X, y)
    monkeypatch.setattr(export.extra, "PACKAGES", ("onnx", "no_such_package"))
    with pytest.raises(UsageError, match=r"no_such_package.*pip install 'fieldguide\[export\]'"):
        model.export(tmp_path / "model.onnx")


def test_what_cannot_be_exported_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    X, y = datasets.load_iris(return_X_y=True)
    model = mlp(epochs=1).fit(X, y)
    monkeypatch.setattr(fg.MLP, "card", replace(fg.MLP.card, exportable=False))
    with pytest.raises(UsageError, match="cannot be exported"):
        model.export(tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())
