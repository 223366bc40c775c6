"""The column to predict, where the user did not name one."""

from __future__ import annotations

from collections.abc import Mapping

from fieldguide.data.field import Field
from fieldguide.errors import DataError, did_you_mean

USUAL_NAMES = (
    "target", "label", "labels", "class", "y", "outcome", "species", "diagnosis", "survived",
    "response", "category", "income", "quality", "price",
)  # fmt: skip
"""Names that columns to predict usually have, the surest first."""

_CANNOT = {
    "identifier": "identifies the rows",
    "constant": "always has the same value",
    "image": "holds images",
    "array": "holds blocks of numbers",
}


def guess_target(fields: Mapping[str, Field]) -> tuple[str | None, str]:
    """Guess the target.

    Returns:
        Its name, or None where no column qualifies, and how it was chosen in plain words.
    """
    fit = [name for name, field in fields.items() if field.kind not in _CANNOT]
    if not fit or len(fields) < 2:
        return None, "no column to predict"
    for usual in USUAL_NAMES:
        for name in fit:
            if name.strip().lower() == usual:
                return name, f"guessed: a column named '{name}' (name another with --target)"
    best = [name for name in fit if fields[name].kind not in ("datetime", "text")]
    if not best:
        return None, "no column to predict: all are text or dates (name one with --target)"
    place = "the last column" if best[-1] == list(fields)[-1] else "the last column that can be one"
    return best[-1], f"guessed: {place} (name another with --target)"


def check_target(name: str, fields: Mapping[str, Field], source: str) -> None:
    """Make sure that a column named by the user can be predicted.

    Raises:
        DataError: No such column (with the nearest name), no values, or only one value.
    """
    if name not in fields:
        listed = ", ".join(f"'{column}'" for column in list(fields)[:20])
        raise DataError(
            f"there is no column '{name}' to predict.{did_you_mean(name, fields)}",
            f"Name one of: {listed}.",
            file=source,
        )
    kind = fields[name].kind
    if kind in ("identifier", "constant"):
        raise DataError(
            f"the column to predict {_CANNOT[kind]} ({fields[name].reason}).",
            "Name another column with target=… (--target).",
            file=source,
            field=name,
        )
