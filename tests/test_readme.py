"""What README.md tells people to type works."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

README = Path(__file__).parents[1] / "README.md"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def block(containing: str) -> str:
    """The one code block of the README that holds a text."""
    found = [code for _, code in BLOCK.findall(README.read_text("utf-8")) if containing in code]
    assert len(found) == 1
    return found[0]


def commands() -> list[list[str]]:
    """Every command line of the workflow, in words."""
    return [shlex.split(line, comments=True) for line in block("fieldguide race").splitlines()]


def fieldguide(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    code = "import sys; from fieldguide.cli import main; sys.exit(main())"
    return subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True)


@pytest.mark.parametrize("command", commands(), ids=lambda words: words[1])
def test_every_command_and_option_exists(command: list[str]) -> None:
    program, verb, *rest = command
    assert program == "fieldguide"
    said = fieldguide(verb, "--help")
    assert said.returncode == 0, said.stderr
    assert all(option in said.stdout for option in rest if option.startswith("-"))


def test_every_make_target_exists() -> None:
    makefile = (README.parent / "Makefile").read_text("utf-8")
    mentioned = set(re.findall(r"\bmake ([a-z]+)\b", README.read_text("utf-8")))
    assert {"demo", "test"} <= mentioned
    assert not [name for name in mentioned if f"\n{name}: " not in makefile]


def photos(folder: Path) -> None:
    """Twenty small pictures of two classes, light and dark."""
    noise = np.random.default_rng(0)
    for name, level in (("dark", 40), ("light", 200)):
        (folder / name).mkdir(parents=True)
        for number in range(10):
            pixels = noise.integers(level, level + 50, size=(16, 16, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")


def test_python_workflow_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = block("import fieldguide as fg")
    quick = code.replace("epochs=20", "epochs=1")
    assert quick != code
    monkeypatch.chdir(tmp_path)
    photos(tmp_path / "photos")
    photos(tmp_path / "new_photos")
    x = np.random.default_rng(0).normal(size=(40, 3))
    exec(compile(quick, "README.md", "exec"), {"X": x, "y": x[:, 0] > 0, "X_new": x[:5]})
    assert (tmp_path / "model").is_dir()
