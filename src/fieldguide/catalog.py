"""Finds every algorithm: the files under ``algorithms/`` and installed packages' entry points.

The catalog reads source files without importing them, so that listing the guide needs no torch.
A third-party package adds an algorithm by declaring, under the entry-point group
``fieldguide.algorithms``, ``name = "package.module"`` (or ``"package.module:Class"``, where a
file holds several).
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fieldguide.card import Card, Reference
from fieldguide.errors import ModelFolderError, UsageError, did_you_mean

if TYPE_CHECKING:
    from torch import Tensor

    from fieldguide.estimator import Estimator

GROUP = "fieldguide.algorithms"
ENSEMBLE = "fieldguide.ensemble:Ensemble"  # made of fitted models, so no algorithm of the guide
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
        """Import the module and return the class.

        Raises:
            UsageError: The package that brings it cannot be imported.
        """
        try:
            module = importlib.import_module(self.module)
        except ImportError as error:
            raise UsageError(
                f"The algorithm '{self.name}' cannot be loaded, because its module {self.module} "
                f"cannot be imported ({error}). Install what it needs, or uninstall its package."
            ) from error
        found: type[Estimator] = getattr(module, self.class_name)
        return found


@cache
def entries() -> tuple[Entry, ...]:
    """Return every algorithm, by year, then name.

    A third-party package that is broken is left out with a warning: the others go on working.
    """
    files = sorted(path for path in ROOT.glob("*/*.py") if not path.name.startswith("_"))
    own = [_entry(path, f"fieldguide.algorithms.{path.parent.name}.{path.stem}") for path in files]
    found = {entry.name: entry for entry in own if entry is not None}
    for point in metadata.entry_points(group=GROUP):
        entry = _from_entry_point(point)
        if entry is None:
            continue
        taken = {name: e.module for e in found.values() for name in (e.name, e.class_name)}
        clash = next((name for name in (entry.name, entry.class_name) if name in taken), None)
        if clash is None:
            found[entry.name] = entry
        else:
            _leave_out(point, f"'{clash}' is the name of {taken[clash]} already")
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


def list_algorithms() -> dict[str, Entry]:
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
    return _restored(config, weights, Path(folder))


def _restored(config: Mapping[str, Any], weights: dict[str, Tensor], folder: Path) -> Estimator:
    if config["algorithm"] == ENSEMBLE:
        from fieldguide.ensemble import Ensemble

        return Ensemble.of_parts(config, weights, folder, _restored)
    for entry in entries():
        if config["algorithm"] == f"{entry.module}:{entry.class_name}":
            return entry.load().restore(config, weights, folder)
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


def _from_entry_point(point: metadata.EntryPoint) -> Entry | None:
    """Read what an entry point leads to; None, with a warning, if that is no algorithm."""
    path = _locate(point.module)
    if path is None:
        _leave_out(point, f"there is no module {point.module}")
        return None
    try:
        family = point.module.split(".")[0]
        entry = _entry(path, point.module, point.name, family, point.attr or "")
    except (SyntaxError, ValueError, TypeError, OSError) as error:
        _leave_out(point, f"{path} cannot be read as a file with a card of literals ({error})")
        return None
    if entry is None:
        named = f"no class {point.attr}" if point.attr else "no class"
        _leave_out(point, f"{path} holds {named} with a card")
    return entry


def _leave_out(point: metadata.EntryPoint, reason: str) -> None:
    warnings.warn(
        f"An installed package brings the algorithm '{point.name} = {point.value}', which is left "
        f"out: {reason}. Mend that package (CONTRIBUTING.md says how), or uninstall it.",
        stacklevel=2,
    )


def _locate(module: str) -> Path | None:
    """Find a module's file without importing its parents."""
    first, *rest = module.split(".")
    spec = importlib.util.find_spec(first)
    if spec is None:
        return None
    if not rest:
        return None if spec.origin is None else Path(spec.origin)
    for folder in spec.submodule_search_locations or ():
        plain = Path(folder).joinpath(*rest).with_suffix(".py")
        for path in (plain, plain.with_suffix("") / "__init__.py"):
            if path.exists():
                return path
    return None


def _entry(
    path: Path, module: str, name: str = "", family: str = "", class_name: str = ""
) -> Entry | None:
    """Read the first class with a card, or the one of that name."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        if not isinstance(node, ast.ClassDef) or class_name not in ("", node.name):
            continue
        card = _card(node)
        if card is not None:
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
