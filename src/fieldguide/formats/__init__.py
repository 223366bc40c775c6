"""What is on disk: one file per format, found by walking this folder.

Adding a format is one new file with a subclass of `Format` (or of `TableFormat`); installed
packages bring theirs under the entry-point group ``fieldguide.formats``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fieldguide.formats.discovery import formats as formats
    from fieldguide.formats.format import Format as Format
    from fieldguide.formats.format import Options as Options
    from fieldguide.formats.reading import read as read
    from fieldguide.formats.table import TableFormat as TableFormat

_NAMES = {
    "Format": "format",
    "Options": "format",
    "TableFormat": "table",
    "formats": "discovery",
    "read": "reading",
}


def __getattr__(name: str) -> Any:
    # Resolved lazily: naming the built-in data sets must not load what reads them.
    if name not in _NAMES:
        raise AttributeError(f"module 'fieldguide.formats' has no attribute '{name}'")
    return getattr(import_module(f"fieldguide.formats.{_NAMES[name]}"), name)
