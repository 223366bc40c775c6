"""Task recommendation: scores, and what they are measured by."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import torch

import fieldguide as fg
from fieldguide import tasks
from fieldguide.data import Dataset
from fieldguide.errors import DataError, TaskMismatch
from fieldguide.tasks.recommendation import Recommendation
from tests import toys


@pytest.fixture(scope="module")
def data() -> Dataset:
    return toys.ratings()


@pytest.fixture(scope="module")
def task(data: Dataset) -> Recommendation:
    return Recommendation.fit(data)


def test_named_columns_pose_it(data: Dataset) -> None:
    kind, reason = tasks.choose(data)
    assert kind is Recommendation and "were named" in reason
    assert tasks.forms_of(data) == ("rating",)
    with pytest.raises(TaskMismatch, match=r"MLP does .*poses recommendation"):
        fg.MLP().fit(data)
    with pytest.raises(DataError, match=r"who rated what.*user=…"):
        fg.ItemMeans(task="recommendation").fit(toys.table("regression"))


def test_usual_is_the_error_of_the_mean_of_the_others(data: Dataset, task: Recommendation) -> None:
    frame = pl.DataFrame({"item": data.column("item"), "rating": data.column("rating")})
    errors = []
    for place, (item, rating) in enumerate(frame.iter_rows()):
        others = frame.with_row_index().filter(
            (pl.col("item") == item) & (pl.col("index") != place)
        )
        errors.append(rating - float(others["rating"].mean()))
    spread = np.std(data.column("rating").to_numpy())
    assert task.usual == pytest.approx(np.mean(np.square(errors)) / spread**2, rel=1e-5)


def test_scores_are_in_units_of_a_rating(data: Dataset, task: Recommendation) -> None:
    truth = task.encode(data).y
    assert truth is not None
    guess = torch.zeros(len(data), 1)  # the mean of all
    ratings = data.column("rating").to_numpy()
    error = ratings - ratings.mean()
    scores = task.scores(guess, truth)
    assert scores["rmse"] == pytest.approx(np.sqrt(np.square(error).mean()), rel=1e-5)
    assert scores["mae"] == pytest.approx(np.abs(error).mean(), rel=1e-5)
    assert scores["nmae"] == pytest.approx(scores["mae"] / 4)
    expected = 1 - np.square(error).mean() / ratings.var() / task.usual
    assert scores["explained"] == pytest.approx(expected, rel=1e-5)
    assert task.score(truth, truth) == 1.0


def test_guesses_stay_within_the_range(task: Recommendation) -> None:
    assert task.decode(torch.tensor([[-99.0], [99.0]])).tolist() == [1.0, 5.0]
    assert task.liked_from == 4.0


def test_sums_by_user_make_the_score(data: Dataset, task: Recommendation) -> None:
    truth = task.encode(data).y
    assert truth is not None
    guess = torch.full((len(data), 1), 0.3)
    parts = task.summands(guess, truth)
    assert len(parts) == 20 and parts[:, 1].sum() == len(data)
    assert parts[:, 0].sum() / parts[:, 1].sum() == pytest.approx(task.score(guess, truth))


def test_strangers_have_code_0(task: Recommendation) -> None:
    new = Dataset.from_columns(
        {"user": pl.Series(["u1", "nobody"]), "item": pl.Series(["i3", "?"])}
    )
    codes = task.encode(new, with_target=False).x
    assert isinstance(codes, torch.Tensor)
    assert (codes[0] > 0).all() and codes[1].tolist() == [0, 0]
    with pytest.raises(DataError, match="needs the column 'item'"):
        task.encode(Dataset.from_columns({"user": pl.Series(["u1", "u2"])}), with_target=False)


def test_it_comes_back_from_json(task: Recommendation) -> None:
    import json

    again = tasks.from_config(json.loads(json.dumps(task.config())))
    assert again == task
