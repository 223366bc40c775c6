"""The packages that export needs beyond the default install."""

from __future__ import annotations

import importlib.util

from fieldguide.errors import UsageError

PACKAGES = ("onnx", "onnxscript", "onnxruntime")


def require() -> None:
    """Make sure that the packages are there.

    Raises:
        UsageError: Some are missing; names them and the command that installs them.
    """
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(
            f"Export to ONNX needs {', '.join(missing)}, which the default install leaves out. "
            "Install them with: pip install 'fieldguide[export]'"
        )
