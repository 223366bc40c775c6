from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import fieldguide as fg
from fieldguide import formats as room
from fieldguide.data import Dataset
from fieldguide.errors import UnknownFormat, UsageError
from fieldguide.formats import Format, Options, TableFormat, discovery, formats
from fieldguide.formats.table import RawTable

ROOT = Path(room.__file__).parent
DOCS = ROOT.parents[2] / "docs" / "data.md"


@pytest.fixture
def fresh() -> Iterator[None]:
    formats.cache_clear()
    yield
    formats.cache_clear()


def test_every_file_with_a_format_is_found() -> None:
    written = {
        node.name
        for path in ROOT.glob("*.py")
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef)
        and {base.id for base in node.bases if isinstance(base, ast.Name)}
        & {"Format", "TableFormat", "SeriesFormat", "TreeFormat"}
    } - {"TableFormat", "SeriesFormat", "TreeFormat"}
    assert written == {type(known).__name__ for known in formats()}
    assert len(written) >= 9


def test_formats_explain_themselves() -> None:
    for known in formats():
        assert known.name and len(known.looks_for) > 10 and not known.looks_for.endswith(".")
        assert not known.knows(Path("there/is/nothing/here.csv"))


def test_the_documentation_lists_every_format() -> None:
    rows = re.findall(r"^\| ([a-z-][a-z -]*) \| (.+?) \|", DOCS.read_text("utf-8"), re.MULTILINE)
    listed = dict(rows)
    assert {known.name: known.looks_for for known in formats()}.items() <= listed.items()


class Fixed(TableFormat):
    name = "fixed"
    looks_for = "a .fixed file with one number a line"

    def knows(self, path: Path) -> bool:
        return path.suffix == ".fixed"

    def raw(self, path: Path, options: Options) -> RawTable:
        lines = path.read_text().split()
        frame = pl.DataFrame({"n": lines, "y": [str(len(line)) for line in lines]})
        return RawTable(frame, np.arange(1, len(lines) + 1), str(path))


class Greedy(Fixed):
    name = "greedy"

    def knows(self, path: Path) -> bool:
        return path.suffix == ".csv"


def bring(monkeypatch: pytest.MonkeyPatch, *kinds: object) -> None:
    class Point:
        group, value = discovery.GROUP, "somewhere:else"

        def __init__(self, kind: object):
            self.kind, self.name = kind, getattr(kind, "name", "thing")

        def load(self) -> object:
            return self.kind

    points = [Point(kind) for kind in kinds]
    monkeypatch.setattr(metadata, "entry_points", lambda group: points)


def test_an_installed_package_brings_a_format(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh: None
) -> None:
    bring(monkeypatch, Fixed)
    (tmp_path / "t.fixed").write_text("7\n13\n1234\n")
    data = fg.read(tmp_path / "t.fixed")
    assert isinstance(data, Dataset) and data.columns["n"].to_list() == [7, 13, 1234]  # type: ignore[union-attr]
    assert len(fg.read(tmp_path)) == 3


def test_two_formats_that_know_one_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh: None
) -> None:
    bring(monkeypatch, Greedy)
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UnknownFormat, match="could be read as csv and greedy"):
        fg.read(tmp_path / "t.csv")


@pytest.mark.parametrize("kind", [int, object()])
def test_an_entry_point_without_a_format(
    monkeypatch: pytest.MonkeyPatch, fresh: None, kind: object
) -> None:
    bring(monkeypatch, kind)
    with pytest.raises(UsageError, match="leads to no Format"):
        formats()


def test_two_formats_of_one_name(monkeypatch: pytest.MonkeyPatch, fresh: None) -> None:
    bring(monkeypatch, Fixed, Fixed)
    with pytest.raises(UsageError, match="Two formats are called 'fixed'"):
        formats()


def test_the_room_names_what_it_has() -> None:
    assert room.Format is Format
    with pytest.raises(AttributeError, match="nothing"):
        room.nothing  # noqa: B018
