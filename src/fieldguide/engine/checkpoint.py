"""Everything a run needs to go on, written so that no moment of death can spoil it.

A checkpoint is one safetensors file: tensors under paths, all else as JSON in its metadata. It is
written beside the old one, flushed, and moved over it, which the file system does whole or not at
all. Nothing is pickled.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from fieldguide.errors import RunFolderError

FILE = "checkpoint.safetensors"


def write(folder: Path, state: dict[str, Any]) -> None:
    """Write nested dicts and lists of tensors and plain values.

    Args:
        folder: The run folder; made if it is missing.
        state: The state; keys may be strings or integers.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tensors: dict[str, Tensor] = {}
    plan = _flatten(state, "", tensors)
    beside = folder / f"{FILE}.new"
    save_file(tensors, beside, metadata={"state": json.dumps(plan)})
    with open(beside, "rb") as written:
        os.fsync(written.fileno())
    os.replace(beside, folder / FILE)


def read(folder: Path) -> dict[str, Any] | None:
    """Return the state last written, or None if there is none.

    Raises:
        RunFolderError: The file is damaged.
    """
    path = folder / FILE
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as stored:
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
            plan = json.loads((stored.metadata() or {})["state"])
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise RunFolderError(
            f"{path} cannot be read ({error}). Delete the run folder and start again."
        ) from error
    state: dict[str, Any] = _restore(plan, tensors)
    return state


def _flatten(value: Any, path: str, tensors: dict[str, Tensor]) -> Any:
    if isinstance(value, Tensor):
        tensors[path] = value.detach().clone().contiguous()
        return {"t": path}
    if isinstance(value, dict):
        return {"d": [[k, _flatten(v, f"{path}/{k}", tensors)] for k, v in value.items()]}
    if isinstance(value, (list, tuple)):
        items = [_flatten(item, f"{path}/{i}", tensors) for i, item in enumerate(value)]
        return {"l": items}
    return {"v": value}


def _restore(plan: Any, tensors: dict[str, Tensor]) -> Any:
    ((kind, value),) = plan.items()
    if kind == "t":
        return tensors[value]
    if kind == "d":
        return {key: _restore(part, tensors) for key, part in value}
    if kind == "l":
        return [_restore(part, tensors) for part in value]
    return value


def random_state() -> dict[str, Any]:
    """Return the state of torch's generators."""
    state: dict[str, Any] = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        state["cuda"] = list(torch.cuda.get_rng_state_all())
    return state


def set_random_state(state: dict[str, Any]) -> None:
    """Restore `random_state`."""
    torch.set_rng_state(state["cpu"])
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda"])
