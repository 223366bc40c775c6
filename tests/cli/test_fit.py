from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from safetensors.numpy import load_file

import fieldguide as fg

if TYPE_CHECKING:
    from tests.cli.conftest import Command

QUICK = ("--algorithm", "mlp", "--hidden", "8,4", "--epochs", "2", "--device", "cpu")


def test_hyperparameters_are_options(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    answer = command("fit", "iris", *QUICK, "--lr", "0.01", "-o", folder, "--json")
    assert answer.status == 0, answer.err
    document = answer.document
    assert document["hyperparameters"]["hidden"] == [8, 4] and document["held_out"] == 30
    assert 0 <= document["scores"]["accuracy"] <= 1
    assert "To predict: 'species'" in answer.err
    model = fg.load(folder)
    assert model.hidden == (8, 4) and model.lr == 0.01 and model.epochs == 2
    assert not list(tmp_path.glob("*.run"))


def test_the_answer_for_people(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = command("fit", "diabetes", *QUICK, "--test", "0")
    assert answer.status == 0, answer.err
    assert "regression of 'progression', learnt from 442 examples" in answer.out
    assert "Saved in diabetes-mlp." in answer.out and (tmp_path / "diabetes-mlp").is_dir()


def test_options_may_come_before_the_data(command: Command, tmp_path: Path) -> None:
    answer = command("fit", "--epochs=1", "-amlp", "-o", tmp_path / "m", "iris", "--task",
                     "classification")  # fmt: skip
    assert answer.status == 0, answer.err
    assert fg.load(tmp_path / "m").task == "classification"


def test_help_lists_the_hyperparameters(command: Command) -> None:
    text = command("fit", "--algorithm", "mlp", "--help").out
    assert "--weight-decay" in text and "chance that a hidden unit rests" in text
    assert "--weight-decay" not in command("fit", "--help").out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--epochs", "x"], "--epochs x: expected a whole number"),
        (["--epochs", "-1"], "at least 0"),
        (["--hidden", "64,no"], "--hidden 64,no: expected a whole number"),
        (["--activation", "sine"], "among 'relu', 'tanh', 'gelu'"),
        (["--target", "nope"], "no column 'nope'"),
        (["--test", "2"], "no share"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_left(
    words: list[str], message: str, command: Command, tmp_path: Path
) -> None:
    answer = command("fit", "iris", *QUICK, *words, "-o", tmp_path / "model")
    assert answer.status == 2
    assert message in answer.err and answer.out == ""
    assert not list(tmp_path.iterdir())


def test_other_files_are_left_alone(command: Command, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    answer = command("fit", "iris", *QUICK, "-o", tmp_path)
    assert answer.status == 2 and "left alone" in answer.err
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_too_many_unusable_rows_are_refused(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "gaps.csv"
    rows = [f"{i}.5,{'' if i % 3 == 0 else 'ab'[i % 2]}" for i in range(60)]
    path.write_text("x,y\n" + "\n".join(rows))
    words = ("fit", path, *QUICK, "--target", "y", "-o", tmp_path / "m")
    refused = command(*words)
    assert refused.status == 2 and "the target is missing" in refused.err
    assert command(*words, "--allowed-loss", "50%").status == 0


def test_a_killed_run_goes_on(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "fieldguide", "fit"]
    order = ["digits", *QUICK, "--epochs", "12", "--hidden", "64", "--seed", "3"]
    environment = {**os.environ, "FIELDGUIDE_CHECKPOINT_EVERY": "0"}
    through = [*words, *order, "-o", str(tmp_path / "through")]
    subprocess.run(through, check=True, capture_output=True)
    killed = subprocess.Popen(
        [*words, *order, "-o", str(tmp_path / "killed")],
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    run = tmp_path / "killed.run"
    deadline = time.monotonic() + 60
    while not list(run.glob("*.safetensors")) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    assert not (tmp_path / "killed").exists()
    done = subprocess.run(
        [*words, "--resume", str(run), "--json"], check=True, capture_output=True, text=True
    )
    assert json.loads(done.stdout)["model"] == str(tmp_path / "killed")
    assert not run.exists()
    weights = [load_file(tmp_path / name / "weights.safetensors") for name in ("through", "killed")]
    assert weights[0].keys() == weights[1].keys()
    assert all((weights[0][name] == weights[1][name]).all() for name in weights[0])


def test_resume_wants_a_run(command: Command, tmp_path: Path) -> None:
    answer = command("fit", "--resume", tmp_path / "nothing.run")
    assert answer.status == 2 and "holds no interrupted `fit`" in answer.err
