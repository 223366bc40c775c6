"""Popularity and item means beside their formulas."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import fieldguide as fg
from fieldguide.data import Dataset
from tests import toys


@pytest.fixture(scope="module")
def data() -> Dataset:
    return toys.ratings()


def frame(data: Dataset) -> pl.DataFrame:
    return pl.DataFrame({name: data.column(name) for name in ("user", "item", "rating")})


def test_biases_are_damped_means(data: Dataset) -> None:
    model = fg.ItemMeans(item_damping=7, user_damping=3).fit(data)
    rows = frame(data)
    mean = rows["rating"].mean()
    items = {
        name: (part["rating"] - mean).sum() / (7 + len(part))
        for (name,), part in rows.group_by("item")
    }
    rest = rows.with_columns(rest=pl.col("rating") - mean - pl.col("item").replace_strict(items))
    users = {name: part["rest"].sum() / (3 + len(part)) for (name,), part in rest.group_by("user")}
    for user, item in (("u1", "i4"), ("u7", "i0"), ("stranger", "i2"), ("u5", "strange")):
        pair = pl.DataFrame({"user": [user], "item": [item]})
        expected = mean + items.get(item, 0) + users.get(user, 0)
        assert model.predict(pair)[0] == pytest.approx(np.clip(expected, 1, 5), abs=1e-5)


def test_a_newcomer_is_as_generous_as_a_user_with_the_same_ratings(data: Dataset) -> None:
    model = fg.ItemMeans().fit(data)
    mine = frame(data).filter(pl.col("user") == "u3")
    new = model.recommend(ratings=dict(zip(mine["item"], mine["rating"], strict=True)))
    assert np.allclose(new["rating"], model.recommend("u3")["rating"], atol=1e-5)


def test_popularity_ranks_by_number_and_fits_a_line(data: Dataset) -> None:
    model = fg.Popularity().fit(data)
    counts = dict(frame(data)["item"].value_counts().iter_rows())
    listed = model.recommend(ratings={"i0": 3}, count=20)["item"].to_list()
    assert [counts[item] for item in listed] == sorted((counts[i] for i in listed), reverse=True)
    x = np.log1p(frame(data)["item"].replace_strict(counts).to_numpy())
    y = frame(data)["rating"].to_numpy()
    slope, intercept = np.polyfit(x, y, 1)
    if slope > 0:
        assert np.allclose(model.predict(data), intercept + slope * x, atol=1e-4)
    assert abs(model.predict(data).mean() - y.mean()) < 1e-3


def test_what_is_rated_badly_by_many_still_comes_first() -> None:
    rows = [(f"u{u}", "hated", 1 + u % 2) for u in range(9)]
    rows += [(f"u{u}", "loved", 5) for u in range(3)]
    table = pl.DataFrame(rows, schema=["user", "item", "rating"], orient="row")
    columns = {name: table[name] for name in table.columns}
    model = fg.Popularity().fit(Dataset.from_columns(columns).as_ratings())
    assert model.recommend(ratings={})["item"].to_list() == ["hated", "loved"]
