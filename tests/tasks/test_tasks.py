"""Tasks: scores are scikit-learn's, the choice has reasons, targets that cannot be are refused."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import torch
import torch.nn.functional as F
from sklearn import metrics

from fieldguide import tasks
from fieldguide.data import Batch, Dataset
from fieldguide.errors import DataError, ModelFolderError, UsageError
from fieldguide.tasks.classification import Classification
from fieldguide.tasks.regression import Regression
from tests import toys

CHANCE = np.random.default_rng(0)


def dataset(y: object, count: int | None = None) -> Dataset:
    column = pl.Series("y", y) if not isinstance(y, np.ndarray) or y.ndim == 1 else y
    rows = len(column) if count is None else count
    return Dataset.from_columns({"x": CHANCE.normal(size=(rows, 3)), "y": column}, target="y")


CLASSES = ["ant", "bee", "cat"]
TRUTH = CHANCE.choice(CLASSES, 60)
LOGITS = torch.from_numpy(CHANCE.normal(size=(60, 3)))


def test_the_scores_of_classification_are_scikit_learns() -> None:
    data = dataset(TRUTH)
    task = Classification.fit(data)
    y = task.encode(data).y
    scores, guess = task.scores(LOGITS, y), task.decode(LOGITS)
    shares = task.probabilities(LOGITS)
    assert list(task.classes) == CLASSES
    assert scores == pytest.approx(
        {
            "accuracy": metrics.accuracy_score(TRUTH, guess),
            "balanced_accuracy": metrics.balanced_accuracy_score(TRUTH, guess),
            "f1_macro": metrics.f1_score(TRUTH, guess, average="macro"),
            "log_loss": metrics.log_loss(TRUTH, shares, labels=CLASSES),
        }
    )
    assert task.score(LOGITS, y) == pytest.approx(scores["accuracy"])
    assert np.allclose(shares.sum(axis=1), 1)


def test_a_class_that_training_never_saw_counts_as_wrong() -> None:
    task = Classification.fit(dataset(TRUTH))
    strange = np.where(np.arange(60) < 6, "dog", TRUTH)
    scores = task.scores(LOGITS, task.encode(dataset(strange)).y)
    assert scores["accuracy"] == pytest.approx(np.mean(strange == task.decode(LOGITS)))
    assert np.isfinite(scores["log_loss"])
    only_strange = task.scores(LOGITS[:3], torch.full((3,), -1))
    assert only_strange["accuracy"] == 0


def test_the_scores_of_regression_are_scikit_learns_in_the_users_units() -> None:
    for y in (CHANCE.normal(100, 20, 60), CHANCE.normal(100, 20, (60, 2))):
        data = dataset(y)
        task = Regression.fit(data)
        outputs = torch.from_numpy(CHANCE.normal(size=(60, 1 if y.ndim == 1 else 2)))
        guess, scores = task.decode(outputs), task.scores(outputs, task.encode(data).y)
        assert guess.shape == y.shape
        assert scores == pytest.approx(
            {
                "r2": metrics.r2_score(y, guess),
                "rmse": metrics.root_mean_squared_error(y, guess),
                "mae": metrics.mean_absolute_error(y, guess),
            },
            rel=1e-5,
        )


def test_r2_of_a_truth_that_does_not_vary_is_zero() -> None:
    task = Regression.fit(dataset(CHANCE.normal(size=60)))
    assert task.score(torch.ones(3, 1), torch.zeros(3, 1)) == 0.0


@pytest.mark.parametrize("kind", [Classification, Regression])
def test_the_slope_is_the_derivative_of_the_loss(kind: type[tasks.Task]) -> None:
    y = TRUTH if kind is Classification else CHANCE.normal(size=60)
    task = kind.fit(dataset(y))
    targets = task.encode(dataset(y)).y
    batch = Batch(torch.zeros(60, 3), targets, torch.arange(60))
    outputs = torch.randn(60, 3 if kind is Classification else 1)
    loss, slope = task.slope(outputs, batch)
    leaf = outputs.clone().requires_grad_()
    expected = task.loss(leaf, batch)
    expected.backward()
    torch.testing.assert_close(loss, expected.detach())
    torch.testing.assert_close(slope, leaf.grad)


def test_the_slope_of_mixed_targets_is_the_derivative_too() -> None:
    task = Classification.fit(dataset(TRUTH))
    shares = torch.rand(4, 3).softmax(1)
    leaf = torch.randn(4, 3, requires_grad=True)
    batch = Batch(torch.zeros(4, 3), shares, torch.arange(4))
    task.loss(leaf, batch).backward()
    torch.testing.assert_close(task.slope(leaf, batch)[1], leaf.grad)


def test_shares_of_classes_are_targets_too() -> None:
    task = Classification.fit(dataset(TRUTH))
    y = task.encode(dataset(TRUTH)).y
    hard = Batch(torch.zeros(60, 3), y, torch.arange(60))
    soft = Batch(torch.zeros(60, 3), F.one_hot(y, 3).double(), torch.arange(60))
    assert torch.allclose(task.loss(LOGITS, hard), task.loss(LOGITS, soft))


@pytest.mark.parametrize(
    ("y", "name"),
    [
        (["a", "b"] * 20, "classification"),
        ([True, False] * 20, "classification"),
        ([0, 1, 2, 3] * 10, "classification"),
        ([0.0, 1.0] * 20, "classification"),
        (np.linspace(0, 1, 40), "regression"),
        (list(range(40)), "regression"),
        (CHANCE.normal(size=(40, 2)), "regression"),
    ],
)
def test_the_target_suggests_the_task_with_a_reason(y: object, name: str) -> None:
    kind, reason = tasks.choose(dataset(y))
    assert kind.name == name and reason


def test_no_target_and_unknown_names_are_refused() -> None:
    data = Dataset.from_columns({"x": np.zeros((5, 2))})
    with pytest.raises(DataError, match=r"no target.*--target"):
        tasks.choose(data, able=("classification", "regression"))
    with pytest.raises(DataError, match=r"needs a column to predict.*--target"):
        Classification.fit(data)
    with pytest.raises(UsageError, match=r"no task 'clasification'.*'classification'"):
        tasks.choose(data, "clasification")


def test_without_a_target_the_inputs_are_to_be_represented() -> None:
    kind, reason = tasks.choose(Dataset.from_columns({"x": np.eye(5)}))
    assert kind.name == "representation" and reason == "there is no target"


def test_who_learns_without_a_target_does_so_beside_one() -> None:
    kind, _ = tasks.choose(dataset(["a", "b"] * 5), able=("outliers", "generation"))
    assert kind.name == "outliers"


def test_one_class_is_refused() -> None:
    with pytest.raises(DataError, match=r"one class only \('a'\)"):
        Classification.fit(dataset(["a"] * 10))


@pytest.mark.parametrize(
    ("kind", "y"),
    [
        (Classification, ["a", None, "b", None]),
        (Regression, [1.0, None, 2.0, float("nan")]),
        (Regression, np.array([[1.0, 2.0], [np.nan, 2.0], [3.0, 4.0], [np.inf, 1.0]])),
    ],
)
def test_missing_targets_are_refused_with_their_row(kind: type[tasks.Task], y: object) -> None:
    data = dataset(y)
    with pytest.raises(DataError, match=r"memory, row 2, field 'y': .*2 example"):
        kind.fit(data)
    task = kind.fit(data.take(np.array([0, 2])))
    with pytest.raises(DataError, match=r"row 2"):
        task.encode(data)
    assert task.encode(data, with_target=False).y is None


@pytest.mark.parametrize("form", toys.FORMS)
@pytest.mark.parametrize("name", ["classification", "regression"])
def test_through_its_configuration_it_is_the_same_task(form: str, name: str) -> None:
    name = {"window": "forecasting", "rating": "recommendation"}.get(form, name)  # no other task
    data = toys.FORMS[form](name)
    kind, _ = tasks.choose(data)
    task = kind.fit(data)
    back = tasks.from_config(task.config())
    assert back == task and task.name == name and task.inputs.form == form
    ours, theirs = task.encode(data), back.encode(data)
    assert ours.digest() == theirs.digest()


def test_an_unknown_task_in_a_model_is_refused() -> None:
    with pytest.raises(ModelFolderError, match="'juggling'"):
        tasks.from_config({"task": "juggling"})


def test_codecs_learn_from_the_training_split_alone() -> None:
    data = toys.table("regression", 100)
    task = Regression.fit(data.take(np.arange(50)))
    size = data.column("size").to_numpy()[:50]
    assert task.inputs.codecs["size"].mean == pytest.approx(size.mean())


def test_a_column_that_prediction_lacks_is_named() -> None:
    data = toys.table("regression")
    task = Regression.fit(data)
    other = Dataset.from_columns({name: c for name, c in data.columns.items() if name != "age"})
    with pytest.raises(DataError, match=r"field 'age'.*none of that name.*size"):
        task.encode(other, with_target=False)
