"""Labelled sequences in plain text, and the tables that look like them."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pytest

import fieldguide as fg
from fieldguide.errors import DataError
from fieldguide.formats.series_text import is_series_text, restlessness


def waves(count: int = 20, steps: int = 30, seed: int = 0) -> np.ndarray:
    """Slow waves of two classes, the class first."""
    chance = np.random.default_rng(seed)
    label = np.arange(count) % 2 + 1
    time = np.linspace(0, 4 * label[:, None], steps, axis=1)[..., 0]
    values = np.sin(time + chance.random((count, 1))) + 0.1 * chance.normal(size=(count, steps))
    return np.column_stack([label, values])


def write(folder: Path, rows: np.ndarray, name: str = "waves.tsv", mark: str = "\t") -> Path:
    path = folder / name
    np.savetxt(path, rows, delimiter=mark, fmt=["%d", *["%.6f"] * (rows.shape[1] - 1)])
    return path


@pytest.mark.parametrize("mark", ["\t", ",", "  "])
@pytest.mark.parametrize("name", ["waves.tsv", "waves.txt", "Waves_TRAIN.txt"])
def test_sequences_after_their_class(name: str, mark: str, tmp_path: Path) -> None:
    rows = waves()
    data = fg.read(write(tmp_path, rows, name, mark))
    assert data.fields["series"].shape == (30, 1) and data.target == "class"
    assert data.column("class").to_list() == rows[:, 0].astype(int).tolist()
    np.testing.assert_allclose(data.column("series").flat(), rows[:, 1:], atol=1e-6)
    assert data.origins.tolist() == list(range(1, 21))


def test_the_archives_spelling(tmp_path: Path) -> None:
    path = tmp_path / "Toy_TEST.txt"
    path.write_text("  1.0000000e+00  -9.9e-01   2.5e-01 1 3\n -1.0000000e+00 1 2 3.5 NaN\n")
    data = fg.read(path)
    assert data.column("class").to_list() == [1, -1]
    assert data.column("series").lengths.tolist() == [4, 3]
    assert "read as a shorter sequence" in next(iter(data.ledger.counts()))


def table(kind: str) -> np.ndarray:
    chance, rows = np.random.default_rng(0), waves()
    if kind == "few columns":
        return rows[:, :20]
    if kind == "columns in no order":
        return np.column_stack([rows[:, 0], rows[:, 1 + chance.permutation(30)]])
    if kind == "no classes":
        return np.column_stack([np.arange(20), rows[:, 1:]])
    if kind == "fractions first":
        return np.column_stack([rows[:, 0] + 0.5, rows[:, 1:]])
    if kind == "counts only":
        return np.round(10 * rows)
    if kind == "time runs down":
        return np.column_stack([rows[:, 0], np.cumsum(chance.normal(size=(20, 30)) / 9, axis=0)])
    assert kind == "one class"
    return np.column_stack([np.ones(20), rows[:, 1:]])


@pytest.mark.parametrize("kind", [
    "few columns", "columns in no order", "no classes", "fractions first", "counts only",
    "time runs down", "one class",
])  # fmt: skip
def test_tables_stay_tables(kind: str, tmp_path: Path) -> None:
    rows = table(kind)
    path = tmp_path / "rows.tsv"
    np.savetxt(path, rows, delimiter="\t", fmt="%g")
    assert not is_series_text(path)
    data = fg.read(path)
    assert "series" not in data.fields and len(data.fields) == rows.shape[1]


def test_a_header_or_another_suffix_makes_a_table(tmp_path: Path) -> None:
    header = "\t".join(["class", *[f"x{number}" for number in range(30)]]) + "\n"
    path = write(tmp_path, waves())
    path.write_text(header + path.read_text())
    assert list(fg.read(path).fields)[:2] == ["class", "x0"]
    assert "series" not in fg.read(write(tmp_path, waves(), "waves.csv", ",")).fields


def test_restlessness() -> None:
    chance = np.random.default_rng(0)
    assert restlessness(chance.normal(size=(200, 50))) == pytest.approx(1, abs=0.05)
    assert restlessness(waves(count=50, steps=200)[:, 1:]) < 0.1
    assert restlessness(np.ones((3, 4))) == 1.0
    values = waves()[:, 1:]
    values[3, 5:9] = np.nan
    assert restlessness(values) == pytest.approx(restlessness(waves()[:, 1:]), rel=0.1)


def test_a_file_larger_than_the_sample(tmp_path: Path) -> None:
    path = write(tmp_path, waves(count=1200), "waves.tsv")
    assert path.stat().st_size > 1 << 18
    assert len(fg.read(path)) == 1200


BAD = {
    "a word": ("1\t0.5\t1\t2\t3\n1\t0.5\tx\t2\t3\n", 2, "value 2 of the sequence is 'x'"),
    "short": (
        "1\t0.5\t1\t2\t3\n2\t0.5\t1\t2\n",
        2,
        "the line has 3 steps, and the first one has 4",
    ),
    "label": ("1\t0.5\t1\t2\t3\n1.5\t0.5\t1\t2\t3\n", 2, "'1.5'; class numbers are whole"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_named_with_file_and_line(name: str, tmp_path: Path) -> None:
    """The beginning looks like sequences; what comes after the sample does not."""
    text, row, problem = BAD[name]
    good = "".join("1\t" + "\t".join(["0.25"] * 4) + "\n" for _ in range(20_000))
    path = tmp_path / "Toy_TRAIN.tsv.gz"
    path.write_bytes(gzip.compress((good + text).encode()))
    with pytest.raises(DataError, match=problem) as caught:
        fg.read(path)
    assert caught.value.row == 20_000 + row and caught.value.file == path


def test_ecg5000() -> None:
    root = os.environ.get("FIELDGUIDE_DATA")
    if root is None:
        pytest.skip("FIELDGUIDE_DATA is not set")
    for source in ("ecg5000", "ecg5000/ECG5000_TRAIN.tsv.gz"):
        train, test = fg.read(Path(root, source)).split()
        assert (len(train), len(test)) == (500, 4499)
        assert train.fields["series"].shape == (140, 1)
        counts = train.column("class").value_counts(sort=True)["count"].to_list()
        assert counts == [292, 177, 19, 10, 2]
