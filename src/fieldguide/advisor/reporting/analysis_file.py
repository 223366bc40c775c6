"""The findings about a race's best model, on disk: ``analysis.json`` and ``analysis.npz``."""

from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from fieldguide.advisor.plain import plain
from fieldguide.advisor.racing import run_folder

FILE, ARRAYS = "analysis.json", "analysis.npz"
SCHEMA = 1


def read(run: Path, identity: str | None) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the findings about a model and their arrays; both empty where there are none."""
    stored = run_folder.read_json(run / FILE)
    if not isinstance(stored, dict) or stored.get("schema") != SCHEMA or identity is None:
        return {}, {}
    if stored.get("model") != identity:
        return {}, {}
    try:
        with np.load(run / ARRAYS, allow_pickle=False) as opened:
            return stored, {name: opened[name] for name in opened.files}
    except (OSError, ValueError, zipfile.BadZipFile):
        return stored, {}


def write(run: Path, found: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Write findings and arrays, each file whole or not at all."""
    if arrays:
        beside = run / f".{ARRAYS}"
        with open(beside, "wb") as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
        os.replace(beside, run / ARRAYS)
    run_folder.write_json(run / FILE, plain(found))


def identity_of(folder: Path) -> str | None:
    """Return a fingerprint of a saved model, or None where there is none.

    Its configuration holds the history of its training, down to the last digit of each loss.
    """
    if not folder.is_dir():
        return None
    digest = hashlib.sha256()
    try:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            digest.update(f"{path.relative_to(folder)} {path.stat().st_size};".encode())
            if path.suffix == ".json":
                digest.update(path.read_bytes())
    except OSError:  # it is being exchanged for a better one
        return None
    return digest.hexdigest()
