"""Free text in a table, and the words of trees: the weights of the commonest (TF-IDF)."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import polars as pl

from fieldguide.codecs.codec import Codec
from fieldguide.data import Column, Kind, TreeColumn

LARGEST = 500  # words kept
_WORD = re.compile(r"[^\W_]{2,}")


@dataclass(frozen=True)
class Words(Codec):
    """tf(w) · (ln((1 + n) / (1 + df(w))) + 1), each text scaled to length 1.

    Spärck Jones (1972), with the smoothing that scikit-learn's ``TfidfVectorizer`` uses.

    Attributes:
        words: Known words, most frequent first.
        weights: Inverse document frequency of each.
    """

    words: tuple[str, ...]
    weights: tuple[float, ...]
    name = "words"
    forms: ClassVar[tuple[str, ...]] = ("table",)
    kinds: ClassVar[tuple[Kind, ...]] = ("text", "tree")

    @classmethod
    def fit(cls, column: Column) -> Self:
        """Learn the words that most texts hold, and how rare they are."""
        texts = _texts(column)
        seen = Counter(word for text in texts for word in set(text))
        chosen = sorted(seen.items(), key=lambda item: (-item[1], item[0]))[:LARGEST]
        idf = [float(np.log((1 + len(texts)) / (1 + count)) + 1) for _, count in chosen]
        return cls(tuple(word for word, _ in chosen), tuple(idf))

    @property
    def width(self) -> int:
        """Number of words."""
        return len(self.words)

    def encode(self, column: Column) -> np.ndarray:
        """Return shape (n, width), float32."""
        place = {word: index for index, word in enumerate(self.words)}
        texts = _texts(column)
        table = np.zeros((len(texts), self.width), dtype=np.float32)
        for row, text in enumerate(texts):
            for word, count in Counter(text).items():
                if word in place:
                    table[row, place[word]] = count * self.weights[place[word]]
        length = np.linalg.norm(table, axis=1, keepdims=True)
        return table / np.where(length > 0, length, 1)


def _texts(column: Column) -> list[list[str]]:
    if isinstance(column, TreeColumn):
        texts: list[str | None] = [*column.texts()]
    else:
        assert isinstance(column, pl.Series)
        texts = column.cast(pl.String).to_list()
    return [_WORD.findall((text or "").lower()) for text in texts]
