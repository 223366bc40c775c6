"""Finds every algorithm: the files under ``algorithms/`` and installed packages' entry points.

The catalog reads source files without importing them, so that listing the guide needs no torch.
A third-party package adds an algorithm by declaring, under the entry-point group
``fieldguide.algorithms``, ``name = "package.module"`` (or ``"package.module:Class"``).
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fieldguide.card import Card, Reference
from fieldguide.errors import ModelFolderError, UsageError, did_you_mean

if TYPE_CHECKING:
    from fieldguide.estimator import Estimator

GROUP = "fieldguide.algorithms"
ROOT = Path(__file__).parent / "algorithms"


@dataclass(frozen=True)
class Entry:
    """One algorithm, as its file describes it.

    Attributes:
        name: Name on the command line, from the file name: ``faster_rcnn.py`` is ``faster-rcnn``.
        class_name: Name of its class.
        family: The folder it lives in, or the package that brings it.
        module: Dotted module name.
        path: Its file.
        docstring: The module's docstring: the guide's page.
        card: Facts that programs read.
    """

    name: str
    class_name: str
    family: str
    module: str
    path: Path
    docstring: str
    card: Card

    @property
    def summary(self) -> str:
        """First sentence of the page."""
        return self.docstring.strip().split("\n\n")[0].replace("\n", " ")

    def load(self) -> type[Estimator]:
        """Import the module and return the class."""
        found: type[Estimator] = getattr(importlib.import_module(self.module), self.class_name)
        return found


@cache
def entries() -> tuple[Entry, ...]:
    """Return every algorithm, by year, then name."""
    files = sorted(path for path in ROOT.glob("*/*.py") if not path.name.startswith("_"))
    own = [_entry(path, f"fieldguide.algorithms.{path.parent.name}.{path.stem}") for path in files]
    found = {entry.name: entry for entry in own if entry is not None}
    for point in metadata.entry_points(group=GROUP):
        entry = _from_entry_point(point)
        if entry.name in found:
            raise UsageError(
                f"Two algorithms are called '{entry.name}': {found[entry.name].module} and "
                f"{entry.module}. Rename the entry point of the package that brings the second."
            )
        found[entry.name] = entry
    return tuple(sorted(found.values(), key=lambda entry: (entry.card.year, entry.name)))


def get(name: str) -> Entry:
    """Return an algorithm by name (``"mlp"``) or class name (``"MLP"``).

    Raises:
        UsageError: Unknown, with the nearest name.
    """
    for entry in entries():
        if name in (entry.name, entry.class_name):
            return entry
    known = [entry.name for entry in entries()]
    raise UsageError(
        f"There is no algorithm '{name}'.{did_you_mean(name.lower(), known)} "
        f"The catalog has: {', '.join(known)}."
    )


def algorithms() -> dict[str, Entry]:
    """Return every algorithm by name."""
    return {entry.name: entry for entry in entries()}


def load(folder: str | Path) -> Estimator:
    """Return a saved model, whichever algorithm it is; no code from the folder runs.

    Args:
        folder: Where `Estimator.save` wrote it.

    Raises:
        ModelFolderError: The folder is missing, damaged or too new, or its algorithm is not in
            the catalog.
    """
    from fieldguide import model_folder

    config, weights = model_folder.read(Path(folder))
    for entry in entries():
        if config["algorithm"] == f"{entry.module}:{entry.class_name}":
            return entry.load().restore(config, weights, Path(folder))
    raise ModelFolderError(
        f"{folder} holds the algorithm '{config['algorithm']}', which is not in the catalog. "
        "Install the package that brings it; `fieldguide algorithms` lists what there is."
    )


def name_of(kind: type) -> str:
    """Return the catalog name of an algorithm's class, or its lower-case name if unlisted."""
    for entry in entries():
        if (entry.module, entry.class_name) == (kind.__module__, kind.__name__):
            return entry.name
    return kind.__name__.lower()


def _from_entry_point(point: metadata.EntryPoint) -> Entry:
    module, _, _ = point.value.partition(":")
    path = _locate(module)
    entry = None if path is None else _entry(path, module, point.name, module.split(".")[0])
    if entry is None:
        raise UsageError(
            f"The installed package behind the entry point '{point.name} = {point.value}' "
            f"(group {GROUP}) holds no class with a card of literals. See CONTRIBUTING.md, or "
            "uninstall the package."
        )
    return entry


def _locate(module: str) -> Path | None:
    """Find a module's file without importing its parents."""
    first, *rest = module.split(".")
    spec = importlib.util.find_spec(first)
    if spec is None or spec.origin is None:
        return None
    base = Path(spec.origin)
    if not rest:
        return base
    plain = base.parent.joinpath(*rest).with_suffix(".py")
    return plain if plain.exists() else base.parent.joinpath(*rest, "__init__.py")


def _entry(path: Path, module: str, name: str = "", family: str = "") -> Entry | None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        card = _card(node) if isinstance(node, ast.ClassDef) else None
        if card is not None:
            assert isinstance(node, ast.ClassDef)
            return Entry(
                name=name or path.stem.replace("_", "-"),
                class_name=node.name,
                family=family or path.parent.name,
                module=module,
                path=path,
                docstring=ast.get_docstring(tree) or "",
                card=card,
            )
    return None


def _card(node: ast.ClassDef) -> Card | None:
    for line in node.body:
        value = line.value if isinstance(line, (ast.Assign, ast.AnnAssign)) else None
        target = line.targets[0] if isinstance(line, ast.Assign) else getattr(line, "target", None)
        named = isinstance(target, ast.Name) and target.id == "card"
        if named and isinstance(value, ast.Call):
            return Card(**{kw.arg: _literal(kw.value) for kw in value.keywords if kw.arg})
    return None


def _literal(node: ast.expr) -> Any:
    if isinstance(node, ast.Tuple):
        return tuple(_literal(part) for part in node.elts)
    if isinstance(node, ast.Call):  # the only call in a card is Reference(...)
        return Reference(**{kw.arg: _literal(kw.value) for kw in node.keywords if kw.arg})
    return ast.literal_eval(node)


def forget() -> None:
    """Drop what was found, so that packages installed since are seen."""
    entries.cache_clear()
    importlib.invalidate_caches()
    sys.path_importer_cache.clear()
