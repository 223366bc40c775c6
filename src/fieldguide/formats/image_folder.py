"""Folders of images: a folder per class, with or without train, validation and test folders.

A flat folder of images, or a single image, has no classes: it is what predictions are made for.
A zip file of such a folder is read without unpacking it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

import numpy as np
import polars as pl

from fieldguide.data import Column, Dataset, Field, Ledger
from fieldguide.data.facts import facts_of
from fieldguide.data.image_check import Checked, check_images
from fieldguide.data.infer import infer_fields
from fieldguide.data.ledger import Status
from fieldguide.data.target import check_target
from fieldguide.errors import DataError
from fieldguide.formats.clip_tree import looks_like_clips
from fieldguide.formats.file_names import archive_of, files_below, members, names_in
from fieldguide.formats.format import Format, Options
from fieldguide.formats.image_tree import Tree, tree_of
from fieldguide.formats.pair_sides import has_sides, sides_known_as
from fieldguide.formats.picture_files import image_suffixes, is_animated
from fieldguide.formats.table import has_plain_table


def _is_archive_of_images(path: Path) -> bool:
    if path.suffix.lower() != ".zip":
        return False
    try:
        return _any_image(members(path))
    except DataError:
        return True  # reading it will say that it is damaged


class ImageFolder(Format):
    """Images, their class told by the folder they lie in."""

    name = "image folder"
    looks_for = "a folder (or zip file) of images, a folder per class; or a single image"

    def knows(self, path: Path) -> bool:
        """Say whether there are images and, at the top, no table that would describe them."""
        return _holds_images(path) and not holds_clips(path) and not has_sides(path)

    def knows_as(self, path: Path, fields: Mapping[str, Field]) -> bool:
        """Say whether there are images, where a model of pictures asks."""
        kinds = {known.kind for known in fields.values()}
        if "clip" in kinds:
            return False
        if "image" not in kinds:
            return self.knows(path)
        return _holds_images(path) and not sides_known_as(path, fields)

    def read(self, path: Path, options: Options) -> Dataset:
        """Read the images.

        Raises:
            DataError: No readable image.
        """
        return read_tree(path, tree_of(names_in(path), image_suffixes()), options)


def read_tree(path: Path, tree: Tree, options: Options) -> Dataset:
    """Read the images of a folder or zip file whose classes and splits are known.

    Raises:
        DataError: No readable image.
    """
    archive = archive_of(path)
    root = path.parent if path.is_file() else path
    paths = tree.names if archive else [str(root / name) for name in tree.names]
    checked = check_images(paths, archive=archive)
    ledger = _book(tree, checked, path)
    kept = np.array([not look.problem for look in checked.looks], dtype=bool)
    if not kept.any():
        raise _none_readable(tree, checked, path)
    return of_classes("an image", checked.column, tree, kept, ledger, path, options)


def _holds_images(path: Path) -> bool:
    if path.is_file():
        return path.suffix.lower() in image_suffixes() or _is_archive_of_images(path)
    return path.is_dir() and not has_plain_table(path) and has_images(path)


def holds_clips(path: Path) -> bool:
    """Say whether images are clips: animations, or folders of frames in class folders."""
    archive = path.suffix.lower() == ".zip" and path.is_file()
    try:
        names = members(path) if archive else files_below(path)
    except DataError:
        return False

    def moves(name: str) -> bool:
        return is_animated(path if path.is_file() else path / name, name if archive else "")

    return looks_like_clips(names, image_suffixes(), moves)


def of_classes(
    kind: str,
    column: Column,
    tree: Tree,
    kept: np.ndarray,
    ledger: Ledger,
    path: Path,
    options: Options,
) -> Dataset:
    """Return the data set of a folder whose inner folders may name classes.

    Args:
        kind: What the files are, in one word with an article: ``"an image"``, ``"a clip"``.
        column: The files that can be read.
        tree: All files.
        kept: Which of them can be read.
        ledger: What became of each.
        path: The folder.
        options: What the user said about the data.
    """
    columns: dict[str, Column] = {kind.split()[1]: column}
    fields = infer_fields(columns)
    target, reason = None, "there are no class folders"
    if tree.classes is not None and (options.fields is None or options.target):
        target, reason = "class", f"the folder that {kind} lies in is its class"
        classes = pl.Series("class", tree.classes).filter(pl.Series(kept))
        columns["class"] = classes
        facts = facts_of("category", classes)
        fields["class"] = Field(
            "class", "category", "the folder's name", 0, classes.n_unique(), facts=facts
        )
    if options.target:
        check_target(options.target, fields, str(path))
    return Dataset(
        fields=fields,
        columns=columns,
        target=target,
        target_reason=reason,
        source=str(path),
        ledger=ledger,
        origins=np.array(tree.names, dtype=object)[kept],
        provided=None if tree.provided is None else tree.provided[kept],
    )


def _book(tree: Tree, checked: Checked, path: Path) -> Ledger:
    ledger = Ledger(total=len(tree.names) + sum(len(names) for names in tree.excluded.values()))
    for reason, names in tree.excluded.items():
        ledger.book("excluded", reason, names, file=path)
    ledger.book("noted", "a class folder without images", tree.empty, file=path)
    troubles: dict[tuple[Status, str], list[str]] = {}
    for name, look in zip(tree.names, checked.looks, strict=True):
        if look.problem:
            troubles.setdefault(("excluded", look.problem), []).append(name)
        elif look.true_format:
            reason = f"the suffix is wrong, the content is {look.true_format}"
            troubles.setdefault(("repaired", reason), []).append(name)
    for (status, reason), names in troubles.items():
        ledger.book(status, reason, names, file=path)
    return ledger


def _none_readable(tree: Tree, checked: Checked, path: Path) -> DataError:
    if not tree.names:
        listed = "; ".join(f"{names[0]}: {reason}" for reason, names in tree.excluded.items())
        return DataError(
            f"it holds no images that belong to a class ({listed}).",
            "Put the images of each class into a folder named after it.",
            file=path,
        )
    return DataError(
        f"none of its {len(tree.names)} images can be read; the first is {tree.names[0]} "
        f"({checked.looks[0].problem}).",
        "Copy or download the images again.",
        file=path,
    )


def _any_image(names: Iterable[str]) -> bool:
    suffixes = image_suffixes()
    return any(PurePosixPath(name).suffix.lower() in suffixes for name in names)


def has_images(folder: Path) -> bool:
    """Say whether there is an image anywhere below a folder."""
    return any(_any_image(files) for _, _, files in os.walk(folder))
