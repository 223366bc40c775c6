"""Write ``src/fieldguide/__init__.pyi``: the lazy names, for editors and type checkers."""

from __future__ import annotations

from pathlib import Path

import fieldguide
from fieldguide import catalog

STUB = Path(fieldguide.__file__).with_suffix(".pyi")
HEAD = "# Written by `make docs` from the catalog and from __init__.py; not by hand.\n\n"


def stub() -> str:
    """Return the stub: one line for each public name, sorted by module."""
    names = dict(fieldguide._NAMES)
    own = [entry for entry in catalog.entries() if entry.module.startswith("fieldguide.")]
    names |= {entry.class_name: entry.module for entry in own}
    lines = [f"from {module} import {name} as {name}" for name, module in names.items()]
    return HEAD + "\n".join(sorted(lines)) + "\n\n__version__: str\n"


def main() -> None:
    """Write the stub."""
    STUB.write_text(stub(), "utf-8")


if __name__ == "__main__":
    main()
