"""Trees from text in brackets: ``(3 (2 It) (4 (2 is) (4 good)))``.

Labels may stand at every node, at roots only, or nowhere; a tree may take a line or several.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from fieldguide.data import Ledger
from fieldguide.data.trees import Grower
from fieldguide.formats.brackets import Brackets

_ESCAPES = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-LCB-": "{", "-RCB-": "}"}
_TOKEN = re.compile(r"[^ \t\n\r\f\v]+")  # other blanks, such as that of "8 1/2", belong to words


def grow(found: Brackets, grower: Grower, ledger: Ledger) -> list[int]:
    """Add the trees of a text to a column; return the line that each begins in.

    Trees without words, and nodes with a word beside children, are booked as excluded.
    """
    style = _style_of(found)
    added: list[int] = []
    troubles: dict[str, list[int]] = {}
    spans = found.trees
    for start, stop in spans:
        line = int(found.lines[start])
        tree = _Tree(style)
        trouble = tree.fill(found, start, stop)
        if trouble:
            troubles.setdefault(trouble, []).append(line)
        else:
            grower.add(tree.words, tree.labels, tree.parents)
            added.append(line)
    ledger.total += len(spans)
    for reason, places in troubles.items():
        ledger.book("excluded", reason, places, file=found.path)
    return added


@dataclass(frozen=True)
class _Style:
    """How the labels of a file are written.

    Attributes:
        inner: Whether nodes below the root begin with a label.
        root: Whether roots do.
        names: Labels that nodes with children have.
    """

    inner: bool
    root: bool
    names: frozenset[str] = frozenset()


def _style_of(found: Brackets) -> _Style:
    """Look at all trees: where most nodes below the roots begin with words, labels are rare."""
    full = np.array([bool(part.strip()) for part in found.after])
    followed = found.opens & np.append(found.opens[1:], False)  # by another that opens
    below = found.opens & (found.depth > 1)
    parents = below & followed
    unnamed = parents & ~full
    loose = ~found.opens & (found.depth > 0) & full  # words after a bracket that closed
    roots = [_TOKEN.findall(found.after[start])[:1] for start, _ in found.trees]
    heads = {root[0] for root in roots if root}
    few = unnamed.sum() + loose.sum() <= 0.1 * max(1, parents.sum())
    if few or not unnamed.any() or _are_labels(_firsts(found, below, followed), heads):
        labels = {
            _TOKEN.findall(found.after[place])[0] for place in np.flatnonzero(followed & full)
        }
        return _Style(inner=True, root=True, names=frozenset(labels))
    repeated = len(heads) <= 0.5 * len(roots)
    return _Style(inner=False, root=all(roots) and (_numeric(heads) or repeated))


def _firsts(found: Brackets, below: np.ndarray, followed: np.ndarray) -> list[str]:
    """Return the first of two things, a token and a word or a bracket, in nodes below the roots."""
    firsts = []
    for place in np.flatnonzero(below):
        tokens = _TOKEN.findall(found.after[place])
        if len(tokens) + bool(followed[place]) >= 2:
            firsts.append(tokens[0])
    return firsts


def _are_labels(firsts: list[str], heads: set[str]) -> bool:
    """Whether what nodes begin with are labels: those of roots, numbers, or few and repeated."""
    names = set(firsts)
    few = len(names) <= 0.2 * len(firsts)
    return bool(names) and (names <= heads or (_numeric(names) and _numeric(heads)) or few)


def _numeric(names: set[str]) -> bool:
    return all(re.fullmatch(r"[+-]?\d+(\.\d+)?", name) for name in names)


@dataclass
class _Open:
    """A pair of brackets that is not closed yet: its label, its children, how many are words."""

    label: str | None
    children: list[int]
    words: int


class _Tree:
    """One tree, as it is read bracket by bracket."""

    def __init__(self, style: _Style):
        self.style = style
        self.words: list[str | None] = []
        self.labels: list[str | None] = []
        self.parents: list[int] = []

    def fill(self, found: Brackets, start: int, stop: int) -> str:
        """Read the brackets of one tree; return what is wrong with it, or an empty string."""
        waiting: list[_Open] = []
        for place in range(start, stop):
            tokens = _TOKEN.findall(found.after[place])
            if found.opens[place]:
                labelled = self.style.inner if waiting else self.style.root
                label = None
                if labelled and tokens and (len(tokens) > 1 or found.opens[place + 1]):
                    label, *tokens = tokens
                waiting.append(_Open(label, [self._leaf(word) for word in tokens], len(tokens)))
                continue
            trouble = self._close(waiting[-1])
            if trouble:
                return trouble
            waiting.pop()
            if waiting:
                waiting[-1].children += [len(self.words) - 1, *map(self._leaf, tokens)]
                waiting[-1].words += len(tokens)
        self._drop_wrapper()
        return ""

    def _close(self, node: _Open) -> str:
        """Add the node of a pair of brackets, after its children; one word alone is the node."""
        if not node.children:
            return "empty brackets: a node without a word and without children"
        if self.style.inner and 0 < node.words < len(node.children):
            return "a node with a word and children"
        if node.words == len(node.children) == 1:
            if node.label is None and self.words[-1] in self.style.names:
                return "a leaf without a word"
            self.labels[-1] = node.label
            return ""
        for child in node.children:
            self.parents[child] = len(self.words)
        self._add(None, node.label)
        return ""

    def _drop_wrapper(self) -> None:
        """Take off the brackets without a label that the Penn Treebank puts around each tree."""
        while self.labels[-1] is None and self.parents.count(len(self.words) - 1) == 1:
            for values in (self.words, self.labels, self.parents):
                values.pop()
            self.parents[-1] = -1

    def _leaf(self, word: str) -> int:
        self._add(_plain(word), None)
        return len(self.words) - 1

    def _add(self, word: str | None, label: str | None) -> None:
        self.words.append(word)
        self.labels.append(label)
        self.parents.append(-1)


def _plain(word: str) -> str:
    """Return a word without the marks that keep it apart from brackets."""
    if word in _ESCAPES:
        return _ESCAPES[word]
    return re.sub(r"\\([/*])", r"\1", word) if "\\" in word else word
