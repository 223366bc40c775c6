"""IDX files, the form of MNIST and its kin: images and labels in two files, packed or not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fieldguide.data import Dataset
from fieldguide.data.images import canonical_images
from fieldguide.errors import DataError
from fieldguide.formats.blocks import labelled_blocks
from fieldguide.formats.format import Format, Options
from fieldguide.formats.text import read_bytes

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
SPLITS = {"train": "train", "t10k": "test", "test": "test", "valid": "validation",
          "validation": "validation", "val": "validation"}  # fmt: skip


@dataclass(frozen=True)
class Pair:
    """A file of images and its labels.

    Attributes:
        images: File of images.
        labels: File of labels, or None.
        split: Split by the file's name, or an empty string.
    """

    images: Path
    labels: Path | None
    split: str


class Idx(Format):
    """Images with class numbers."""

    name = "idx"
    looks_for = (
        "an MNIST-style file (train-images-idx3-ubyte.gz) beside its labels, or a folder of them"
    )

    def knows(self, path: Path) -> bool:
        """Say whether it is a file with IDX's first bytes, or a folder of such files of images."""
        if path.is_file():
            return is_idx(path)
        return bool(_pairs(path)) if path.is_dir() else False

    def read(self, path: Path, options: Options) -> Dataset:
        """Read images and labels; a folder's train and test files are the provider's split."""
        if path.is_file() and "label" in path.name:
            raise DataError(
                "these are labels without images.",
                "Name the file of images, or the folder.",
                file=path,
            )
        pairs = _pairs(path) if path.is_dir() else [Pair(path, _labels_of(path), "")]
        images = [canonical_images(_images(pair.images)) for pair in pairs]
        labels = [read_idx(pair.labels) for pair in pairs if pair.labels is not None]
        for pair, block, label in zip(pairs, images, labels, strict=False):
            _check_counts(pair, block, label)
        _check_shapes(pairs, images)
        labelled = len(labels) == len(pairs)
        columns = {"image": np.concatenate(images) if len(images) > 1 else images[0]}
        if labelled:
            columns["label"] = np.concatenate(labels).astype(np.int64)
        split = [np.full(len(block), pair.split) for pair, block in zip(pairs, images, strict=True)]
        return labelled_blocks(
            columns,
            "label" if labelled else None,
            str(path),
            options,
            "the file of labels" if labelled else "no file of labels was found",
            np.concatenate(split) if len({pair.split for pair in pairs}) > 1 else None,
        )


def is_idx(path: Path) -> bool:
    """Say whether a file starts with IDX's magic number: 0, 0, type, number of axes."""
    try:
        start = read_bytes(path, 4)
    except (DataError, OSError):
        return False
    return len(start) == 4 and start[:2] == b"\0\0" and start[2] in TYPES and 1 <= start[3] <= 4


def read_idx(path: Path) -> np.ndarray:
    """Return the array that an IDX file holds.

    Raises:
        DataError: No IDX file, or its size is not what its header says.
    """
    data = read_bytes(path)
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in TYPES or not 1 <= data[3] <= 4:
        raise DataError("it does not start as an IDX file.", "Download it again.", file=path)
    kind, axes = np.dtype(TYPES[data[2]]), data[3]
    head = 4 + 4 * axes
    whole = len(data) >= head
    shape = tuple(int(size) for size in np.frombuffer(data[4:head], ">u4")) if whole else ()
    expected = head + kind.itemsize * math.prod(shape)
    if not whole or len(data) != expected:
        raise DataError(
            f"it holds {len(data)} bytes where its header announces {expected} (shape {shape}).",
            "It was cut off or damaged: download it again.",
            file=path,
        )
    return (
        np.frombuffer(data, dtype=kind, offset=head).reshape(shape).astype(kind.newbyteorder("="))
    )


def _images(path: Path) -> np.ndarray:
    block = read_idx(path)
    if block.ndim not in (3, 4):
        raise DataError(
            f"it holds an array of shape {block.shape}, not images (n, height, width).",
            "Name the file of images.",
            file=path,
        )
    return block


def _pairs(folder: Path) -> list[Pair]:
    files = sorted(file for file in folder.iterdir() if file.is_file() and "images" in file.name)
    found: dict[str, Pair] = {}
    for file in files:
        if is_idx(file):
            split = next((SPLITS[key] for key in SPLITS if file.name.startswith(key)), "")
            found.setdefault(split, Pair(file, _labels_of(file), split))
    return [found[split] for split in ("train", "validation", "test", "") if split in found]


def _labels_of(images: Path) -> Path | None:
    """Return the file of labels beside a file of images, packed alike or not."""
    name = images.name.replace("images", "labels").replace("idx3", "idx1").replace("idx4", "idx1")
    if name == images.name:
        return None
    bare = name.removesuffix(".gz")
    beside = [images.with_name(name), images.with_name(bare), images.with_name(f"{bare}.gz")]
    return next((path for path in beside if path.is_file()), None)


def _check_counts(pair: Pair, block: np.ndarray, labels: np.ndarray) -> None:
    if labels.ndim != 1 or len(labels) != len(block):
        raise DataError(
            f"{pair.images.name} holds {len(block)} images and this file {len(labels)} labels.",
            "Download both again: they must come from one data set.",
            file=pair.labels,
        )


def _check_shapes(pairs: list[Pair], images: list[np.ndarray]) -> None:
    if len({block.shape[1:] for block in images}) > 1:
        listed = ", ".join(
            f"{pair.images.name} {block.shape}" for pair, block in zip(pairs, images, strict=True)
        )
        raise DataError(
            f"the files differ in image size: {listed}.",
            "Keep each data set in a folder of its own.",
            file=pairs[0].images.parent,
        )
