"""The public names: what the package offers, what editors are told, and what loads torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import fieldguide as fg
from docs.stub import STUB, stub


def test_the_stub_is_up_to_date() -> None:
    assert STUB.read_text("utf-8") == stub(), "run `make docs`"


def test_every_name_of_the_stub_resolves() -> None:
    lines = [line for line in stub().splitlines() if line.startswith("from ")]
    assert len(lines) > 15
    for line in lines:
        assert getattr(fg, line.rsplit(" ", 1)[1]) is not None


def test_importing_the_package_loads_nothing_heavy() -> None:
    source = str(Path(fg.__file__).parent.parent)
    heavy = "{'torch', 'numpy', 'polars', 'sklearn'}"
    code = (
        f"import sys; sys.path.insert(0, {source!r}); import fieldguide; "
        f"print({heavy} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
