"""fieldguide: which deep-learning algorithm fits your data, proven in a race.

The public surface, resolved lazily: ``import fieldguide`` loads no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_NAMES = {
    "Dataset": "fieldguide.data",
    "Estimator": "fieldguide.estimator",
    "Card": "fieldguide.card",
    "Reference": "fieldguide.card",
    "option": "fieldguide.hyperparameter",
    "load": "fieldguide.catalog",
    "list_algorithms": "fieldguide.catalog",
    "read": "fieldguide.formats",
    "race": "fieldguide.advisor.racing.race",
}


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        value = getattr(import_module(_NAMES[name]), name)
    elif name.startswith("_"):
        raise AttributeError(name)
    else:
        entries = import_module("fieldguide.catalog").entries()
        found = [entry for entry in entries if entry.class_name == name]
        if not found:
            raise AttributeError(f"module 'fieldguide' has no attribute '{name}'")
        value = found[0].load()
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    entries = import_module("fieldguide.catalog").entries()
    return sorted([*_NAMES, *(entry.class_name for entry in entries)])
