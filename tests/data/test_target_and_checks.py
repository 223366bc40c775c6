from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from fieldguide.data import Dataset, Field
from fieldguide.data.checks import note_peculiarities
from fieldguide.data.target import check_target, guess_target
from fieldguide.errors import DataError


def fields(**kinds: str) -> dict[str, Field]:
    return {name: Field(name, kind) for name, kind in kinds.items()}  # type: ignore[arg-type]


def test_a_usual_name_wins_over_the_last_column() -> None:
    name, reason = guess_target(fields(Species="category", width="number"))
    assert name == "Species" and "named 'Species'" in reason


def test_the_last_column_that_can_be_one() -> None:
    assert guess_target(fields(a="number", b="category"))[0] == "b"
    assert guess_target(fields(a="number", b="category", id="identifier", c="constant"))[0] == "b"
    assert guess_target(fields(a="number", when="datetime"))[0] == "a"
    assert guess_target(fields(label="constant", a="number", b="number"))[0] == "b"


def test_there_may_be_no_target() -> None:
    assert guess_target(fields(a="number"))[0] is None
    assert guess_target(fields(photo="image", note="text"))[0] is None


@pytest.mark.parametrize(
    ("name", "message"),
    [("pric", "Did you mean 'price'"), ("id", "identifies the rows"), ("k", "the same value")],
)
def test_a_target_that_cannot_be(name: str, message: str) -> None:
    known = fields(price="number", id="identifier", k="constant")
    with pytest.raises(DataError, match=message):
        check_target(name, known, "t.csv")


def noted(data: Dataset) -> dict[str, int]:
    note_peculiarities(data)
    return data.ledger.counts()


def test_duplicate_rows_are_noted_and_kept() -> None:
    data = Dataset.from_columns({"x": pl.Series([1, 2, 1, 1]), "y": pl.Series(list("abab"))})
    assert noted(data) == {"noted: the same as an earlier row (kept)": 1}
    assert data.ledger.entries[0].places.tolist() == [3]  # type: ignore[attr-defined]
    assert data.ledger.used == 4


def test_held_out_rows_that_occur_in_training_are_noted() -> None:
    data = Dataset.from_columns(
        {"x": pl.Series([1, 2, 3, 2, 9]), "y": pl.Series(list("ababb"))},
        provided=np.array(["train", "train", "train", "test", "test"]),
    )
    assert noted(data) == {"noted: a held-out row that occurs in the training data too": 1}


def test_identifiers_do_not_hide_duplicates() -> None:
    columns = {"id": pl.Series(range(30)), "x": pl.Series([1.5, 2] * 15)}
    assert noted(Dataset.from_columns(columns))["noted: the same as an earlier row (kept)"] == 28


def test_lonely_classes_are_noted() -> None:
    data = Dataset.from_columns(
        {"x": pl.Series([1, 2, 3, 5]), "y": pl.Series(list("aabc"))}, target="y"
    )
    assert noted(data)["noted: the only example of its class in 'y'"] == 2


def rows(count: int = 200) -> dict[str, pl.Series]:
    chance = np.random.default_rng(0)
    y = chance.integers(0, 2, count)
    return {"x": pl.Series(chance.normal(size=count)), "y": pl.Series(np.array(["no!", "yes!"])[y])}


def leaks(data: Dataset) -> dict[str, str]:
    note_peculiarities(data)
    return {name: known.facts["leaks"] for name, known in data.fields.items()
            if "leaks" in known.facts}  # fmt: skip


def test_a_column_that_determines_the_class_leaks() -> None:
    columns = rows()
    columns["copy"] = columns["y"].replace({"no!": "n1", "yes!": "y1"})
    assert set(leaks(Dataset.from_columns(columns, target="y"))) == {"copy"}


def test_a_target_in_another_unit_leaks() -> None:
    chance = np.random.default_rng(0)
    y = chance.normal(size=100)
    columns = {"x": pl.Series(chance.normal(size=100)), "f": pl.Series(y * 1.8 + 32),
               "y": pl.Series(y)}  # fmt: skip
    assert set(leaks(Dataset.from_columns(columns, target="y"))) == {"f"}


def test_rows_sorted_by_class_make_their_number_leak() -> None:
    columns = rows()
    columns["y"] = columns["y"].sort()
    columns["row"] = pl.Series(range(1, 201))
    data = Dataset.from_columns(columns, target="y")
    assert "sorted by the target" in leaks(data)["row"]
    assert "noted: identifier: no input in 'row'" in data.ledger.counts()


def test_honest_columns_do_not_leak() -> None:
    assert leaks(Dataset.from_columns(rows(), target="y")) == {}


def test_changing_the_target_excludes_rows_without_it() -> None:
    data = Dataset.from_columns({"x": pl.Series([1.5, None, 3]), "y": pl.Series(list("aba"))})
    other = data.with_target("x")
    assert len(other) == 2 and other.ledger.excluded == 1 and data.ledger.excluded == 0
