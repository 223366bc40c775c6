"""What must be quick: help, the guide, the built-in data."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

HEAVY = ("torch", "numpy", "polars", "sklearn", "scipy", "matplotlib", "PIL")
SCRIPT = """
import sys
from fieldguide.cli import main
status = main(sys.argv[1:])
loaded = [name for name in {heavy!r} if name in sys.modules]
sys.exit(f"loaded {{loaded}}" if loaded else status)
"""
SECONDS = 0.3
SLACK = 5  # for a machine that is busy with something else


@pytest.mark.parametrize(
    "words", [["--help"], ["algorithms"], ["algorithms", "--json"], ["data"], ["race", "--help"]]
)
def test_answers_at_once_and_without_torch(words: list[str]) -> None:
    took = []
    for _ in range(3):
        began = time.perf_counter()
        script = SCRIPT.format(heavy=HEAVY)
        done = subprocess.run(
            [sys.executable, "-c", script, *words], capture_output=True, text=True, check=False
        )
        took.append(time.perf_counter() - began)
        assert done.returncode == 0, done.stderr
        assert done.stdout
    assert min(took) < SECONDS * SLACK


def test_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "fieldguide", "nonsense"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == "" and "No such command 'nonsense'" in done.stderr
