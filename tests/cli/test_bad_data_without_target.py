"""Data that nothing can be learnt from without a target, and ratings that cannot be, from the
command line: one message, status 2, nothing left behind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

import fieldguide as fg
from fieldguide.errors import DataError

if TYPE_CHECKING:
    from tests.cli.conftest import Command

ALGORITHMS = (
    "autoencoder", "vae", "rbm", "dbn", "gan", "dcgan", "wgan-gp", "deep-autoencoder",
    "convolutional-autoencoder", "principal-components", "gaussian-mixture", "isolation-forest",
)  # fmt: skip
TASKS = {"dbn": "representation", "isolation-forest": "outliers"}
COLUMNS = ("--user", "user", "--item", "item", "--rating", "stars")


def photos(folder: Path, count: int) -> Path:
    (folder / "grey").mkdir(parents=True)
    for number in range(count):
        Image.fromarray(np.full((12, 12), 120, np.uint8)).save(folder / "grey" / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def constant(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return photos(tmp_path_factory.mktemp("constant") / "photos", 12)


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return photos(tmp_path_factory.mktemp("single") / "photos", 1)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_constant_pictures_are_refused_by_everybody(
    command: Command, constant: Path, tmp_path: Path, name: str
) -> None:
    words = ("--test", "0", *(("--task", TASKS[name]) if name in TASKS else ()))
    answer = command("fit", constant, "-a", name, "-o", tmp_path / "model", *words)
    assert answer.status == 2 and "all 12 examples are" in answer.err and "same" in answer.err
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("name", ALGORITHMS)
def test_one_example_is_refused_by_everybody(
    command: Command, single: Path, tmp_path: Path, name: str
) -> None:
    words = ("--test", "0", *(("--task", TASKS[name]) if name in TASKS else ()))
    answer = command("fit", single, "-a", name, "-o", tmp_path / "model", *words)
    assert answer.status == 2 and "there is one example" in answer.err
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("task", ["representation", "outliers", "generation"])
def test_advice_and_races_refuse_them_at_once(
    command: Command, constant: Path, single: Path, tmp_path: Path, task: str
) -> None:
    for data, said in ((constant, "all 12 examples are the same"), (single, "one example only")):
        answer = command("recommend", data, "--task", task)
        assert answer.status == 2 and said in answer.err and "Bring examples" in answer.err
        run = tmp_path / f"run-{data.parent.name}"
        answer = command("race", data, "--task", task, "--budget", "10s", "-o", run)
        assert answer.status == 2 and said in answer.err


def test_data_that_differ_in_one_example_are_not_refused() -> None:
    from fieldguide.advisor.profiling.duplicates import refuse_all_the_same
    from fieldguide.data import Dataset

    x = np.zeros((300, 3))
    with pytest.raises(DataError, match="all 300 examples are the same"):
        refuse_all_the_same(Dataset.from_columns({"x": x}))
    x[151] = 1.0  # not among those that are looked at first
    refuse_all_the_same(Dataset.from_columns({"x": x}))


@pytest.fixture
def stars(tmp_path: Path) -> list[str]:
    chance = np.random.default_rng(0)
    return [f"{user},{item},{chance.integers(1, 6)}" for user in range(12) for item in range(8)]


def written(path: Path, rows: list[str]) -> Path:
    path.write_text("\n".join(["user,item,stars", *rows]) + "\n")
    return path


def test_a_user_without_any_rating_is_left_out_and_named(
    command: Command, tmp_path: Path, stars: list[str]
) -> None:
    silent = [f"77,{item}," for item in range(4)]
    data = written(tmp_path / "stars.csv", stars + silent)
    out = tmp_path / "model"
    answer = command("fit", data, "-a", "item-means", *COLUMNS, "-o", out, "--test", "0")
    assert answer.status == 0 and "no rating of this user is known" in answer.err
    asked = tmp_path / "who.csv"
    asked.write_text("user\n77\n")
    answer = command("predict", out, asked)
    assert answer.status == 2 and "no 'user' '77' was seen in training" in answer.err
    many = written(tmp_path / "many.csv", stars + [f"77,{item}," for item in range(9)])
    answer = command("fit", many, "-a", "item-means", *COLUMNS, "-o", tmp_path / "other")
    assert answer.status == 2 and "9 of 105 examples are unusable" in answer.err
    none = written(tmp_path / "none.csv", [row.rpartition(",")[0] + "," for row in stars])
    answer = command("fit", none, "-a", "ratings-rbm", *COLUMNS, "-o", tmp_path / "other")
    assert answer.status == 2 and "it holds no ratings" in answer.err


def test_ratings_out_of_range_are_refused_in_fitting_and_in_judging(
    command: Command, tmp_path: Path, stars: list[str]
) -> None:
    data, odd = written(tmp_path / "stars.csv", stars), tmp_path / "odd.csv"
    written(odd, [*stars, "3,2,11", "4,2,-3"])
    ends = ("--lowest", "1", "--highest", "5")
    answer = command("fit", odd, "-a", "ratings-rbm", *COLUMNS, *ends, "-o", tmp_path / "model")
    assert answer.status == 2 and "the rating 11 lies outside of the range 1 to 5" in answer.err
    out = tmp_path / "model"
    command("fit", data, "-a", "item-means", *COLUMNS, "-o", out, "--test", "0")
    answer = command("evaluate", out, odd)
    assert answer.status == 2 and "row 98" in answer.err
    assert "outside of the range 1 to 5 that the model learnt with (1 more do)" in answer.err
    model = fg.load(out)
    with pytest.raises(DataError, match=r"the rating 11 lies outside"):
        model.evaluate(odd)
    assert model.evaluate(data)["rmse"] < 2
