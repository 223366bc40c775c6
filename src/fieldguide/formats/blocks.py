"""Data sets of blocks (images, arrays) with a label per example, as array files hold them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from fieldguide.data import Column, Dataset, Field
from fieldguide.data.facts import facts_of
from fieldguide.data.infer import infer_fields
from fieldguide.data.split import looks_like_classes
from fieldguide.data.target import check_target
from fieldguide.errors import DataError
from fieldguide.formats.format import Options


def labelled_blocks(
    columns: Mapping[str, Column | np.ndarray],
    target: str | None,
    source: str,
    options: Options,
    target_reason: str,
    provided: np.ndarray | None = None,
) -> Dataset:
    """Return a data set of blocks with labels.

    Args:
        columns: Blocks (first axis counts examples) and labels (one axis).
        target: Name of the labels' column, or None.
        source: Where the data come from.
        options: What the user said.
        target_reason: How the target was found.
        provided: The provider's split of each example, or None.

    Raises:
        DataError: Columns of different lengths, or a target that is not there.
    """
    _check_lengths(columns, source)
    held = {name: _as_column(name, column) for name, column in columns.items()}
    fields = infer_fields(held)
    if target is not None:
        fields[target] = _label_field(fields[target], held[target])
    if options.target:
        check_target(options.target, fields, source)
        target, target_reason = options.target, "you named it"
    return Dataset(
        fields=fields,
        columns=held,
        target=target,
        target_reason=target_reason,
        source=source,
        provided=provided,
    )


def _as_column(name: str, column: Column | np.ndarray) -> Column:
    if isinstance(column, np.ndarray) and column.ndim == 1:
        return pl.Series(name, column)
    return column


def _label_field(field: Field, column: Column) -> Field:
    """Class numbers are categories, whatever digits they are written with."""
    if field.kind not in ("number", "identifier") or not isinstance(column, pl.Series):
        return field
    few, reason = looks_like_classes(column.to_numpy())
    if column.dtype.is_integer() and (few or len(column) < 100):
        reason, facts = f"class numbers: {reason}", facts_of("category", column)
        return Field(field.name, "category", reason, field.missing, field.distinct, facts=facts)
    return field


def _check_lengths(columns: Mapping[str, Column | np.ndarray], source: str) -> None:
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"'{name}' has {count}" for name, count in lengths.items())
        raise DataError(
            f"its parts differ in length: {listed}.",
            "Every example needs one entry in each: write the file again.",
            file=source,
        )
    if not lengths or next(iter(lengths.values())) == 0:
        raise DataError("it holds no examples.", "Write the file again.", file=source)
