from __future__ import annotations

import polars as pl
import pytest

from fieldguide.data import Dataset
from fieldguide.tasks import Inputs


@pytest.mark.parametrize(
    ("values", "form"), [(["a", "b"] * 9, "table"), ([0.5, 1.5, 3.0] * 6, "table")]
)
def test_a_table_of_one_column_is_used(values, form):
    data = Dataset.from_columns({"only": pl.Series(values), "y": pl.Series([0, 1] * 9)}, target="y")
    inputs = Inputs.fit(data)
    assert (inputs.form, list(inputs.codecs)) == (form, ["only"])
    assert len(inputs.encode(data)) == 18
