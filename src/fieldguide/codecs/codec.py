"""The promise every codec keeps.

A codec is a frozen dataclass of plain values: what it learnt from the training split *is* its
configuration, so saving one is writing JSON and nothing can drift after fitting.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, fields
from typing import Any, ClassVar, Self

import numpy as np

from fieldguide.data import Column
from fieldguide.errors import ModelFolderError


class Codec(ABC):
    """Turns one column into numbers a network can use, and back.

    Attributes:
        name: Name in saved models.
        codes: Whether `encode` returns integer codes (for embeddings) rather than numbers.
    """

    name: ClassVar[str]
    codes: ClassVar[bool] = False
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

    def config(self) -> dict[str, Any]:
        """Return a JSON-ready form with the codec's name."""
        return {"codec": self.name, **asdict(self)}  # type: ignore[call-overload]


def from_config(stored: dict[str, Any]) -> Codec:
    """Rebuild a codec from `Codec.config`; JSON's lists become the tuples they were.

    Raises:
        ModelFolderError: Unknown codec, or values that do not fit it.
    """
    values = dict(stored)
    name = values.pop("codec", None)
    kind = Codec.known.get(str(name))
    if kind is None:
        raise ModelFolderError(
            f"The model uses a codec '{name}' that this version does not know. "
            "Install the version of fieldguide that saved it, or a newer one."
        )
    expected = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    if set(values) != expected:
        raise ModelFolderError(
            f"The model's codec '{name}' has the fields {sorted(values)}, expected "
            f"{sorted(expected)}. The model folder was edited or damaged: save the model again."
        )
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})
