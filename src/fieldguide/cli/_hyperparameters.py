"""An algorithm's hyperparameters as options of the command line."""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Callable
from typing import Any

import typer

from fieldguide.errors import UsageError

PREFIX = "hyperparameter_"  # keeps an algorithm's names apart from those of the verb


def described(kind: type) -> list[dict[str, Any]]:
    """Return name, default, range and meaning of every hyperparameter, own ones first.

    Args:
        kind: An estimator's class.
    """
    own = inspect.get_annotations(kind)
    fields = sorted(_fields(kind), key=lambda field: field.name not in own)
    return [_describe(field) for field in fields]


def parameters(kind: type, taken: set[str]) -> list[inspect.Parameter]:
    """Return one option for each hyperparameter.

    Args:
        kind: An estimator's class.
        taken: Names that the verb uses itself.
    """
    return [_option(one, PREFIX) for one in described(kind) if one["name"] not in taken]


def given(kind: type, values: dict[str, str | None]) -> dict[str, Any]:
    """Return the constructor's arguments from what the user wrote.

    Args:
        kind: An estimator's class.
        values: Texts by parameter name, None where the user wrote nothing.

    Raises:
        UsageError: A text that is not of the hyperparameter's type; ranges are checked by `fit`.
    """
    hints = typing.get_type_hints(kind)
    return {
        name.removeprefix(PREFIX): _value(name.removeprefix(PREFIX), text, hints)
        for name, text in values.items()
        if text is not None
    }


def _fields(kind: type) -> list[dataclasses.Field[Any]]:
    return [field for field in dataclasses.fields(kind) if "range" in field.metadata]


def _describe(field: dataclasses.Field[Any]) -> dict[str, Any]:
    limits = field.metadata["range"]
    return {
        "name": field.name,
        "default": field.default,
        "default_text": written(field.default),
        "type": str(field.type),
        "help": limits.help,
        "low": limits.low,
        "high": limits.high,
        "choices": limits.choices,
        "range": _range(limits),
    }


def _range(limits: Any) -> str:
    if limits.choices:
        return ", ".join(map(str, limits.choices))
    if limits.low is not None and limits.high is not None:
        return f"{limits.low} to {limits.high}"
    if limits.low is not None:
        return f"at least {limits.low}"
    return "" if limits.high is None else f"at most {limits.high}"


def written(value: Any) -> str:
    """Return a value as the user would write it: ``64,64``, ``true``, or nothing for None."""
    if isinstance(value, (tuple, list)):
        return ",".join(map(written, value))
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _option(one: dict[str, Any], prefix: str) -> inspect.Parameter:
    within = f"; {one['range']}" if one["range"] else ""
    default = f" [{one['default_text']}{within}]" if one["default_text"] or within else ""
    flag = f"--{one['name'].replace('_', '-')}"
    info = typer.Option(flag, help=one["help"] + default, metavar=_metavar(one["type"]))
    return inspect.Parameter(
        prefix + one["name"],
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=typing.Annotated[str | None, info],
    )


def _metavar(kind: str) -> str:
    words = {"int": "WHOLE", "float": "NUMBER", "bool": "true|false"}
    metavar = next((word for name, word in words.items() if name in kind), "TEXT")
    return f"{metavar},…" if "tuple" in kind or "Sequence" in kind else metavar


def _value(name: str, text: str, hints: dict[str, Any]) -> Any:
    hint = str(hints[name])
    if "None" in hint and text.lower() in ("", "none"):
        return None
    several = "tuple" in hint or "Sequence" in hint
    parts = [part.strip() for part in text.strip("()[] ").split(",")] if several else [text]
    word, read = _reader(hint)
    try:
        values = tuple(read(part) for part in parts if part)
    except ValueError:
        wanted = f"{word}, or several with commas between them" if several else word
        raise UsageError(f"--{name.replace('_', '-')} {text}: expected {wanted}.") from None
    return values if several else values[0] if values else text


def _reader(hint: str) -> tuple[str, Callable[[str], Any]]:
    """Return what a type is called, and what reads it from text."""
    if "bool" in hint:
        return "true or false", _truth
    if "float" in hint:
        return "a number", float
    return ("a whole number", int) if "int" in hint else ("text", str)


def _truth(text: str) -> bool:
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if text.lower() not in words:
        raise ValueError(text)
    return words[text.lower()]
