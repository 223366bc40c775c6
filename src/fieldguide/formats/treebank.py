"""Treebanks: trees in brackets, one a line or spread over several, as Penn's and Stanford's."""

from __future__ import annotations

from pathlib import Path

from fieldguide.data import Ledger
from fieldguide.data.trees import Grower
from fieldguide.formats.bracket_trees import grow
from fieldguide.formats.brackets import cut, is_treebank
from fieldguide.formats.csv import text_suffix
from fieldguide.formats.text import read_text
from fieldguide.formats.tree_files import TreeFormat

SUFFIXES = (".txt", ".tree", ".trees", ".ptb", ".mrg", ".parse", ".prd", ".bracket", ".brackets")


class Treebank(TreeFormat):
    """Trees in brackets."""

    name = "treebank"
    looks_for = (
        "a .txt, .tree, .mrg or .ptb file of trees in brackets such as (3 (2 It) (4 works)), "
        "packed with gzip or not; or a folder of them, such as train.txt, dev.txt and test.txt"
    )

    def knows_file(self, path: Path) -> bool:
        """Say whether the text begins with trees in brackets."""
        return text_suffix(path) in SUFFIXES and is_treebank(path)

    def grow(self, path: Path, grower: Grower, ledger: Ledger) -> list[int]:
        """Add the trees of a file to a column; return the line that each begins in.

        Raises:
            DataError: Brackets that do not match, or text outside of them; names the line.
        """
        text = read_text(path)
        ledger.book("repaired", "not UTF-8: read as Latin-1", text.foreign, file=path)
        return grow(cut(text.data.decode("utf-8"), path), grower, ledger)
