from __future__ import annotations

import polars as pl
import pytest

from fieldguide.data import Dataset
from fieldguide.tasks import Inputs


@pytest.mark.parametrize("column", [pl.Series([1.0, 2.5, 3.0]), pl.Series(["a", "b", "a"])])
def test_a_single_column_is_an_input(column: pl.Series) -> None:
    data = Dataset.from_columns({"x": column, "y": pl.Series([0.5, 1.5, 2.5])}, target="y")
    inputs = Inputs.fit(data)
    assert inputs.form == "table" and list(inputs.codecs) == ["x"]
