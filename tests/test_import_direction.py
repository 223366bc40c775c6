"""Which room may import which: the table below is the rule, the rest of this file enforces it.

An import counts wherever it stands, inside a function as much as at the top of a file, and so
does `importlib.import_module("fieldguide...")` with a literal name: a late import is still an
arrow. An import under `if TYPE_CHECKING:` does not count, because the module that is named there
is never loaded and its objects are never touched; it only lends its name to an annotation.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# Lowest first. A room may import every room on a line above its own...
LEVELS: list[set[str]] = [
    {"errors"},
    {"data", "metrics", "nn", "whole_folder"},
    {"formats", "codecs", "tasks"},
    {"engine", "export", "model_folder", "card", "hyperparameter", "scikit_learn"},
    {"hooks", "recommender", "unlabelled"},
    {"estimator", "pretrained"},
    {"ensemble"},
    {"algorithms"},  # and never one family another
    {"catalog"},
    {"advisor", "serve"},
    {"cli"},
]
# ... and of those on its own line only these.
SIDEWAYS: dict[str, set[str]] = {
    "tasks": {"codecs"},
    "model_folder": {"card"},
}
# `fieldguide/__init__.py` and `__main__.py` are the roof: they may name every room, but late.
ROOF = {"__init__", "__main__"}
# These must answer without torch.
LIGHT = ["fieldguide", "fieldguide.errors", "fieldguide.catalog", "fieldguide.cli"]

SOURCE = Path(__file__).parents[1] / "src"
PACKAGE = SOURCE / "fieldguide"


def is_type_checking(test: ast.expr) -> bool:
    """Whether an `if` asks for TYPE_CHECKING, however it was imported."""
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", None)
    return name == "TYPE_CHECKING"


def nodes_that_run(node: ast.AST) -> Iterator[ast.AST]:
    """Every node below, less those that only a type checker reads."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and is_type_checking(child.test):
            for other in child.orelse:
                yield other
                yield from nodes_that_run(other)
            continue
        yield child
        yield from nodes_that_run(child)


def names_in_call(call: ast.Call) -> list[str]:
    """The module in `import_module("fieldguide.x")`, where the name is written out."""
    called = (
        call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    )
    if called not in {"import_module", "__import__"} or not call.args:
        return []
    first = call.args[0]
    return [first.value] if isinstance(first, ast.Constant) and isinstance(first.value, str) else []


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The line and the dotted name of each import; `from a import b` gives `a.b`."""
    for node in nodes_that_run(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{origin}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call):
            yield from ((node.lineno, name) for name in names_in_call(node))


def level(room: str) -> int | None:
    """The line of the table that a room stands on."""
    return next((i for i, rooms in enumerate(LEVELS) if room in rooms), None)


def objection(importer: tuple[str, ...], target: str) -> str | None:
    """Why a file (its path in parts, such as `("tasks", "regression")`) may not import a name."""
    if target.startswith("."):
        return "imports relatively; write the whole name, fieldguide..."
    origin, *parts = target.split(".")
    if origin != "fieldguide" or importer[0] in ROOF or parts == ["__version__"]:
        return None
    room, here = parts[0] if parts else "", importer[0]
    above, below = level(here), level(room)
    if below is None or above is None:
        return f"imports {target!r}; one of the two is no room of the table"
    if room == here:
        return other_family(importer, parts)
    if below < above or room in SIDEWAYS.get(here, set()):
        return None
    return f"imports {target!r}, but {here} stands below or beside {room}"


def other_family(importer: tuple[str, ...], parts: list[str]) -> str | None:
    """Algorithms know their own family only, so that any of them can be read alone."""
    if importer[0] != "algorithms" or len(importer) < 2 or len(parts) < 2:
        return None
    if importer[1] in {parts[1], "__init__"}:
        return None
    return f"imports {'.'.join(parts)!r}, but families never import each other"


def objections(path: Path, source: str) -> list[str]:
    """Every forbidden import of one file, as `file:line: reason`."""
    importer = path.relative_to(PACKAGE).with_suffix("").parts
    found = []
    for line, name in imported(ast.parse(source)):
        reason = objection(importer, name)
        if reason:
            found.append(f"{path.relative_to(SOURCE)}:{line}: {reason}")
    return found


def rooms() -> set[str]:
    """What stands directly under the package, the roof left out."""
    entries = {
        p.stem for p in PACKAGE.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()
    }
    return entries - ROOF


def test_every_import_points_down() -> None:
    files = sorted(PACKAGE.rglob("*.py"))
    assert files
    assert not [line for path in files for line in objections(path, path.read_text("utf-8"))]


def test_every_room_is_in_the_table() -> None:
    assert rooms() <= set().union(*LEVELS)


@pytest.mark.parametrize("module", LIGHT)
def test_loads_without_torch(module: str) -> None:
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("file", "source", "allowed"),
    [
        ("tasks/a.py", "from fieldguide.data import Dataset", True),
        ("tasks/a.py", "from fieldguide.codecs import Labels", True),
        ("tasks/a.py", "from fieldguide.formats import csv", False),
        ("tasks/a.py", "def f():\n    from fieldguide.estimator import Estimator", False),
        ("tasks/a.py", "import importlib\nimportlib.import_module('fieldguide.cli')", False),
        ("tasks/a.py", "if TYPE_CHECKING:\n    from fieldguide.estimator import Estimator", True),
        ("tasks/a.py", "if typing.TYPE_CHECKING:\n    import fieldguide.cli", True),
        ("tasks/a.py", "if TYPE_CHECKING:\n    pass\nelse:\n    import fieldguide.cli", False),
        ("tasks/a.py", "from . import b", False),
        ("tasks/a.py", "from fieldguide import errors", True),
        ("tasks/a.py", "from fieldguide import MLP", False),
        ("tasks/a.py", "import fieldguide", False),
        ("tasks/a.py", "from fieldguide import __version__", True),
        ("data/a.py", "import torch, fieldguide.errors", True),
        ("card.py", "from fieldguide.model_folder import save", False),
        ("model_folder.py", "from fieldguide.card import Card", True),
        ("algorithms/graph/gcn.py", "from fieldguide.algorithms.graph.gat import GAT", True),
        ("algorithms/graph/gcn.py", "from fieldguide.algorithms.energy.rbm import RBM", False),
        ("algorithms/graph/gcn.py", "from fieldguide.catalog import entries", False),
        ("__init__.py", "def __getattr__(n):\n    from fieldguide.cli import main", True),
    ],
)
def test_the_rule_itself(file: str, source: str, allowed: bool) -> None:
    assert (not objections(PACKAGE / file, source)) == allowed
