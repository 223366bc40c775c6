from __future__ import annotations

import numpy as np
import pytest
import torch
from baseline_data import array_set, as_data, mixed_frame
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import fieldguide as fg
from fieldguide.algorithms.baseline import _linear
from fieldguide.algorithms.baseline._linear import design

TIGHT = {"tol": 1e-10, "max_iter": 5_000}


def encoded(model, data):
    return model.task_.encode(data, with_target=False).x


def preparation():
    """What the codecs do, in scikit-learn's words."""
    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True))
    return make_column_transformer(
        (numbers, ["size", "age"]),
        (OneHotEncoder(), ["town", "code"]),
        ("passthrough", ["member"]),
    )


@pytest.mark.parametrize("name", ["iris", "wine", "digits"])
def test_logistic_regression_equals_scikit_learn(name):
    inputs, targets = array_set(name)
    model = fg.LogisticRegression(regularisation=2.0).fit(inputs, targets)
    table = encoded(model, fg.Dataset.from_columns({"x": inputs})).double().numpy()
    truth = LogisticRegression(C=0.5, max_iter=1000).fit(table, targets)
    np.testing.assert_allclose(model.predict_proba(inputs), truth.predict_proba(table), atol=1e-6)
    assert model.notes_ == []


def test_logistic_regression_of_two_classes():
    inputs, targets = array_set("iris")
    inputs, targets = inputs[50:], np.where(targets[50:] == 1, "versicolor", "virginica")
    model = fg.LogisticRegression().fit(inputs, targets)
    table = StandardScaler().fit_transform(inputs)
    truth = LogisticRegression(max_iter=1000).fit(table, targets)
    assert model.predict(inputs).tolist() == truth.predict(table).tolist()
    np.testing.assert_allclose(model.predict_proba(inputs), truth.predict_proba(table), atol=1e-4)


def test_ridge_regression_equals_scikit_learn():
    inputs, targets = array_set("diabetes")
    model = fg.RidgeRegression(regularisation=3.0).fit(inputs, targets)
    truth = make_pipeline(StandardScaler(), Ridge(alpha=3.0)).fit(inputs, targets)
    np.testing.assert_allclose(model.predict(inputs), truth.predict(inputs), rtol=1e-6)


@pytest.mark.parametrize("dense", [1 << 26, 0])
@pytest.mark.parametrize("target", ["grade", "score"])
def test_mixed_tables_equal_scikit_learn_on_one_hot_categories(target, dense, monkeypatch):
    monkeypatch.setattr(_linear, "DENSE", dense)
    data = as_data(mixed_frame(), target)
    kind = fg.LogisticRegression if target == "grade" else fg.RidgeRegression
    model = kind().fit(data)
    x = encoded(model, data)
    table = design(x, model.task_.inputs.cardinalities)
    assert isinstance(table, np.ndarray) == bool(dense)
    hot = [np.eye(n)[x["categories"][:, c]] for c, n in enumerate(model.task_.inputs.cardinalities)]
    expected_table = np.concatenate([x["numbers"].double().numpy(), *hot], axis=1)
    given = expected_table if dense else table
    if target == "grade":
        truth = LogisticRegression(max_iter=1000).fit(given, mixed_frame()[target])
        np.testing.assert_allclose(model.predict_proba(data), truth.predict_proba(given), atol=1e-6)
    else:
        y = mixed_frame()[target].to_numpy()
        truth = Ridge(alpha=1.0).fit(expected_table, (y - y.mean()) / y.std())
        expected = truth.predict(expected_table) * y.std() + y.mean()
        np.testing.assert_allclose(model.predict(data), expected, atol=1e-5 if dense else 1e-2)


def test_a_word_never_seen_is_none_of_those_known():
    frame = mixed_frame()
    model = fg.RidgeRegression().fit(as_data(frame, "score"))
    strange = frame.assign(code="c-unheard-of")
    x = encoded(model, as_data(strange, "score"))
    assert (x["categories"][:, 1] == 0).all()
    assert np.isfinite(model.predict(as_data(strange, "score"))).all()


def test_it_says_when_the_solver_did_not_converge(tmp_path):
    inputs, targets = array_set("digits")
    model = fg.LogisticRegression(most_passes=3).fit(inputs, targets)
    assert "most_passes=30" in model.notes_[0]
    model.save(tmp_path / "model")
    assert fg.load(tmp_path / "model").notes_ == model.notes_


def test_a_time_limit_ends_the_passes():
    inputs, targets = array_set("digits")
    model = fg.LogisticRegression(time_limit=1e-3).fit(inputs, targets)
    assert model.notes_
    assert model.evaluate(inputs, targets)["accuracy"] > 0.8
    patient = fg.LogisticRegression(time_limit=1e6).fit(inputs, targets)
    assert patient.notes_ == []


def test_no_regularisation_recovers_a_line():
    inputs = np.random.default_rng(0).normal(size=(50, 2))
    model = fg.RidgeRegression(regularisation=0.0).fit(inputs, inputs @ [2.0, -1.0] + 4.0)
    assert model.predict(np.zeros((1, 2)))[0] == pytest.approx(4.0, abs=1e-5)


def test_pictures_are_flattened():
    pictures = np.random.default_rng(0).random((40, 1, 4, 4), dtype=np.float32)
    labels = (pictures.mean(axis=(1, 2, 3)) > 0.5).astype(int)
    data = fg.Dataset.from_columns({"x": pictures, "y": _series(labels)}, target="y")
    model = fg.LogisticRegression().fit(data)
    assert model.network_(torch.zeros(2, 1, 4, 4)).shape == (2, 2)
    assert model.evaluate(data)["accuracy"] > 0.7


def _series(values):
    import polars as pl

    return pl.Series("y", values)
