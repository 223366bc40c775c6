"""A saved model on disk: ``config.json`` and ``weights.safetensors``; never a pickle.

Reading runs no code from the folder: the configuration holds plain values, and the class it names
must be in the catalog already.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from fieldguide.data import Ledger
from fieldguide.errors import ModelFolderError

SCHEMA = 1
CONFIG, WEIGHTS = "config.json", "weights.safetensors"
REQUIRED = ("algorithm", "hyperparameters", "task", "history", "fields", "ledger")


def write(folder: Path, config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> Path:
    """Write a model; the folder appears, or is replaced, whole or not at all.

    Args:
        folder: Where to.
        config: JSON-ready values; must hold `REQUIRED`.
        weights: The network's state.

    Raises:
        ModelFolderError: Something else than a model is in the way.
    """
    if folder.exists() and not (folder / CONFIG).exists() and any(folder.iterdir()):
        raise ModelFolderError(
            f"{folder} exists and is not a saved model; it was left alone. Choose another folder."
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        about = {
            "schema": SCHEMA,
            "fieldguide": version(),
            "torch": torch.__version__,
        }
        text = json.dumps({**about, **config}, indent=1, ensure_ascii=False)
        (beside / CONFIG).write_text(text, encoding="utf-8")
        save_file(_separate(weights), beside / WEIGHTS)
        _swap(beside, folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return folder


def read(folder: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return configuration and weights.

    Raises:
        ModelFolderError: Naming what is missing, damaged or too new.
    """
    if not folder.is_dir():
        raise ModelFolderError(
            f"There is no model folder {folder}. Give the folder that was saved."
        )
    config = _read_config(folder)
    path = folder / WEIGHTS
    if not path.exists():
        raise ModelFolderError(
            f"{path} is missing. Save the model again, or copy the whole folder."
        )
    try:
        return config, load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise ModelFolderError(
            f"{path} is damaged ({error}). Copy the folder again, or save the model again."
        ) from error


def fill(network: nn.Module, weights: dict[str, Tensor], folder: Path) -> None:
    """Load weights into a network.

    Raises:
        ModelFolderError: Names or shapes differ.
    """
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise ModelFolderError(
            f"The weights in {folder} do not fit the network that its {CONFIG} describes: {error}. "
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


def _read_config(folder: Path) -> dict[str, Any]:
    path = folder / CONFIG
    if not path.exists():
        raise ModelFolderError(f"{path} is missing, so {folder} is not a saved model.")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise ModelFolderError(
            f"{path} is not valid JSON ({error}). Save the model again."
        ) from error
    schema = config.get("schema") if isinstance(config, dict) else None
    if not isinstance(schema, int):
        raise ModelFolderError(f"{path} names no schema version, so it is not a saved model.")
    if schema > SCHEMA:
        raise ModelFolderError(
            f"{path} has schema version {schema}; this fieldguide reads up to {SCHEMA}. Upgrade."
        )
    missing = [name for name in REQUIRED if name not in config]
    if missing:
        raise ModelFolderError(f"{path} lacks {', '.join(missing)}. Save the model again.")
    return config


def _separate(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Give tied weights storage of their own, which safetensors asks for."""
    return {name: value.detach().cpu().clone().contiguous() for name, value in weights.items()}


def _swap(beside: Path, folder: Path) -> None:
    """Put the new folder where the old one was."""
    if not folder.exists():
        os.replace(beside, folder)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
    os.replace(folder, old / "model")
    try:
        os.replace(beside, folder)
    except OSError:
        os.replace(old / "model", folder)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def version() -> str:
    """Return this package's version; ``"source"`` where it runs without being installed."""
    try:
        return metadata.version("fieldguide")
    except metadata.PackageNotFoundError:
        return "source"
