"""A saved model on disk: ``config.json`` and ``weights.safetensors``; never a pickle.

Reading runs no code from the folder: the configuration holds plain values, and the class it names
must be in the catalog already.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from fieldguide import __version__
from fieldguide.data import Ledger
from fieldguide.errors import ModelFolderError
from fieldguide.whole_folder import replacing

SCHEMA = 1
CONFIG, WEIGHTS = "config.json", "weights.safetensors"
REQUIRED: dict[str, type] = {
    "algorithm": str,
    "hyperparameters": dict,
    "task": dict,
    "history": list,
    "fields": list,
    "ledger": dict,
}


def write(folder: Path, config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> Path:
    """Write a model; the folder appears, or is replaced, whole or not at all.

    Args:
        folder: Where to.
        config: JSON-ready values; must hold `REQUIRED`.
        weights: The network's state.

    Raises:
        ModelFolderError: Something else than a model is in the way, or the disk refuses.
    """
    _check_free(folder)
    about = {
        "schema": SCHEMA,
        "fieldguide": __version__,
        "torch": torch.__version__,
    }
    text = json.dumps({**about, **config}, indent=1, ensure_ascii=False)
    try:
        with replacing(folder.resolve()) as beside:
            (beside / CONFIG).write_text(text, encoding="utf-8")
            save_file(_separate(weights), beside / WEIGHTS)
            # safetensors writes files that only their owner may read.
            os.chmod(beside / WEIGHTS, (beside / CONFIG).stat().st_mode)
    except (OSError, SafetensorError) as error:
        raise ModelFolderError(
            f"The model cannot be saved in {folder} ({error}). Nothing was changed. Free disk "
            "space, or choose a folder that you may write to."
        ) from error
    return folder


def read(folder: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return configuration and weights.

    Raises:
        ModelFolderError: Naming what is missing, damaged or too new.
    """
    if not folder.is_dir():
        what = "is a file, not a model folder" if folder.exists() else "does not exist"
        raise ModelFolderError(f"{folder} {what}. Give the folder that a model was saved in.")
    config = _read_config(folder / CONFIG)
    path = folder / WEIGHTS
    if not path.is_file():
        raise ModelFolderError(
            f"{path} is missing. Save the model again, or copy the whole folder."
        )
    try:
        return config, load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise ModelFolderError(
            f"{path} is damaged ({error}). Copy the folder again, or save the model again."
        ) from error


@contextlib.contextmanager
def rebuilding(folder: Path) -> Iterator[None]:
    """While entered, whatever goes wrong is the fault of the folder's configuration.

    Raises:
        ModelFolderError: Naming the file and what is wrong with it.
    """
    try:
        yield
    except ModelFolderError as error:
        raise ModelFolderError(f"{folder / CONFIG}: {error}") from error
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
        raise _impossible(folder, error) from error
    except (RuntimeError, MemoryError, AssertionError) as error:
        raise _impossible(folder, error) from error


def fill(network: nn.Module, weights: dict[str, Tensor], folder: Path) -> None:
    """Load weights into a network.

    Raises:
        ModelFolderError: Names or shapes differ.
    """
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise ModelFolderError(
            f"{folder / WEIGHTS} does not fit the network that {CONFIG} describes: {error}. "
            "The folder was edited or mixed from two models: save the model again."
        ) from error


def ledger(stored: Mapping[str, Any]) -> Ledger:
    """Rebuild a ledger from its stored form."""
    account = Ledger(total=stored["total"])
    for entry in stored["entries"]:
        account.book(
            entry["status"],
            entry["reason"],
            entry["places"],
            file=entry["file"],
            field=entry["field"],
        )
    return account


def _read_config(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise ModelFolderError(
            f"{path} is missing, so {path.parent} is not a saved model. Give the folder that a "
            "model was saved in."
        )
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        raise ModelFolderError(
            f"{path} is not valid JSON ({error}). Save the model again."
        ) from error
    schema = config.get("schema") if isinstance(config, dict) else None
    if type(schema) is not int or schema < 1:
        raise ModelFolderError(
            f"{path} names no schema version, so {path.parent} is not a saved model. Give the "
            "folder that a model was saved in."
        )
    if schema > SCHEMA:
        raise ModelFolderError(
            f"{path} has schema version {schema}; this fieldguide reads up to {SCHEMA}. Upgrade."
        )
    wrong = [name for name, kind in REQUIRED.items() if not isinstance(config.get(name), kind)]
    if wrong:
        raise ModelFolderError(
            f"{path} lacks {', '.join(wrong)}, or holds another kind of value there. Save the "
            "model again."
        )
    return config


def _check_free(folder: Path) -> None:
    """Refuse to write over anything that is not a model of ours."""
    if not folder.is_dir():
        if folder.exists() or folder.is_symlink():
            raise ModelFolderError(f"{folder} is a file; it was left alone. Choose a folder.")
        return
    try:
        strangers = {path.name for path in folder.iterdir()} - {CONFIG, WEIGHTS}
        if (folder / CONFIG).exists():
            _read_config(folder / CONFIG)
        elif (folder / WEIGHTS).exists():
            strangers.add(WEIGHTS)
    except (ModelFolderError, OSError):
        strangers = {CONFIG}
    if strangers:
        raise ModelFolderError(
            f"{folder} exists and is not a saved model alone (it holds {min(strangers)}); it was "
            "left as it is. Choose another folder."
        )


def _impossible(folder: Path, error: BaseException) -> ModelFolderError:
    return ModelFolderError(
        f"{folder / CONFIG} describes a model that cannot be built ({error}). The folder was "
        "edited or damaged: save the model again."
    )


def _separate(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Give tied weights storage of their own, which safetensors asks for."""
    return {name: value.detach().cpu().clone().contiguous() for name, value in weights.items()}
