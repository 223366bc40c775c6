"""Lists: what `recommend` returns and refuses, and how lists are judged."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import fieldguide as fg
from fieldguide.data import Dataset
from fieldguide.errors import UsageError
from tests import toys

ALL = (fg.Popularity, fg.ItemMeans, fg.MatrixFactorisation, fg.RatingsRBM)


@pytest.fixture(scope="module")
def data() -> Dataset:
    return toys.ratings()


@pytest.fixture(scope="module", params=ALL, ids=lambda kind: kind.__name__)
def model(request: pytest.FixtureRequest, data: Dataset) -> fg.Estimator:
    given = {"epochs": 3} if request.param is fg.RatingsRBM else {}
    return request.param(**given).fit(data)


def rated(data: Dataset, user: str) -> set[str]:
    return set(data.column("item").filter(data.column("user") == user))


def test_a_list_holds_the_best_of_what_is_not_rated(model: fg.Estimator, data: Dataset) -> None:
    found = model.recommend("u3", 100)
    items = {f"i{code}" for code in range(15)}
    assert found.columns == ["item", "rating"]
    assert set(found["item"]) == items - rated(data, "u3")
    assert found["rating"].is_sorted(descending=True)
    pairs = pl.DataFrame({"user": ["u3"] * len(found), "item": found["item"]})
    assert np.allclose(model.predict(pairs), found["rating"], atol=1e-5)
    assert model.recommend("u3", 1).equals(found.head(1))


def test_somebody_new_comes_with_ratings(model: fg.Estimator) -> None:
    found = model.recommend(ratings={"i1": 5, "i2": 1.5}, count=50)
    assert len(found) == 13 and not {"i1", "i2"} & set(found["item"])
    assert found["rating"].is_between(1, 5).all()


def test_a_loaded_model_gives_the_same_lists(model: fg.Estimator, tmp_path) -> None:
    again = fg.load(model.save(tmp_path / "model"))
    assert again.recommend("u3").equals(model.recommend("u3"))


def test_lists_of_several_users(model: fg.Estimator) -> None:
    found = model.recommendations(pl.DataFrame({"user": ["u3", "u9", "u3"]}), 2)
    assert found.columns == ["user", "item", "rating"]
    assert found["user"].to_list() == ["u3", "u3", "u9", "u9"]
    assert found.filter(pl.col("user") == "u9").drop("user").equals(model.recommend("u9", 2))


def test_bad_questions_are_answered(model: fg.Estimator) -> None:
    for asked, match in (
        ({"user": "u33"}, r"no 'user' 'u33' was seen.*Did you mean.*recommend\(ratings="),
        ({"user": "u3", "count": 0}, "count=0: expected a whole number"),
        ({}, "Name one of them"),
        ({"user": "u3", "ratings": {"i1": 3}}, "Name one of them"),
        ({"ratings": {"i99": 3}}, "no 'item' 'i99' was seen"),
        ({"ratings": {"i1": 7}}, "rating of 'i1' is 7: expected a number from 1 to 5"),
    ):
        with pytest.raises(UsageError, match=match):
            model.recommend(**asked)


def test_lists_are_judged_by_what_was_liked() -> None:
    """Three users agree on training items; the held-out likes are i3 for a, i2 for b."""
    rows = [("a", "i1", 5), ("a", "i4", 1), ("b", "i1", 4), ("b", "i4", 2), ("c", "i2", 5),
            ("c", "i3", 3), ("c", "i4", 1), ("c", "i1", 5)]  # fmt: skip
    frame = pl.DataFrame(rows, schema=["user", "item", "rating"], orient="row")
    held = pl.DataFrame(
        [("a", "i3", 5), ("a", "i2", 1), ("b", "i2", 4), ("c", "i9", 5)],
        schema=["user", "item", "rating"], orient="row",
    )  # fmt: skip
    columns = {name: frame[name] for name in frame.columns}
    model = fg.ItemMeans(item_damping=0).fit(Dataset.from_columns(columns).as_ratings())
    assert model.recommend("a")["item"].to_list() == ["i2", "i3"]
    scores = model.evaluate(held)
    # a finds i3 on the second place, b finds i2 on the first; c liked what nobody knew.
    assert scores["ndcg_at_10"] == pytest.approx((1 / np.log2(3) + 1) / 2)
    assert scores["recall_at_10"] == 1.0
    assert "ndcg_at_10" not in model.evaluate(held.with_columns(rating=pl.lit(1)))
