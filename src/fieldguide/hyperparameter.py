"""Hyperparameters: dataclass fields that carry their range and meaning.

Declared once, they are the constructor's arguments, the command line's options, the saved
configuration and the search space.
"""

from __future__ import annotations

import dataclasses
import typing
from dataclasses import dataclass
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


def check(holder: Any) -> None:
    """Check every hyperparameter of a dataclass instance against its type and range.

    Raises:
        UsageError: Naming the hyperparameter, what it is and what it may be.
    """
    hints = typing.get_type_hints(type(holder))
    for field in dataclasses.fields(holder):
        limits = field.metadata.get("range")
        if limits is not None:
            _check_one(field.name, getattr(holder, field.name), hints[field.name], limits)


def restore(kind: type, stored: dict[str, Any]) -> dict[str, Any]:
    """Return constructor arguments from JSON: lists become tuples where the field is one.

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


def _tuples(value: Any) -> Any:
    return tuple(_tuples(part) for part in value) if isinstance(value, list) else value


def _check_one(name: str, value: Any, hint: Any, limits: Range) -> None:
    if value is None and type(None) in typing.get_args(hint):
        return
    parts = value if isinstance(value, (tuple, list)) else (value,)
    for part in parts:
        _check_part(name, part, hint, limits)
    if limits.choices:
        for part in parts:
            if part not in limits.choices:
                allowed = ", ".join(map(repr, limits.choices))
                raise UsageError(f"{name}={value!r}: expected one of {allowed} ({limits.help}).")


def _check_part(name: str, value: Any, hint: Any, limits: Range) -> None:
    wants_number = limits.low is not None or limits.high is not None
    if not wants_number:
        return
    whole = "int" in str(hint) and "float" not in str(hint)
    number = isinstance(value, int) or hasattr(value, "__index__")
    if not whole:
        number = number or isinstance(value, float) or hasattr(value, "__float__")
    fits = number and not isinstance(value, (bool, str))
    if fits and limits.low is not None:
        fits = value >= limits.low
    if fits and limits.high is not None:
        fits = value <= limits.high
    if not fits:
        kind = "a whole number" if whole else "a number"
        low = "" if limits.low is None else f" of at least {limits.low}"
        high = "" if limits.high is None else f" and at most {limits.high}"
        raise UsageError(f"{name}={value!r}: expected {kind}{low}{high} ({limits.help}).")
