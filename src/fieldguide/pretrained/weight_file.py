"""Weights in a file of someone else's: read without running anything that the file contains."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from fieldguide.errors import DataError

SUFFIXES = (".pth", ".pt", ".bin", ".safetensors")
WRAPPERS = ("state_dict", "model_state_dict", "model")  # where training scripts put the weights
AGAIN = "Copy or download the file again and compare its size with the source's."


def read_weights(path: str | Path) -> dict[str, Tensor]:
    """Return the tensors of a PyTorch or safetensors file by name, on the processor.

    PyTorch files are pickles; only the parts that describe tensors are accepted, so that nothing
    in the file is executed.

    Args:
        path: A file that ends in .pth, .pt, .bin or .safetensors.

    Raises:
        DataError: There is no such file, it is cut short or damaged, it contains something other
            than named tensors, or a tensor holds values that are not finite.
    """
    path = Path(path)
    if not path.is_file():
        what = "This is a folder, not a file." if path.is_dir() else "There is no such file."
        raise DataError(what, "Give the path of a weight file on this machine.", file=path)
    if path.suffix not in SUFFIXES:
        expected = f"Expected a weight file that ends in {', '.join(SUFFIXES)}."
        raise DataError(expected, "Rename the file if it is one.", file=path)
    found = _read_safetensors(path) if path.suffix == ".safetensors" else _read_torch(path)
    return _named_tensors(found, path)


def _read_safetensors(path: Path) -> Mapping[str, Any]:
    try:
        return load_file(path)
    except SafetensorError as error:
        problem = f"This safetensors file is cut short or damaged ({error})."
        raise DataError(problem, AGAIN, file=path) from error


def _read_torch(path: Path) -> object:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a hostile or damaged file can make it raise nearly anything
        if zipfile.is_zipfile(path):
            problem = "This file holds Python objects besides tensors; they are not run."
            remedy = (
                "Save the bare weights where it was made: torch.save(model.state_dict(), path)."
            )
            raise DataError(problem, remedy, file=path) from error
        problem = "This file is cut short, damaged or no PyTorch weight file."
        raise DataError(problem, AGAIN, file=path) from error


def _named_tensors(found: object, path: Path) -> dict[str, Tensor]:
    for wrapper in WRAPPERS:
        if isinstance(found, Mapping) and isinstance(found.get(wrapper), Mapping):
            found = found[wrapper]
    if not isinstance(found, Mapping) or not found:
        problem = (
            f"Expected tensors by name, found {type(found).__name__} with nothing of the kind."
        )
        raise DataError(problem, "Give the file of a state_dict.", file=path)
    for name, value in found.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            problem = f"Expected tensors by name, but {name!r} is a {type(value).__name__}."
            raise DataError(problem, "Give the file of a state_dict.", file=path)
        if value.is_floating_point() and not bool(value.isfinite().all()):
            problem = f"Tensor '{name}' holds values that are not finite."
            raise DataError(problem, AGAIN, file=path)
    return dict(found)
