"""Finds every format: the files of this folder and installed packages' entry points."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache
from importlib import metadata
from pathlib import Path

from fieldguide.errors import UsageError
from fieldguide.formats.format import Format

GROUP = "fieldguide.formats"


@cache
def formats() -> tuple[Format, ...]:
    """Return one instance of every format, by name.

    Raises:
        UsageError: Two formats share a name, or an entry point leads to no format.
    """
    modules = pkgutil.iter_modules([str(Path(__file__).parent)])
    kinds = [
        kind
        for module in modules
        for kind in _formats_in(importlib.import_module(f"fieldguide.formats.{module.name}"))
    ]
    for point in metadata.entry_points(group=GROUP):
        kinds += _from_entry_point(point)
    found: dict[str, Format] = {}
    for kind in kinds:
        if kind.name in found:
            raise UsageError(
                f"Two formats are called '{kind.name}': {type(found[kind.name]).__module__} and "
                f"{kind.__module__}. Uninstall the package that brings the second."
            )
        found[kind.name] = kind()
    return tuple(found[name] for name in sorted(found))


def _formats_in(module: object) -> list[type[Format]]:
    return [
        kind
        for kind in vars(module).values()
        if isinstance(kind, type)
        and issubclass(kind, Format)
        and not inspect.isabstract(kind)
        and kind.__module__ == getattr(module, "__name__", "")
    ]


def _from_entry_point(point: metadata.EntryPoint) -> list[type[Format]]:
    loaded = point.load()
    module = inspect.ismodule(loaded)
    kinds = _formats_in(loaded) if module else [loaded] if isinstance(loaded, type) else []
    if not kinds or not all(issubclass(kind, Format) for kind in kinds):
        raise UsageError(
            f"The entry point '{point.name} = {point.value}' (group {GROUP}) leads to no Format. "
            "Uninstall or repair the package that brings it."
        )
    return kinds
