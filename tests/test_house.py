"""House rules that a program can check: sizes, names, and what may never be called."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "fieldguide"

MOST_LINES_PER_FILE = 300
MOST_LINES_PER_FUNCTION = 40  # its signature and docstring left out

# A room that is named after nothing in particular collects everything in particular.
VAGUE = {"utils", "util", "common", "core", "helpers", "helper", "misc"}
# A loss belongs to its task or algorithm, and an algorithm's fields are its configuration.
NO_ROOMS = {"losses", "configs"}
# Formats that run code when they are read.
RUNS_CODE = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
# Calls, by the end of their dotted name, that read or write such a format or run a string.
FORBIDDEN_CALLS = {
    "eval": "runs a string",
    "exec": "runs a string",
    "torch.save": "writes a pickle; use safetensors",
    "pd.read_pickle": "reads a pickle",
    "pandas.read_pickle": "reads a pickle",
}
# Pieces of a path that exist on one person's machine only (joined, or this file would have them).
MACHINE_PATH = re.compile("(?<![\\w.~-])/" + "(?:work|root|Users|home/\\w+|tmp/\\w+)" + "/")
BLANKET = re.compile("# (?:type: ignore(?!\\[)|" + "noqa(?!: ?[A-Z])|" + "mypy: ignore-errors)")

FILES = sorted(PACKAGE.rglob("*.py"))
names = pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))


def dotted(node: ast.expr) -> str:
    """`a.b.c` of a chain of attributes, or what of it is plain."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def calls(tree: ast.AST) -> list[ast.Call]:
    """Every call in a file."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def is_true(call: ast.Call, keyword: str) -> bool:
    """Whether a call is given `keyword=True`, written out."""
    return any(
        k.arg == keyword and isinstance(k.value, ast.Constant) and k.value.value is True
        for k in call.keywords
    )


def modules_imported(tree: ast.AST) -> set[str]:
    """The top-level packages that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def unsafe(tree: ast.AST) -> list[str]:
    """What in a file could run code that came with a data or model file."""
    found = [f"imports {name}" for name in sorted(modules_imported(tree) & RUNS_CODE)]
    for call in calls(tree):
        name = dotted(call.func)
        if name in FORBIDDEN_CALLS:
            found.append(f"line {call.lineno}: {name}(...) {FORBIDDEN_CALLS[name]}")
        if name == "torch.load" and not is_true(call, "weights_only"):
            found.append(f"line {call.lineno}: torch.load without weights_only=True")
        if is_true(call, "allow_pickle"):
            found.append(f"line {call.lineno}: allow_pickle=True")
    return found


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The length of what a function does: its signature and docstring only declare."""
    has_docstring = ast.get_docstring(function) is not None
    does = function.body[1:] if has_docstring else function.body
    return (does[-1].end_lineno or 0) - does[0].lineno + 1 if does else 0


def long_functions(tree: ast.AST) -> list[str]:
    """The functions that no longer fit on a screen."""
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [
        f"{function.name}: {lines_of(function)} lines"
        for function in functions
        if lines_of(function) > MOST_LINES_PER_FUNCTION
    ]


def tracked_texts() -> list[tuple[str, str]]:
    """Name and text of every file under version control that is text."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this is not a git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.split("\0")  # fmt: skip
    found = []
    for name in filter(None, listed):
        content = (ROOT / name).read_bytes() if (ROOT / name).is_file() else b"\0"
        if b"\0" not in content:
            found.append((name, content.decode("utf-8", errors="replace")))
    return found


@names
def test_file_is_short(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MOST_LINES_PER_FILE


@names
def test_functions_are_short(path: Path) -> None:
    assert not long_functions(ast.parse(path.read_text("utf-8")))


@names
def test_nothing_runs_code_from_files(path: Path) -> None:
    assert not unsafe(ast.parse(path.read_text("utf-8")))


@names
def test_annotations_are_lazy(path: Path) -> None:
    text = path.read_text("utf-8")
    defines = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.AnnAssign
    if any(isinstance(node, defines) for node in ast.walk(ast.parse(text))):
        assert "from __future__ import annotations" in text


@names
def test_no_blanket_ignores(path: Path) -> None:
    assert not BLANKET.findall(path.read_text("utf-8"))


def test_no_vague_rooms() -> None:
    paths = [path.relative_to(PACKAGE).with_suffix("") for path in FILES]
    assert not {part for path in paths for part in path.parts} & VAGUE
    assert not {path.parts[0] for path in paths} & NO_ROOMS


def test_no_paths_of_one_machine() -> None:
    found = [(name, MACHINE_PATH.findall(text)) for name, text in tracked_texts()]
    assert not [name for name, hits in found if hits]


def test_the_rule_on_length() -> None:
    source = (
        'def f(\n    a,\n    b,\n):\n    """Say.\n\n    More.\n    """\n    c = a\n\n    return c\n'
    )
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    assert lines_of(function) == 3


@pytest.mark.parametrize(
    ("source", "safe"),
    [
        ("network.eval()", True),
        ("eval('1')", False),
        ("import torch\ntorch.load(path)", False),
        ("import torch\ntorch.load(path, weights_only=True)", True),
        ("import torch\ntorch.load(path, weights_only=flag)", False),
        ("import torch\ntorch.save(x, path)", False),
        ("def f():\n    import pickle", False),
        ("from joblib import load", False),
        ("np.load(path, allow_pickle=True)", False),
        ("np.load(path, allow_pickle=False)", True),
    ],
)
def test_the_rule_on_safety(source: str, safe: bool) -> None:
    assert (not unsafe(ast.parse(source))) == safe


@pytest.mark.parametrize(
    ("finder", "text", "found"),
    [
        (MACHINE_PATH.search, "see /" + "home/someone/data", True),
        (MACHINE_PATH.search, "open('/" + "tmp/x/y')", True),
        (MACHINE_PATH.search, "docs/" + "work/in-progress and ../" + "work/x", False),
        (BLANKET.search, "x = y  # type: " + "ignore", True),
        (BLANKET.search, "x = y  # type: ignore[arg-type]", False),
        (BLANKET.search, "x = y  # no" + "qa", True),
        (BLANKET.search, "x = y  # noqa: E501", False),
    ],
)
def test_the_rules_on_texts(finder: Callable[[str], object], text: str, found: bool) -> None:
    assert bool(finder(text)) == found


def test_every_test_file_has_a_name_of_its_own():
    """Test folders are no packages, so pytest cannot tell two files of one name apart."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))
