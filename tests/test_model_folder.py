"""A saved model on disk, damaged, edited, in the way, interrupted: clear words, nothing lost."""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

import fieldguide as fg
from fieldguide import model_folder, whole_folder
from fieldguide.errors import ModelFolderError
from tests import toys

DATA = toys.table("classification", 80)
ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def fitted() -> fg.Estimator:
    return fg.MLP(hidden=(8,), epochs=2).fit(DATA)


@pytest.fixture(scope="module")
def saved(fitted: fg.Estimator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fitted.save(tmp_path_factory.mktemp("models") / "model")


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "model"))


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = folder / "config.json"
    config = json.loads(path.read_text())
    change(config)
    path.write_text(json.dumps(config))


def put(*path: str | int, value: object) -> Callable[[dict[str, Any]], None]:
    """A change of one value of the configuration."""

    def change(config: Any) -> None:
        for part in path[:-1]:
            config = config[part]
        config[path[-1]] = value

    return change


def drop(*path: str) -> Callable[[dict[str, Any]], None]:
    def change(config: Any) -> None:
        for part in path[:-1]:
            config = config[part]
        del config[path[-1]]

    return change


def refuses(folder: Path, words: str, file: str = "config.json") -> None:
    """Loading says what is wrong, names the file, and offers a remedy; both ways of loading."""
    remedies = r"(?s)[Ss]ave the model again|[Cc]opy|Upgrade|[Ii]nstall|Give the folder"
    for load in (fg.load, fg.MLP.load):
        with pytest.raises(ModelFolderError, match=words) as caught:
            load(folder)
        assert file in str(caught.value)
        assert re.search(remedies, str(caught.value)), str(caught.value)


def test_a_model_comes_back_as_it_was(fitted: fg.Estimator, saved: Path, tmp_path: Path) -> None:
    back = fg.load(saved)
    assert type(back) is type(fitted) and back.get_params() == fitted.get_params()
    assert np.array_equal(back.predict_proba(DATA), fitted.predict_proba(DATA))
    assert back.history_ == fitted.history_
    assert back.ledger_.to_dict() == fitted.ledger_.to_dict()
    again = back.save(tmp_path / "again")
    for name in ("config.json", "weights.safetensors"):
        assert (again / name).read_bytes() == (saved / name).read_bytes()


def test_a_saved_model_is_readable_like_any_file(saved: Path) -> None:
    ours = saved.parent / "other"
    ours.write_text("")
    for file in saved.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == stat.S_IMODE(ours.stat().st_mode)
    ours.unlink()
    (saved.parent / "plain").mkdir()
    assert saved.stat().st_mode == (saved.parent / "plain").stat().st_mode
    assert sorted(path.name for path in saved.iterdir()) == ["config.json", "weights.safetensors"]


def test_loading_leaves_chance_alone(saved: Path) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    fg.load(saved)
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("name", ["config.json", "weights.safetensors"])
def test_a_missing_file(folder: Path, name: str) -> None:
    (folder / name).unlink()
    refuses(folder, f"{name} is missing", name)


@pytest.mark.parametrize("name", ["config.json", "weights.safetensors"])
def test_a_folder_in_place_of_a_file(folder: Path, name: str) -> None:
    (folder / name).unlink()
    (folder / name).mkdir()
    refuses(folder, f"{name} is missing", name)


def test_no_folder_at_all(tmp_path: Path) -> None:
    refuses(tmp_path / "nothing", "does not exist", "nothing")


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "model").write_text("")
    refuses(tmp_path / "model", "is a file, not a model folder", "model")


@pytest.mark.parametrize("keep", [0, 4, 60, -1])
def test_truncated_weights(folder: Path, keep: int) -> None:
    path = folder / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:keep])
    refuses(folder, "is damaged", "weights.safetensors")


def test_a_pickle_in_place_of_the_weights_is_never_unpickled(folder: Path, tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple:
            return os.mkdir, (str(tmp_path / "exploded"),)

    (folder / "weights.safetensors").write_bytes(pickle.dumps(Bomb()))
    refuses(folder, "is damaged", "weights.safetensors")
    torch.save({"a": Bomb()}, folder / "weights.safetensors")
    refuses(folder, "is damaged", "weights.safetensors")
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("text", ["", "{", '{"schema": 1, "algor', "[" * 100_000, "\x00", "null"])
def test_json_that_is_none(folder: Path, text: str) -> None:
    (folder / "config.json").write_text(text)
    refuses(folder, "not valid JSON|names no schema")


def test_json_cut_in_the_middle_or_in_another_encoding(folder: Path) -> None:
    text = (folder / "config.json").read_text()
    (folder / "config.json").write_text(text[: len(text) // 2])
    refuses(folder, "not valid JSON")
    (folder / "config.json").write_bytes(b"\xff\xfe" + text.encode("utf-16-le"))
    refuses(folder, "not valid JSON")


def test_a_future_schema(folder: Path) -> None:
    edit(folder, put("schema", value=model_folder.SCHEMA + 1))
    refuses(folder, "schema version 2; this fieldguide reads up to 1")


@pytest.mark.parametrize("value", [None, "1", 0, -1, True, 1.0])
def test_no_sensible_schema(folder: Path, value: object) -> None:
    edit(folder, put("schema", value=value))
    refuses(folder, "names no schema version")
    edit(folder, drop("schema"))
    refuses(folder, "names no schema version")


@pytest.mark.parametrize("name", ["algorithm", "hyperparameters", "task", "history", "ledger"])
def test_a_part_that_is_missing_or_of_another_kind(folder: Path, name: str) -> None:
    edit(folder, put(name, value=7))
    refuses(folder, f"lacks {name}")
    edit(folder, drop(name))
    refuses(folder, f"lacks {name}")


@pytest.mark.parametrize(
    "algorithm", ["os:system", "subprocess:Popen", "evil:Class", "", ":", "MLP", "../mlp:MLP"]
)
def test_an_algorithm_outside_the_catalog_is_never_imported(
    folder: Path, algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder.parent / "evil.py").write_text("raise SystemExit('imported')\nclass Class: pass\n")
    monkeypatch.syspath_prepend(folder.parent)
    edit(folder, put("algorithm", value=algorithm))
    with pytest.raises(ModelFolderError, match=r"not in the catalog.*Install the package"):
        fg.load(folder)
    with pytest.raises(ModelFolderError, match="holds"):
        fg.MLP.load(folder)
    assert "evil" not in sys.modules


def test_another_algorithm_than_the_class_that_loads(folder: Path) -> None:
    with pytest.raises(ModelFolderError, match=r"holds .*MLP, not .*LeNet.*fieldguide.load"):
        fg.LeNet.load(folder)


FIRST = ("task", "inputs", "codecs", "size")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (put("hyperparameters", "epochs", value="abc"), "epochs='abc': expected a whole number"),
        (put("hyperparameters", "epochs", value=-3), "epochs=-3"),
        (put("hyperparameters", "hidden", value="wide"), "hidden='wide'"),
        (put("hyperparameters", "hidden", value=[8, None]), "hidden="),
        (put("hyperparameters", "hidden", value=[1 << 45]), "cannot be built"),
        (put("hyperparameters", "activation", value="os.system"), "activation='os.system'"),
        (put("hyperparameters", "device", value=["cpu"]), "device="),
        (put("hyperparameters", "widht", value=3), "no hyperparameter 'widht'"),
        (put("hyperparameters", "__class__", value=3), "no hyperparameter '__class__'"),
        (put("task", "task", value="juggling"), "'juggling' that this version does not know"),
        (put("task", "task", value=None), "does not know"),
        (put("task", "task", value=[]), "cannot be built"),
        (put("task", "codec", value=None), "in place of a codec"),
        (put("task", "codec", "codec", value="pickle"), "codec 'pickle'.*does not know"),
        (put("task", "codec", "codec", value="number"), "expected"),
        (put("task", "codec", "classes", value=3), r"classes=3, expected tuple"),
        (put("task", "inputs", value=3), "cannot be built"),
        (put("task", "inputs", "form", value="image"), "cannot be built|takes inputs"),
        (put("task", "inputs", "form", value="sound"), "takes inputs of the form"),
        (put(*FIRST, "codec", value="os:system"), "codec 'os:system'"),
        (put(*FIRST, "mean", value="high"), "mean='high', expected float"),
        (put(*FIRST, "flagged", value=2), "flagged=2, expected bool"),
        (put(*FIRST, "surplus", value=2), "surplus"),
        (drop(*FIRST, "mean"), "expected .*mean"),
        (drop("task", "inputs"), "cannot be built"),
        (put("ledger", "entries", value=[{"status": "excluded"}]), "cannot be built"),
        (drop("ledger", "total"), "cannot be built"),
    ],
)
def test_an_edited_configuration(folder: Path, change: Callable, words: str) -> None:
    edit(folder, change)
    refuses(folder, words)


def test_columns_that_were_taken_out(folder: Path) -> None:
    edit(folder, lambda config: config["task"]["inputs"]["codecs"].pop("size"))
    refuses(folder, "size mismatch", "weights.safetensors")


def reweight(folder: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    path = folder / "weights.safetensors"
    weights = load_file(path)
    change(weights)
    save_file(weights, path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda w: w.update({"head.bias": torch.zeros(7)}), "size mismatch for head.bias"),
        (lambda w: w.update({"extra": torch.zeros(7)}), "Unexpected key.*extra"),
        (lambda w: w.pop("head.bias"), "Missing key.*head.bias"),
        (lambda w: w.clear(), "Missing key"),
    ],
)
def test_weights_that_do_not_fit(folder: Path, change: Callable, words: str) -> None:
    reweight(folder, change)
    refuses(folder, f"(?s)does not fit the network.*{words}", "weights.safetensors")


def test_weights_of_another_model(folder: Path, tmp_path: Path) -> None:
    other = fg.MLP(hidden=(9,), epochs=1).fit(DATA).save(tmp_path / "other")
    shutil.copy(other / "weights.safetensors", folder)
    refuses(folder, "mixed from two models", "weights.safetensors")


# Saving


def listing(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize(
    "files",
    [
        {"thesis.txt": "years of work"},
        {"config.json": '{"name": "my web app"}', "index.html": "<html>"},
        {"config.json": '{"model_type": "bert"}', "weights.safetensors": "of another program"},
        {"weights.safetensors": "of another program"},
        {"sub/folder/file": "deep"},
    ],
)
def test_what_is_not_ours_is_left_alone(fitted, files: dict[str, str], tmp_path: Path) -> None:
    for name, text in files.items():
        path = tmp_path / "here" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    with pytest.raises(ModelFolderError, match=r"here exists and is not a saved model.*another"):
        fitted.save(tmp_path / "here")
    assert listing(tmp_path) == {f"here/{k}": v.encode() for k, v in files.items()}


def test_a_model_with_the_users_own_notes_beside_it_is_left_alone(fitted, folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(ModelFolderError, match=r"it holds notes.txt"):
        fitted.save(folder)
    assert fg.load(folder)


def test_a_file_in_the_way(fitted, tmp_path: Path) -> None:
    (tmp_path / "model").write_text("mine")
    with pytest.raises(ModelFolderError, match=r"model is a file; it was left alone"):
        fitted.save(tmp_path / "model")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    with pytest.raises(ModelFolderError, match=r"dangling is a file"):
        fitted.save(tmp_path / "dangling")
    with pytest.raises(ModelFolderError, match=r"cannot be saved.*may write to"):
        fitted.save(tmp_path / "model" / "below")
    assert listing(tmp_path) == {"model": b"mine"}


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder nobody may write to")
def test_a_folder_that_may_not_be_written(fitted) -> None:
    with pytest.raises(ModelFolderError, match=r"/proc/model .*Nothing was changed.*may write to"):
        fitted.save("/proc/model")


def test_an_empty_folder_is_filled_and_a_model_replaced(fitted, folder: Path, tmp_path) -> None:
    (tmp_path / "empty").mkdir()
    fitted.save(tmp_path / "empty")
    assert fg.load(tmp_path / "empty")
    other = fg.MLP(hidden=(5,), epochs=1).fit(DATA)
    other.save(folder)
    assert fg.load(folder).hidden == (5,)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["empty", "model"]


def test_a_link_to_a_model_stays_a_link(fitted, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "latest").symlink_to(folder)
    fg.MLP(hidden=(5,), epochs=1).fit(DATA).save(tmp_path / "latest")
    assert (tmp_path / "latest").is_symlink() and fg.load(folder).hidden == (5,)


@pytest.mark.parametrize(
    ("failing", "swaps"),
    [
        ("save_file", True),
        ("os.fsync", True),
        ("save_file", False),
        ("os.fsync", False),
        ("os.replace", False),
    ],
)
def test_a_save_that_fails_leaves_the_old_model(
    fitted, folder: Path, failing: str, swaps: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = listing(folder)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(f"fieldguide.model_folder.{failing}", fail)
    if not swaps:
        monkeypatch.setattr(whole_folder, "_swapped", lambda *_: False)
    with pytest.raises(ModelFolderError, match=r"No space left on device.*Nothing was changed"):
        fitted.save(folder)
    assert listing(folder) == before
    assert [p.name for p in folder.parent.iterdir()] == ["model"]


def test_the_second_of_two_moves_fails_and_the_first_is_undone(
    fitted, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, moves, replace = listing(folder), [], os.replace

    def second_fails(source: Path, target: Path) -> None:
        moves.append(target)
        if len(moves) == 2:
            raise OSError("the disk was pulled")
        replace(source, target)

    monkeypatch.setattr(whole_folder, "_swapped", lambda *_: False)
    monkeypatch.setattr(whole_folder.os, "replace", second_fails)
    with pytest.raises(ModelFolderError, match="the disk was pulled"):
        fitted.save(folder)
    assert listing(folder) == before


SAVER = """
import os, random, signal, sys, time
import fieldguide as fg
one, two = fg.load(sys.argv[1]), fg.load(sys.argv[2])
target, chance = sys.argv[3], random.Random(0)
for _ in range(12):
    child = os.fork()
    while not child:
        one.save(target)
        two.save(target)
    time.sleep(chance.uniform(0.005, 0.1))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    print(fg.load(target).hidden)
"""


def test_killed_while_saving_there_is_always_one_whole_model(folder: Path, tmp_path: Path) -> None:
    other = fg.MLP(hidden=(5,), epochs=1).fit(DATA).save(tmp_path / "other")
    target = Path(shutil.copytree(folder, tmp_path / "target"))
    done = subprocess.run(
        [sys.executable, "-c", SAVER, str(folder), str(other), str(target)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    found = done.stdout.splitlines()
    assert len(found) == 12 and set(found) <= {"(8,)", "(5,)"}
    fg.load(folder).save(target)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model", "other", "target"]


def test_numpy_numbers_as_hyperparameters_are_saved_as_plain_ones(tmp_path: Path) -> None:
    model = fg.MLP(
        epochs=np.int64(1), lr=np.float32(0.5), hidden=(np.int32(4),), clip=np.float64(1)
    )
    back = fg.load(model.fit(DATA).save(tmp_path / "model"))
    assert (back.epochs, back.lr, back.hidden, back.clip) == (1, 0.5, (4,), 1.0)
    assert type(back.epochs) is int
