"""Whether JSON holds trees of words: a look at its first object."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from fieldguide.errors import DataError
from fieldguide.formats.text import read_bytes

CHILDREN = ("children", "nodes")
LABELS = ("label", "class", "tag", "sentiment", "category")
WORDS = ("word", "token")
SAMPLE = 1 << 16  # bytes looked at

_NESTED = re.compile(r'"(?:children|nodes|left|right)"\s*:\s*(?:\[\s*)?[{"]')
_WORD = re.compile(r'"(?:word|token|text)"\s*:\s*"')


def holds_trees(path: Path) -> bool:
    """Say whether the first object of a file, packed with gzip or not, is a tree of words."""
    if not path.is_file():
        return False
    try:
        sample = read_bytes(path, SAMPLE)
    except DataError:
        return False
    text = sample.decode("utf-8", errors="replace").lstrip("\ufeff \t\r\n")
    if text.startswith("["):
        text = text[1:].lstrip()
    if not text.startswith("{"):
        return False
    try:
        return _is_tree(json.JSONDecoder().raw_decode(text)[0])
    except (json.JSONDecodeError, RecursionError):
        # It goes on behind the sample, or is broken.
        return bool(_NESTED.search(text) and _WORD.search(text))


def _is_tree(node: Any) -> bool:
    """Follow first children down to a word."""
    for depth in range(100_000):
        if isinstance(node, str):
            return depth > 0
        if not isinstance(node, dict):
            return False
        below = next((node[key] for key in CHILDREN if node.get(key)), None)
        below = below if below is not None else node.get("left")
        if below is None:
            leaf = any(isinstance(node.get(key), str) for key in (*WORDS, "text"))
            return depth > 0 and leaf
        node = below[0] if isinstance(below, list) and below else below
    return True
