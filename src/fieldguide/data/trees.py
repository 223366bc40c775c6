"""A column of trees: words at the leaves, labels at the nodes that have them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np

from fieldguide.data.bundle import Bundle
from fieldguide.data.field import Kind
from fieldguide.data.forest import Forest

Label = str | int | float | bool
Node = tuple[Label | None, Any]  # (label, word) of a leaf, (label, [node, …]) of an inner node


class TreeColumn(Bundle):
    """Trees as arrays, and what their codes stand for.

    Args:
        forest: The trees; codes of words and labels are positions in the two lists that follow.
        vocabulary: Words.
        names: Labels, in the user's own values.
    """

    kind: ClassVar[Kind] = "tree"

    def __init__(self, forest: Forest, vocabulary: Sequence[str], names: Sequence[Label]):
        self.forest = forest
        self.vocabulary, self.names = tuple(vocabulary), tuple(names)

    @classmethod
    def of(cls, trees: Iterable[Node]) -> Self:
        """Return the column of nested trees: ``(label, word)``, ``(label, [node, …])``.

        Args:
            trees: One a tree; a label that is None is none.

        Example:
            >>> column = TreeColumn.of([(1, [(0, "not"), (None, "bad")])])
            >>> column.bracketed(0), column.texts()
            ('(1 (0 not) (bad))', ['not bad'])
        """
        grown = Grower()
        for tree in trees:
            grown.add_nested(tree)
        return cls(*grown.parts())

    def __len__(self) -> int:
        return len(self.forest)

    @property
    def shape(self) -> tuple[int, ...]:
        """No number of nodes is common to all."""
        return (0,)

    def take(self, indices: np.ndarray) -> Self:
        """Return the trees at ``indices``, in that order."""
        return type(self)(self.forest.take(np.asarray(indices)), self.vocabulary, self.names)

    def leaves(self) -> list[list[str]]:
        """Return the words of each tree, from left to right."""
        codes, leaf = self.forest.word, self.forest.word >= 0
        ends = np.cumsum(leaf)[self.forest.roots] if len(self) else np.empty(0, dtype=np.int64)
        words = [self.vocabulary[code] for code in codes[leaf].tolist()]
        starts = [0, *ends[:-1].tolist()]
        return [words[start:end] for start, end in zip(starts, ends.tolist(), strict=False)]

    def texts(self) -> list[str]:
        """Return the sentence of each tree: its words with blanks between them."""
        return [" ".join(words) for words in self.leaves()]

    def root_labels(self) -> list[Label | None]:
        """Return the label of each root, None where it has none."""
        codes = self.forest.label[self.forest.roots].tolist()
        return [self.names[code] if code >= 0 else None for code in codes]

    def labels(self, index: int) -> list[Label | None]:
        """Return the label of every node of a tree, in postorder, None where it has none."""
        codes = self.forest.label[self._span(index)].tolist()
        return [self.names[code] if code >= 0 else None for code in codes]

    def bracketed(self, index: int) -> str:
        """Return one tree in brackets, as treebanks write it."""
        span = self._span(index)
        words, parents = self.forest.word[span].tolist(), self.forest.parent[span].tolist()
        inside: list[list[str]] = [[] for _ in parents]
        text = ""
        for place, (code, parent, label) in enumerate(
            zip(words, parents, self.labels(index), strict=True)
        ):
            content = inside[place] if code < 0 else [escaped(self.vocabulary[code])]
            text = f"({' '.join([*([] if label is None else [str(label)]), *content])})"
            if parent >= 0:
                inside[parent].append(text)
        return text

    def digest(self, index: int) -> bytes:
        """Return bytes that are equal where words, labels and branches are."""
        return self.bracketed(index).encode()

    def stored(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return the arrays, and what their codes stand for."""
        forest = self.forest
        arrays = {"word": forest.word, "label": forest.label, "parent": forest.parent}
        facts = {"vocabulary": list(self.vocabulary), "names": list(self.names)}
        return {**arrays, "offsets": forest.offsets}, facts

    @classmethod
    def restored(cls, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> Self:
        """Return the column again."""
        return cls(Forest(**arrays), facts["vocabulary"], facts["names"])

    def _span(self, index: int) -> slice:
        return slice(int(self.forest.offsets[index]), int(self.forest.offsets[index + 1]))


class Grower:
    """Collects trees node by node, in postorder, and codes their words and labels."""

    def __init__(self) -> None:
        self.word: list[int] = []
        self.label: list[int] = []
        self.parent: list[int] = []
        self.offsets = [0]
        self.vocabulary: dict[str, int] = {}
        self.names: dict[Label, int] = {}

    def add(
        self,
        words: Sequence[str | None],
        labels: Sequence[Label | None],
        parents: Sequence[int],
    ) -> None:
        """Add a tree.

        Args:
            words: The word of each node in postorder, None at inner nodes.
            labels: The label of each, or None.
            parents: Position of the parent of each in this tree; -1 at the root, the last.
        """
        vocabulary, names = self.vocabulary, self.names
        self.word += [
            -1 if word is None else vocabulary.setdefault(word, len(vocabulary)) for word in words
        ]
        self.label += [
            -1 if label is None else names.setdefault(label, len(names)) for label in labels
        ]
        self.parent += parents
        self.offsets.append(len(self.word))

    def add_nested(self, tree: Node) -> None:
        """Add a tree of nested pairs; trees of any depth will do."""
        words: list[str | None] = []
        labels: list[Label | None] = []
        parents: list[int] = []
        waiting: list[list[int]] = [[]]  # the children so far of each node that is open
        todo: list[tuple[Node, bool]] = [(tree, False)]
        while todo:
            (label, content), closes = todo.pop()
            leaf = isinstance(content, str)
            if not leaf and not closes:
                waiting.append([])
                todo.append(((label, content), True))
                todo += [(child, False) for child in reversed(content)]
                continue
            for child in [] if leaf else waiting.pop():
                parents[child] = len(words)
            waiting[-1].append(len(words))
            words.append(content if leaf else None)
            labels.append(label)
            parents.append(-1)
        self.add(words, labels, parents)

    def parts(self) -> tuple[Forest, list[str], list[Label]]:
        """Return what a `TreeColumn` is made of."""
        forest = Forest(
            np.array(self.word, dtype=np.int32),
            np.array(self.label, dtype=np.int32),
            np.array(self.parent, dtype=np.int32),
            np.array(self.offsets, dtype=np.int64),
        )
        return forest, list(self.vocabulary), list(self.names)


def escaped(word: str) -> str:
    """Return a word as treebanks write it: brackets would be taken for the tree's."""
    return word.replace("(", "-LRB-").replace(")", "-RRB-")
