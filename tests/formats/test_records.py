from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldguide.formats.layout import find_layout, sniff
from fieldguide.formats.records import scan

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\x1e\x1f"), max_size=8)


def rows_of(text: str, delimiter: str = ",", quote: str = '"') -> list[tuple[str, ...]]:
    records = scan(text.encode(), delimiter, quote)
    width = int(records.counts[0])
    frame = records.frame(np.ones(len(records), dtype=bool), width)
    return [tuple(cell or "" for cell in row) for row in frame.rows()]


@settings(max_examples=300, deadline=None)
@given(st.integers(1, 4).flatmap(lambda width: st.lists(
    st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=8)),
    st.sampled_from([",", ";", "\t", "|"]))  # fmt: skip
def test_what_the_standard_library_writes_is_read_back(
    rows: list[list[str]], delimiter: str
) -> None:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, lineterminator="\n").writerows(rows)
    assert rows_of(file.getvalue(), delimiter) == [tuple(row) for row in rows]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('a,b\n"x,y",2\n', [("a", "b"), ("x,y", "2")]),
        ('a,"x\ny"\n1,2\n', [("a", "x\ny"), ("1", "2")]),
        ('"say ""hi""",2', [('say "hi"', "2")]),
        ('a,5" pipe\nx,4\n', [("a", '5" pipe'), ("x", "4")]),
        ('"a",5"\n"x ""y""",4\n', [("a", '5"'), ('x "y"', "4")]),
        ('"",""""\n', [("", '"')]),
        ("é,ü\n", [("é", "ü")]),
    ],
)
def test_quotes(text: str, rows: list[tuple[str, ...]]) -> None:
    assert rows_of(text) == rows


def test_lines_are_those_of_an_editor() -> None:
    records = scan(b'a,b\n1,"x\ny\nz"\n\n2,3\n', ",", '"')
    assert records.lines.tolist() == [1, 2, 5, 6]
    assert records.is_blank().tolist() == [False, False, True, False]


def test_an_open_quote_is_found() -> None:
    records = scan(b'a,b\n1,"x\n2,3\n4,"y"\n', ",", '"')
    assert records.open_at < 0 or records.open_at == 6
    assert scan(b'a,b\n1,"x\n2,3\n', ",", '"').open_at == 6


def test_odd_rows_can_be_left_out() -> None:
    records = scan(b"a,b\n1,2\n3\n4,5,6\n7,8", ",", "")
    assert records.counts.tolist() == [2, 2, 1, 3, 2]
    keep = records.counts == 2
    assert records.frame(keep, 2).rows() == [("a", "b"), ("1", "2"), ("7", "8")]


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1,5;2,5\n3,5;4,5\n", ";"),
        ("a\tb c, d\n1\t2\n", "\t"),
        ("a|b\n1|2\n", "|"),
        ("1.5  2.5   3\n4 5   6\n", " "),
        ("word\nother\n", ""),
        ("one, two\nno more\nthree\nfour\n", ""),
    ],
)
def test_the_delimiter_is_found(text: str, delimiter: str) -> None:
    assert sniff(text.encode())[0] == delimiter


def test_single_quotes_are_found() -> None:
    assert sniff(b"1.5,'-1'\n2.5,'1'\n3.5,'1'\n") == (",", "'")
    assert sniff(b"it's,a\ndon't,b\n")[1] == ""


@pytest.mark.parametrize(
    ("text", "names", "first"),
    [
        ("a,b\n1,2\n3,4\n", ["a", "b"], 1),
        ("1.5,2\n3,4\n", ["column_1", "column_2"], 0),
        ("5.1,3.5,setosa\n4.9,3,setosa\n", ["column_1", "column_2", "column_3"], 0),
        ("0,1,2\n5,6,7\n8,9,1\n", ["0", "1", "2"], 1),
        ("name,2019,2020\nx,1,2\ny,3,4\n", ["name", "2019", "2020"], 1),
        ("2019,2020\n1,2\n", ["2019", "2020"], 1),
        ("a,b\nr1,1,2\nr2,3,4\n", ["", "a", "b"], 1),
        ("a,b,\n1,2\n3,4\n", ["a", "b"], 1),
        ("a,b\n1,2,\n3,4,\n", ["a", "b", ""], 1),
        ("My table\na,b,c\n1,2,3\n4,5,6\n", ["a", "b", "c"], 2),
    ],
)
def test_the_header_is_found(text: str, names: list[str], first: int) -> None:
    from pathlib import Path

    layout = find_layout(text.encode(), Path("t.csv"))
    assert (layout.names, layout.first) == (names, first)
