"""Text in brackets, as treebanks write trees: cut at its brackets, and checked that they match."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fieldguide.errors import DataError
from fieldguide.formats.text import read_bytes

SAMPLE = 1 << 16  # bytes looked at
_REMEDY = "Write each tree as (label child child …), each leaf as (label word)."


@dataclass
class Brackets:
    """A text cut at its brackets.

    Attributes:
        path: The file, for messages.
        opens: Whether each bracket opens.
        after: The text after each bracket, up to the next.
        lines: Number of the line that each bracket stands in, from 1.
        depth: Brackets open after each one.
    """

    path: Path
    opens: np.ndarray
    after: list[str]
    lines: np.ndarray
    depth: np.ndarray

    @property
    def trees(self) -> list[tuple[int, int]]:
        """First bracket of each tree, and the one after its last."""
        ends = np.flatnonzero(self.depth == 0) + 1
        return list(zip([0, *ends[:-1].tolist()], ends.tolist(), strict=False))


def is_treebank(path: Path) -> bool:
    """Say whether a file, packed with gzip or not, begins with trees in brackets."""
    if not path.is_file():
        return False
    try:
        sample = read_bytes(path, SAMPLE)
    except DataError:
        return False
    return looks_like_trees(sample.decode("utf-8", errors="replace"))


def looks_like_trees(text: str) -> bool:
    """Say whether a text, or the start of one, holds trees in brackets and little else."""
    text = text.lstrip("\ufeff \t\r\n")
    if not text.startswith("("):
        return False
    rest = re.split(r"([()])", text)[1:]
    opens = np.array([bracket == "(" for bracket in rest[0::2]])
    depth = np.cumsum(np.where(opens, 1, -1))
    depth -= np.minimum(np.minimum.accumulate(depth), 0)  # a bracket too many closes nothing
    outside = sum(len(part.strip()) for part, d in zip(rest[1::2], depth, strict=True) if d == 0)
    return bool(depth.max() >= 2) and outside <= 0.02 * len(text)


def cut(text: str, path: Path) -> Brackets:
    """Cut a text at its brackets.

    Raises:
        DataError: Brackets that do not match, or text outside of them; names the line.
    """
    first, *rest = re.split(r"([()])", text)
    opens = np.array([bracket == "(" for bracket in rest[0::2]], dtype=bool)
    after = rest[1::2]
    newlines = np.array([first.count("\n"), *(part.count("\n") for part in after)])
    lines = 1 + np.cumsum(newlines)[:-1]
    depth = np.cumsum(np.where(opens, 1, -1))
    found = Brackets(path, opens, after, lines, depth)
    _check_lines(text, found)
    _check_balance(found)
    _check_outside(first, found)
    return found


def _check_lines(text: str, found: Brackets) -> None:
    """Where nearly every line is a tree of its own, name the one that is not."""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    surplus = [(number, line.count("(") - line.count(")")) for number, line in lines]
    wrong = [(number, more) for number, more in surplus if more]
    alone = sum(line.lstrip().startswith("(") for _, line in lines)
    if wrong and len(lines) > 1 and len(wrong) <= 0.1 * len(lines) and alone >= 0.9 * len(lines):
        number, more = wrong[0]
        kind = "opened and not closed" if more > 0 else "closed and not opened"
        raise DataError(
            f"malformed tree: {abs(more)} bracket(s) {kind}.", _REMEDY, file=found.path, row=number
        )


def _check_balance(found: Brackets) -> None:
    low = np.flatnonzero(found.depth < 0)
    if len(low):
        raise DataError(
            "malformed tree: a bracket is closed and not opened.",
            _REMEDY,
            file=found.path,
            row=int(found.lines[low[0]]),
        )
    if len(found.depth) and found.depth[-1] > 0:
        ends = np.flatnonzero(found.depth == 0)
        first = int(ends[-1]) + 1 if len(ends) else 0
        raise DataError(
            f"malformed tree: {found.depth[-1]} bracket(s) opened and not closed, in the tree that "
            "begins here.",
            _REMEDY,
            file=found.path,
            row=int(found.lines[first]),
        )


def _check_outside(first: str, found: Brackets) -> None:
    outside = [(0, first)] if first.strip() else []
    outside += [(i, found.after[i]) for i in np.flatnonzero(found.depth == 0).tolist()]
    for place, text in outside:
        if text.strip():
            before = text[: len(text) - len(text.lstrip())].count("\n")
            start = int(found.lines[place]) if text is not first else 1
            raise DataError(
                f"malformed tree: '{text.split()[0][:40]}' stands outside of all brackets.",
                _REMEDY,
                file=found.path,
                row=start + before,
            )
