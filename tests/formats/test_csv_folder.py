"""A folder per class, a CSV file per sequence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import fieldguide as fg
from fieldguide.errors import DataError, UnknownFormat


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def folder(root: Path, head: str = "time,x,y\n", rows: str = "{t},{t}.5,-{t}\n") -> Path:
    """Two classes of three sequences each, of 4 to 9 steps."""
    for number in range(6):
        body = "".join(rows.format(t=t) for t in range(4 + number))
        write(root, f"{('walk', 'run')[number % 2]}/{number}.csv", head + body)
    return root


def test_a_folder_per_class(tmp_path: Path) -> None:
    data = fg.read(folder(tmp_path))
    assert data.origins.tolist() == ["run/1.csv", "run/3.csv", "run/5.csv",
                                     "walk/0.csv", "walk/2.csv", "walk/4.csv"]  # fmt: skip
    assert data.target == "class" and data.column("class").to_list() == ["run"] * 3 + ["walk"] * 3
    column = data.column("series")
    assert column.channels == ("x", "y") and column.lengths.tolist() == [5, 7, 9, 4, 6, 8]
    assert column[3].tolist() == [[0.5, 0], [1.5, -1], [2.5, -2], [3.5, -3]]
    reason = "noted: a column of time, left out: rows are taken as they follow each other in 'time'"
    assert data.ledger.counts() == {reason: 6}
    assert len(data) == data.ledger.total == data.ledger.used == 6


@pytest.mark.parametrize(
    ("head", "rows", "channels"),
    [
        ("x,y\n", "{t}.5,-{t}\n", 2),
        ("x\n", "{t}.5\n", 1),
        ("time\n", "{t}.5\n", 1),  # the only column is no time
        ("", "{t},{t}.5,-{t}\n", 2),  # no header: a column that counts is time
        ("", "{t}.5,-{t}\n", 1),
        ("", "-{t},{t}.25\n", 2),
        (",x,y\n", "{t},{t}.5,-{t}\n", 2),  # as pandas writes its index
        ("date,x\n", "2024-01-1{t},{t}.5\n", 1),
        ("x,t\n", "{t}.5,-{t}\n", 2),  # a t that falls is no time
        ("timestamp_ms;x\n", "{t}00;{t}.5\n", 1),
    ],
)
def test_columns(head: str, rows: str, channels: int, tmp_path: Path) -> None:
    data = fg.read(folder(tmp_path, head, rows))
    assert data.fields["series"].shape == (0, channels)


def test_training_and_test_folders(tmp_path: Path) -> None:
    folder(tmp_path / "train")
    folder(tmp_path / "test")
    data = fg.read(tmp_path)
    assert data.provided.tolist() == ["test"] * 6 + ["train"] * 6
    train, test = data.split()
    assert set(train.column("class")) == {"walk", "run"} and len(test) == 6


def test_missing_cells_and_empty_sequences(tmp_path: Path) -> None:
    folder(tmp_path, "x,y\n", "{t}.5,-{t}\n")
    write(tmp_path, "run/7.csv", "x,y\n1,\n,2\n")
    write(tmp_path, "run/8.csv", "x,y\n?,\n,NaN\n")
    write(tmp_path, "run/notes.md", "# Notes\n")
    data = fg.read(tmp_path)
    np.testing.assert_array_equal(data.column("series")[3], [[1, np.nan], [np.nan, 2]])
    assert len(data) == 7 and data.ledger.total == 9 and data.ledger.used == 7
    assert data.ledger.counts()["excluded: not a table by its suffix"] == 1


def test_columns_in_another_order(tmp_path: Path) -> None:
    folder(tmp_path, "x,y\n", "{t}.5,-{t}\n")
    write(tmp_path, "walk/9.csv", "y,x\n1,2\n3,4\n")
    assert fg.read(tmp_path).column("series")[6].tolist() == [[2, 1], [4, 3]]


BAD = {
    "a word": ("x,y\n1,2\n3,four\n", 3, "'four' is no number"),
    "another column": (
        "x,z\n1,2\n",
        1,
        "its columns are x, z, and those of the first file are x, y",
    ),
    "too few": ("x\n1\n", 1, "its columns are x,"),
    "no header": ("1,2\n3,4\n", 1, "its columns are 1, 2"),
    "ragged": ("x,y\n1,2\n3\n5,6\n", 3, "a row has 1 fields where the header has 2"),
    "no rows": ("x,y\n", None, "a header and no rows"),
    "empty": ("", None, "empty"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_named_with_file_and_line(name: str, tmp_path: Path) -> None:
    folder(tmp_path, "x,y\n", "{t}.5,-{t}\n")
    text, row, problem = BAD[name]
    path = write(tmp_path, "walk/bad.csv", text)
    with pytest.raises(DataError, match=problem) as caught:
        fg.read(tmp_path)
    assert caught.value.file == path and caught.value.row == row


def test_other_folders_are_none(tmp_path: Path) -> None:
    write(tmp_path, "only/1.csv", "x\n1\n2\n")
    with pytest.raises(UnknownFormat):
        fg.read(tmp_path)  # one folder tells no classes apart
    write(tmp_path, "other/1.csv", "x\n1\n2\n")
    for number in range(5):
        write(tmp_path, f"other/{number}.py", "print()\n")
    with pytest.raises(UnknownFormat):
        fg.read(tmp_path)  # mostly something else


def test_a_model_of_such_a_folder(tmp_path: Path) -> None:
    data = folder(tmp_path / "known")
    model = fg.LSTM(hidden=4, epochs=2).fit(data)
    assert set(model.predict(data)) <= {"walk", "run"} and len(model.predict(data)) == 6
    expected = model.predict_proba(data)
    for name in ("0.csv", "2.csv"):
        (tmp_path / name).write_text((data / "walk" / name).read_text())
    alone = model.predict_proba(tmp_path / "0.csv")
    np.testing.assert_allclose(alone, expected[3:4], atol=1e-6)
    for name in ("0.csv", "2.csv"):
        write(tmp_path, f"flat/{name}", (data / "walk" / name).read_text())
    flat = model.predict_proba(tmp_path / "flat")
    np.testing.assert_allclose(flat, expected[3:5], atol=1e-6)


def test_a_model_finds_its_channels_by_name(tmp_path: Path) -> None:
    data = folder(tmp_path / "known", "x,y\n", "{t}.5,-{t}\n")
    model = fg.GRU(hidden=4, epochs=1).fit(data)
    one = write(tmp_path, "one.csv", "x,y\n0.5,0\n1.5,-1\n2.5,-2\n")
    turned = write(tmp_path, "turned.csv", "y,x\n0,0.5\n-1,1.5\n-2,2.5\n")
    assert np.array_equal(model.predict_proba(one), model.predict_proba(turned))
    other = write(tmp_path, "other.csv", "x,z\n0,0.5\n-1,1.5\n")
    with pytest.raises(DataError, match=r"channels are x, z, and the model was trained on x, y"):
        model.predict(other)


def test_a_model_of_a_table_reads_tables(tmp_path: Path) -> None:
    """Rows that look like sequences are rows to a model of rows."""
    chance = np.random.default_rng(0)
    time = np.linspace(0, 5, 30) + chance.random((40, 1))
    rows = np.column_stack([np.arange(40) % 2, np.sin(time)])
    known, new = tmp_path / "known.csv", tmp_path / "new.tsv"
    head = "\t".join(["column_1", *[f"column_{number}" for number in range(2, 32)]])
    np.savetxt(known, rows, delimiter="\t", fmt=["%d", *["%.4f"] * 30], header=head, comments="")
    np.savetxt(new, rows, delimiter="\t", fmt=["%d", *["%.4f"] * 30])
    assert fg.read(new).fields["series"].kind == "series"
    model = fg.LogisticRegression().fit(known, y="column_1")
    assert len(model.predict(new)) == 40
