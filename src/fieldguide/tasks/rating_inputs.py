"""The input side of recommendation: who rates what, as two codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch

from fieldguide import data
from fieldguide.codecs import from_config as codec_from_config
from fieldguide.codecs.names import Names
from fieldguide.data import Dataset
from fieldguide.errors import DataError
from fieldguide.tasks.forms import OF_RATINGS
from fieldguide.tasks.inputs import Inputs


@dataclass(frozen=True)
class RatingInputs(Inputs):
    """Codes of users and items; ``codecs`` holds the users' first, then the items'."""

    @classmethod
    def of(cls, train: Dataset) -> Self:
        """Learn the names in the training split."""
        asked = train.ratings
        assert asked is not None
        columns = (asked.user, asked.item)
        return cls(OF_RATINGS[0], {name: Names.fit(train.column(name)) for name in columns})

    @property
    def columns(self) -> tuple[str, str]:
        """Names of the columns of users and items."""
        user, item = self.codecs
        return user, item

    @property
    def users(self) -> Names:
        """Codes of users."""
        return self._names(0)

    @property
    def items(self) -> Names:
        """Codes of items."""
        return self._names(1)

    @property
    def shape(self) -> tuple[int, ...]:
        """No numbers, two codes."""
        return (0,)

    def encode(self, dataset: Dataset, *, once: bool = False) -> data.Examples:
        """Return codes of user and item, (n, 2)."""
        return data.Examples(torch.from_numpy(np.stack(self.codes(dataset), axis=1)))

    def codes(self, dataset: Dataset) -> list[np.ndarray]:
        """Return the codes of users, (n,), and of items, (n,)."""
        return [codec.encode(_column(dataset, name)) for name, codec in self.codecs.items()]

    @classmethod
    def from_config(cls, stored: dict[str, Any]) -> Self:
        """Rebuild from `config`."""
        codecs = {name: codec_from_config(kept) for name, kept in stored["codecs"].items()}
        return cls(stored["form"], codecs)

    def _names(self, place: int) -> Names:
        codec = list(self.codecs.values())[place]
        assert isinstance(codec, Names)
        return codec


def _column(dataset: Dataset, name: str) -> data.Column:
    if name not in dataset.columns:
        raise DataError(
            f"the model needs the column '{name}', and the data has none of that name.",
            f"Rename or add it; the data has: {', '.join(list(dataset.columns)[:20])}.",
            file=dataset.source,
            field=name,
        )
    return dataset.column(name)
