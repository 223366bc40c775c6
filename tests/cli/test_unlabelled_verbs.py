from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from PIL import Image

import fieldguide as fg

if TYPE_CHECKING:
    from tests.cli.conftest import Command


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "plane"
    return fg.PrincipalComponents(components=3).fit("iris").save(folder)


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "digits"
    return fg.PrincipalComponents(components=8).fit("digits").save(folder)


def test_codes_on_a_pipe_and_in_files(command: Command, plane: Path, tmp_path: Path) -> None:
    expected = fg.load(plane).encode("iris")
    rows = list(csv.reader(io.StringIO(command("encode", plane, "iris").out)))
    np.testing.assert_allclose(np.array(rows[1:], float), expected, rtol=1e-5)
    answer = command("encode", plane, "iris", "-o", tmp_path / "codes.npy")
    assert "150 examples written" in answer.out
    np.testing.assert_allclose(np.load(tmp_path / "codes.npy"), expected)
    command("encode", plane, "iris", "-o", tmp_path / "codes.csv")
    assert pl.read_csv(tmp_path / "codes.csv").shape == (150, 3)
    assert len(command("encode", plane, "iris", "--json").document["codes"]) == 150


def test_a_table_comes_back_as_a_table(command: Command, plane: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "iris.csv"
    assert command("reconstruct", plane, "iris", "-o", out).status == 0
    frame = pl.read_csv(out)
    assert frame.columns == list(fg.load(plane).task_.inputs.codecs)
    assert abs(frame["petal length (cm)"].mean() - 3.758) < 0.01


def test_pictures_come_back_as_pictures(command: Command, digits: Path, tmp_path: Path) -> None:
    out = tmp_path / "pictures"
    answer = command("sample", digits, "-n", "5", "-o", out)
    assert answer.status == 0 and "5 examples" in answer.out
    files = sorted(out.iterdir())
    assert files[0].name == "sample-00001.png" and len(files) == 5
    with Image.open(files[0]) as picture:
        assert picture.size == (8, 8)
    again = command("sample", digits, "-n", "2", "-o", out)
    assert again.status == 0 and len(list(out.iterdir())) == 2
    (out / "notes.txt").write_text("mine")
    refused = command("sample", digits, "-n", "2", "-o", out)
    assert refused.status == 2 and "left alone" in refused.err
    assert len(list(out.iterdir())) == 3


def test_names_that_do_not_suit_are_refused(
    command: Command, plane: Path, digits: Path, tmp_path: Path
) -> None:
    answer = command("sample", digits, "-o", tmp_path / "digits.csv")
    assert answer.status == 2 and ".npy" in answer.err and "FOLDER" in answer.err
    answer = command("encode", plane, "iris", "-o", tmp_path / "codes")
    assert answer.status == 2 and ".csv" in answer.err
    assert not list(tmp_path.iterdir())


def test_models_without_the_verb_say_what_they_are(command: Command, iris_model: Path) -> None:
    answer = command("sample", iris_model)
    assert answer.status == 2 and "for classification, and does not generate" in answer.err


def test_what_represents_predicts_nothing(command: Command, plane: Path) -> None:
    answer = command("predict", plane, "iris")
    assert answer.status == 2 and "fieldguide encode" in answer.err


def test_fit_without_a_target_guesses_none(command: Command, tmp_path: Path) -> None:
    table = tmp_path / "made.csv"
    rows = "\n".join(f"{i % 7},{(i * i) % 11},{i % 3}" for i in range(60))
    table.write_text(f"a,b,c\n{rows}\n")
    out = tmp_path / "model"
    answer = command("fit", table, "-a", "principal-components", "-o", out)
    assert answer.status == 0 and "To predict" not in answer.err
    assert list(fg.load(out).task_.inputs.codecs) == ["a", "b", "c"]
    assert "fieldguide encode" in answer.out


def test_outliers_come_with_how_strange_they_are(command: Command, tmp_path: Path) -> None:
    model = fg.IsolationForest().fit("iris").save(tmp_path / "forest")
    rows = command("predict", model, "iris", "--json").document["predictions"]
    assert {row["prediction"] for row in rows} <= {"normal", "outlier"}
    strange = [row["strangeness"] for row in rows]
    assert max(strange) > np.median(strange)


@pytest.fixture(scope="module")
def forger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "forger"
    model = fg.GAN(epochs=2, latent=4, hidden=(16,), film=4, task="generation")
    return model.fit("digits").save(folder)


def test_samples_side_by_side_in_one_picture(
    command: Command, forger: Path, tmp_path: Path
) -> None:
    out = tmp_path / "new" / "grid.png"
    answer = command("sample", forger, "--count", "9", "-o", out, "--json")
    assert answer.document["written"] == str(out) and not list(out.parent.glob(".*"))
    with Image.open(out) as picture:
        seen = np.asarray(picture.convert("L"))
    factor = seen.shape[0] // (3 * 8 + 2 * 2)
    small = seen[::factor, ::factor]
    assert small.shape == (28, 28)
    made = fg.load(forger).sample(9)
    assert np.array_equal(small[10:18, 20:28], made[5, 0])
    refused = command("sample", forger, "-o", tmp_path / "grid.jpg")
    assert refused.status == 2 and "FILE.png for all in one" in refused.err


def test_a_walk_has_a_row_for_each_pair_of_samples(
    command: Command, forger: Path, plane: Path, tmp_path: Path
) -> None:
    out = tmp_path / "walk.png"
    document = command("sample", forger, "-n", "10", "--interpolate", "-o", out, "--json").document
    assert document["walks"] == 2 and document["count"] == 16
    with Image.open(out) as picture:
        wide, high = picture.size
    assert wide / high == pytest.approx((8 * 8 + 7 * 2) / (2 * 8 + 2))
    steps = np.array([row["sepal length (cm)"] for row in
                      command("sample", plane, "-n", "8", "--interpolate", "--json")
                      .document["examples"]])  # fmt: skip
    assert np.allclose(np.diff(steps, n=2), 0, atol=1e-4), "codes that are no noise: straight on"
    assert "leave" in command("sample", forger, "--interpolate", "--label", "3").err.lower()


def test_the_film_is_written_where_one_was_kept(
    command: Command, forger: Path, digits: Path, tmp_path: Path
) -> None:
    answer = command("sample", forger, "--film", "-o", tmp_path / "film.gif")
    assert answer.status == 0 and "film.gif" in answer.out
    with Image.open(tmp_path / "film.gif") as picture:
        assert picture.n_frames == 3
    assert "-o film.gif" in command("sample", forger, "--film").err
    refused = command("sample", digits, "--film", "-o", tmp_path / "other.gif")
    assert refused.status == 2 and "--film 16" in refused.err


def test_fit_says_what_went_wrong(command: Command, tmp_path: Path) -> None:
    out = tmp_path / "model"
    words = ("fit", "digits", "-a", "gan", "--task", "generation", "--epochs", "2", "-o", out)
    answer = command(*words)
    assert answer.status == 0 and "! " in answer.out
    assert "collapsed" in answer.out or "no sample anywhere near" in answer.out
