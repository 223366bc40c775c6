"""Tables of every format: CSV and its relatives, JSON, Parquet, workbooks, folders of tables."""

from __future__ import annotations

import datetime
import gzip
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import xlsxwriter

import fieldguide as fg
from fieldguide.data import Dataset


def write(path: Path, content: str | bytes) -> Path:
    data = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def values(data: Dataset, name: str) -> list[object]:
    column = data.columns[name]
    assert isinstance(column, pl.Series)
    return column.to_list()


PLAIN = "width,colour,kind\n1.5,red,a\n2.5,blue,b\n3,red,a\n"
EXPECTED = {"width": [1.5, 2.5, 3.0], "colour": ["red", "blue", "red"], "kind": ["a", "b", "a"]}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", PLAIN),
        ("t.csv.gz", PLAIN),
        ("t.csv", PLAIN.replace("\n", "\r\n")),
        ("t.csv", PLAIN.replace("\n", "\r")),
        ("t.csv", PLAIN.rstrip("\n")),
        ("t.csv", b"\xef\xbb\xbf" + PLAIN.encode()),
        ("t.csv", PLAIN.encode("utf-16")),
        ("t.csv", b"\xfe\xff" + PLAIN.encode("utf-16-be")),
        ("t.csv", PLAIN.replace(",", ";")),
        ("t.csv", PLAIN.replace(",", ";").replace(".", ",")),
        ("t.csv", PLAIN.replace(",", ", ")),
        ("t.csv", '"width", "colour", "kind"\n"1.5", "red", "a"\n2.5, "blue", "b"\n3, "red", "a"'),
        ("t.csv", PLAIN + "\n\n"),
        ("t.tsv", PLAIN.replace(",", "\t")),
        ("t.txt", PLAIN.replace(",", "|")),
        ("t.txt.gz", PLAIN),
        ("t.data", PLAIN),
        ("T.CSV", PLAIN),
    ],
)
def test_one_table_in_many_spellings(tmp_path: Path, name: str, content: str | bytes) -> None:
    data = fg.read(write(tmp_path / name, content))
    assert {name: values(data, name) for name in data.columns} == EXPECTED
    assert data.origins.tolist() == [2, 3, 4]
    assert (data.target, data.ledger.total, data.ledger.used) == ("kind", 3, 3)


def test_row_numbers_are_those_of_an_editor(tmp_path: Path) -> None:
    content = 'n,t\n1,"two\nlines"\n\n7,x\n9,y\n'
    data = fg.read(write(tmp_path / "t.csv", content))
    assert data.origins.tolist() == [2, 5, 6]
    assert data.where(1).endswith("t.csv, row 5")


def test_latin_1_is_read_and_booked_line_by_line(tmp_path: Path) -> None:
    content = (
        "name,n\nZoë,1\n".encode() + "Renée,2\n".encode("latin-1") + "“x”,3\n".encode("cp1252")
    )
    data = fg.read(write(tmp_path / "t.csv", content))
    assert values(data, "name") == ["Zoë", "Renée", "“x”"]
    assert data.ledger.counts()["repaired: not UTF-8: read as Latin-1"] == 2
    assert data.ledger.entries[0].places.tolist() == [3, 4]  # type: ignore[attr-defined]


def test_ragged_rows_are_excluded_by_number(tmp_path: Path) -> None:
    data = fg.read(write(tmp_path / "t.csv", "a,b\n1,2\n3\n4,5,6\n7,8\n9,1\n"))
    assert len(data) == 3 and data.ledger.total == 5
    booked = {e.reason: list(e.places) for e in data.ledger.entries if e.status == "excluded"}
    assert booked == {
        "1 fields where the header has 2": [3],
        "3 fields where the header has 2": [4],
    }


def test_rows_without_target_and_rows_without_anything(tmp_path: Path) -> None:
    data = fg.read(write(tmp_path / "t.csv", "a,y\n1,x\n2,\n,\n3,z\n4,?\n"))
    assert values(data, "a") == [1, 3]
    booked = {e.reason: list(e.places) for e in data.ledger.entries if e.status == "excluded"}
    assert booked == {"every cell is empty": [4], "the target is missing": [3, 6]}
    assert data.ledger.used == 2


def test_names_are_made_unique_and_said(tmp_path: Path) -> None:
    data = fg.read(write(tmp_path / "t.csv", "a,a,,y\n1.5,2,3,x\n4.5,5,7,z\n"))
    assert list(data.columns) == ["a", "a_2", "column_3", "y"]
    assert "twice" in data.fields["a_2"].reason
    assert "header cell is empty" in data.fields["column_3"].reason


def test_a_table_without_header(tmp_path: Path) -> None:
    data = fg.read(write(tmp_path / "t.csv", "1.5,2,'x'\n2.5,3,'y'\n3.5,9,'x'\n"))
    assert list(data.columns) == ["column_1", "column_2", "column_3"]
    assert "no header" in data.fields["column_1"].reason
    assert values(data, "column_3") == ["x", "y", "x"]
    assert data.origins.tolist() == [1, 2, 3]


def test_a_title_above_the_header_is_noted(tmp_path: Path) -> None:
    data = fg.read(write(tmp_path / "t.csv", "Measured in May\na,b,y\n1.5,2,x\n4,5.5,z\n"))
    assert list(data.columns) == ["a", "b", "y"] and data.origins.tolist() == [3, 4]
    assert data.ledger.counts()["noted: a line above the header"] == 1


def test_one_column(tmp_path: Path) -> None:
    data = fg.read(write(tmp_path / "t.csv", "word\nred\n\nblue\n\n"))
    assert values(data, "word") == ["red", None, "blue"] and data.target is None


def test_named_target_group_and_time(tmp_path: Path) -> None:
    content = "patient,day,x,y\n" + "".join(
        f"p{n % 10},2024-01-{n % 28 + 1:02},{n * 1.5},{n % 3}\n" for n in range(60)
    )
    path = write(tmp_path / "t.csv", content)
    data = fg.read(path, target="x", group="patient")
    assert (data.target, data.target_reason) == ("x", "you named it")
    train, test = data.split(seed=0)
    assert not set(values(train, "patient")) & set(values(test, "patient"))
    timed = fg.read(path, time="day")
    train, test = timed.split()
    assert max(values(train, "day")) <= min(values(test, "day"))  # type: ignore[type-var]


def test_reading_for_prediction_guesses_nothing(tmp_path: Path) -> None:
    train = fg.read(write(tmp_path / "t.csv", "a,b,y\n1.234,x,u\n2.234,z,v\n3.234,x,u\n"))
    new = fg.read(write(tmp_path / "n.csv", "a,b\n7,x\n"), fields=train.fields)
    assert new.target is None and len(new) == 1
    assert values(new, "a") == [7] and new.fields["a"].kind == "number"
    empty = fg.read(write(tmp_path / "m.csv", "a,b,y\n7,x,\n"), fields=train.fields)
    assert len(empty) == 1 and empty.ledger.excluded == 0
    judged = fg.read(write(tmp_path / "e.csv", "a,b,y\n7,x,u\n"), fields=train.fields, target="y")
    assert judged.target == "y" and values(judged, "y") == ["u"]


ROWS = [{"a": 1, "b": {"c": "x", "d": 2.5}, "y": "u"}, {"a": None, "b": {"c": "z"}, "y": "v"}]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.jsonl", "\n".join(json.dumps(row) for row in ROWS)),
        ("t.ndjson.gz", "\n\n".join(json.dumps(row) for row in ROWS)),
        ("t.json", json.dumps(ROWS)),
        ("t.json", json.dumps(ROWS, indent=2)),
    ],
)
def test_json(tmp_path: Path, name: str, content: str) -> None:
    data = fg.read(write(tmp_path / name, content))
    assert list(data.columns) == ["a", "b.c", "b.d", "y"]
    assert [values(data, n) for n in data.columns] == [
        [1, None], ["x", "z"], [2.5, None], ["u", "v"]
    ]  # fmt: skip


def test_json_of_mixed_types_and_blocks(tmp_path: Path) -> None:
    lines = [{"v": [1, 2, 3], "m": 1, "t": True, "y": 0.5}, {"v": [4, 5, 6], "m": "a", "t": False,
             "y": 1.5}]  # fmt: skip
    data = fg.read(write(tmp_path / "t.jsonl", "\n".join(json.dumps(line) for line in lines)))
    assert data.fields["v"].kind == "array" and data.fields["v"].shape == (3,)
    assert values(data, "m") == ["1", "a"] and data.fields["t"].kind == "boolean"


def test_broken_json_lines_are_excluded_by_number(tmp_path: Path) -> None:
    data = fg.read(
        write(tmp_path / "t.jsonl", '{"a": 1.5, "y": 2}\n{"a": \n[1]\n{"a": 2, "y": 3}\n')
    )
    booked = {e.reason: list(e.places) for e in data.ledger.entries if e.status == "excluded"}
    assert booked == {"not JSON": [2], "not an object": [3]}
    assert data.origins.tolist() == [1, 4] and data.ledger.total == 4


def typed() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "n": [1.5, None, float("inf")],
            "d": [datetime.date(2024, 1, day) for day in (1, 2, 3)],
            "c": pl.Series(["a", "b", "a"], dtype=pl.Categorical),
            "s": [{"u": 1, "v": "x"}, {"u": 2, "v": "z"}, {"u": 4, "v": "x"}],
            "l": [[1, 2], [3, 4], [5, 6]],
            "r": [[1], [3, 4], []],
            "o": [b"x", b"y", b"z"],
            "p": pl.Series(["1.50", "2.25", "3.00"]).cast(pl.Decimal(10, 2)),
            "y": [True, False, True],
        }
    )


def test_parquet(tmp_path: Path) -> None:
    typed().write_parquet(tmp_path / "t.parquet")
    data = fg.read(tmp_path / "t.parquet")
    kinds = {name: known.kind for name, known in data.fields.items()}
    assert kinds == {"n": "number", "d": "datetime", "c": "category",
                     "s.u": "number", "s.v": "category", "p": "number", "y": "boolean",
                     "l": "array"}  # fmt: skip
    assert values(data, "n") == [1.5, None, None] and values(data, "p") == [1.5, 2.25, 3.0]
    left_out = [e.field for e in data.ledger.entries if "left out" in e.reason]
    assert left_out == ["r", "o"]
    assert data.origins.tolist() == [1, 2, 3]


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        date = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for r, row in enumerate(rows):
                for c, cell in enumerate(row):
                    if isinstance(cell, datetime.date):
                        sheet.write_datetime(r, c, datetime.datetime(*cell.timetuple()[:3]), date)
                    elif cell is not None:
                        sheet.write(r, c, cell)
    return path


def test_excel(tmp_path: Path) -> None:
    day = datetime.date(2024, 1, 2)
    rows: list[list[object]] = [
        ["n", "code", "when", "y"],
        [1.5, "007", day, "a"],
        [None, "010", day, "b"],
        [None] * 4,
        [3, "007", day, "a"],
    ]
    path = workbook(tmp_path / "t.xlsx", {"one": rows, "empty": []})
    data = fg.read(path)
    assert values(data, "n") == [1.5, None, 3] and values(data, "code") == ["007", "010", "007"]
    assert data.fields["when"].kind == "constant" and data.origins.tolist() == [2, 3, 5]
    two = workbook(tmp_path / "two.xlsx", {"one": rows, "other": [["a", "b"], [1, 2], [3, 5]]})
    assert list(fg.read(two, sheet="other").columns) == ["a", "b"]


def test_excel_with_a_title_and_without_a_header(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", {"s": [["Report"], [], ["a", "b"], [1.5, 2], [3, 4]]})
    assert fg.read(path).origins.tolist() == [4, 5]
    path = workbook(tmp_path / "u.xlsx", {"s": [[1.5, 2], [3, 4]]})
    data = fg.read(path)
    assert list(data.columns) == ["column_1", "column_2"] and len(data) == 2


def test_a_folder_with_one_table(tmp_path: Path) -> None:
    write(tmp_path / "t.csv", PLAIN)
    write(tmp_path / "README.md", "about")
    write(tmp_path / "names.json", '["x"]')
    data = fg.read(tmp_path)
    assert len(data) == 3 and data.source.endswith("t.csv")
    assert data.ledger.counts()["noted: a file that was not read"] == 1


def test_a_folder_with_train_and_test_tables(tmp_path: Path) -> None:
    write(tmp_path / "flowers-train.csv", PLAIN)
    write(tmp_path / "flowers-test.csv.gz", "kind,width,colour\na,1.5,red\nb,9,green\n")
    data = fg.read(tmp_path)
    assert data.provided is not None
    assert data.provided.tolist() == ["train"] * 3 + ["test"] * 2
    assert data.origins[3] == "flowers-test.csv.gz, row 2"
    assert values(data, "width") == [1.5, 2.5, 3, 1.5, 9]
    train, test = data.split()
    assert (len(train), len(test)) == (3, 2)
    counts = data.ledger.counts()
    assert counts["noted: a held-out row that occurs in the training data too"] == 1


@pytest.mark.parametrize("stream", [False, True])
def test_memory_and_disk_agree(tmp_path: Path, stream: bool) -> None:
    chance = np.random.default_rng(0)
    cells = [
        f'{n},"{chance.normal():.3f}","two\nlines {n % 7}",{"xy"[n % 2]}\n' for n in range(400)
    ]
    cells[100] = "only,two\n"
    cells[200] = '9,oops,"text",x\n'
    cells[300] = '9,1.5,"text",\n'
    path = write(tmp_path / "t.csv", "code,number,words,y\n" + "".join(cells))
    data = fg.read(path, stream=stream)
    assert (len(data), data.ledger.total, data.ledger.excluded) == (398, 400, 2)
    counts = data.ledger.counts()
    assert counts["repaired: not a number, read as missing (such as 'oops') in 'number'"] == 1
    assert data.fields["number"].missing == 1
    assert data.origins[:3].tolist() == [2, 4, 6]
