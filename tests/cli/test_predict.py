from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from PIL import Image

import fieldguide as fg
from fieldguide.algorithms.perceptron.mlp import MLP

if TYPE_CHECKING:
    from tests.cli.conftest import Command

HEADER = "sepal length (cm),sepal width (cm),petal length (cm),petal width (cm)"


def test_csv_on_a_pipe(command: Command, iris_model: Path) -> None:
    answer = command("predict", iris_model, "iris")
    rows = list(csv.DictReader(io.StringIO(answer.out)))
    assert [row["prediction"] for row in rows] == fg.load(iris_model).predict("iris").tolist()
    assert rows[0]["row"] == "1"


def test_probabilities_and_a_file(command: Command, iris_model: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out.csv"
    answer = command("predict", iris_model, "iris", "-o", out, "--probabilities")
    assert answer.status == 0 and "150 predictions written" in answer.out
    frame = pl.read_csv(out)
    shares = frame.select(pl.selectors.starts_with("probability of ")).to_numpy()
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert frame.columns[2] == "probability of setosa"


def test_new_rows_need_no_target_and_none_is_guessed(
    command: Command, iris_model: Path, tmp_path: Path
) -> None:
    path = tmp_path / "new.csv"
    path.write_text(f"{HEADER},species\n5.1,3.5,1.4,0.2,\n6,3,,1.8,\n")
    answer = command("predict", iris_model, path, "--json")
    assert answer.status == 0, answer.err
    found = answer.document["predictions"]
    assert [row["row"] for row in found] == [2, 3]
    assert found[0]["prediction"] == "setosa"


def test_a_missing_column_is_named(command: Command, iris_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    path.write_text("sepal length (cm),petal\n5.1,1.4\n4.2,3.3\n")
    answer = command("predict", iris_model, path)
    assert answer.status == 2
    assert "sepal width (cm)" in answer.err and str(path) in answer.err


def test_evaluate(command: Command, iris_model: Path, tmp_path: Path) -> None:
    scores = command("evaluate", iris_model, "iris", "--json").document["scores"]
    assert scores["accuracy"] == fg.load(iris_model).evaluate("iris")["accuracy"] > 0.8
    assert "accuracy" in command("evaluate", iris_model, "iris").out
    path = tmp_path / "unlabelled.csv"
    path.write_text(f"{HEADER}\n5.1,3.5,1.4,0.2\n6,3,1,1.8\n")
    answer = command("evaluate", iris_model, path)
    assert answer.status == 2 and "no column 'species'" in answer.err


def test_regression_has_no_probabilities(command: Command, tmp_path: Path) -> None:
    MLP(epochs=1, device="cpu").fit("diabetes").save(tmp_path / "m")
    assert command("predict", tmp_path / "m", "diabetes").status == 0
    answer = command("predict", tmp_path / "m", "diabetes", "-p")
    assert answer.status == 2 and "regression, which has no probabilities" in answer.err


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    chance = np.random.default_rng(0)
    for name, level in (("dark", 60), ("light", 190)):
        (folder / name).mkdir()
        for index in range(12):
            pixels = chance.integers(level - 50, level + 50, (9, 8, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{index}.png")
    return folder


def test_images_with_and_without_classes(command: Command, photos: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    MLP(hidden=(8,), epochs=40, lr=0.01, device="cpu").fit(photos).save(model)
    scores = command("evaluate", model, photos, "--json").document["scores"]
    assert scores["accuracy"] > 0.9
    one = command("predict", model, photos / "dark" / "0.png", "--json").document
    assert one["predictions"] == [{"file": "0.png", "prediction": "dark"}]
    loose = tmp_path / "loose"
    loose.mkdir()
    for name in ("dark", "light"):
        Image.open(photos / name / "1.png").resize((30, 20)).save(loose / f"{name}.jpg")
    (loose / "broken.png").write_bytes(b"not a picture")
    answer = command("predict", model, loose)
    rows = list(csv.DictReader(io.StringIO(answer.out)))
    assert [row["prediction"] for row in rows] == ["dark", "light"]
    assert "1 of 3 excluded" in answer.err


def test_export(command: Command, iris_model: Path, tmp_path: Path) -> None:
    out = tmp_path / "iris.onnx"
    answer = command("export", iris_model, "-o", out, "--examples", "iris", "--json")
    assert answer.status == 0, answer.err
    document = answer.document
    assert document["agreement"]["examples"] == 150 and document["classes"][0] == "setosa"
    assert out.stat().st_size == document["bytes"]
    text = command("export", iris_model, "-o", out).out
    assert "Compared with the model on 256 examples" in text
