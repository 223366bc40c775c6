"""``.arff`` files of sequences, with one channel and several."""

from __future__ import annotations

from pathlib import Path

import pytest

import fieldguide as fg
from fieldguide.errors import DataError

STEPS = "".join(f"@attribute att{number} numeric\n" for number in range(1, 4))
ONE = f"% From a test\n@relation toy\n\n{STEPS}@attribute target {{up, 'far down'}}\n\n@data\n"
SEVERAL = (
    "@RELATION toy\n@attribute all relational\n  @attribute t0 numeric\n  @attribute t1 numeric\n"
    "@end all\n@attribute activity {Standing,Running}\n@data\n"
)


def write(folder: Path, text: str, name: str = "Toy_TRAIN.arff") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_one_channel(tmp_path: Path) -> None:
    data = fg.read(write(tmp_path, ONE + "1,2,3,up\n% note\n-1,?,0.5,'far down'\n"))
    assert data.column("series")[0].tolist() == [[1], [2], [3]]
    assert data.column("class").to_list() == ["up", "far down"]
    assert data.origins.tolist() == [10, 12]


@pytest.mark.parametrize("quote", ["'", '"'])
def test_several_channels(quote: str, tmp_path: Path) -> None:
    rows = f"{quote}1,2\\n3,4\\n5,6\\n{quote},Standing\n{quote}0,?\\n1,1\\n2,2{quote},Running\n"
    data = fg.read(write(tmp_path, SEVERAL + rows))
    assert data.fields["series"].shape == (2, 3)
    assert data.column("series")[0].tolist() == [[1, 3, 5], [2, 4, 6]]
    assert data.column("class").to_list() == ["Standing", "Running"]


def test_a_quoted_label_after_a_matrix(tmp_path: Path) -> None:
    head = SEVERAL.replace("Standing", "'stands, still'")
    data = fg.read(write(tmp_path, head + "'1,2\\n3,4','stands, still'\n'1,2\\n3,4',Running\n"))
    assert data.column("class").to_list() == ["stands, still", "Running"]


def test_numbers_to_predict(tmp_path: Path) -> None:
    data = fg.read(write(tmp_path, f"{STEPS}@attribute target numeric\n@data\n1,2,3,0.5\n"))
    assert data.target == "target" and data.column("target").to_list() == [0.5]


def test_without_labels(tmp_path: Path) -> None:
    data = fg.read(write(tmp_path, f"{STEPS}@data\n1,2,3\n4,5,6\n"))
    assert data.target is None and data.fields["series"].shape == (3, 1)


def test_the_archives_folder(tmp_path: Path) -> None:
    """Of the same data in several forms one is read; files of single channels are left aside."""
    rows = "'1,2\\n3,4',Standing\n'1,2\\n3,4',Running\n"
    write(tmp_path, SEVERAL + rows)
    write(tmp_path, SEVERAL + rows, "Toy_TEST.arff")
    write(tmp_path, ONE + "1,2,3,up\n", "ToyDimension1_TRAIN.arff")
    write(tmp_path, ONE + "1,2,3,up\n", "ToyDimension1_TEST.arff")
    (tmp_path / "Toy.txt").write_text("Toys that stand and run.\nTwo channels.\n", "utf-8")
    data = fg.read(tmp_path)
    assert data.provided.tolist() == ["train"] * 2 + ["test"] * 2
    counts = data.ledger.counts()
    assert counts["noted: a file that was not read"] == 2
    (tmp_path / "Toy_TRAIN.ts").write_text("@classLabel true a\n@data\n1,2:3,4:a\n", "utf-8")
    (tmp_path / "Toy_TEST.ts").write_text("@classLabel true a\n@data\n1,2:3,4:a\n", "utf-8")
    assert fg.read(tmp_path).origins[0] == "Toy_TRAIN.ts, row 3"


def test_several_data_sets_in_one_folder(tmp_path: Path) -> None:
    write(tmp_path, ONE + "1,2,3,up\n", "One_TRAIN.arff")
    write(tmp_path, ONE + "1,2,3,up\n", "Two_TRAIN.arff")
    with pytest.raises(DataError, match=r"several sets of sequences: One_TRAIN\.arff, Two_"):
        fg.read(tmp_path)


TABLE = (
    "@attribute length numeric\n@attribute width numeric\n@attribute class {a,b}\n@data\n1,2,a\n"
)
BAD = {
    "a word": (ONE + "1,2,x,up\n", 10, "value 3 of the sequence is 'x'"),
    "short": (ONE + "1,2,up\n", 10, "the row has 3 values, expected 4"),
    "class": (ONE + "1,2,3,away\n", 10, "'away' is none of the classes: up, far down"),
    "sparse": (ONE + "{0 1, 3 up}\n", 10, "written sparsely"),
    "stray": ("@relation x\nhello\n", 2, "'hello' stands above @data"),
    "no data": (f"{STEPS}@attribute c {{a}}\n", 5, "@data.*is missing"),
    "type": ("@attribute when date\n@data\n", 1, "'when' is of the type date"),
    "nameless": ("@attribute\n@data\n", 1, "names no attribute"),
    "late": ("@attribute c {a}\n@attribute x numeric\n@data\n", 2, "'x' comes after the classes"),
    "matrix": (SEVERAL + "1,2,Standing\n", 8, "no quoted matrix with a label"),
    "open": (SEVERAL + "'1,2\\n3,4,Standing\n", 8, "no quoted matrix with a label"),
    "uneven": (SEVERAL + "'1,2\\n3',Standing\n", 8, "channel 2 has 1 steps"),
    "channels": (
        SEVERAL + "'1,2\\n3,4',Standing\n'1,2',Running\n", 9, r"1 channel\(s\), and the first",
    ),
    "table": (TABLE, 4, "not numbered steps of a sequence, so it is a table"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_named_with_file_and_line(name: str, tmp_path: Path) -> None:
    text, row, problem = BAD[name]
    with pytest.raises(DataError, match=problem) as caught:
        fg.read(write(tmp_path, text, "toy.arff" if name == "table" else "Toy_TRAIN.arff"))
    assert caught.value.row == row and ".arff" in str(caught.value.file)
