"""One checkpoint: everything a run needs to go on, in a file that no moment of death can spoil.

It is a safetensors file: tensors under paths, all else as JSON in its metadata. It is written
beside the old one, flushed, and moved over it, which the file system does whole or not at all.
Nothing is pickled.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from fieldguide.errors import RunFolderError


def write(path: Path, state: Mapping[str, Any], identity: Mapping[str, Any]) -> None:
    """Write nested dicts and lists of tensors and plain values.

    Args:
        path: The file; an older one is replaced whole.
        state: The state; keys may be strings or integers.
        identity: What run it belongs to; JSON-ready.

    Raises:
        RunFolderError: The file cannot be written.
    """
    tensors: dict[str, Tensor] = {}
    plan = _flatten(dict(state), "", tensors)
    beside = path.with_name(f"{path.name}.new")
    metadata = {"state": json.dumps(plan), "identity": json.dumps(dict(identity))}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, beside, metadata=metadata)
        with open(beside, "rb") as written:
            os.fsync(written.fileno())
        os.replace(beside, path)
    except (OSError, SafetensorError) as error:
        raise RunFolderError(
            f"The checkpoint {path} cannot be written ({error}). Free disk space, or choose a "
            "run folder that you may write to."
        ) from error


def read(path: Path) -> dict[str, Any]:
    """Return the state in a file.

    Raises:
        RunFolderError: The file is damaged.
    """
    try:
        with safe_open(path, framework="pt") as stored:
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
            plan = json.loads((stored.metadata() or {})["state"])
        state: dict[str, Any] = _restore(plan, tensors)
        return state
    except _DAMAGE as error:
        raise _damaged(path, error) from error


def identity(path: Path) -> dict[str, Any]:
    """Return what run a file belongs to, without reading its tensors.

    Raises:
        RunFolderError: The file is damaged.
    """
    try:
        with safe_open(path, framework="pt") as stored:
            known: dict[str, Any] = json.loads((stored.metadata() or {})["identity"])
            return known
    except _DAMAGE as error:
        raise _damaged(path, error) from error


_DAMAGE = (SafetensorError, OSError, KeyError, ValueError, AttributeError, TypeError)


def _damaged(path: Path, error: BaseException) -> RunFolderError:
    return RunFolderError(
        f"{path} cannot be read ({error}). Delete the run folder and start again."
    )


def _flatten(value: Any, path: str, tensors: dict[str, Tensor]) -> Any:
    if isinstance(value, Tensor):
        tensors[path] = value.detach().clone(memory_format=torch.contiguous_format)
        return {"t": path}
    if isinstance(value, Mapping):
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
