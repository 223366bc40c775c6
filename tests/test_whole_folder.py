"""What a writer that was killed leaves beside a folder, and who may clear it away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fieldguide import whole_folder
from fieldguide.whole_folder import replacing

DEAD = 2**22 + 1  # above Linux's largest process number
WRITER = """
import sys, time
from pathlib import Path
from fieldguide.whole_folder import replacing
with replacing(Path(sys.argv[1])) as folder:
    (folder / "file").write_text("half of")
    print("writing", flush=True)
    time.sleep(600)
"""


def put(place: Path, text: str) -> None:
    with replacing(place) as folder:
        (folder / "file").write_text(text)


def left(
    parent: Path, process: int, *, name: str = "model", machine: str = "", old: str = ""
) -> Path:
    """What a writer leaves beside `model`."""
    machine = machine or whole_folder._machine()
    folder = parent / f".{name}-{machine}-{process}-0123abcd{old}"
    folder.mkdir(parents=True)
    (folder / "file").write_text("left")
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_a_killed_writer_leaves_is_cleared_by_the_next(tmp_path: Path) -> None:
    put(tmp_path / "model", "first")
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path / "model")],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1] / "src")},
        stdout=subprocess.PIPE,
    )
    assert writer.stdout is not None and writer.stdout.readline() == b"writing\n"
    (beside,) = set(names(tmp_path)) - {"model"}
    put(tmp_path / "other", "while the writer lives")
    assert names(tmp_path) == [beside, "model", "other"]
    os.kill(writer.pid, signal.SIGKILL)
    writer.communicate()
    assert names(tmp_path) == [beside, "model", "other"]
    put(tmp_path / "other", "after its death")
    assert names(tmp_path) == ["model", "other"]
    assert (tmp_path / "model" / "file").read_text() == "first"


def test_only_what_is_ours_and_nobodys_is_cleared(tmp_path: Path) -> None:
    kept = [
        left(tmp_path, os.getpid()),
        left(tmp_path, DEAD, machine="ffffffff"),
        tmp_path / f".model-{DEAD}-0123abcd",
        tmp_path / ".git",
    ]
    for folder in kept[2:]:
        folder.mkdir()
    gone = [left(tmp_path, DEAD), left(tmp_path, DEAD, name="a-b c")]
    put(tmp_path / "model", "new")
    assert names(tmp_path) == sorted(["model", *(folder.name for folder in kept)])
    assert not any(folder.exists() for folder in gone)


def test_an_old_folder_is_kept_until_there_is_a_new_one(tmp_path: Path) -> None:
    old = left(tmp_path, DEAD, old="-old")
    put(tmp_path / "other", "new")
    assert old.exists(), "the writer died between its two moves: this is all there is"
    put(tmp_path / "model", "new")
    put(tmp_path / "model", "newer")
    assert names(tmp_path) == ["model", "other"]


def test_what_cannot_be_cleared_is_in_nobodys_way(tmp_path, monkeypatch) -> None:
    stale = left(tmp_path, DEAD)

    def fail(*_: object, **__: object) -> None:
        raise PermissionError("not yours")

    monkeypatch.setattr(whole_folder.os, "rmdir", fail)
    put(tmp_path / "model", "new")
    assert names(tmp_path) == [stale.name, "model"]


@pytest.mark.parametrize("swaps", [True, False])
def test_a_folder_appears_whole_or_not_at_all(swaps, tmp_path, monkeypatch) -> None:
    if not swaps:
        monkeypatch.setattr(whole_folder, "_swapped", lambda *_: False)
    for text in ("first", "second"):
        put(tmp_path / "new" / "model", text)
        assert (tmp_path / "new" / "model" / "file").read_text() == text
    with pytest.raises(KeyboardInterrupt), replacing(tmp_path / "new" / "model") as folder:
        (folder / "file").write_text("half of")
        raise KeyboardInterrupt
    assert (tmp_path / "new" / "model" / "file").read_text() == "second"
    assert names(tmp_path / "new") == ["model"]
