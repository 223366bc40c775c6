"""Anything measured, in the plain types that JSON has."""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np


def plain(value: Any) -> Any:
    """Return dicts, lists, strings, numbers, booleans and None; NaN and infinities become None."""
    if is_dataclass(value) and not isinstance(value, type):
        return {known.name: plain(getattr(value, known.name)) for known in fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(kept) for key, kept in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(part) for part in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return str(value)
