from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from fieldguide.data import Dataset, SeriesColumn
from fieldguide.tasks import Inputs


@pytest.mark.parametrize("column", [pl.Series([1.0, 2.5, 3.0]), pl.Series(["a", "b", "a"])])
def test_a_single_column_is_an_input(column: pl.Series) -> None:
    data = Dataset.from_columns({"x": column, "y": pl.Series([0.5, 1.5, 2.5])}, target="y")
    inputs = Inputs.fit(data)
    assert inputs.form == "table" and list(inputs.codecs) == ["x"]


def test_columns_that_a_form_has_no_place_for_are_noted_once() -> None:
    columns = {
        "line": SeriesColumn.of([np.sin(np.arange(12) + i) for i in range(30)]),
        "age": pl.Series(np.random.default_rng(0).normal(size=30)),
        "class": pl.Series(["a", "b"] * 15),
    }
    data = Dataset.from_columns(columns, target="class")
    for _ in range(2):
        inputs = Inputs.fit(data, ("series",))
    assert list(inputs.codecs) == ["line"]
    (said,) = data.ledger.counts()
    assert said == "noted: plays no part: the form 'series' is made of 'line' alone in 'age'"
    plain = Dataset.from_columns({"age": columns["age"], "class": columns["class"]}, target="class")
    Inputs.fit(plain, ("array", "table"))
    assert not plain.ledger.entries
