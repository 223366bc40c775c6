from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from fieldguide.advisor.racing import run_folder
from fieldguide.errors import RunFolderError


def test_a_living_race_holds_its_folder(tmp_path: Path) -> None:
    with (
        run_folder.locked(tmp_path),
        pytest.raises(RunFolderError, match=f"process {os.getpid()}"),
        run_folder.locked(tmp_path),
    ):
        pass
    with run_folder.locked(tmp_path):
        assert json.loads((tmp_path / run_folder.LOCK).read_text())["pid"] == os.getpid()
    assert not list(tmp_path.iterdir())


def test_a_dead_race_does_not(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as done:
        started = psutil.Process(done.pid).create_time()
    lock = tmp_path / run_folder.LOCK
    for held in ({"pid": done.pid, "started": started}, {"pid": os.getpid(), "started": 1.0}, {}):
        lock.write_text(json.dumps(held))
        with run_folder.locked(tmp_path):
            pass


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(RunFolderError, match=r"thesis\.tex"):
        run_folder.refuse_if_taken(tmp_path)


def test_a_second_race_in_the_same_folder_is_told_to_resume(tmp_path: Path) -> None:
    run_folder.start(tmp_path, {"seed": 0})
    with pytest.raises(RunFolderError, match="--resume"):
        run_folder.refuse_if_taken(tmp_path)


@pytest.mark.parametrize(
    ("change", "words"),
    [({"seed": 1}, "another 'seed'"), ({"fingerprint": "b"}, "of other data: it ran on iris")],
)
def test_another_race_is_refused(tmp_path: Path, change: dict[str, object], words: str) -> None:
    facts = {"seed": 0, "fingerprint": "a", "source": "iris"}
    run_folder.start(tmp_path, facts)
    assert run_folder.check(tmp_path, {"seed": 0})["source"] == "iris"
    with pytest.raises(RunFolderError, match=words):
        run_folder.check(tmp_path, facts | change)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": "x"}'])
def test_a_damaged_race_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / run_folder.SETTINGS).write_text(text)
    with pytest.raises(RunFolderError, match="no race to go on with"):
        run_folder.check(tmp_path, {})


def test_a_newer_race_is_refused(tmp_path: Path) -> None:
    (tmp_path / run_folder.SETTINGS).write_text('{"schema": 99}')
    with pytest.raises(RunFolderError, match="newer"):
        run_folder.check(tmp_path, {})


def test_the_best_model_is_whole_at_every_moment(tmp_path: Path) -> None:
    for number in range(2):
        (tmp_path / f"model{number}").mkdir()
        for part in ("a", "b"):
            (tmp_path / f"model{number}" / part).write_text(str(number))
    place = tmp_path / "best"
    run_folder.put_folder(tmp_path / "model0", place)
    missing, done = [], threading.Event()

    def look() -> None:
        while not done.is_set():
            missing.extend(part for part in ("a", "b") if not (place / part).exists())

    watcher = threading.Thread(target=look)
    watcher.start()
    for number in range(60):
        run_folder.put_folder(tmp_path / f"model{number % 2}", place)
    done.set()
    watcher.join()
    assert not missing
    assert {(place / part).read_text() for part in ("a", "b")} == {"1"}
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["best", "model0", "model1"]
