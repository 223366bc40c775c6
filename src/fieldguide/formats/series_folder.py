"""A folder of files of labelled sequences: the provider's training and test data, or one file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from fieldguide.data import Dataset, Field
from fieldguide.errors import DataError
from fieldguide.formats.discovery import formats
from fieldguide.formats.format import Format, Options
from fieldguide.formats.labelled_series import (
    PAIR,
    Sequences,
    SeriesFormat,
    of_sequences,
    to_dataset,
)

ORDER = (".ts", ".arff", ".tsv", ".txt")
"""Suffixes of the same data, the fullest form first."""
ONE_OF_SEVERAL = re.compile(r"Dimension\d+$")  # the UEA archive's files of a single channel


class SeriesFolder(Format):
    """A folder as the UCR and UEA archives pack them."""

    name = "folder of labelled sequences"
    looks_for = "a folder with NAME_TRAIN.ts and NAME_TEST.ts, or one such file (.arff, .tsv, .txt)"

    def knows(self, path: Path) -> bool:
        """Say whether there is a file of labelled sequences at the top."""
        return path.is_dir() and bool(_files(path))

    def knows_as(self, path: Path, fields: Mapping[str, Field]) -> bool:
        """Say whether a model learnt from sequences, and there is a file of some at the top."""
        return of_sequences(fields) and self.knows(path)

    def read(self, path: Path, options: Options) -> Dataset:
        """Read the training and test files, or the only file.

        Raises:
            DataError: Several data sets.
        """
        files = _files(path)
        chosen = _chosen(files, path)
        parts: dict[str, Sequences] = {
            split if len(chosen) > 1 else "": files[file].sequences(file)
            for split, file in chosen.items()
        }
        data = to_dataset(parts, str(path), options)
        unread = [file.name for file in files if file not in chosen.values()]
        data.ledger.book("noted", "a file that was not read", unread, file=path)
        return data


def _files(folder: Path) -> dict[Path, SeriesFormat]:
    readers = [known for known in formats() if isinstance(known, SeriesFormat)]
    files = sorted(file for file in folder.iterdir() if file.is_file() and file.name[0] != ".")
    return {file: reader for file in files for reader in readers if reader.knows(file)}


def _chosen(files: dict[Path, SeriesFormat], folder: Path) -> dict[str, Path]:
    """Return the files of the one data set by split (``"train"``, ``"test"``, or ``""``)."""
    sets: dict[str, dict[str, dict[str, Path]]] = {}
    for file in files:
        bare = Path(file.name.removesuffix(".gz"))
        split = PAIR.search(bare.stem)
        name = PAIR.sub("", bare.stem)
        if not ONE_OF_SEVERAL.search(name):
            form = sets.setdefault(name, {}).setdefault(bare.suffix.lower(), {})
            form[split[1].lower() if split else ""] = file
    if len(sets) > 1 and folder.name in sets:
        sets = {folder.name: sets[folder.name]}
    if len(sets) != 1:
        listed = ", ".join(file.name for file in list(files)[:10])
        raise DataError(
            f"it holds several sets of sequences: {listed}.",
            "Keep each in a folder of its own, or name the file.",
            file=folder,
        )
    (forms,) = sets.values()
    paired = {suffix: form for suffix, form in forms.items() if {"train", "test"} <= set(form)}
    found = min((paired or forms).items(), key=lambda item: ORDER.index(item[0]))[1]
    return {split: found[split] for split in ("train", "test", "") if split in found}
