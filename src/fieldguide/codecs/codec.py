"""The promise every codec keeps.

A codec is a frozen dataclass of plain values: what it learnt from the training split *is* its
configuration, so saving one is writing JSON and nothing can drift after fitting.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, fields
from typing import Any, ClassVar, Self

import numpy as np

from fieldguide.data import Column, Examples, Kind
from fieldguide.errors import ModelFolderError


class Codec(ABC):
    """Turns one column into numbers a network can use, and back.

    Attributes:
        name: Name in saved models.
        codes: Whether `encode` returns integer codes (for embeddings) rather than numbers.
        forms: The forms of inputs that it makes, or makes a part of; none for a target's codec.
        kinds: The kinds of columns that it reads.
    """

    name: ClassVar[str]
    codes: ClassVar[bool] = False
    forms: ClassVar[tuple[str, ...]] = ()
    kinds: ClassVar[tuple[Kind, ...]] = ()
    known: ClassVar[dict[str, type[Codec]]] = {}

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        Codec.known[cls.name] = cls

    @classmethod
    @abstractmethod
    def fit(cls, column: Column) -> Self:
        """Learn from the training split and freeze."""

    @abstractmethod
    def encode(self, column: Column) -> np.ndarray:
        """Return numbers, first axis one per example."""

    @property
    @abstractmethod
    def width(self) -> int:
        """Columns of numbers that one value becomes; for codes, the number of codes."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one example's numbers, 0 for what varies."""
        return (self.width,)

    def examples(self, column: Column, *, once: bool = False) -> Examples:
        """Return all examples as a network takes them; for forms that are made of one column.

        Args:
            column: The values.
            once: Whether each example will be read a single time.
        """
        raise NotImplementedError(f"the codec '{self.name}' makes a part of a form only")

    def decode(self, values: np.ndarray) -> np.ndarray:
        """Turn numbers (n, width) back into the user's values; for codes, the codes (n,).

        A codec that loses too much to go back gives None for each.
        """
        return np.full(len(values), None, dtype=object)

    def config(self) -> dict[str, Any]:
        """Return a JSON-ready form with the codec's name."""
        return {"codec": self.name, **asdict(self)}  # type: ignore[call-overload]


def from_config(stored: dict[str, Any]) -> Codec:
    """Rebuild a codec from `Codec.config`; JSON's lists become the tuples they were.

    Raises:
        ModelFolderError: Unknown codec, or values that do not fit it.
    """
    if not isinstance(stored, dict):
        raise ModelFolderError(
            f"The model holds {stored!r} in place of a codec. The model folder was edited or "
            "damaged: save the model again."
        )
    values = dict(stored)
    name = values.pop("codec", None)
    kind = Codec.known.get(str(name))
    if kind is None:
        raise ModelFolderError(
            f"The model uses a codec '{name}' that this version does not know. "
            "Install the version of fieldguide that saved it, or a newer one."
        )
    expected = {field.name: str(field.type) for field in fields(kind)}  # type: ignore[arg-type]
    if set(values) != set(expected):
        raise ModelFolderError(
            f"The model's codec '{name}' has the fields {sorted(values)}, expected "
            f"{sorted(expected)}. The model folder was edited or damaged: save the model again."
        )
    for key, type_name in expected.items():
        if not _is_of(values[key], type_name):
            raise ModelFolderError(
                f"The model's codec '{name}' has {key}={values[key]!r}, expected {type_name}. "
                "The model folder was edited or damaged: save the model again."
            )
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})


_NUMBER = (int, float)
_KINDS: dict[str, tuple[type, ...]] = {
    "float": _NUMBER, "int": (int,), "bool": (bool,), "str": (str,)
}  # fmt: skip


def _is_of(value: Any, type_name: str) -> bool:
    """Whether a value from JSON is of an annotated type; types not known here pass."""
    inner = type_name.removeprefix("tuple[").removesuffix(", ...]")
    kinds, several = _KINDS.get(inner, (object,)), inner != type_name
    if several and not isinstance(value, (list, tuple)):
        return False
    numeric = kinds in (_NUMBER, (int,))
    return all(
        isinstance(part, kinds) and not (numeric and isinstance(part, bool))
        for part in (value if several else [value])
    )
