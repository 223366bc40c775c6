"""The packages that serving needs beyond the default install."""

from __future__ import annotations

import importlib.util

from fieldguide.errors import UsageError

PACKAGES = {"fastapi": "fastapi", "uvicorn": "uvicorn", "python_multipart": "python-multipart"}


def require() -> None:
    """Make sure that the packages are there.

    Raises:
        UsageError: Some are missing; names them and the command that installs them.
    """
    missing = [name for module, name in PACKAGES.items() if not importlib.util.find_spec(module)]
    if missing:
        raise UsageError(
            f"Serving needs {', '.join(missing)}, which the default install leaves out. "
            "Install with: pip install 'fieldguide[serve]'"
        )
