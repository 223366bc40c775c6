"""Ratings on the command line: inspect, fit, predict pairs and lists, evaluate."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

import fieldguide as fg
from tests import toys

if TYPE_CHECKING:
    from tests.cli.conftest import Command

ASKED = ("--user", "user", "--item", "item", "--rating", "rating", "--lowest", 1, "--highest", 5)


@pytest.fixture(scope="module")
def stars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ratings") / "stars.csv"
    pl.DataFrame(dict(toys.ratings().columns)).write_csv(path)
    return path


@pytest.fixture(scope="module")
def model(stars: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = fg.read(stars, user="user", item="item", rating="rating")
    return fg.ItemMeans().fit(data).save(tmp_path_factory.mktemp("models") / "stars")


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_inspect_offers_the_question_and_answers_it(command: Command, stars: Path) -> None:
    plain = command("inspect", stars, "--json").document
    assert plain["task"] != "recommendation"
    assert any(
        "to recommend by them, add --user user --item item" in c for c in plain["ledger"]["counts"]
    )
    asked = command("inspect", stars, *ASKED, "--json").document
    assert asked["task"] == "recommendation" and asked["score_name"] == "explained"
    figures = asked["findings"]["ratings"]["figures"]
    assert figures["users"] == 20 and figures["items"] == 15 and figures["filled"] == 0.8


def test_fit_says_what_is_recommended(command: Command, stars: Path, tmp_path: Path) -> None:
    out = tmp_path / "model"
    answer = command("fit", stars, "-a", "matrix-factorisation", *ASKED, "-o", out, "--json")
    assert answer.status == 0, answer.err
    assert "To recommend: 'item' to 'user', by 'rating' from 1 to 5." in answer.err
    assert {"explained", "rmse", "mae", "nmae"} <= set(answer.document["scores"])


def test_pairs_get_ratings(command: Command, model: Path, tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("user,item\nu3,i4\nstranger,i4\n")
    found = rows(command("predict", model, path).out)
    expected = fg.load(model).predict(pl.read_csv(path))
    assert [float(row["prediction"]) for row in found] == pytest.approx(expected)


def test_users_alone_get_lists(command: Command, model: Path, tmp_path: Path) -> None:
    path = tmp_path / "users.csv"
    path.write_text("user\nu3\nu9\n")
    found = rows(command("predict", model, path).out)
    assert list(found[0]) == ["user", "item", "rating"]
    own = [row["item"] for row in found if row["user"] == "u9"]
    assert own == fg.load(model).recommend("u9")["item"].to_list()


def test_evaluate_takes_the_same_file(command: Command, model: Path, stars: Path) -> None:
    scores = command("evaluate", model, stars, "--json").document["scores"]
    assert scores == fg.load(model).evaluate(str(stars))


def test_bad_data_end_in_one_sentence(command: Command, stars: Path) -> None:
    answer = command("fit", stars, "-a", "item-means", *ASKED[:6], "--lowest", 3)
    assert answer.status == 2 and "lies outside of the range 3 to 5" in answer.err
    assert "Traceback" not in answer.err


def test_strangers_have_no_list(command: Command, model: Path, tmp_path: Path) -> None:
    path = tmp_path / "users.csv"
    path.write_text("user\nnobody\nu9\n")
    answer = command("predict", model, path)
    assert answer.status == 2 and "no 'user' 'nobody' was seen in training" in answer.err
