"""Tables that stay on disk give what tables in memory give."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import fieldguide as fg
from fieldguide.data import Dataset
from fieldguide.data.streamed import StreamedTable
from fieldguide.errors import DataError, UsageError
from fieldguide.formats import csv_blocks, parquet_blocks
from fieldguide.formats.csv_blocks import CsvBlocks
from fieldguide.formats.streaming import should_stream

ROWS = 700


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_blocks, "BLOCK_BYTES", 2000)
    monkeypatch.setattr(parquet_blocks, "BLOCK_ROWS", 90)


@pytest.fixture
def table() -> pl.DataFrame:
    chance = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "number": chance.normal(size=ROWS).round(3),
            "word": chance.choice(["red", "green", 'bl"ue', "a\nb"], ROWS),
            "y": chance.choice(["yes", "no"], ROWS),
        }
    ).with_columns(pl.when(pl.int_range(ROWS) % 50 != 3).then("number").alias("number"))


def same(left: Dataset, right: Dataset) -> None:
    assert list(left.fields) == list(right.fields) and len(left) == len(right)
    for name in left.fields:
        ours, theirs = left.columns[name], right.columns[name]
        assert isinstance(ours, pl.Series) and isinstance(theirs, pl.Series)
        assert ours.to_list() == theirs.to_list()
    assert left.origins.tolist() == right.origins.tolist()


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_everything_that_a_data_set_does(tmp_path: Path, table: pl.DataFrame, suffix: str) -> None:
    path = tmp_path / f"t.{suffix}"
    table.write_csv(path) if suffix == "csv" else table.write_parquet(path)
    whole, disk = fg.read(path, stream=False), fg.read(path, stream=True)
    assert isinstance(disk, StreamedTable) and len(disk.blocks.sizes) > 5
    assert disk.target == whole.target and disk.target_reason == whole.target_reason
    for name, known in whole.fields.items():
        assert disk.fields[name].kind == known.kind and disk.fields[name].missing == known.missing
        assert "seen on a sample of 700 rows" in disk.fields[name].reason
    same(disk, whole)
    chosen = np.random.default_rng(1).permutation(ROWS)[:300]
    same(disk.take(chosen), whole.take(chosen))
    for ours, theirs in zip(disk.split(seed=3), whole.split(seed=3), strict=True):
        same(ours, theirs)
    for ours, theirs in zip(disk.chunks(128), whole.chunks(128), strict=True):
        assert type(ours) is Dataset
        same(ours, theirs)
    same(disk.in_memory(50, seed=2), whole.in_memory(50, seed=2))
    same(disk.in_memory(10_000), whole)
    same(disk.with_target("number"), whole.with_target("number"))
    assert disk.where(7) == whole.where(7)
    with pytest.raises(UsageError, match="Did you mean 'word'"):
        disk.with_target("words")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("block_bytes", [40, 57, 1000])
def test_blocks_of_any_size_hold_the_same_rows(
    tmp_path: Path, end: str, mark: bytes, block_bytes: int
) -> None:
    lines = ["number,word,y"]
    for n in range(60):
        word = f'"two{end}lines"' if n % 7 == 0 else "Renée" if n % 5 else "x"
        lines.append(f"{n}.5,{word},{n % 2}" if n != 30 else "odd,row")
    content = mark + end.join(lines).encode()
    content = content.replace("Renée".encode(), "Renée".encode("latin-1"), 4)
    (tmp_path / "t.csv").write_bytes(content)
    whole = fg.read(tmp_path / "t.csv", stream=False)
    blocks = CsvBlocks(tmp_path / "t.csv", block_bytes)
    parts = [blocks.read(block) for block in range(len(blocks.sizes))]
    assert np.concatenate([lines for _, lines in parts]).tolist() == whole.origins.tolist()
    assert blocks.sizes.tolist() == [len(lines) for _, lines in parts]
    words = [word for columns, _ in parts for word in columns["word"]]
    assert words == whole.columns["word"].to_list()  # type: ignore[union-attr]
    ours = {(e.reason, int(p)) for e in blocks.ledger.entries for p in e.places}
    theirs = {(e.reason, int(p)) for e in whole.ledger.entries for p in e.places
              if e.status != "noted"}  # fmt: skip
    assert ours == theirs and blocks.ledger.total == whole.ledger.total == 60


def test_what_is_not_searched_for_is_said(tmp_path: Path, table: pl.DataFrame) -> None:
    path = tmp_path / "t.csv"
    pl.concat([table, table.head(9)]).write_csv(path)
    whole, disk = fg.read(path, stream=False), fg.read(path, stream=True)
    assert whole.ledger.counts()["noted: the same as an earlier row (kept)"] >= 9
    (note,) = [one for one in disk.ledger.entries if one.status == "noted"]
    assert note.reason.startswith("left on disk: not searched as a whole for rows that occur twice")
    assert list(note.places) == [str(path)]
    assert disk.ledger.used == whole.ledger.used == ROWS + 9
    again = fg.read(path, stream=True, fields=disk.fields)
    assert not [one for one in again.ledger.entries if one.status == "noted"]


def test_the_size_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import psutil

    path = tmp_path / "t.csv"
    path.write_text("a,y\n1.5,x\n2.5,z\n")
    free = psutil.virtual_memory()
    assert not should_stream(path, None, 5) and should_stream(path, True, 5)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free._replace(available=100))
    assert should_stream(path, None, 5) and not should_stream(path, False, 5)
    assert isinstance(fg.read(path), StreamedTable)


def test_what_cannot_be_read_in_pieces_is_refused(tmp_path: Path) -> None:
    import gzip

    for name, content in (("t.csv.gz", gzip.compress(b"a,y\n1,2\n")),
                          ("t.csv", "a,y\n1,2\n".encode("utf-16"))):  # fmt: skip
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError, match="cannot be read in pieces"):
            fg.read(tmp_path / name, stream=True)


def test_a_streamed_table_for_prediction(tmp_path: Path, table: pl.DataFrame) -> None:
    table.write_csv(tmp_path / "t.csv")
    train = fg.read(tmp_path / "t.csv")
    new = fg.read(tmp_path / "t.csv", stream=True, fields=train.fields)
    assert new.target is None and len(new) == ROWS
    assert "sample" not in new.fields["number"].reason


def test_training_from_disk_is_training_from_memory(tmp_path: Path, table: pl.DataFrame) -> None:
    table.write_csv(tmp_path / "t.csv")
    whole = fg.read(tmp_path / "t.csv", stream=False)
    disk = fg.read(tmp_path / "t.csv", stream=True)
    settings = {"epochs": 2, "seed": 1, "device": "cpu"}
    ours, theirs = fg.MLP(**settings).fit(disk), fg.MLP(**settings).fit(whole)
    assert ours.evaluate(disk) == theirs.evaluate(whole)
    assert ours.predict(disk).tolist() == theirs.predict(whole).tolist()
