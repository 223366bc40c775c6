"""Trees as nested JSON: ``{"label": 3, "children": [{"label": 2, "word": "It"}, …]}``.

A document holds one tree, or an array of them; JSON lines hold one tree a line. A leaf may be a
bare string; two children may be called ``left`` and ``right``; the word may be called ``token``
and, at leaves, ``text``; the label ``class``, ``tag`` or ``sentiment``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fieldguide.data import Ledger
from fieldguide.data.trees import Grower, Label
from fieldguide.errors import DataError
from fieldguide.formats.csv import text_suffix
from fieldguide.formats.json_sniff import CHILDREN, LABELS, WORDS, holds_trees
from fieldguide.formats.text import read_text
from fieldguide.formats.tree_files import TreeFormat

SUFFIXES = (".json", ".jsonl", ".ndjson")
_REMEDY = 'Write each tree as {"label": …, "children": [{"label": …, "word": …}, …]}.'


class JsonTrees(TreeFormat):
    """Trees as nested JSON objects."""

    name = "json trees"
    looks_for = (
        'a .json or .jsonl file of nested objects such as {"label": 3, "children": [{"label": 2, '
        '"word": "It"}, …]}, packed with gzip or not; or a folder of them'
    )

    def knows_file(self, path: Path) -> bool:
        """Say whether the first object of the file is a tree."""
        return text_suffix(path) in SUFFIXES and holds_trees(path)

    def grow(self, path: Path, grower: Grower, ledger: Ledger) -> list[int]:
        """Add the trees of a file to a column; return the line (or place) of each.

        Raises:
            DataError: The file is one broken document.
        """
        text = read_text(path)
        ledger.book("repaired", "not UTF-8: read as Latin-1", text.foreign, file=path)
        added: list[int] = []
        troubles: dict[str, list[int]] = {}
        for place, value in _values(text.data.decode("utf-8"), path):
            ledger.total += 1
            trouble = value if isinstance(value, str) else _add(value, grower)
            if trouble:
                troubles.setdefault(trouble, []).append(place)
            else:
                added.append(place)
        for reason, places in troubles.items():
            ledger.book("excluded", reason, places, file=path)
        return added


def _values(content: str, path: Path) -> Iterator[tuple[int, Any]]:
    """Yield the place of each tree and its value; a text says why there is none."""
    start = content.lstrip()
    lines = [(n, line) for n, line in enumerate(content.split("\n"), 1) if line.strip()]
    if start.startswith("{") and (len(lines) == 1 or lines[0][1].rstrip().endswith("}")):
        for number, line in lines:
            try:
                yield number, json.loads(line)
            except json.JSONDecodeError:
                yield number, "not JSON"
            except RecursionError:
                yield number, "nested too deeply"
        return
    try:
        document = json.loads(content)
    except (json.JSONDecodeError, RecursionError) as error:
        raise DataError(
            f"the JSON is broken ({getattr(error, 'msg', 'nested too deeply')}).",
            _REMEDY,
            file=path,
            row=getattr(error, "lineno", None),
        ) from error
    yield from enumerate(document if isinstance(document, list) else [document], start=1)


def _add(tree: Any, grower: Grower) -> str:
    """Add a tree to a column; return what is wrong with it, or an empty string."""
    words: list[str | None] = []
    labels: list[Label | None] = []
    parents: list[int] = []
    waiting: list[list[int]] = [[]]  # the children so far of each node that is open
    todo: list[tuple[Any, bool]] = [(tree, False)]
    while todo:
        node, closes = todo.pop()
        children, word, label, trouble = _parts(node)
        if trouble:
            return trouble
        if children and not closes:
            waiting.append([])
            todo.append((node, True))
            todo += [(child, False) for child in reversed(children)]
            continue
        for child in waiting.pop() if children else []:
            parents[child] = len(words)
        waiting[-1].append(len(words))
        words.append(word)
        labels.append(label)
        parents.append(-1)
    grower.add(words, labels, parents)
    return ""


def _parts(node: Any) -> tuple[list[Any], str | None, Label | None, str]:
    """Return a node's children, word and label, and what is wrong with it."""
    if isinstance(node, str):
        return [], node, None, "" if node.strip() else "an empty word"
    if not isinstance(node, dict):
        return [], None, None, "a node that is neither an object nor a word"
    children: Any = next((node[key] for key in CHILDREN if node.get(key)), [])
    sides = [node[side] for side in ("left", "right") if node.get(side) is not None]
    children = children or sides
    label = next((node[key] for key in LABELS if node.get(key) is not None), None)
    word = next((node[key] for key in WORDS if node.get(key) is not None), None)
    if not isinstance(children, list):
        return [], None, None, "children that are no list"
    if isinstance(label, (dict, list)):
        return [], None, None, "a label that is no text and no number"
    if children and word is not None:
        return [], None, None, "a node with a word and children"
    if children:
        return children, None, label, ""
    word = word if word is not None else node.get("text")  # of an inner node: the whole phrase
    if word is None or not str(word).strip():
        return [], None, None, "a node without a word and without children"
    return [], str(word), label, ""
