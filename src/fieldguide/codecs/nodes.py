"""Trees as recursive networks take them: words as codes, nodes level by level.

Form ``tree``: batches are `TreeBatch`, whose ``x`` is a schedule (`Forest.packed`): ``words``
(codes of the leaves, which are the first nodes), ``children`` and ``arity`` of the inner nodes,
``levels`` (nodes of each height), ``labels`` (codes of the nodes' labels, positions in
`Nodes.labels`; -1 = none), ``roots``, ``tree`` and ``place``.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl

from fieldguide.codecs.codec import Codec
from fieldguide.data import Column, Examples, Kind
from fieldguide.data.forest import Forest
from fieldguide.data.tree_examples import TreeExamples
from fieldguide.data.tree_shapes import sentences
from fieldguide.data.trees import TreeColumn

UNKNOWN = 0  # code of a word that training never saw
_WORD = re.compile(r"\w+(?:['’.\-]\w+)*|['’]\w+|[^\w\s]")


@dataclass(frozen=True)
class Nodes(Codec):
    """Word k of the vocabulary is code k + 1; a word never seen is looked up in lower case, then 0.

    Plain sentences are cut into words and marks, and get balanced trees.

    Attributes:
        words: Words of the training split, the commonest first.
        counts: How often each occurs there.
        labels: Labels of nodes in the training split, in the user's own values.
        height: Of its highest tree.
        parsed: Whether the trees were given, rather than made of plain sentences.
    """

    words: tuple[str, ...]
    counts: tuple[int, ...]
    labels: tuple[Any, ...]
    height: int
    parsed: bool
    name = "nodes"
    forms: ClassVar[tuple[str, ...]] = ("tree",)
    kinds: ClassVar[tuple[Kind, ...]] = ("tree", "text")

    @classmethod
    def fit(cls, column: Column) -> Self:
        """Learn the words and the labels."""
        parsed, column = isinstance(column, TreeColumn), trees_of(column)
        forest = column.forest
        counts = np.bincount(forest.word[forest.word >= 0], minlength=len(column.vocabulary))
        seen = Counter(dict(zip(column.vocabulary, counts.tolist(), strict=True)))
        chosen = sorted(seen.items(), key=lambda item: (-item[1], item[0]))
        chosen = [(word, count) for word, count in chosen if count]
        used = np.unique(forest.label[forest.label >= 0])
        return cls(
            tuple(word for word, _ in chosen),
            tuple(count for _, count in chosen),
            tuple(
                sorted((column.names[code] for code in used), key=lambda name: (str(name), name))
            ),
            int(forest.heights.max(initial=0)),
            parsed,
        )

    @property
    def width(self) -> int:
        """Number of codes of words."""
        return len(self.words) + 1

    @property
    def shape(self) -> tuple[int, ...]:
        """No number of nodes is common to all."""
        return (0,)

    def encode(self, column: Column) -> np.ndarray:
        """Return the codes of all words of all trees, shape (words,)."""
        forest = self.forest(column)
        return forest.word[forest.word >= 0]

    def forest(self, column: Column) -> Forest:
        """Return the trees with this codec's codes for words and labels."""
        column = trees_of(column)
        place = {word: code for code, word in enumerate(self.words, start=1)}
        codes = [place.get(word) or place.get(word.lower(), UNKNOWN) for word in column.vocabulary]
        known = {(type(name), name): code for code, name in enumerate(self.labels)}
        labels = [known.get((type(name), name), -1) for name in column.names]
        forest = column.forest
        return Forest(
            _looked_up(codes, forest.word), _looked_up(labels, forest.label),
            forest.parent, forest.offsets,
        )  # fmt: skip

    def examples(self, column: Column, *, once: bool = False) -> Examples:
        """Return batches that are schedules."""
        return TreeExamples.of(self.forest(column))


def tokens(text: str) -> list[str]:
    """Cut a plain sentence into words and marks.

    Example:
        >>> tokens("It's good, isn't it?")
        ["It's", 'good', ',', "isn't", 'it', '?']
    """
    return _WORD.findall(text)


def _looked_up(codes: list[int], values: np.ndarray) -> np.ndarray:
    """Return ``codes[value]`` of each value, and -1 where the value is -1."""
    return np.array([*codes, -1], dtype=np.int64)[values]


def trees_of(column: Column) -> TreeColumn:
    """Return a column of trees as it is, and one of plain sentences as balanced trees."""
    if isinstance(column, TreeColumn):
        return column
    assert isinstance(column, pl.Series)
    cut = [tokens(text or "") or [""] for text in column.cast(pl.String).to_list()]
    vocabulary: dict[str, int] = {}
    codes = [vocabulary.setdefault(word, len(vocabulary)) for words in cut for word in words]
    lengths = np.array([len(words) for words in cut], dtype=np.int64)
    forest = sentences(np.array(codes, dtype=np.int64), lengths)
    return TreeColumn(forest, list(vocabulary), ())
