from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse
from sklearn.utils.validation import check_array

from fieldguide.data import Dataset, as_dataset
from fieldguide.data.arrays import from_arrays
from fieldguide.errors import DataError, UsageError

X = np.random.default_rng(0).normal(size=(6, 3))
Y = np.array([0, 1, 0, 1, 0, 1])


def kinds(data: Dataset) -> dict[str, str]:
    return {name: known.kind for name, known in data.fields.items()}


def test_a_table_is_one_block() -> None:
    data = from_arrays(X, Y)
    assert kinds(data) == {"x": "array", "y": "number"}
    assert data.target == "y" and np.array_equal(data.columns["x"], X)
    assert from_arrays(X.tolist(), Y.tolist()).fields["x"].shape == (3,)
    assert from_arrays(X).target is None


@pytest.mark.parametrize(
    ("shape", "canonical"),
    [((6, 8, 9), (1, 8, 9)), ((6, 3, 8, 9), (3, 8, 9)), ((6, 8, 9, 3), (3, 8, 9))],
)
def test_three_and_four_axes_are_images(shape: tuple[int, ...], canonical: tuple[int, ...]) -> None:
    data = from_arrays(np.zeros(shape, dtype=np.uint8), Y)
    assert data.fields["x"].kind == "image" and data.fields["x"].shape == canonical
    column = data.columns["x"]
    assert isinstance(column, np.ndarray) and column.dtype == np.uint8


@pytest.mark.parametrize("labels", [["no", "yes"], ["NA", "-"], [True, False], [7, 9], [0.5, 1.5]])
def test_targets_stay_as_they_were_passed(labels: list[Any]) -> None:
    y = np.array(labels * 3)
    data = from_arrays(X, y)
    column = data.columns["y"]
    assert isinstance(column, pl.Series) and column.to_list() == y.tolist()


def test_targets_that_count_the_rows_are_numbers() -> None:
    data = from_arrays(np.zeros((50, 2)), np.arange(50))
    assert data.fields["y"].kind == "number"


def broken(problem: str) -> Any:
    block = X.astype(complex if problem == "complex" else float)
    if problem in ("nan", "inf"):
        block[0, 0] = float(problem)
    if problem == "sparse":
        return sparse.csr_matrix(X)
    if problem == "words":
        return np.array([["a", "b"]] * 6)
    if problem == "flat":
        return X[0]
    if problem == "empty":
        return X[:0]
    return X[:, :0] if problem == "no features" else block


@pytest.mark.parametrize(
    "problem", ["nan", "inf", "complex", "sparse", "words", "flat", "empty", "no features"]
)
def test_arrays_are_refused_as_scikit_learn_does(problem: str) -> None:
    with pytest.raises((ValueError, TypeError)) as theirs:
        check_array(broken(problem))
    with pytest.raises(type(theirs.value)) as ours:
        from_arrays(broken(problem))
    assert str(ours.value).split("\n")[0] == str(theirs.value).split("\n")[0]


def test_targets_are_refused_as_scikit_learn_does() -> None:
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        from_arrays(X, Y[:3])
    with pytest.raises(ValueError, match="Input y contains NaN"):
        from_arrays(X, np.array([0.0, 1, np.nan, 1, 0, 1]))
    with pytest.raises(DataError, match="several types"):
        from_arrays(X, np.array([1, "a", 2, "b", 3, "c"], dtype=object))
    with pytest.raises(UsageError, match="names a column"):
        from_arrays(X, "y")
    with pytest.raises(ValueError, match=r"6 axes|dim 6"):
        from_arrays(np.zeros((6, 2, 2, 2, 2, 2)), Y)


def test_numbers_kept_as_objects() -> None:
    data = from_arrays(X.astype(object), Y.astype(object))
    assert np.allclose(data.columns["x"], X)
    assert data.fields["y"].kind == "number"


def test_truth_values_become_numbers() -> None:
    assert from_arrays(X > 0, Y).columns["x"].dtype == np.uint8  # type: ignore[union-attr]


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "number": [1.5, 2, None, 4, 5, 6],
            "class": pd.Categorical(list("xyxyxz")),
            "word": ["u", "v", None, "u", "u", "v"],
            "whole": pd.array([1, 2, None, 4, 5, 5], dtype="Int64"),
            "truth": [True, False] * 3,
            "day": pd.to_datetime(["2020-01-01"] * 5 + ["2021-01-01"]),
            "mixed": [1, "a", None, 2.5, "a", 1],
        }
    )


EXPECTED = {
    "number": "number", "class": "category", "word": "category", "whole": "number",
    "truth": "boolean", "day": "datetime", "mixed": "category",
}  # fmt: skip


def test_columns_of_a_pandas_frame() -> None:
    data = from_arrays(frame(), pd.Series(list("ababab")))
    assert kinds(data) == {**EXPECTED, "y": "category"}
    assert data.fields["number"].missing == data.fields["whole"].missing == 1
    whole = data.columns["whole"]
    assert isinstance(whole, pl.Series) and whole.to_list() == [1, 2, None, 4, 5, 5]


def test_polars_and_arrow_frames_give_the_same() -> None:
    pandas = frame().drop(columns="mixed")
    expected = from_arrays(pandas, Y)
    for other in (pl.from_pandas(pandas), pa.Table.from_pandas(pandas)):
        data = from_arrays(other, Y)
        assert kinds(data) == kinds(expected)
        for name in pandas.columns:
            theirs, ours = expected.columns[name], data.columns[name]
            assert isinstance(theirs, pl.Series) and isinstance(ours, pl.Series)
            assert theirs.to_list() == ours.to_list()


def test_the_target_may_be_named() -> None:
    data = from_arrays(frame(), "word")
    assert data.target == "word" and len(data) == 5 and data.ledger.excluded == 1
    with pytest.raises(UsageError, match="Did you mean 'word'"):
        from_arrays(frame(), "words")


def test_a_named_target_keeps_its_spelling() -> None:
    data = from_arrays(pd.DataFrame({"a": [1.5, 2, 3, 4], "b": ["yes", "no", "no", "yes"]}), "b")
    assert data.columns["b"].to_list() == ["yes", "no", "no", "yes"]  # type: ignore[union-attr]


def test_targets_beside_a_frame() -> None:
    for y in (Y, Y.tolist(), pd.Series(Y), pl.Series(Y), pd.DataFrame({"q": Y})):
        column = from_arrays(frame(), y).columns["y"]
        assert isinstance(column, pl.Series) and column.to_list() == Y.tolist()
    with pytest.raises(ValueError, match="inconsistent"):
        from_arrays(frame(), Y[:3])
    with pytest.raises(ValueError, match="y contains NaN"):
        from_arrays(frame(), pd.Series([1.5, None] * 3))
    assert from_arrays(pd.DataFrame({"y": [1.5, 2]}), [0, 1]).target == "target"


def test_names_that_are_no_text() -> None:
    assert kinds(from_arrays(pd.DataFrame(X), Y)) == {
        "0": "number", "1": "number", "2": "number", "y": "number"
    }  # fmt: skip


def test_empty_and_ambiguous_frames_are_refused() -> None:
    with pytest.raises(DataError, match="nothing to learn from"):
        from_arrays(frame().iloc[:0], Y[:0])
    twice = pd.DataFrame([[1, 2]], columns=["a", "a"])
    with pytest.raises(DataError, match="'a'"):
        from_arrays(twice)


def test_known_fields_read_a_later_frame() -> None:
    first = from_arrays(frame(), Y)
    later = from_arrays(frame().iloc[:1], fields=first.fields)
    assert kinds(later) == EXPECTED


def test_a_data_set_passes() -> None:
    data = from_arrays(frame(), Y)
    assert as_dataset(data) is data
    assert as_dataset(data, "truth").target == "truth"
