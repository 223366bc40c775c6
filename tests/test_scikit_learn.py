"""Estimators among scikit-learn's: its own checks, and the tools that people use them with."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn import datasets
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import DataConversionWarning, NotFittedError
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import fieldguide as fg
from fieldguide.errors import DataError

QUICK = {"epochs": 30, "hidden": (32,), "batch_size": 16, "lr": 5e-3}
SMALL_TREES = {"rounds": 20, "leaf_examples": 3}

CHECKED = [
    fg.MLP(**QUICK),
    fg.MLP(**QUICK, task="classification"),
    fg.MLP(**QUICK, task="regression"),
    fg.Perceptron(),
    fg.Majority(),
    fg.Mean(),
    fg.LogisticRegression(),
    fg.RidgeRegression(),
    fg.NearestNeighbours(),
    fg.NearestNeighbours(task="regression"),
    fg.GradientBoosting(**SMALL_TREES),
    fg.GradientBoosting(**SMALL_TREES, task="regression"),
]


def expected_failures(estimator: Any) -> dict[str, str]:
    """The checks that cannot hold, with the reason."""
    if estimator.task == "auto" and len(estimator.card.tasks) > 1:
        return {
            "check_classifiers_regression_target": "with task='auto' a continuous target is no "
            "mistake: it means regression"
        }
    return {}


@parametrize_with_checks(CHECKED, expected_failed_checks=expected_failures, xfail_strict=True)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


@pytest.fixture
def iris() -> tuple[np.ndarray, np.ndarray]:
    """Iris with its classes by name, sorted by class."""
    inputs, codes = datasets.load_iris(return_X_y=True)
    return inputs, datasets.load_iris().target_names[codes]


def mixed(library):
    """A frame of every kind of column, in pandas or polars, and its target."""
    chance = np.random.default_rng(0)
    size = chance.normal(50.0, 10.0, 300)
    town = chance.choice(["Ulm", "Bonn", "Kiel"], 300)
    open_ = chance.random(300) < 0.5
    first = datetime.datetime(2024, 1, 1)
    since = [first + datetime.timedelta(days=int(day)) for day in chance.integers(0, 700, 300)]
    high = size + 20 * (town == "Ulm") + 10 * open_ > 60
    columns = {"size": size, "town": town, "open": open_, "since": since}
    columns = {name: list(values) for name, values in columns.items()}
    columns["size"][7] = columns["town"][11] = None
    return library.DataFrame(columns), np.where(high, "high", "low")


def quick(**options):
    return fg.MLP(**{**QUICK, **options})


def test_clone_keeps_what_was_given_and_nothing_learnt(iris):
    model = quick(dropout=0.25).fit(*iris)
    again = clone(model)
    assert again.get_params() == model.get_params()
    assert again.dropout == 0.25
    with pytest.raises(NotFittedError):
        again.predict(iris[0])


def test_pipeline(iris):
    model = make_pipeline(StandardScaler(), quick()).fit(*iris)
    assert model.score(*iris) > 0.9
    assert model.predict_proba(iris[0]).shape == (150, 3)
    assert model.classes_.tolist() == ["setosa", "versicolor", "virginica"]


def test_grid_search(iris):
    search = GridSearchCV(quick(), {"hidden": [(), (16,)], "lr": [1e-4, 5e-3]}, cv=3)
    search.fit(*iris)
    assert search.best_params_["lr"] == 5e-3
    assert search.best_score_ > 0.85
    assert set(search.predict(iris[0])) <= set(iris[1])


def test_cross_validation_of_sorted_classes_keeps_their_shares(iris):
    assert cross_val_score(quick(), *iris, cv=3).min() > 0.85
    for log_loss in -cross_val_score(quick(), *iris, cv=3, scoring="neg_log_loss"):
        assert 0 < log_loss < 0.5


def test_cross_validation_of_a_regression():
    inputs, targets = datasets.load_diabetes(return_X_y=True)
    scores = cross_val_score(quick(task="regression"), inputs, targets, cv=3)
    assert scores.mean() > 0.3
    expected = cross_val_score(quick(task="regression"), inputs, targets, cv=3, scoring="r2")
    np.testing.assert_allclose(scores, expected, atol=1e-5)


def test_cross_val_predict_gives_the_users_own_values(iris):
    predicted = cross_val_predict(fg.LogisticRegression(), *iris, cv=3)
    assert predicted.dtype.kind in "OU"
    assert np.mean(predicted == iris[1]) > 0.9


def test_permutation_importance():
    inputs, targets = datasets.load_diabetes(return_X_y=True)
    found = permutation_importance(
        fg.RidgeRegression().fit(inputs, targets), inputs, targets, n_repeats=2, random_state=0
    )
    assert set(np.argsort(found.importances_mean)[-3:]) & {2, 8}  # body mass index, blood sugar


@pytest.mark.parametrize(
    ("model", "classifies"),
    [
        (fg.MLP(), True),
        (fg.MLP(task="regression"), False),
        (fg.RidgeRegression(), False),
        (fg.Perceptron(), True),
    ],
)
def test_what_kind_of_estimator_it_is(model, classifies):
    assert is_classifier(model) == classifies
    assert is_regressor(model) == (not classifies)


def test_a_fitted_estimator_is_what_its_task_was(iris):
    assert is_classifier(fg.NearestNeighbours().fit(*iris))
    inputs, targets = datasets.load_diabetes(return_X_y=True)
    fitted = fg.NearestNeighbours().fit(inputs, targets + 0.5)
    assert is_regressor(fitted)
    assert not hasattr(fitted, "predict_proba")
    assert not hasattr(fitted, "classes_")


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (np.array(["no", "yes"]), "OU"),
        (np.array([-3, 12]), "i"),
        (np.array([False, True]), "b"),
        (np.array([1.0, 2.0]), "f"),
        (pd.Categorical(["red", "blue"]), "OU"),
        (pl.Series(["a", "b"]), "OU"),
    ],
)
@pytest.mark.parametrize("algorithm", [fg.Perceptron, fg.GradientBoosting])
def test_labels_come_back_in_the_users_own_values(algorithm, labels, kind):
    inputs = np.repeat([[0.0, 1.0], [5.0, -1.0]], 30, axis=0)
    inputs += np.random.default_rng(0).normal(size=inputs.shape) / 10
    codes = np.repeat([0, 1], 30)
    given = labels[codes] if isinstance(labels, pl.Series) else labels.take(codes)
    model = algorithm(task="classification").fit(inputs, given)
    predicted = model.predict(inputs)
    assert predicted.dtype.kind in kind
    assert predicted.tolist() == np.asarray(given).tolist()
    assert sorted(model.classes_.tolist()) == sorted(np.asarray(labels).tolist())


@pytest.mark.parametrize("library", [pd, pl])
@pytest.mark.parametrize(
    "model",
    [quick(), fg.Perceptron(), fg.GradientBoosting(), fg.NearestNeighbours()],
    ids=lambda model: type(model).__name__,
)
def test_frames_of_mixed_columns_go_in(library, model):
    frame, labels = mixed(library)
    model = clone(model).fit(frame, labels)
    assert model.score(frame, labels) > 0.8
    assert model.n_features_in_ == 4
    assert model.feature_names_in_.tolist() == ["size", "town", "open", "since"]
    assert set(model.predict(frame[:5])) <= {"high", "low"}


def test_pandas_and_polars_mean_the_same():
    (pandas, labels), (polars, _) = mixed(pd), mixed(pl)
    model = quick().fit(pandas, labels)
    np.testing.assert_array_equal(model.predict_proba(pandas), model.predict_proba(polars))
    again = quick().fit(polars, labels)
    np.testing.assert_array_equal(model.predict_proba(pandas), again.predict_proba(pandas))


def test_columns_are_matched_by_name_in_any_order():
    frame, labels = mixed(pd)
    model = fg.GradientBoosting().fit(frame, labels)
    other = frame[["since", "open", "size", "town"]].assign(colour="green")
    np.testing.assert_array_equal(model.predict_proba(other), model.predict_proba(frame))


def test_a_column_that_is_missing_is_named():
    frame, labels = mixed(pd)
    model = fg.GradientBoosting().fit(frame, labels)
    with pytest.raises(DataError, match="'town'"):
        model.predict(frame.drop(columns="town"))


def test_a_few_new_rows_are_read_as_training_was(tmp_path):
    frame, labels = mixed(pd)
    frame["code"] = [f"{number:,}" for number in 1000 * np.arange(300)]  # "12,000" is a number
    model = fg.GradientBoosting().fit(frame, labels)
    whole = model.predict_proba(frame)
    np.testing.assert_array_equal(model.predict_proba(frame[:1]), whole[:1])
    model.save(tmp_path / "model")
    again = fg.load(tmp_path / "model")
    np.testing.assert_array_equal(again.predict_proba(frame[:3]), whole[:3])
    assert again.feature_names_in_.tolist() == model.feature_names_in_.tolist()
    assert again.n_features_in_ == 5


def test_an_array_for_a_frame_and_a_frame_for_an_array(iris):
    inputs, labels = iris
    frame = pd.DataFrame(inputs, columns=["a", "b", "c", "d"])
    named, plain = fg.RidgeRegression(), fg.RidgeRegression()
    codes = np.unique(labels, return_inverse=True)[1]
    named.fit(frame, codes)
    plain.fit(inputs, codes)
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        np.testing.assert_allclose(named.predict(inputs), named.predict(frame))
    with pytest.warns(UserWarning, match="has feature names, but"):
        np.testing.assert_allclose(plain.predict(frame), plain.predict(inputs))
    with pytest.raises(DataError, match="3 features, but RidgeRegression is expecting 4"):
        named.predict(inputs[:, :3])
    assert not hasattr(plain, "feature_names_in_")


def test_images_have_no_features_to_count():
    pictures = np.random.default_rng(0).integers(0, 256, (30, 8, 8), dtype=np.uint8)
    model = fg.NearestNeighbours().fit(pictures, np.repeat(["a", "b"], 15))
    assert not hasattr(model, "n_features_in_")
    assert len(model.predict(pictures[:4])) == 4


def test_what_is_no_number_is_refused_in_arrays(iris):
    inputs, labels = iris
    holes = inputs.copy()
    holes[3, 1] = np.nan
    with pytest.raises(ValueError, match="contains NaN"):
        quick().fit(holes, labels)
    model = fg.NearestNeighbours().fit(inputs, labels)
    with pytest.raises(ValueError, match="contains NaN"):
        model.predict(holes)
    with pytest.raises(ValueError, match="1D array"):
        model.predict(inputs[0])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        quick().fit(inputs, labels[:-1])
    with pytest.raises(ValueError, match="requires y to be passed"):
        quick().fit(inputs)


def test_a_column_of_targets_is_flattened_with_a_warning(iris):
    inputs, labels = iris
    with pytest.warns(DataConversionWarning):
        model = fg.NearestNeighbours().fit(inputs, labels[:, None])
    assert model.predict(inputs).shape == (150,)


def test_the_order_of_examples_does_not_matter_in_prediction(iris):
    model = quick().fit(*iris)
    order = np.random.default_rng(0).permutation(150)
    np.testing.assert_allclose(
        model.predict_proba(iris[0][order]), model.predict_proba(iris[0])[order], atol=1e-6
    )


def test_an_algorithm_with_one_task_does_it_with_whole_numbers_too():
    inputs = np.random.default_rng(0).normal(size=(60, 2))
    counts = np.repeat([0, 1, 2], 20)
    assert fg.RidgeRegression().fit(inputs, counts).task_.name == "regression"
    assert fg.GradientBoosting().fit(inputs, counts).task_.name == "classification"
    many = np.arange(60) // 3
    assert fg.LogisticRegression().fit(inputs, many).task_.name == "classification"
    assert fg.GradientBoosting().fit(inputs, many).task_.name == "regression"


@pytest.mark.parametrize("model", [fg.Perceptron(), fg.MLP(task="classification")])
def test_classes_with_fractions_are_refused(model):
    inputs = np.random.default_rng(0).normal(size=(60, 2))
    with pytest.raises(ValueError, match="continuous"):
        model.fit(inputs, inputs[:, 0])
