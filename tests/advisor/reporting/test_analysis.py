from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from fieldguide.advisor.racing import data_store, run_folder
from fieldguide.advisor.reporting import analysis, analysis_file
from fieldguide.algorithms.baseline.majority import Majority
from fieldguide.algorithms.perceptron.mlp import MLP
from fieldguide.data import Dataset
from fieldguide.estimator import Estimator

Parts = tuple[np.ndarray, np.ndarray]


@pytest.fixture
def split(iris: Dataset) -> Parts:
    held_out = np.arange(0, 150, 5)
    return np.setdiff1d(np.arange(150), held_out), held_out


def saved(model: Estimator, run: Path, data: Dataset) -> Path:
    return model.fit(data).save(run / run_folder.BEST)


def test_findings_are_written_and_kept(tmp_path: Path, iris: Dataset, split: Parts) -> None:
    best = saved(MLP(hidden=(8,), epochs=3, device="cpu"), tmp_path, iris.take(split[0]))
    found = analysis.analyse(tmp_path, best, iris, *split, seconds=60)
    assert found["unfinished"] == [] and {"attention", "growth", "profile"} <= set(found)
    assert found["attention"]["kind"] == "importance" and found["profile"]["sentences"]
    assert json.loads((tmp_path / analysis_file.FILE).read_text()) == found
    began = time.monotonic()
    assert analysis.analyse(tmp_path, best, iris, *split, seconds=0.001) == found
    assert time.monotonic() - began < 1
    saved(Majority(), tmp_path, iris.take(split[0]))  # another winner: nothing of it is known
    assert analysis_file.read(tmp_path, analysis_file.identity_of(best)) == ({}, {})


def test_pictures_leave_their_maps(tmp_path: Path, digits: Dataset) -> None:
    split = np.arange(0, 600), np.arange(600, 800)
    best = saved(MLP(hidden=(8,), epochs=3, device="cpu"), tmp_path, digits.take(split[0]))
    found = analysis.analyse(tmp_path, best, digits, *split, seconds=60)
    assert found["attention"]["kind"] == "saliency"
    stored, arrays = analysis_file.read(tmp_path, analysis_file.identity_of(best))
    assert len(arrays["saliency"]) == len(stored["attention"]["positions"])
    (tmp_path / analysis_file.ARRAYS).write_bytes(b"PK broken")
    assert analysis_file.read(tmp_path, analysis_file.identity_of(best)) == (stored, {})


def test_it_stops_at_its_deadline(tmp_path: Path, digits: Dataset) -> None:
    split = np.arange(0, 1200), np.arange(1200, 1797)
    best = saved(MLP(epochs=2, device="cpu"), tmp_path, digits.take(split[0]))
    for seconds in (0.0, 0.6, 1.5):
        (tmp_path / analysis_file.FILE).unlink(missing_ok=True)
        began = time.monotonic()
        found = analysis.analyse(tmp_path, best, digits, *split, seconds=seconds)
        assert time.monotonic() - began < seconds + 2  # loading the model, and one prediction
        assert "profile" in found["unfinished"]
        assert set(found["unfinished"]).isdisjoint(found)


def test_a_missing_or_broken_model_is_a_sentence(
    tmp_path: Path, iris: Dataset, split: Parts
) -> None:
    found = analysis.analyse(tmp_path, tmp_path / "best", iris, *split, seconds=5)
    assert found["unfinished"]
    best = saved(Majority(), tmp_path, iris.take(split[0]))
    (best / "weights.safetensors").write_bytes(b"nonsense")
    found = analysis.analyse(tmp_path, best, iris, *split, seconds=5)
    assert "could not be loaded" in found["attention"]["reason"]
    assert "could not be loaded" in found["growth"]["reason"]


def test_an_algorithm_that_breaks_is_a_sentence(
    tmp_path: Path, iris: Dataset, split: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    best = saved(MLP(hidden=(8,), epochs=2, device="cpu"), tmp_path, iris.take(split[0]))

    def broken(*_: object) -> None:
        raise ZeroDivisionError("from elsewhere")

    monkeypatch.setattr(MLP, "_run_network", broken)
    found = analysis.analyse(tmp_path, best, iris, *split, seconds=10)
    assert "ZeroDivisionError: from elsewhere" in found["attention"]["reason"]
    assert found["unfinished"] == []


def test_killed_it_leaves_what_it_had_found(tmp_path: Path, iris: Dataset, split: Parts) -> None:
    best = saved(MLP(hidden=(8,), epochs=400, device="cpu"), tmp_path, iris.take(split[0]))
    data_store.write(tmp_path / run_folder.DATA, iris, *split)
    process = subprocess.Popen(
        [sys.executable, "-m", "fieldguide.advisor.reporting.analysis", str(tmp_path), "60"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    ends = time.monotonic() + 50
    while time.monotonic() < ends and process.poll() is None:
        stored = run_folder.read_json(tmp_path / analysis_file.FILE) or {}
        if "attention" in stored:
            process.send_signal(signal.SIGKILL)
            break
        time.sleep(0.02)
    assert process.wait(10) in (-signal.SIGKILL, 0)
    stored, _ = analysis_file.read(tmp_path, analysis_file.identity_of(best))
    assert stored["attention"]["kind"] == "importance"
