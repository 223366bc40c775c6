"""``.ts`` files: what the archives write, and what goes wrong in them."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

import fieldguide as fg
from fieldguide.errors import DataError, UnknownFormat

HEAD = "# From a test\n@problemName Toy\n@timeStamps false\n@missing false\n@univariate true\n"
PLAIN = f"{HEAD}@equalLength true\n@seriesLength 3\n@classLabel true up down\n@data\n"
ROWS = "1,2,3:up\n3,2.5,-1e-1:down\n\n4,5,6:up\n"


def write(folder: Path, text: str, name: str = "toy.ts") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_one_channel(tmp_path: Path) -> None:
    data = fg.read(write(tmp_path, PLAIN + ROWS))
    assert data.fields["series"].kind == "series" and data.fields["series"].shape == (3, 1)
    assert data.target == "class" and data.column("class").to_list() == ["up", "down", "up"]
    assert data.column("series")[1].tolist() == [[3.0], [2.5], [-0.1]]
    assert data.origins.tolist() == [10, 11, 13] and data.ledger.used == 3
    assert data.where(2).endswith("toy.ts, row 13")


def test_several_channels_of_different_lengths(tmp_path: Path) -> None:
    head = "@univariate false\n@dimensions 2\n@equalLength false\n@classLabel true 1 2\n@data\n"
    data = fg.read(write(tmp_path, f"{head}1,2,3:4,5,6:1\n7:8:2\n"))
    column = data.column("series")
    assert data.fields["series"].shape == (0, 2)
    assert column[0].tolist() == [[1, 4], [2, 5], [3, 6]] and column[1].tolist() == [[7, 8]]
    assert data.column("class").to_list() == [1, 2]


def test_missing_values(tmp_path: Path) -> None:
    rows = "?,2,NaN,4:up\n1,2,?,?:down\n?,?,?,?:up\n5,6,7,8:?\n"
    data = fg.read(write(tmp_path, PLAIN + rows))
    column = data.column("series")
    np.testing.assert_array_equal(column[0][:, 0], [np.nan, 2, np.nan, 4])
    np.testing.assert_array_equal(column[1][:, 0], [1, 2])
    assert len(data) == 2 and data.ledger.used == 2
    assert data.ledger.counts() == {
        "excluded: the sequence holds no value": 1,
        "excluded: the target is missing in 'class'": 1,
        "repaired: ends in missing values: read as a shorter sequence": 1,
    }


def test_numbers_to_predict(tmp_path: Path) -> None:
    head = "@timestamps false\n@univariate true\n@targetlabel true\n@data\n"
    data = fg.read(write(tmp_path, f"{head}1,2:0.5\n3,4:-1.25\n"))
    assert data.target == "target" and data.fields["target"].kind == "number"
    assert data.column("target").to_list() == [0.5, -1.25]


def test_without_labels(tmp_path: Path) -> None:
    data = fg.read(write(tmp_path, "@classLabel false\n@data\n1,2:3,4\n5,6:7,8\n"))
    assert data.target is None and list(data.columns) == ["series"]
    assert data.fields["series"].shape == (2, 2)


def test_test_data_beside_training_data(tmp_path: Path) -> None:
    train = write(tmp_path, PLAIN + ROWS, "Toy_TRAIN.ts")
    packed = tmp_path / "Toy_TEST.ts.gz"
    packed.write_bytes(gzip.compress((PLAIN + "9,9,9:down\n").encode()))
    for source in (train, tmp_path):
        data = fg.read(source)
        assert data.provided.tolist() == ["train"] * 3 + ["test"]
        assert data.origins[3] == "Toy_TEST.ts.gz, row 10"
        known, held = data.split()
        assert len(known) == 3 and held.column("class").to_list() == ["down"]
    assert len(fg.read(packed)) == 1 and fg.read(packed).provided is None


def test_predicting_reads_the_one_file(tmp_path: Path) -> None:
    train = write(tmp_path, PLAIN + ROWS * 10, "Toy_TRAIN.ts")
    write(tmp_path, PLAIN + ROWS, "Toy_TEST.ts")
    bare = write(tmp_path, "@classLabel false\n@data\n1,2,3\n4,5\n", "new.ts")
    model = fg.GRU(epochs=1, hidden=4).fit(train)
    assert len(model.predict(train)) == 30
    assert len(model.predict(tmp_path / "Toy_TEST.ts")) == 3
    assert set(model.predict(bare)) <= {"up", "down"}
    assert 0 <= model.evaluate(tmp_path / "Toy_TEST.ts")["accuracy"] <= 1


def test_other_files_of_that_suffix_are_none(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormat):
        fg.read(write(tmp_path, "export const answer: number = 42;\n", "code.ts"))


BAD = {
    "a word": (PLAIN + "1,2,3:up\n1,two,3:up\n", 11, "value 2 of the sequence is 'two'"),
    "infinite": (PLAIN + "1,inf,3:up\n", 10, "value 2 of the sequence is 'inf'"),
    "huge": (PLAIN + "1,1e999,3:up\n", 10, "value 2 of the sequence is '1e999'"),
    "underscore": (PLAIN + "1,1_0,3:up\n", 10, "value 2 of the sequence is '1_0'"),
    "class": (PLAIN + "1,2,3:sideways\n", 10, "'sideways' is none of the classes.*up, down"),
    "no label": (PLAIN + "1,2,3\n", 10, "there is no label"),
    "channels": (PLAIN + "1,2,3:4,5,6:up\n", 10, r"2 channel\(s\), expected 1"),
    "lengths": (
        "@dimensions 2\n@classLabel true a\n@data\n1,2:1,2,3:a\n", 4, "channel 2 has 3 steps",
    ),
    "channels differ": (
        "@classLabel true a\n@data\n1:2:a\n1:2:3:a\n", 4, r"3 channel\(s\), expected 2",
    ),
    "stamps": ("@timeStamps true\n@classLabel true a\n@data\n", 1, "time stamps, which are not"),
    "stamped": (
        "@classLabel true a\n@data\n(2004-10-01,1),(2004-10-02,2):a\n", 3, "brackets with time",
    ),
    "no data": ("@classLabel true a\n1,2:a\n", 2, "stands above @data"),
    "cut off": ("@problemName x\n@classLabel true a\n", 3, "@data, after which.*is missing"),
    "silent": ("@problemName x\n@data\n1,2:a\n", 2, "does not say whether"),
    "neither": ("@classLabel perhaps\n@data\n", 1, "'perhaps', expected true or false"),
    "nothing": ("@classLabel\n@data\n", 1, "followed by nothing, expected true or false"),
    "no number": ("@dimensions many\n@data\n", 1, "'many', expected a number of channels"),
    "target": ("@targetlabel true\n@data\n1,2:a\n", 3, "is 'a', and a finite number"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_named_with_file_and_line(name: str, tmp_path: Path) -> None:
    text, row, problem = BAD[name]
    with pytest.raises(DataError, match=problem) as caught:
        fg.read(write(tmp_path, text))
    assert caught.value.row == row and str(caught.value.file).endswith("toy.ts")
    assert caught.value.remedy


@pytest.mark.parametrize("text", [PLAIN, PLAIN + "?,?:up\n", "", "@", "#"])
def test_nothing_usable(text: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"toy\.ts"):
        fg.read(write(tmp_path, text))


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "toy.ts"
    path.write_bytes(b"@classLabel true a\n@data\n1,\0\0:a\n")
    with pytest.raises(DataError, match="NUL bytes") as caught:
        fg.read(path)
    assert caught.value.row == 3
    path = tmp_path / "toy.ts.gz"
    path.write_bytes(gzip.compress(b"@data" * 100)[:-20])
    with pytest.raises(DataError, match="damaged or cut off"):
        fg.read(path)


def test_training_and_test_data_must_belong_together(tmp_path: Path) -> None:
    train = write(tmp_path, PLAIN + ROWS, "Toy_TRAIN.ts")
    write(tmp_path, "@classLabel true up down\n@data\n1:2:up\n", "Toy_TEST.ts")
    with pytest.raises(DataError, match=r"Toy_TEST\.ts.*2 channel\(s\).*Toy_TRAIN\.ts 1"):
        fg.read(train)


def test_a_wrong_target_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no column 'clas'.*'class'"):
        fg.read(write(tmp_path, PLAIN + ROWS), target="clas")
