"""Folders of picture pairs: two sides, A and B, whose files have the same names.

The data sets of pix2pix and CycleGAN come so. Where names do not agree, or pairs are not wanted,
the sides are two classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from fieldguide.data import Column, Dataset, Field, Ledger
from fieldguide.data.column import take
from fieldguide.data.image_check import Checked, Look, check_images
from fieldguide.data.infer import infer_fields
from fieldguide.data.pairs import correspond
from fieldguide.data.target import check_target
from fieldguide.errors import DataError
from fieldguide.formats.file_names import archive_of
from fieldguide.formats.format import Format, Options
from fieldguide.formats.image_folder import read_tree
from fieldguide.formats.pair_sides import has_sides, of_pairs, sides_at, sides_known_as
from fieldguide.formats.pair_tree import SIDES, PairTree

ASKEW = "the two pictures of the pair have different proportions"


class PairedFolder(Format):
    """Pairs of pictures, told by the names of their files."""

    name = "folder of picture pairs"
    looks_for = (
        "a folder (or zip file) with A/ and B/, or trainA/, trainB/, testA/ and testB/, whose "
        "pictures have the same names"
    )

    def knows(self, path: Path) -> bool:
        """Say whether there are two sides, and pairs or splits that only this format reads."""
        return has_sides(path)

    def knows_as(self, path: Path, fields: Mapping[str, Field]) -> bool:
        """Say whether there are two sides, where a model of pictures asks."""
        pictures = any(known.kind == "image" for known in fields.values())
        return pictures and sides_known_as(path, fields)

    def read(self, path: Path, options: Options) -> Dataset:
        """Read the pairs, or the two classes.

        Raises:
            DataError: No pair whose pictures can be read.
        """
        tree = sides_at(path)
        assert tree is not None
        wanted = options.pairs and (options.fields is None or of_pairs(options.fields))
        if not (wanted and tree.paired):
            return read_tree(path, tree.classes(), options)
        sides = [_checked(path, [pair[side] for pair in tree.pairs]) for side in (0, 1)]
        kept, ledger = _book(tree, sides, path)
        columns: dict[str, Column] = {
            name: take(side.column, np.flatnonzero(kept[_readable(side)]))
            for name, side in zip(SIDES, sides, strict=True)
        }
        return _dataset(columns, tree, kept, ledger, path, options)


def _checked(path: Path, names: list[str]) -> Checked:
    archive = archive_of(path)
    return check_images(names if archive else [str(path / name) for name in names], archive=archive)


def _readable(side: Checked) -> np.ndarray:
    return np.array([not look.problem for look in side.looks], dtype=bool)


def _book(tree: PairTree, sides: list[Checked], path: Path) -> tuple[np.ndarray, Ledger]:
    """Return which pairs can be used, and what became of every picture."""
    lone = sum(len(names) for names in tree.alone.values())
    ledger = Ledger(total=len(tree.pairs) + lone + len(tree.loose) + len(tree.others))
    found: dict[tuple[Any, str], list[str]] = {}
    for pair, *looks in zip(tree.pairs, sides[0].looks, sides[1].looks, strict=True):
        for fate, name in _fates(pair, looks):
            found.setdefault(fate, []).append(name)
    for reason, names in tree.alone.items():
        ledger.book("excluded", reason, names, file=path)
    ledger.book("excluded", "in neither folder A nor B", tree.loose, file=path)
    ledger.book("excluded", "not an image by its suffix", tree.others, file=path)
    for (status, reason), names in found.items():
        ledger.book(status, reason, names, file=path)
    readable = _readable(sides[0]) & _readable(sides[1])
    alike = [_alike(*looks) for looks in zip(sides[0].looks, sides[1].looks, strict=True)]
    return readable & np.array(alike, dtype=bool), ledger


def _fates(pair: tuple[str, str], looks: list[Look]) -> list[tuple[tuple[Any, str], str]]:
    """Return status and reason of what is wrong with a pair, and the picture to name."""
    for name, look in zip(pair, looks, strict=True):
        if look.problem:
            return [(("excluded", look.problem), name)]
    if not _alike(*looks):
        return [(("excluded", ASKEW), pair[0])]
    return [
        (("repaired", f"the suffix is wrong, the content is {look.true_format}"), name)
        for name, look in zip(pair, looks, strict=True)
        if look.true_format
    ]


def _alike(one: Look, other: Look) -> bool:
    return one.size is None or other.size is None or correspond(one.size[:2], other.size[:2])


def _dataset(
    columns: dict[str, Column],
    tree: PairTree,
    kept: np.ndarray,
    ledger: Ledger,
    path: Path,
    options: Options,
) -> Dataset:
    if not kept.any():
        raise DataError(
            f"none of its {len(tree.pairs)} pairs of pictures can be used: "
            f"{'; '.join(ledger.counts())}.",
            "Bring pictures that can be read; both of a pair must show the same part of the scene. "
            "To read A and B as two classes, name another task (--task).",
            file=path,
        )
    fields = infer_fields(columns)
    target, reason = "B", "its pictures have the names of those in A; --target A asks the other way"
    if options.target:
        check_target(options.target, fields, str(path))
        target, reason = options.target, "you named it"
    predicted = options.fields is not None and not options.target
    return Dataset(
        fields=fields,
        columns=columns,
        target=None if predicted else target,
        target_reason="the pictures are to be translated" if predicted else reason,
        source=str(path),
        ledger=ledger,
        origins=np.array([pair[0] for pair in tree.pairs], dtype=object)[kept],
        provided=None if tree.splits is None else tree.splits[kept],
    )
