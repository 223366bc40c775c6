"""Ctrl-C and SIGTERM, sent to a real process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import fieldguide as fg
from fieldguide.engine import checkpoint
from fieldguide.engine.interrupt import StopRequest
from fieldguide.engine.run_folder import FILE
from fieldguide.errors import Interrupted
from tests import toys

ROOT = Path(__file__).parents[2]


def train(*words: str) -> subprocess.Popen:
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "tests.stopping", *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stdout.readline() == "training\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_saves_and_says_how_to_go_on(number: int, tmp_path: Path) -> None:
    process = train("Watched", str(tmp_path / "run"))
    process.send_signal(number)
    shown, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Stopped in stage 'fit', epoch" in said
    assert f"--resume {tmp_path / 'run'}" in said and "resume=True" in said
    assert "Traceback" not in said
    epochs, predictions = map(int, shown.split())
    assert predictions == 5  # the best weights so far are in place
    state = checkpoint.read(tmp_path / "run" / FILE)
    assert len(state["history"]) == epochs


def test_without_a_run_folder_it_says_that_nothing_was_saved() -> None:
    process = train("Watched")
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Nothing was saved: give a run folder" in said


def test_the_second_signal_ends_at_once(tmp_path: Path) -> None:
    process = train("Stubborn", str(tmp_path / "run"))
    process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=0.2)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 131
    assert not (tmp_path / "run" / FILE).exists()


def stopping(after: int) -> type[toys.ToyRivals]:
    """An algorithm that is interrupted by its own step of that number."""

    class Stopping(toys.ToyRivals):
        def step(self, batch):
            self._steps = getattr(self, "_steps", 0) + 1
            if self._steps == after:
                os.kill(os.getpid(), signal.SIGINT)
            return super().step(batch)

    return Stopping


def test_a_signal_in_the_last_step_is_not_lost(tmp_path: Path) -> None:
    data = toys.array("classification", 32)
    model = stopping(2)(epochs=2)
    with pytest.raises(Interrupted):
        model.fit(data, run=tmp_path)
    assert len(model.predict(data)) == 32


def test_handlers_are_put_back() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    fg.MLP(epochs=1).fit(toys.array("classification"))
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == before


def test_what_the_process_was_told_to_ignore_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with StopRequest() as stop:
            os.kill(os.getpid(), signal.SIGINT)
            assert not stop.asked
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_may_train() -> None:
    model = fg.MLP(epochs=1)
    thread = threading.Thread(target=model.fit, args=(toys.array("classification"),))
    thread.start()
    thread.join()
    assert len(model.history_) == 1
