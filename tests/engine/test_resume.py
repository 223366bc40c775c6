"""Resuming: bit-identical after SIGKILL; another run's folder is refused."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import fieldguide as fg
from fieldguide.engine import run_folder
from fieldguide.engine.settings import CHECKPOINT_EVERY
from fieldguide.errors import RunFolderError
from tests import toys

ROOT = Path(__file__).parents[2]


def test_killed_at_random_and_resumed_equals_uninterrupted(tmp_path: Path) -> None:
    """Several stages, two optimizers, dropout, early stopping, best weights, in real processes."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.killing", "1", str(tmp_path), "ToyStack", "ToyRivals", "MLP"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == 3
    for result in found:
        assert result["weights"] and result["history"], result
        assert any(kill is not None for kill in result["kills"]), result


class Dies(Exception):
    """Stands in for the end of the process."""


def die_after(saves: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the run die right after it has written so many checkpoints."""
    monkeypatch.setenv(CHECKPOINT_EVERY, "0")
    original, count = run_folder.RunFolder.save, [0]

    def save(self: run_folder.RunFolder, state: dict) -> None:
        original(self, state)
        count[0] += 1
        if count[0] == saves:
            raise Dies

    monkeypatch.setattr(run_folder.RunFolder, "save", save)


def assert_same(one: fg.Estimator, other: fg.Estimator) -> None:
    theirs = other.network_.state_dict()
    for name, value in one.network_.state_dict().items():
        assert torch.equal(value, theirs[name]), name
    histories = [
        [{k: v for k, v in record.items() if k != "seconds"} for record in model.history_]
        for model in (one, other)
    ]
    assert histories[0] == histories[1]


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("saves", [1, 2, 9, 20, 30, 31, 44])
def test_every_moment_resumes(task: str, saves: int, tmp_path: Path) -> None:
    data = toys.array(task, 130)
    settings = {"epochs": 4, "batch_size": 16, "patience": 2, "validation": 0.2}
    whole = toys.ToyStack(**settings).fit(data)
    with pytest.MonkeyPatch.context() as patch:
        die_after(saves, patch)
        with pytest.raises(Dies):
            toys.ToyStack(**settings).fit(data, run=tmp_path / "run")
    resumed = toys.ToyStack(**settings).fit(data, run=tmp_path / "run", resume=True)
    assert_same(whole, resumed)
    assert not (tmp_path / "run" / run_folder.FILE).exists()
    again = toys.ToyStack(**settings).fit(data, run=tmp_path / "run", resume=True)
    assert_same(whole, again)


def test_pictures_resume_in_their_memory_layout(tmp_path: Path) -> None:
    """Weights channels-last, optimizer states too: a fused step on mixed layouts is garbage."""
    data = toys.images("classification", 60, side=16)
    settings = {"epochs": 2, "batch_size": 8, "validation": 0.0}
    whole = fg.LeNet(**settings).fit(data)
    with pytest.MonkeyPatch.context() as patch:
        die_after(7, patch)
        with pytest.raises(Dies):
            fg.LeNet(**settings).fit(data, run=tmp_path)
    assert_same(whole, fg.LeNet(**settings).fit(data, run=tmp_path, resume=True))


@pytest.fixture(scope="module")
def half_done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that died after three steps."""
    folder = tmp_path_factory.mktemp("runs") / "half"
    with pytest.MonkeyPatch.context() as patch:
        die_after(3, patch)
        with pytest.raises(Dies):
            fg.MLP(lr=0.01, epochs=5).fit(toys.array("classification", 200), run=folder)
    return folder


@pytest.fixture
def run(half_done: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(half_done, tmp_path / "run"))


DATA = {"data": toys.array("classification", 200)}


@pytest.mark.parametrize(
    ("model", "data", "named"),
    [
        (fg.MLP(lr=0.02, epochs=5), toys.array("classification", 200), "lr was 0.01, now 0.02"),
        (fg.MLP(lr=0.01, epochs=6), toys.array("classification", 200), "epochs was 5, now 6"),
        (
            fg.MLP(lr=0.01, epochs=5, hidden=(8,)),
            toys.array("classification", 200),
            r"hidden was \[256, 256\], now \[8\]",
        ),
        (
            toys.ToyRivals(lr=0.01, epochs=5),
            toys.array("classification", 200),
            "algorithm was 'fieldguide.algorithms.perceptron.mlp:MLP', now 'tests.toys:ToyRivals'",
        ),
        (fg.MLP(lr=0.01, epochs=5), toys.array("classification", 200, seed=1), "data was"),
        (fg.MLP(lr=0.01, epochs=5), toys.array("classification", 199), "data was"),
        (fg.MLP(lr=0.01, epochs=5), toys.table("classification", 200), "data was"),
    ],
)
def test_another_run_is_refused_by_name(model, data, named: str, run: Path) -> None:
    before = (run / run_folder.FILE).read_bytes()
    with pytest.raises(RunFolderError, match=named):
        model.fit(data, run=run, resume=True)
    assert (run / run_folder.FILE).read_bytes() == before


def test_more_time_and_another_device_are_welcome(run: Path) -> None:
    model = fg.MLP(lr=0.01, epochs=5, time_limit=100.0, device="cpu")
    assert len(model.fit(**DATA, run=run, resume=True).history_) == 5


def test_an_unfinished_run_is_not_overwritten(run: Path) -> None:
    with pytest.raises(RunFolderError, match=r"not finished.*--resume"):
        fg.MLP(lr=0.01, epochs=5).fit(**DATA, run=run)
    assert (run / run_folder.FILE).exists()


def test_a_finished_run_may_be_started_anew(run: Path) -> None:
    fg.MLP(lr=0.01, epochs=5).fit(**DATA, run=run, resume=True)
    model = fg.MLP(lr=0.5, epochs=1).fit(**DATA, run=run)
    assert len(model.history_) == 1


def test_a_mistyped_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="no run folder"):
        fg.MLP().fit(**DATA, run=tmp_path / "rnu", resume=True)
    assert not (tmp_path / "rnu").exists()


def test_a_run_that_died_before_its_first_checkpoint_starts_anew_and_says_so(
    tmp_path: Path, capsys
) -> None:
    model = fg.MLP(epochs=1).fit(**DATA, run=tmp_path, resume=True)
    shown = capsys.readouterr()
    assert "holds no checkpoint yet: starting anew" in shown.err and shown.out == ""
    assert len(model.history_) == 1


@pytest.mark.parametrize("keep", [0, 7, 100, -9])
def test_a_damaged_checkpoint_is_named(run: Path, keep: int) -> None:
    path = run / run_folder.FILE
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(RunFolderError, match=r"checkpoint.safetensors cannot be read.*Delete"):
        fg.MLP(lr=0.01, epochs=5).fit(**DATA, run=run, resume=True)


def test_a_run_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFolderError, match=r"cannot be written.*may write to"):
        fg.MLP(epochs=1).fit(**DATA, run=tmp_path / "file" / "run")


def test_a_state_that_diverged_is_not_kept(tmp_path: Path, monkeypatch) -> None:
    """A look at the losses comes before every checkpoint: resuming into NaN would never end."""
    monkeypatch.setenv(CHECKPOINT_EVERY, "0")
    monkeypatch.setattr("fieldguide.engine.loop.LOOK_EVERY", {"cpu": 1000})
    with pytest.raises(fg.errors.NonFiniteLoss):
        fg.MLP(lr=1e9, schedule="constant").fit(toys.array("regression", 200), run=tmp_path)
    if (tmp_path / run_folder.FILE).exists():
        state = run_folder.RunFolder(tmp_path, {}).middle()
        assert state is not None
        assert all(torch.isfinite(value).all() for value in state["network"].values())
