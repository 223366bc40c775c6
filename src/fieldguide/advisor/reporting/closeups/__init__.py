"""What a report shows of a model that learns without a target, one file a task.

Each file has ``measure(look)``, which asks the model and returns findings and arrays for
``analysis.json``, and ``sections(found, material)``, which makes parts of the report of them. A
task without such a file has no such parts.
"""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType


def of_task(name: str) -> ModuleType | None:
    """Return the file of a task, or None where there is none."""
    address = f"{__name__}.{name}"
    if not name.isidentifier() or importlib.util.find_spec(address) is None:
        return None
    return importlib.import_module(address)
