"""Progress: nothing by default, nothing ever on standard output, figures and time left."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

import fieldguide as fg
from fieldguide.engine.progress import Progress
from tests import toys

ROOT = Path(__file__).parents[2]
DATA = toys.array("classification", 250)


def test_nothing_is_shown_by_default(capfd) -> None:
    fg.MLP(epochs=2).fit(DATA)
    assert capfd.readouterr() == ("", "")


def test_without_a_terminal_there_is_a_line_an_epoch(capfd) -> None:
    fg.MLP(epochs=3).fit(DATA, progress=True)
    shown, said = capfd.readouterr()
    lines = said.splitlines()
    assert shown == "" and len(lines) == 3
    for number, line in enumerate(lines, 1):
        left = r"  \d+:\d\d left" if number < 3 else ""
        assert re.fullmatch(rf"fit {number}/3  loss [\d.]+  accuracy [\d.]+{left}", line), line


def test_on_a_terminal_there_is_a_live_line_and_standard_output_stays_clean() -> None:
    leader, follower = pty.openpty()
    code = (
        "import fieldguide as fg; from tests import toys;"
        "fg.MLP(epochs=30).fit(toys.array('classification', 250), progress=True); print('answer')"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "TERM": "xterm", "COLUMNS": "120"},
        stdout=subprocess.PIPE,
        stderr=follower,
    )
    os.close(follower)
    seen = b""
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:  # Linux says so when the other end is closed
            break
        if not part:
            break
        seen += part
    shown, _ = process.communicate(timeout=60)
    os.close(leader)
    assert process.returncode == 0 and shown == b"answer\n"
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.decode())
    assert "fit 30/30" in text and "accuracy" in text and "100%" in text


def test_what_must_be_known_is_said_even_if_nothing_is_shown(capfd) -> None:
    with Progress(shown=False) as progress:
        progress.at(0.5, 1, {"loss": 1.0})
        progress.epoch(1, 0.5, {"loss": 1.0})
        progress.say("Memory ran out [but not here].")
    assert capfd.readouterr() == ("", "Memory ran out [but not here].\n")


@pytest.mark.parametrize(("share", "shown"), [(0.0, False), (0.5, True), (1.0, False)])
def test_time_left_needs_some_progress_and_some_way_to_go(share, shown, capfd) -> None:
    with Progress(shown=True) as progress:
        progress.stage("fit", 2, 0.0)
        progress.epoch(1, share, {})
    assert ("left" in capfd.readouterr().err) is shown
