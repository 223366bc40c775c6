from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn import datasets

import fieldguide as fg
from fieldguide.codecs.labels import Labels
from fieldguide.codecs.quantity import Quantity
from fieldguide.ensemble import Ensemble, in_common, pooled
from fieldguide.errors import ModelFolderError, UsageError


@pytest.fixture(scope="module")
def iris():
    return datasets.load_iris(return_X_y=True)


@pytest.fixture(scope="module")
def members(iris):
    x, y = iris
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    return [
        fg.LogisticRegression().fit(x, names),
        fg.MLP(hidden=(8,), epochs=3).fit(x, names),
        fg.GradientBoosting(rounds=5).fit(x, names),
    ]


def test_probabilities_are_the_weighted_mean(iris, members) -> None:
    x, _ = iris
    model = Ensemble.of(members, [3, 1, 1])
    mean = sum(w * m.predict_proba(x) for w, m in zip((0.6, 0.2, 0.2), members, strict=True))
    np.testing.assert_allclose(model.predict_proba(x), mean, atol=1e-9)
    assert (model.predict(x) == model.classes_[mean.argmax(axis=1)]).all()


def test_saved_and_loaded_it_predicts_the_same(tmp_path: Path, iris, members) -> None:
    x, y = iris
    model = Ensemble.of(members, [1, 2, 1])
    model.save(tmp_path / "model")
    assert {file.name for file in (tmp_path / "model").iterdir()} == {
        "config.json", "weights.safetensors",
    }  # fmt: skip
    again = fg.load(tmp_path / "model")
    assert isinstance(again, Ensemble)
    np.testing.assert_array_equal(again.predict_proba(x), model.predict_proba(x))
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    assert again.evaluate(x, names) == model.evaluate(x, names)
    assert again.notes_ == model.notes_ and "Multilayer perceptron (50 %)" in model.notes_[0]


def test_quantities_are_averaged_in_the_users_units() -> None:
    x, y = datasets.load_diabetes(return_X_y=True)
    halves = [
        fg.RidgeRegression().fit(x[:200], y[:200]),
        fg.RidgeRegression().fit(x[200:], y[200:]),
    ]
    model = Ensemble.of(halves, [1, 3])
    mean = 0.25 * halves[0].predict(x) + 0.75 * halves[1].predict(x)
    np.testing.assert_allclose(model.predict(x), mean, rtol=1e-5)
    assert model.score(x, y) == pytest.approx(1 - np.var(y - mean) / np.var(y), abs=0.02)


def test_members_may_know_different_classes() -> None:
    few, all_ = Labels(("a", "c"), "object"), Labels(("a", "b", "c"), "object")
    spread = in_common(torch.tensor([[0.0, 0.0]]), few, all_)
    np.testing.assert_allclose(spread, [[0.5, 0.0, 0.5]])
    logs = pooled([spread, np.array([[0.0, 1.0, 0.0]])], [0.5, 0.5], all_)
    np.testing.assert_allclose(logs.exp(), [[0.25, 0.5, 0.25]], atol=1e-9)


def test_other_standards_are_translated() -> None:
    own, common = Quantity((10.0,), (2.0,)), Quantity((0.0,), (1.0,))
    np.testing.assert_allclose(in_common(torch.tensor([[1.0]]), own, common), [[12.0]])


def test_it_cannot_be_fitted_or_exported(tmp_path: Path, iris, members) -> None:
    with pytest.raises(UsageError, match="learnt already"):
        Ensemble().fit(*iris)
    with pytest.raises(UsageError, match="cannot be exported"):
        Ensemble.of(members, [1, 1, 1]).export(tmp_path / "model.onnx")
    with pytest.raises(UsageError, match="a weight above 0"):
        Ensemble.of(members, [1, 1])


@pytest.mark.parametrize("damage", ["members", "algorithm"])
def test_a_damaged_folder_is_named(tmp_path: Path, members, damage: str) -> None:
    Ensemble.of(members, [1, 1, 1]).save(tmp_path / "model")
    path = tmp_path / "model" / "config.json"
    config = json.loads(path.read_text())
    if damage == "members":
        del config["members"]
    else:
        config["members"][0]["algorithm"] = "os:system"
    path.write_text(json.dumps(config))
    with pytest.raises(ModelFolderError):
        fg.load(tmp_path / "model")
