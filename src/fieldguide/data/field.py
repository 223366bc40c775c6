"""Fields: what each column of a data set holds, and how that was found out."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

Kind = Literal[
    "number", "category", "boolean", "datetime", "text", "image", "identifier", "constant", "array",
    "series", "clip", "tree",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Field:
    """One column.

    Attributes:
        name: Column name, as the user wrote it.
        kind: What its values are; ``array`` is a block of numbers of one shape per example,
            ``series`` a sequence of its own length, ``clip`` frames, ``tree`` words in a tree.
        reason: How the kind was found out, in plain words.
        missing: Number of missing values.
        distinct: Number of distinct values seen (0 where that was not counted).
        shape: Shape of one value: ``()`` for scalars, ``(channels, height, width)`` for images
            (0 for a size that varies), ``(width,)`` for arrays, ``(steps, channels)`` for series.
        facts: Further measured facts, JSON-ready (smallest, largest, examples…).
    """

    name: str
    kind: Kind
    reason: str = ""
    missing: int = 0
    distinct: int = 0
    shape: tuple[int, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def is_input(self) -> bool:
        """Whether the column can inform a prediction: identifiers and constants cannot."""
        return self.kind not in ("identifier", "constant")

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Field:
        """Rebuild from `to_dict`; JSON turned the shape into a list."""
        return cls(**{**stored, "shape": tuple(stored["shape"])})
