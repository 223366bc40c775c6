"""NumPy files: one array (``.npy``) or several by name (``.npz``). Nothing is ever unpickled."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from fieldguide.data import Column, Dataset
from fieldguide.data.clips import ClipColumn
from fieldguide.data.images import canonical_images
from fieldguide.errors import DataError
from fieldguide.formats.blocks import labelled_blocks
from fieldguide.formats.format import Format, Options

INPUTS = ("x", "data", "images", "features", "inputs")
TARGETS = ("y", "target", "targets", "label", "labels")
SPLITS = {"train": "train", "val": "validation", "valid": "validation", "validation": "validation",
          "test": "test"}  # fmt: skip

NAMES = {3: "image", 4: "image", 5: "clip"}
"""What inputs of so many axes are."""

Parts = dict[str, dict[str, np.ndarray]]
"""Arrays by split (an empty name where there is none) and role (``inputs``, ``target``)."""


class ArrayFiles(Format):
    """Blocks of numbers; three or four axes are images, five are clips."""

    name = "numpy"
    looks_for = "an .npy file, or an .npz file with X and y, or x_train, y_train, x_test, y_test"

    def knows(self, path: Path) -> bool:
        """Say whether the suffix is NumPy's."""
        return path.is_file() and path.suffix.lower() in (".npy", ".npz")

    def read(self, path: Path, options: Options) -> Dataset:
        """Read the arrays.

        Raises:
            DataError: Damaged, pickled objects inside, or no arrays of known names.
        """
        arrays = load_arrays(path)
        parts, unused = by_role(arrays, path)
        _check_shapes(parts, path)
        blocks = [part["inputs"] for part in parts.values()]
        block = blocks[0] if len(blocks) == 1 else np.concatenate(blocks)
        columns = {NAMES.get(block.ndim, "x"): _canonical(block)}
        labelled = all("target" in part for part in parts.values())
        if labelled:
            columns["y"] = np.concatenate([part["target"] for part in parts.values()])
        splits = [np.full(len(part["inputs"]), split) for split, part in parts.items() if split]
        data = labelled_blocks(
            columns,
            "y" if labelled else None,
            str(path),
            options,
            "the array of labels" if labelled else "the file holds no labels",
            np.concatenate(splits) if splits else None,
        )
        data.ledger.book("noted", "an array that was not used", unused, file=path)
        return data


def load_arrays(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a NumPy file by name; ``X`` where it holds only one without a name.

    Raises:
        DataError: Damaged, or Python objects inside.
    """
    try:
        with path.open("rb") as file:
            opened = np.load(file, allow_pickle=False)
            if isinstance(opened, np.ndarray):
                return {"X": opened}
            return {name: opened[name] for name in opened.files}
    except PermissionError:
        raise
    except Exception as error:  # a damaged file makes NumPy raise almost anything
        if "allow_pickle" in str(error) and path.stat().st_size and _has_magic(path):
            raise DataError(
                "it holds Python objects, which could run code when loaded.",
                "Save plain arrays of numbers or text, such as array.astype(float).",
                file=path,
            ) from error
        raise DataError(
            "it is empty, damaged, cut off or no NumPy file.",
            "Save it again with numpy.save or numpy.savez.",
            file=path,
        ) from error


def by_role(arrays: dict[str, np.ndarray], path: Path) -> tuple[Parts, list[str]]:
    """Sort arrays into splits and roles by their names.

    Returns:
        The arrays by split and role, and the names of those without a role.

    Raises:
        DataError: No inputs, or two arrays for one role.
    """
    if len(arrays) == 1 and not _role(next(iter(arrays)))[0]:
        return {"": {"inputs": next(iter(arrays.values()))}}, []
    parts: Parts = {}
    unused: list[str] = []
    for name, array in arrays.items():
        role, split = _role(name)
        if not role:
            unused.append(name)
        elif role in parts.setdefault(split, {}):
            raise DataError(
                f"the array '{name}' is the second one that could be the {role}.",
                "Keep one pair: numpy.savez(file, X=…, y=…).",
                file=path,
            )
        else:
            parts[split][role] = array
    complete = {split: part for split, part in parts.items() if "inputs" in part}
    if "train" in complete:
        complete.pop("", None)
    if not complete:
        found = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise DataError(
            f"none of its arrays has a known name; it holds {found or 'no arrays'}.",
            "Save them as X and y: numpy.savez(file, X=…, y=…).",
            file=path,
        )
    return complete, unused


def _has_magic(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(6) in (b"\x93NUMPY", b"PK\x03\x04\x14\x00", b"PK\x03\x04\x2d\x00")


def _role(name: str) -> tuple[str, str]:
    """Return the role and split that an array's name speaks of (``x_train``, ``test_labels``)."""
    tokens = re.split(r"[_\-. ]", name.lower())
    split = next((SPLITS[token] for token in tokens if token in SPLITS), "")
    rest = [token for token in tokens if token not in SPLITS]
    if len(rest) != 1:
        return "", split
    return ("inputs" if rest[0] in INPUTS else "target" if rest[0] in TARGETS else "", split)


def _check_shapes(parts: Parts, path: Path) -> None:
    for part in parts.values():
        inputs, target = part["inputs"], part.get("target")
        if inputs.ndim < 2 or inputs.ndim > 5 or inputs.dtype.kind not in "iufb":
            raise DataError(
                f"the inputs have shape {inputs.shape} and type {inputs.dtype}; expected numbers "
                "with 2 axes (n, features), 3 or 4 (images) or 5 (clips).",
                "Reshape them: the first axis counts examples.",
                file=path,
            )
        if target is not None and target.ndim == 2 and target.shape[1] == 1:
            part["target"] = target = target[:, 0]
        if target is not None and (target.shape[:1] != inputs.shape[:1] or target.ndim != 1):
            raise DataError(
                f"there are {len(inputs)} inputs and labels of shape {target.shape}.",
                "One label for each input is needed: save the file again.",
                file=path,
            )
    shapes = {part["inputs"].shape[1:] for part in parts.values()}
    if len(shapes) > 1:
        listed = ", ".join(f"{split} {part['inputs'].shape}" for split, part in parts.items())
        raise DataError(
            f"the splits differ in shape: {listed}.", "Save them in one shape.", file=path
        )


def _canonical(block: np.ndarray) -> Column | np.ndarray:
    if block.ndim == 5:
        return ClipColumn.of_block(block)
    if block.dtype == bool:
        block = block.astype(np.uint8)
    return canonical_images(block) if block.ndim in (3, 4) else block
