"""Tables whose column names image files, relative to the table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image

from fieldguide.data import Dataset, Field
from fieldguide.data.image_check import Checked, check_images
from fieldguide.errors import DataError


def read_image_columns(data: Dataset, folder: Path) -> Dataset:
    """Turn columns that name image files into images; rows without a readable one are excluded.

    Args:
        data: A table.
        folder: Where relative paths start.

    Raises:
        DataError: None of the images can be read.
    """
    for name, field in list(data.fields.items()):
        column = data.columns[name]
        if isinstance(column, pl.Series) and names_images(column):
            data = _read(data, name, field, column, folder)
    return data


def names_images(column: pl.Series) -> bool:
    """Say whether a column of text names image files, by their suffixes."""
    if column.dtype != pl.String:
        return False
    present = column.head(1000).drop_nulls()
    suffixes = present.str.extract(r"(\.[A-Za-z0-9]{2,5})$").str.to_lowercase()
    known = [suffix for suffix in Image.registered_extensions() if suffix != ".pdf"]
    return len(present) > 0 and float(suffixes.is_in(known).fill_null(False).mean() or 0) >= 0.9  # type: ignore[arg-type]


def _read(data: Dataset, name: str, field: Field, column: pl.Series, folder: Path) -> Dataset:
    present = np.flatnonzero(column.is_not_null().to_numpy())
    texts = column.gather(present).to_list()
    checked = check_images([str(folder / text) for text in texts])
    _book(data, name, texts, present, np.flatnonzero(column.is_null().to_numpy()), checked)
    readable = np.array([not look.problem for look in checked.looks], dtype=bool)
    if not readable.any():
        raise DataError(
            f"none of the {len(texts)} images it names can be read; the first is '{texts[0]}' "
            f"({checked.looks[0].problem}).",
            f"Paths start at the table's folder, {folder}.",
            file=data.source,
            row=_row(data, int(present[0])),
            field=name,
        )
    kept = data.take(present[readable])
    shape = checked.column.shape
    shape = shape[1:] if isinstance(checked.column, np.ndarray) else shape
    new = replace(field, kind="image", reason="names image files", shape=shape, facts={})
    return replace(
        kept,
        columns={**kept.columns, name: checked.column},
        fields={**kept.fields, name: new},
    )


def _book(
    data: Dataset,
    name: str,
    texts: list[str],
    present: np.ndarray,
    absent: np.ndarray,
    checked: Checked,
) -> None:
    data.ledger.book(
        "excluded", "no image is named", data.origins[absent], file=data.source, field=name
    )
    for position, text, look in zip(present, texts, checked.looks, strict=True):
        place = [data.origins[position]]
        if look.problem:
            reason = f"'{text}': {look.problem}"
            data.ledger.book("excluded", reason, place, file=data.source, field=name)
        elif look.true_format:
            reason = f"the suffix is wrong, the content is {look.true_format}"
            data.ledger.book("repaired", reason, place, file=data.source, field=name)


def _row(data: Dataset, index: int) -> int | None:
    place = data.origins[index]
    return int(place) if isinstance(place, (int, np.integer)) else None
