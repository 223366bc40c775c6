"""Hyperparameters: dataclass fields that carry their range and meaning.

Declared once, they are the constructor's arguments, the command line's options, the saved
configuration and the search space.
"""

from __future__ import annotations

import dataclasses
import math
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path
from types import UnionType
from typing import Any

from fieldguide.errors import UsageError, did_you_mean


@dataclass(frozen=True)
class Range:
    """What a hyperparameter may be.

    Attributes:
        help: One line for command line and docs, with the unit.
        low: Smallest value allowed, or None.
        high: Largest value allowed, or None.
        choices: The only values allowed, or empty for any.
        search: Values (choices) or bounds (low, high) worth searching; empty if not searched.
        log: Whether a search steps by factors rather than differences.
        starts: Whether it only says where fitting starts (a file of weights): a saved model
            is rebuilt without it.
    """

    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] = ()
    search: tuple[Any, ...] = ()
    log: bool = False
    starts: bool = False


def option(default: Any, help: str, **limits: Any) -> Any:
    """Return a dataclass field with its `Range`.

    Example:
        >>> from dataclasses import dataclass, fields
        >>> @dataclass
        ... class Net:
        ...     width: int = option(64, "units in the hidden layer", low=1)
        >>> Net().width, fields(Net)[0].metadata["range"].low
        (64, 1)
    """
    return dataclasses.field(default=default, metadata={"range": Range(help, **limits)})


def ranges(kind: type) -> dict[str, Range]:
    """Return the range of every hyperparameter of a class, by name."""
    return {
        field.name: field.metadata["range"]
        for field in dataclasses.fields(kind)
        if "range" in field.metadata
    }


def check(holder: Any) -> None:
    """Check every hyperparameter of a dataclass instance against its type and range.

    Raises:
        UsageError: Naming the hyperparameter, what it is and what it may be.
    """
    hints = typing.get_type_hints(type(holder))
    for name, limits in ranges(type(holder)).items():
        value, hint = getattr(holder, name), hints[name]
        if not fits(value, hint) or not all(_allowed(part, limits) for part in _parts(value)):
            raise UsageError(f"{name}={value!r}: expected {_expected(hint, limits)}.")


def fits(value: Any, hint: Any) -> bool:
    """Whether a value is of an annotated type; NumPy's numbers count as numbers.

    Numbers must be finite, and a list will do for a tuple.

    Example:
        >>> fits(3, int), fits(3.5, int), fits([3, 4], tuple[int, ...]), fits(None, int | None)
        (True, False, True, True)
    """
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, UnionType):
        return any(fits(value, part) for part in parts)
    if origin is tuple and isinstance(value, (tuple, list)):
        if len(parts) == 2 and parts[1] is Ellipsis:
            return all(fits(item, parts[0]) for item in value)
        return len(parts) == len(value) and all(map(fits, value, parts))
    if hint is int:
        return isinstance(value, Integral) and not isinstance(value, bool)
    if hint is float:
        return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    if hint is bool:
        return isinstance(value, bool) or type(value).__name__ == "bool"  # NumPy's
    return hint is Any or isinstance(value, origin or hint)


def plain(holder: Any) -> dict[str, Any]:
    """Return the hyperparameters of a dataclass instance as values that JSON knows."""
    return {field.name: _plain(getattr(holder, field.name)) for field in dataclasses.fields(holder)}


def restore(kind: type, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return constructor arguments from JSON: lists become tuples.

    Raises:
        UsageError: A name the class does not have.
    """
    known = {field.name for field in dataclasses.fields(kind)}
    for name in stored:
        if name not in known:
            raise UsageError(
                f"{kind.__name__} has no hyperparameter '{name}'.{did_you_mean(name, known)} "
                f"It has: {', '.join(sorted(known))}."
            )
    return {name: _tuples(value) for name, value in stored.items()}


def without_starts(holder: Any) -> Any:
    """Return a copy that has forgotten where fitting starts: no files are needed to rebuild it."""
    blank = {name: "" for name, limits in ranges(type(holder)).items() if limits.starts}
    given = {field.name: getattr(holder, field.name) for field in dataclasses.fields(holder)}
    return type(holder)(**{**given, **blank})


def _tuples(value: Any) -> Any:
    return tuple(_tuples(part) for part in value) if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_plain(part) for part in value]
    if isinstance(value, Path):
        return str(value)
    return value.item() if hasattr(value, "item") else value  # NumPy's numbers


def _parts(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def _allowed(value: Any, limits: Range) -> bool:
    if value is None:
        return True  # the type has said already whether it may be
    if limits.choices and value not in limits.choices:
        return False
    low_enough = limits.high is None or value <= limits.high
    return low_enough and (limits.low is None or value >= limits.low)


def _expected(hint: Any, limits: Range) -> str:
    low = "" if limits.low is None else f" of at least {limits.low}"
    high = "" if limits.high is None else f"{' and' if low else ' of'} at most {limits.high}"
    choices = f" among {', '.join(map(repr, limits.choices))}" if limits.choices else ""
    return f"{_in_words(hint)}{low}{high}{choices} ({limits.help})"


_WORDS = {int: "a whole number", float: "a number", bool: "True or False", str: "text"}
_SEVERAL = {int: "whole numbers", float: "numbers", str: "texts"}


def _in_words(hint: Any) -> str:
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, UnionType):
        return " or ".join("None" if part is type(None) else _in_words(part) for part in parts)
    if origin is tuple:
        return f"a tuple of {_SEVERAL.get(parts[0], 'values')}"
    return _WORDS.get(hint, getattr(hint, "__name__", str(hint)))
