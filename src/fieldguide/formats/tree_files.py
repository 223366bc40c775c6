"""What the formats of trees share: files and folders of them, splits, labels, the data set."""

from __future__ import annotations

import re
from abc import abstractmethod
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from fieldguide.data import Dataset, Field, Kind, Ledger
from fieldguide.data.facts import facts_of
from fieldguide.data.target import check_target
from fieldguide.data.trees import Grower, Label, TreeColumn
from fieldguide.errors import DataError
from fieldguide.formats.format import Format, Options
from fieldguide.formats.image_folder import has_images
from fieldguide.formats.table import is_plain_table
from fieldguide.formats.table_folder import SPLITS

COLUMN, TARGET = "tree", "class"
MANY = 20  # distinct whole numbers up to which labels are names of classes, not quantities


class TreeFormat(Format):
    """A way of writing trees; subclasses know one file and read it."""

    @abstractmethod
    def knows_file(self, path: Path) -> bool:
        """Say whether a file holds trees written this way."""

    @abstractmethod
    def grow(self, path: Path, grower: Grower, ledger: Ledger) -> list[int]:
        """Add the trees of a file to a column; return the line that each begins in."""

    def knows(self, path: Path) -> bool:
        """Say whether it is a file of trees, or a folder with such files at its top."""
        if path.is_file():
            return self.knows_file(path)
        return path.is_dir() and bool(self._files(path))

    def read(self, path: Path, options: Options) -> Dataset:
        """Read the trees; the labels of the roots are the column to predict.

        Raises:
            DataError: Malformed trees, or none at all.
        """
        files = self._files(path) if path.is_dir() else [path]
        splits = [_split_of(file) for file in files]
        grower, ledger = Grower(), Ledger()
        origins: list[int | str] = []
        provided: list[str] = []
        for file, split in zip(files, splits, strict=True):
            lines = self.grow(file, grower, ledger)
            origins += lines if path.is_file() else [f"{file.name}, row {line}" for line in lines]
            provided += [split] * len(lines)
        if not origins:
            raise DataError(
                f"it holds no tree that can be used ({ledger.total} were found).",
                "; ".join(ledger.counts()) or "Write one tree a line.",
                file=path,
            )
        official = path.is_dir() and "train" in splits and all(splits)
        forest, vocabulary, names = grower.parts()
        data = Dataset(
            fields={},
            columns={COLUMN: TreeColumn(forest, vocabulary, _typed(names))},
            source=str(path),
            ledger=ledger,
            origins=np.array(origins, dtype=np.int64 if path.is_file() else object),
            provided=np.array(provided) if official else None,
        )
        return _with_fields(data, options)

    def _files(self, folder: Path) -> list[Path]:
        """Return the files of trees at the top of a folder; none where it is another format's."""
        files = sorted(file for file in folder.iterdir() if file.is_file() and file.name[0] != ".")
        trees = [file for file in files if self.knows_file(file)]
        others = [file for file in files if file not in trees and is_plain_table(file.name)]
        return [] if others or not trees or has_images(folder) else trees


def _split_of(file: Path) -> str:
    """Return the split that a file's name tells of, or an empty string."""
    bare = Path(file.name.lower().removesuffix(".gz")).stem
    named = {SPLITS[token] for token in re.split(r"[-_. ]", bare) if token in SPLITS}
    return named.pop() if len(named) == 1 else ""


def _typed(names: list[Label]) -> list[Label]:
    """Return labels as numbers where all are numbers, as texts where only some are."""
    kinds = {type(name) for name in names}
    if kinds in ({bool}, {int}):
        return names
    if kinds == {int, float}:
        return [float(name) for name in names]
    texts = [str(name) for name in names]
    whole = all(re.fullmatch(r"-?(0|[1-9]\d*)", text) for text in texts)
    if whole or all(re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?", text) for text in texts):
        return [int(text) if whole else float(text) for text in texts]
    return [*texts]  # 01 is a name: as a number it would not be what the user wrote


def _with_fields(data: Dataset, options: Options) -> Dataset:
    column = data.columns[COLUMN]
    assert isinstance(column, TreeColumn)
    labels = column.root_labels()
    lacking = np.array([label is None for label in labels])
    if not lacking.all() and lacking.any() and options.fields is None:
        _exclude(data, lacking)
        data = data.take(np.flatnonzero(~lacking))
        return _with_fields(data, options)
    fields = {COLUMN: _tree_field(data)}
    columns = dict(data.columns)
    target, reason = None, "no root has a label"
    wanted = options.fields is None or options.target
    if not lacking.all() and wanted:
        values = pl.Series(TARGET, labels)
        columns[TARGET] = values
        fields[TARGET] = _label_field(values)
        target, reason = TARGET, "the label of a tree's root is its class"
        if fields[TARGET].kind == "constant":
            target, reason = None, f"all roots have the same label ({labels[0]})"
    if options.target:
        check_target(options.target, fields, data.source)
        target = options.target
    return replace(data, fields=fields, columns=columns, target=target, target_reason=reason)


def _exclude(data: Dataset, lacking: np.ndarray) -> None:
    places = data.origins[lacking]
    data.ledger.book("excluded", "the root has no label", places.tolist(), file=data.source)


def _tree_field(data: Dataset) -> Field:
    column = data.columns[COLUMN]
    assert isinstance(column, TreeColumn)
    forest = column.forest
    facts = {
        "nodes": len(forest.word),
        "words": len(column.vocabulary),
        "labelled": float((forest.label >= 0).mean()),
        "highest": int(forest.heights.max(initial=0)),
    }
    tree = np.repeat(np.arange(len(forest)), forest.sizes)
    for reason, which in (
        ("a node of more than two children: networks of binary trees see it cut in two",
         forest.arity > 2),
        ("a node with a single child: networks of binary trees see both as one",
         forest.arity == 1),
    ):  # fmt: skip
        places = data.origins[np.unique(tree[which])].tolist()
        data.ledger.book("noted", reason, places, file=data.source, field=COLUMN)
    return Field(COLUMN, "tree", "words in a tree", shape=column.shape, facts=facts)


def _label_field(values: pl.Series) -> Field:
    distinct = values.n_unique() - (values.null_count() > 0)
    number = values.dtype.is_float() or (values.dtype.is_integer() and distinct > MANY)
    kind: Kind = "constant" if distinct < 2 else "number" if number else "category"
    reason = "the label of each tree's root"
    facts = facts_of(kind, values)
    return Field(TARGET, kind, reason, values.null_count(), distinct, facts=facts)
