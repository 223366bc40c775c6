"""The tree of a folder of images: which names are classes and splits, which files are no images.

It is found from the names alone, so that folders and zip files are treated alike.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import numpy as np

SPLITS = {
    "train": "train", "training": "train",
    "val": "validation", "valid": "validation", "validation": "validation", "dev": "validation",
    "test": "test", "testing": "test",
}  # fmt: skip


@dataclass
class Tree:
    """The images of a folder.

    Attributes:
        names: Path of each image, relative to the folder, with ``/``.
        classes: Class of each image, or None where there are no class folders.
        provided: Split of each image, or None where there are no split folders.
        excluded: Reason and names of files that are no images or have no class.
        empty: Class folders that hold no image.
    """

    names: list[str]
    classes: list[str] | None
    provided: np.ndarray | None
    excluded: dict[str, list[str]] = field(default_factory=dict)
    empty: list[str] = field(default_factory=list)


def tree_of(names: Sequence[str], suffixes: Collection[str]) -> Tree:
    """Sort the files of a folder into classes and splits.

    Args:
        names: Relative paths with ``/``; folders end with ``/``. Hidden ones are left out already.
        suffixes: Suffixes of images, in lower case.
    """
    files = sorted(name for name in names if not name.endswith("/"))
    images = [name for name in files if PurePosixPath(name).suffix.lower() in suffixes]
    others = [name for name in files if PurePosixPath(name).suffix.lower() not in suffixes]
    tree = arrange(images, [name for name in names if name.endswith("/")])
    if others:
        tree.excluded = {"not an image by its suffix": others, **tree.excluded}
    return tree


def arrange(images: Sequence[str], folders: Sequence[str]) -> Tree:
    """Sort examples into classes and splits by the folders that they lie in.

    Args:
        images: Relative paths with ``/``, one for each example.
        folders: All folders, their names ending with ``/``.
    """
    depth, split = levels(images)
    level = depth + split
    if not any(len(_parts(name)) > level + 1 for name in images):
        return Tree(list(images), None, _splits(images, depth) if split else None)
    loose = [name for name in images if len(_parts(name)) <= level + 1]
    kept = [name for name in images if len(_parts(name)) > level + 1]
    classes = [_parts(name)[level] for name in kept]
    named = {_parts(name)[level] for name in folders if len(_parts(name)) > level}
    return Tree(
        kept,
        classes,
        _splits(kept, depth) if split else None,
        {"in no class folder": loose} if loose else {},
        sorted(named - set(classes)),
    )


def levels(images: Sequence[str]) -> tuple[int, bool]:
    """Count the folders around everything, and say whether split folders come next."""
    depth = _wrapping(images)
    heads = {_parts(name)[depth] for name in images if len(_parts(name)) > depth + 1}
    return depth, bool(heads) and all(head.lower() in SPLITS for head in heads)


def _parts(name: str) -> tuple[str, ...]:
    return PurePosixPath(name).parts


def _wrapping(images: Sequence[str]) -> int:
    """Count the folders around everything that hold one folder each and mean nothing."""
    depth = 0
    while True:
        heads = {_parts(name)[depth] for name in images if len(_parts(name)) > depth + 1}
        below = {_parts(name)[depth + 1] for name in images if len(_parts(name)) > depth + 2}
        alone = all(len(_parts(name)) > depth + 2 for name in images)
        if len(heads) != 1 or not below or not alone or next(iter(heads)).lower() in SPLITS:
            return depth
        depth += 1


def _splits(names: Sequence[str], depth: int) -> np.ndarray:
    return np.array([SPLITS[_parts(name)[depth].lower()] for name in names])
