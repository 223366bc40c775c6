"""From tables to ratings: columns found, rows booked, bad data refused, splits by user."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import fieldguide as fg
from fieldguide.data import Dataset, as_dataset
from fieldguide.errors import DataError, UsageError
from tests import toys


def table(**more: list[object]) -> pl.DataFrame:
    columns: dict[str, list[object]] = {
        "userId": [1, 1, 2, 2, 3],
        "movieId": [10, 20, 10, 30, 20],
        "rating": [4.0, 3.5, 5.0, 1.0, 2.0],
    }
    return pl.DataFrame({**columns, **more})


def read(**columns: list[object]) -> Dataset:
    return as_dataset(table(**columns)).as_ratings()


def reasons(data: Dataset) -> dict[str, list[object]]:
    return {e.reason: list(e.places) for e in data.ledger.entries if e.status != "noted"}


def test_columns_are_found_by_their_names() -> None:
    asked = read(timestamp=[5, 4, 3, 2, 1], genre=list("abcde")).ratings
    assert asked is not None
    assert (asked.user, asked.item, asked.rating) == ("userId", "movieId", "rating")
    assert asked.time == "timestamp" and (asked.lowest, asked.highest) == (1.0, 5.0)


def test_columns_are_found_by_their_values() -> None:
    names = {"userId": "who", "movieId": "what", "rating": "liking"}
    renamed = as_dataset(table().rename(names))
    asked = renamed.as_ratings(user="who", rating="liking").ratings
    assert asked is not None and asked.item == "what"
    with pytest.raises(DataError, match=r"holds the ratings cannot be told .*'what' or 'liking'"):
        renamed.as_ratings(user="who")


def test_what_cannot_be_told_is_asked_for() -> None:
    strange = table().rename({"userId": "a", "movieId": "b"})
    with pytest.raises(DataError, match=r"which column names the users.*'a' or 'b'.*user=…"):
        as_dataset(strange).as_ratings()
    with pytest.raises(UsageError, match=r"no column 'users'.*Did you mean 'userId'"):
        as_dataset(table()).as_ratings(user="users")
    with pytest.raises(DataError, match="given two parts"):
        as_dataset(table()).as_ratings(user="movieId", item="movieId")


def test_names_are_text_and_whole_numbers_have_no_point() -> None:
    data = read(userId=[1.0, 1.0, 2.0, 2.0, 3.0])
    assert data.column("userId").to_list() == ["1", "1", "2", "2", "3"]
    assert data.target == "rating"


def test_the_last_of_several_ratings_counts() -> None:
    again = table(userId=[1, 1, 1, 2, 2], movieId=[10, 10, 10, 10, 20], when=[3, 9, 5, 1, 1])
    by_time = as_dataset(again).as_ratings(time="when")
    assert by_time.column("rating").to_list() == [3.5, 1.0, 2.0]
    assert reasons(by_time) == {"the same user rated the same item again later": [1, 3]}
    by_row = as_dataset(again.drop("when")).as_ratings()
    assert by_row.column("rating").to_list() == [5.0, 1.0, 2.0]


def test_rows_that_are_no_ratings_are_booked() -> None:
    data = read(
        userId=["a", "b", None, "c", "d"],
        movieId=["x", "x", "y", None, "y"],
        rating=[4.0, None, 3.0, 2.0, 1.0],
    )
    assert len(data) == 2
    found = reasons(data)
    assert found["it names no user"] == [3] and found["it names no item"] == [4]
    assert found["no rating of this user is known: nothing can be learnt of them"] == [2]
    assert data.ledger.excluded == 3


def test_unreadable_ratings_are_missing(tmp_path: Path) -> None:
    rows = [f"u{i % 7},i{i % 11},{i % 5 + 1}" for i in range(200)]
    rows[17] = "u3,i6,good"
    path = tmp_path / "ratings.csv"
    path.write_text("\n".join(["user,item,rating", *rows]))
    data = fg.read(path, user="user")
    assert any("such as 'good'" in reason for reason in reasons(data))
    assert reasons(data)["the rating is missing"] == [19]


def test_bad_data_are_refused() -> None:
    with pytest.raises(DataError, match=r"all 5 ratings are of one user \('1'\).*at least two"):
        read(userId=[1] * 5, movieId=[1, 2, 3, 4, 5])
    with pytest.raises(DataError, match=r"of one item.*Bring ratings of more items"):
        read(movieId=[7] * 5, userId=[1, 2, 3, 4, 5])
    with pytest.raises(DataError, match="all 5 ratings are 3: nobody likes one thing better"):
        read(rating=[3] * 5)
    with pytest.raises(
        DataError, match=r"row 3, field 'rating': the rating 9 lies outside.*1 to 5"
    ):
        as_dataset(table(rating=[1, 2, 9, 3, 4])).as_ratings(lowest=1, highest=5)
    with pytest.raises(DataError, match="it holds no ratings"):
        read(rating=["good", "bad", "fair", "fine", "poor"])
    with pytest.raises(UsageError, match="lowest rating must lie below"):
        as_dataset(table()).as_ratings(lowest=5, highest=1)


def test_reading_offers_the_question_and_hijacks_nothing(tmp_path: Path) -> None:
    path = tmp_path / "stars.csv"
    toy = toys.ratings()
    pl.DataFrame(dict(toy.columns)).write_csv(path)
    plain = fg.read(path)
    assert plain.ratings is None
    assert any("add --user user --item item --rating rating" in c for c in plain.ledger.counts())
    named = fg.read(path, item="item", lowest=0, highest=6)
    assert named.ratings is not None and (named.ratings.lowest, named.ratings.highest) == (0, 6)
    with pytest.raises(UsageError, match="lowest and highest belong to ratings"):
        fg.read(path, lowest=1)
    with pytest.raises(UsageError, match="Leave horizon, target"):
        fg.read(path, user="user", target="rating")


def test_tables_of_other_things_are_not_taken_for_ratings() -> None:
    chance = np.random.default_rng(0)
    once = pl.DataFrame({"user": range(50), "title": [f"t{i}" for i in range(50)],
                         "score": chance.random(50)})  # fmt: skip
    for frame in (once, once.rename({"user": "age"}), once.rename({"score": "price"})):
        from fieldguide.data.checks import recognised

        assert recognised(as_dataset(frame)) is None


def test_everybody_keeps_ratings_and_lends_their_share() -> None:
    data = toys.ratings(count=280)
    train, held = data.split(0.25, seed=3)
    assert len(train) + len(held) == len(data) and not set(train.origins) & set(held.origins)
    assert set(held.column("user")) <= set(train.column("user"))
    assert abs(len(held) / len(data) - 0.25) < 0.05
    again = data.split(0.25, seed=3)[1]
    assert np.array_equal(again.origins, held.origins)
    assert not np.array_equal(data.split(0.25, seed=4)[1].origins, held.origins)


def test_with_times_the_latest_of_each_user_are_held_out() -> None:
    toy, chance = toys.ratings(), np.random.default_rng(1)
    columns = {**toy.columns, "time": pl.Series("time", chance.permutation(len(toy)))}
    train, held = Dataset.from_columns(columns).as_ratings(time="time").split(0.3)
    last = pl.DataFrame({"user": train.column("user"), "time": train.column("time")})
    latest = dict(last.group_by("user").max().iter_rows())
    for user, time in zip(held.column("user"), held.column("time"), strict=True):
        assert time > latest[user]


def test_users_of_one_rating_cannot_be_split() -> None:
    single = as_dataset(table(userId=[1, 2, 3, 4, 5])).as_ratings()
    with pytest.raises(DataError, match="every user has a single rating"):
        single.split(0.2)


def test_a_sample_holds_all_ratings_of_some_users() -> None:
    data = toys.ratings()
    some = data.in_memory(60, seed=1)
    assert 30 <= len(some) <= 60
    for user in some.column("user").unique():
        assert (some.column("user") == user).sum() == (data.column("user") == user).sum()
    assert data.in_memory(3).column("user").n_unique() == 2
