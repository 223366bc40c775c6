"""An algorithm's hyperparameters as options of the command line."""

from __future__ import annotations

import dataclasses
import inspect
import json
import typing
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
    if not several:
        return _scalar(name, text, hint)
    parts = [part.strip() for part in text.strip("()[] ").split(",")]
    return tuple(_scalar(name, part, hint) for part in parts if part)


def _scalar(name: str, text: str, hint: str) -> Any:
    for kind, word, read in (
        ("bool", "true or false", _truth),
        ("int", "a whole number", int),
        ("float", "a number", float),
    ):
        if kind in hint and not (kind == "int" and "float" in hint):
            try:
                return read(text)
            except ValueError:
                raise UsageError(f"--{name.replace('_', '-')} {text}: expected {word}.") from None
    return text


def _truth(text: str) -> bool:
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if text.lower() not in words:
        raise ValueError(text)
    return words[text.lower()]


def as_json(values: dict[str, Any]) -> str:
    """Return hyperparameters as one line of JSON, for comparison and messages."""
    return json.dumps(values, sort_keys=True, default=list)
