"""Whether a folder or zip file has two sides, A and B; formats ask before they say it is theirs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fieldguide.data import Field
from fieldguide.errors import DataError
from fieldguide.formats.file_names import archive_of, names_in
from fieldguide.formats.pair_tree import PairTree, pair_tree
from fieldguide.formats.picture_files import image_suffixes
from fieldguide.formats.table import has_plain_table


def has_sides(path: Path) -> bool:
    """Say whether there are pictures on two sides, A and B, as pairs or in splits of their own."""
    tree = sides_at(path)
    return tree is not None and (tree.paired or tree.joined)


def sides_at(path: Path) -> PairTree | None:
    """Return the tree of a folder or zip file with the sides A and B, or None of anything else."""
    if not path.is_dir() and archive_of(path) is None:
        return None
    if path.is_dir() and has_plain_table(path):
        return None
    try:
        return pair_tree(names_in(path), image_suffixes())
    except (DataError, OSError):  # a damaged archive, a locked folder: others say so
        return None


def sides_known_as(path: Path, fields: Mapping[str, Field]) -> bool:
    """Say whether there are two sides that a model of these fields takes for such."""
    tree = sides_at(path)
    return tree is not None and (tree.joined or (of_pairs(fields) and tree.paired))


def of_pairs(fields: Mapping[str, Field]) -> bool:
    """Say whether fields are of pairs of pictures."""
    return sum(known.kind == "image" for known in fields.values()) > 1
