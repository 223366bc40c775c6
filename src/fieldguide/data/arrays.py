"""Data sets from what is in memory: arrays, lists, data frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl
import torch
from sklearn.utils.validation import check_array, check_X_y

from fieldguide.data.bundle import Bundle
from fieldguide.data.clips import ClipColumn
from fieldguide.data.column import Column
from fieldguide.data.dataset import Dataset
from fieldguide.data.field import Field
from fieldguide.data.frames import column_of, columns_of, is_frame, series_of, target_of
from fieldguide.data.images import canonical_images
from fieldguide.data.infer import typed_field
from fieldguide.data.series import SeriesColumn
from fieldguide.errors import DataError, UsageError, did_you_mean


def as_dataset(
    data: Any,
    y: Any = None,
    *,
    fields: Mapping[str, Field] | None = None,
    forms: Sequence[str] = (),
) -> Dataset:
    """Return a data set from a `Dataset` (as it is), arrays or a data frame.

    Args:
        data: A `Dataset`, or inputs as `from_arrays` takes them.
        y: Targets, or the name of the target's column.
        fields: Fields found on other rows, for prediction.
        forms: The forms that the algorithm takes, where one asks: what an array of three axes is
            depends on it.
    """
    if isinstance(data, Dataset):
        return data if y is None else data.with_target(y)
    if _are_clips(data):
        return _of_bundle(ClipColumn.of(list(data)), y, fields)
    if _are_sequences(data, forms):
        return _of_bundle(SeriesColumn.of(list(data)), y, fields)
    return from_arrays(data, y, fields=fields)


def from_arrays(
    X: Any, y: Any = None, *, fields: Mapping[str, Field] | None = None, estimator: Any = None
) -> Dataset:
    """Return a data set from arrays, lists or a data frame.

    Args:
        X: A block of numbers (n, features), which becomes one column ``x``; images, 0 to 255 or
            floats, as (n, height, width), (n, channels, height, width) or (n, height, width,
            channels); or a data frame (pandas, polars, Arrow…), whose columns become fields.
        y: Targets, one an example: an array, list or series; for images also images; for a data
            frame also the name of its column; or None.
        fields: Fields found on other rows, for prediction: columns are read as these.
        estimator: The estimator asking, named in messages of scikit-learn's checks.

    Raises:
        ValueError: NaN or infinity, complex numbers, text in an array, no examples, or lengths
            that differ; as scikit-learn's estimators raise it.
        TypeError: A sparse matrix.
        UsageError: No such column.

    Example:
        >>> import numpy as np
        >>> len(from_arrays(np.eye(4), [0, 1, 0, 1]))
        4
    """
    if is_frame(X):
        return _from_frame(X, y, fields)
    if isinstance(y, str):
        raise UsageError(
            f"y='{y}' names a column, and an array has none. Pass the targets themselves, or a "
            "data frame."
        )
    search = not _surely_finite(X)
    many = np.ndim(X) > 2 if isinstance(X, np.ndarray) else False
    if many and np.ndim(y) > 2:
        return _of_pictures(X, y, fields, estimator)
    if y is None:
        X = check_array(X, allow_nd=many, ensure_all_finite=search, estimator=estimator)
    else:
        y = target_of(y)
        X, y = check_X_y(
            X, y, allow_nd=many, ensure_all_finite=search, y_numeric=False, estimator=estimator
        )
    columns: dict[str, Column] = {"x": _block(X)}
    return _dataset(columns, None if y is None else series_of("y", y), fields)


def _surely_finite(X: Any) -> bool:
    """Whether a quick sum on all threads rules out NaN and infinity; if not, look closely."""
    if not isinstance(X, np.ndarray) or X.dtype.kind != "f" or X.dtype.itemsize not in (4, 8):
        return False
    if not (X.flags.c_contiguous and X.flags.writeable):
        return False
    return bool(torch.from_numpy(X).sum().isfinite())


def _are_sequences(X: Any, forms: Sequence[str]) -> bool:
    """Whether inputs are (n, steps, channels), or a list of sequences of their own lengths."""
    if "series" not in forms or "image" in forms or is_frame(X):
        return False
    if isinstance(X, (list, tuple)):
        shapes = {np.shape(one) for one in X}
        return len(shapes) > 1 or any(len(shape) == 2 for shape in shapes)
    return np.ndim(X) == 3


def _are_clips(X: Any) -> bool:
    """Whether inputs are a list of clips (frames, channels, height, width)."""
    if not isinstance(X, (list, tuple)) or not X:
        return False
    return all(isinstance(one, np.ndarray) and one.ndim == 4 for one in X)


def _of_bundle(column: Bundle, y: Any, fields: Mapping[str, Field] | None) -> Dataset:
    """Return a data set of sequences or clips; unlike other inputs they may have gaps (NaN)."""
    if not len(column):
        raise DataError("there are no sequences.", "Pass at least one.")
    if y is None:
        return _dataset({"x": column}, None, fields)
    targets = series_of("y", target_of(y))
    if len(targets) != len(column):
        raise ValueError(
            "Found input variables with inconsistent numbers of samples: "
            f"{[len(column), len(targets)]}"
        )
    if targets.null_count():
        raise ValueError("Input y contains NaN.")
    return _dataset({"x": column}, targets, fields)


def _of_pictures(
    X: np.ndarray, y: Any, fields: Mapping[str, Field] | None, estimator: Any
) -> Dataset:
    """Return a data set of pictures to predict pictures from."""
    sides = [check_array(side, allow_nd=True, estimator=estimator) for side in (X, np.asarray(y))]
    if len(sides[0]) != len(sides[1]):
        raise ValueError(
            "Found input variables with inconsistent numbers of samples: "
            f"{[len(side) for side in sides]}"
        )
    columns = dict(zip(("x", "y"), map(_block, sides), strict=True))
    data = Dataset.from_columns(columns, known=fields)
    return replace(data, target="y", target_reason="you passed it")


def _block(X: np.ndarray) -> Column:
    if X.ndim > 5:
        raise DataError(
            f"the inputs have {X.ndim} axes; expected 2 (n, features), 3 or 4 (images) or 5 "
            "(clips).",
            "Reshape them: the first axis counts examples.",
        )
    if X.ndim == 5:
        return ClipColumn.of_block(X)
    X = X.astype(np.uint8) if X.dtype == bool else X
    return canonical_images(X) if X.ndim > 2 else X


def _from_frame(X: Any, y: Any, fields: Mapping[str, Field] | None) -> Dataset:
    frame = nw.from_native(X, eager_only=True)
    columns = columns_of(frame)
    if not columns or not len(frame):
        raise DataError(
            f"the data frame has the shape {frame.shape}: there is nothing to learn from.",
            "Pass at least one row and one column.",
        )
    if isinstance(y, str):
        if y not in columns:
            raise UsageError(
                f"The data frame has no column '{y}'.{did_you_mean(y, columns)} "
                f"It has: {', '.join(list(columns)[:20])}."
            )
        data = Dataset.from_columns(columns, target=y, known=fields)
        return data.with_target(y)
    if y is None:
        return _dataset(columns, None, fields)
    column = column_of("y" if "y" not in columns else "target", y)
    if len(column) != len(frame):
        raise ValueError(
            "Found input variables with inconsistent numbers of samples: "
            f"{[len(frame), len(column)]}"
        )
    if column.null_count():
        raise ValueError("Input y contains NaN.")
    return _dataset(columns, column, fields)


def _dataset(
    columns: Mapping[str, Column], y: pl.Series | None, fields: Mapping[str, Field] | None
) -> Dataset:
    data = Dataset.from_columns(columns, known=fields)
    if y is None:
        return data
    return replace(
        data,
        columns={**data.columns, y.name: y},
        fields={**data.fields, y.name: typed_field(y.name, y)},
        target=y.name,
        target_reason="you passed it",
    )
