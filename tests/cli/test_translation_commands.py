"""Pictures into pictures on the command line: inspect, recommend, fit, predict, evaluate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests import toys
from tests.pictures import write

if TYPE_CHECKING:
    from tests.cli.conftest import Command

UNPAIRED = ("--task", "unpaired_image_translation")


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root, data = tmp_path_factory.mktemp("pictures") / "pairs", toys.pairs(40)
    for number in range(40):
        photo = np.asarray(data.columns["photo"])[number].transpose(1, 2, 0)
        write(root / "A" / f"{number:02}.png", photo)
        write(root / "B" / f"{number:02}.png", np.asarray(data.columns["drawing"])[number, 0])
    write(root / "A" / "lonely.png", photo)
    return root


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("pictures") / "two"
    chance = np.random.default_rng(0)
    for name, base in (("day", 130), ("night", 0)):
        for number in range(30):
            pixels = chance.integers(base, base + 120, (12, 12, 3)).astype(np.uint8)
            write(root / name / f"{name}{number}.png", pixels)
    return root


def test_inspect_counts_pairs_and_names_what_has_no_partner(command: Command, pairs: Path) -> None:
    found = command("inspect", pairs, "--json").document
    assert found["task"] == "image_translation" and found["target"] == "B"
    assert found["ledger"]["entries"][0]["places"] == ["A/lonely.png"]
    marks = found["findings"]["translations"]["figures"]["marks"]
    assert set(marks) == {"unchanged-picture", "mean-picture", "linear-filter"}
    said = command("inspect", pairs).out
    assert "40 pairs of pictures: from 'A' (colour, 16 by 16) to 'B' (grey, 14 by" in said
    assert "file A/lonely.png" in said


def test_the_same_folder_may_be_two_classes(command: Command, pairs: Path) -> None:
    for task in ("classification", "unpaired_image_translation"):
        found = command("inspect", pairs, "--task", task, "--json").document
        assert (found["task"], found["target"], found["examples"]) == (task, "class", 81)


def test_recommend_knows_both(command: Command, pairs: Path, two: Path) -> None:
    found = command("recommend", pairs, "--no-probe", "--json").document
    names = [one["name"] for one in found["recommendations"] if not one["ruled_out"]]
    assert set(names) == {"unchanged-picture", "mean-picture", "linear-filter", "pix2pix"}
    found = command("recommend", two, *UNPAIRED, "--no-probe", "--json").document
    names = [one["name"] for one in found["recommendations"] if not one["ruled_out"]]
    assert set(names) <= {"unchanged-picture", "colour-statistics", "cyclegan"}
    assert command("recommend", two, "--no-probe", "--json").document["profile"]["task"] == (
        "classification"
    )


def test_fit_predict_and_evaluate_pairs(command: Command, pairs: Path, tmp_path: Path) -> None:
    model, photos, out = tmp_path / "model", tmp_path / "photos", tmp_path / "out"
    fitted = command("fit", pairs, "-a", "linear-filter", "-o", model, "--json")
    assert fitted.status == 0, fitted.err
    assert {"ssim", "psnr", "mae", "explained"} == set(fitted.document["scores"])
    assert "excluded: no picture of the same name in B" in fitted.err
    for name in ("one", "two"):
        write(photos / f"{name}.jpg", np.full((16, 16, 3), 90, dtype=np.uint8))
    answer = command("predict", model, photos, "-o", out)
    assert answer.status == 0 and "2 examples written" in answer.out
    assert sorted(file.name for file in out.iterdir()) == ["one.png", "two.png"]
    with Image.open(out / "one.png") as picture:
        assert picture.size == (14, 14) and picture.mode == "L"
    plain = command("predict", model, photos)
    assert "2 x 1 x 14 x 14" in plain.out
    document = command("predict", model, photos, "--json").document
    assert document["shape"] == [2, 1, 14, 14] and document["pictures"] == ["one.jpg", "two.jpg"]
    assert "ssim" in command("evaluate", model, pairs, "--json").document["scores"]


def test_names_that_occur_twice_keep_their_folder(
    command: Command, two: Path, tmp_path: Path
) -> None:
    for name in ("day", "night"):
        write(tmp_path / "photos" / name / "same.png", np.full((12, 12, 3), 9, dtype=np.uint8))
    model, out = tmp_path / "model", tmp_path / "out"
    fitted = command("fit", two, "-a", "colour-statistics", "-o", model)
    assert fitted.status == 0, fitted.err
    assert command("predict", model, tmp_path / "photos", "-o", out).status == 0
    assert sorted(file.name for file in out.iterdir()) == ["day-same.png", "night-same.png"]


def test_wrong_data_end_in_a_sentence(command: Command, pairs: Path, tmp_path: Path) -> None:
    found = command("fit", pairs, "-a", "pix2pix", "-o", tmp_path / "m", "--allowed-loss", "0.01")
    assert found.status == 2 and "A/lonely.png" in found.err
    write(tmp_path / "one" / "A" / "x.png", np.zeros((8, 8), dtype=np.uint8))
    write(tmp_path / "one" / "B" / "x.png", np.ones((8, 8), dtype=np.uint8))
    found = command("fit", tmp_path / "one", "-a", "pix2pix", "--test", "0", "-o", tmp_path / "m")
    assert found.status == 2 and "one pair of pictures" in found.err
    for number in range(15):
        name = ("cat", "cow", "dog")[number % 3]
        write(tmp_path / "three" / name / f"{number}.png", np.zeros((8, 8), dtype=np.uint8))
    found = command("fit", tmp_path / "three", "-a", "cyclegan", "-o", tmp_path / "m")
    assert found.status == 2 and "3 (cat, cow, dog)" in found.err
