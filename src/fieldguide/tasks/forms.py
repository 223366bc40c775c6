"""Forms: what a network is fed. The same data can often be read in several.

A form of one column (``image``, ``series``, ``clip``, ``tree``) keeps the structure of its values;
``array`` lays them out as one row of numbers, ``table`` puts mixed columns side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fieldguide.codecs import Codec
from fieldguide.data import Dataset, Field, Kind

OF_SERIES = ("window", "array")  # of series that are to be forecast
OF_RATINGS = ("rating",)  # of users and items, as codes
OF_COLUMNS = ("array", "table")  # rows of numbers, and codes: what any algorithm of vectors takes


def codec_for(form: str, kind: Kind) -> type[Codec] | None:
    """Return the codec that makes a form of columns of a kind, or None."""
    fitting = [one for one in Codec.known.values() if form in one.forms and kind in one.kinds]
    return fitting[0] if fitting else None


def forms_of(dataset: Dataset, *, natural: bool = False) -> tuple[str, ...]:
    """Return every form that the data can be read in, the one that suits them best first.

    Args:
        dataset: The data.
        natural: Leave out what only an algorithm that asks for it should get, such as sequences
            made of plain rows of numbers, or trees made of plain sentences.
    """
    if dataset.forecast is not None:
        return OF_SERIES  # of windows, which are cut from all columns together
    if dataset.ratings is not None:
        return OF_RATINGS
    usable = dataset.inputs
    kinds = {field.kind for field in usable.values()}
    own = [form for form in _structured() if _leading(form) in kinds]
    flat = [form for form in OF_COLUMNS if _columns(usable, form)]
    if "image" in own:  # networks of vectors take pictures as they are, and flatten them
        return ("image",)
    if natural:
        return (*own, *flat)
    forced = [
        form
        for form in _structured()
        if form not in own and len(usable) == 1 and codec_for(form, next(iter(kinds)))
    ]
    return (*own, *flat, *forced)


def choose_form(dataset: Dataset, able: Sequence[str]) -> str:
    """Return the first form of the data that an algorithm takes; their own if it takes none."""
    forms = forms_of(dataset)
    return next((form for form in forms if form in able), forms[0])


def columns_for(form: str, usable: Mapping[str, Field]) -> list[str]:
    """Return the columns that a form is made of."""
    if form in OF_COLUMNS:
        return _columns(usable, form)
    leading = [name for name, field in usable.items() if field.kind == _leading(form)]
    return leading[:1] or list(usable)[:1]


def _structured() -> list[str]:
    """Return the forms of one column."""
    found = [form for codec in Codec.known.values() for form in codec.forms]
    return [form for form in dict.fromkeys(found) if form not in OF_COLUMNS]


def _leading(form: str) -> Kind | None:
    """Return the kind of column that a form of one column was made for."""
    return next((codec.kinds[0] for codec in Codec.known.values() if form in codec.forms), None)


def _columns(usable: Mapping[str, Field], form: str) -> list[str]:
    """Return the columns that go into rows of numbers; none if they do not make that form."""
    if (form == "array") != (len(usable) == 1 and _is_block(usable)):
        return []
    return list(usable) if all(codec_for(form, one.kind) for one in usable.values()) else []


def _is_block(usable: Mapping[str, Field]) -> bool:
    return codec_for("array", next(iter(usable.values())).kind) is not None
