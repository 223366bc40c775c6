"""NumPy files, IDX files, folders and tables of images, built-in sets."""

from __future__ import annotations

import gzip
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image
from sklearn import datasets

import fieldguide as fg
from fieldguide.data import Dataset, ImageFiles
from fieldguide.formats import builtin

CHANCE = np.random.default_rng(0)


def block(data: Dataset, name: str) -> np.ndarray:
    column = data.columns[name]
    assert isinstance(column, np.ndarray)
    return column


def labels(data: Dataset) -> list[object]:
    assert data.target is not None
    column = data.columns[data.target]
    assert isinstance(column, pl.Series)
    return column.to_list()


# NumPy


@pytest.mark.parametrize(
    ("names", "target"),
    [(("X", "y"), True), (("data", "target"), True), (("images", "labels"), True), (("X",), False),
     (("anything",), False)],
)  # fmt: skip
def test_arrays_by_name(tmp_path: Path, names: tuple[str, ...], target: bool) -> None:
    arrays = dict(zip(names, (CHANCE.normal(size=(6, 4)), np.arange(6) % 2), strict=False))
    np.savez(tmp_path / "t.npz", **arrays)
    data = fg.read(tmp_path / "t.npz")
    assert data.fields["x"].kind == "array" and data.fields["x"].shape == (4,)
    assert (data.target == "y") is target
    if target:
        assert data.fields["y"].kind == "category" and labels(data) == [0, 1] * 3


@pytest.mark.parametrize("pattern", ["x_{0}|y_{0}", "{0}_images|{0}_labels", "X_{0}|Y_{0}"])
@pytest.mark.parametrize("split", ["test", "val"])
def test_arrays_with_splits(tmp_path: Path, pattern: str, split: str) -> None:
    arrays = {}
    for name, count in (("train", 5), (split, 3)):
        x, y = pattern.format(name).split("|")
        arrays[x], arrays[y] = np.full((count, 8, 9), count), np.arange(count)
    np.savez_compressed(tmp_path / "t.npz", **arrays)
    data = fg.read(tmp_path / "t.npz")
    assert data.provided is not None
    expected = {"test": "test", "val": "validation"}[split]
    assert data.provided.tolist() == ["train"] * 5 + [expected] * 3
    assert data.fields["image"].shape == (1, 8, 9)
    assert labels(data) == [0, 1, 2, 3, 4, 0, 1, 2]


def test_one_array_and_unused_ones(tmp_path: Path) -> None:
    np.save(tmp_path / "t.npy", np.zeros((5, 8, 9, 3), np.uint8))
    assert fg.read(tmp_path / "t.npy").fields["image"].shape == (3, 8, 9)
    np.savez(tmp_path / "t.npz", X=np.zeros((4, 2)), y=np.zeros((4, 1)), notes=np.zeros(3))
    data = fg.read(tmp_path / "t.npz")
    assert data.ledger.counts() == {"noted: an array that was not used": 1} and data.target == "y"


def test_text_labels(tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", X=np.zeros((4, 2)), y=np.array(["cat", "dog", "cat", "dog"]))
    assert labels(fg.read(tmp_path / "t.npz")) == ["cat", "dog", "cat", "dog"]


# IDX


def write_idx(path: Path, array: np.ndarray) -> Path:
    codes = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}
    kind = array.dtype.newbyteorder(">")
    head = bytes([0, 0, codes[array.dtype.str[1:]], array.ndim])
    head += struct.pack(f">{array.ndim}I", *array.shape)
    content = head + array.astype(kind).tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def mnist(folder: Path, suffix: str = "") -> tuple[np.ndarray, np.ndarray]:
    pixels = CHANCE.integers(0, 255, (7, 5, 6)).astype(np.uint8)
    classes = (np.arange(7) % 3).astype(np.uint8)
    for name, part in (("train", slice(0, 5)), ("t10k", slice(5, 7))):
        write_idx(folder / f"{name}-images-idx3-ubyte{suffix}", pixels[part])
        write_idx(folder / f"{name}-labels-idx1-ubyte{suffix}", classes[part])
    return pixels, classes


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_folder_of_idx_files(tmp_path: Path, suffix: str) -> None:
    pixels, classes = mnist(tmp_path, suffix)
    data = fg.read(tmp_path)
    assert np.array_equal(block(data, "image")[:, 0], pixels)
    assert labels(data) == classes.tolist() and data.fields["label"].kind == "category"
    assert data.provided is not None
    assert data.provided.tolist() == ["train"] * 5 + ["test"] * 2


def test_one_idx_file_finds_its_labels(tmp_path: Path) -> None:
    pixels, classes = mnist(tmp_path, ".gz")
    data = fg.read(tmp_path / "train-images-idx3-ubyte.gz")
    assert np.array_equal(block(data, "image")[:, 0], pixels[:5])
    assert labels(data) == classes[:5].tolist() and data.provided is None
    (tmp_path / "t10k-labels-idx1-ubyte.gz").unlink()
    assert fg.read(tmp_path / "t10k-images-idx3-ubyte.gz").target is None


@pytest.mark.parametrize("kind", ["i1", "i2", "i4", "f4", "f8"])
def test_idx_numbers_of_every_type(tmp_path: Path, kind: str) -> None:
    pixels = (CHANCE.normal(size=(3, 4, 4)) * 50).astype(kind)
    path = write_idx(tmp_path / "train-images", pixels)
    assert np.array_equal(block(fg.read(path), "image")[:, 0], pixels)


# Images


def save(path: Path, shade: int, size: tuple[int, int] = (4, 4), format: str | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full(size, shade, np.uint8)).save(path, format)


def pets(folder: Path, splits: tuple[str, ...] = ("",)) -> Path:
    for split in splits:
        for number, kind in enumerate(("cat", "dog")):
            for index in range(3):
                save(folder / split / kind / f"{index}.png", 10 * number + index)
    return folder


def test_a_folder_per_class(tmp_path: Path) -> None:
    data = fg.read(pets(tmp_path))
    assert labels(data) == ["cat"] * 3 + ["dog"] * 3 and data.target == "class"
    assert block(data, "image")[:, 0, 0, 0].tolist() == [0, 1, 2, 10, 11, 12]
    assert data.origins[4] == "dog/1.png" and data.provided is None
    assert data.fields["image"].shape == (1, 4, 4)


@pytest.mark.parametrize("wrap", ["", "pets/"])
@pytest.mark.parametrize("packed", [False, True])
def test_folders_of_splits(tmp_path: Path, wrap: str, packed: bool) -> None:
    pets(tmp_path / "d" / wrap, ("train", "Val", "test"))
    path = tmp_path / "d"
    if packed:
        path = tmp_path / "d.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for file in sorted((tmp_path / "d").rglob("*.png")):
                archive.write(file, file.relative_to(tmp_path / "d"))
    data = fg.read(path)
    assert data.provided is not None and len(data) == 18
    assert sorted(set(data.provided.tolist())) == ["test", "train", "validation"]
    train, test = data.split()
    assert (len(train), len(test)) == (12, 6)
    assert set(labels(data)) == {"cat", "dog"}


def test_packed_images_of_many_sizes(tmp_path: Path) -> None:
    save(tmp_path / "cat" / "a.png", 7, (3, 5))
    save(tmp_path / "dog" / "b.png", 9, (600, 700))
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        for name in ("cat/a.png", "dog/b.png"):
            archive.write(tmp_path / name, name)
    column = fg.read(tmp_path / "d.zip").columns["image"]
    assert isinstance(column, ImageFiles)
    assert column.load(0).shape == (3, 5, 1) and column.take(np.array([1])).load(0).max() == 9


def test_a_flat_folder_and_a_single_image_have_no_classes(tmp_path: Path) -> None:
    save(tmp_path / "a.png", 1)
    save(tmp_path / "b.png", 2)
    assert fg.read(tmp_path).target is None and len(fg.read(tmp_path)) == 2
    one = fg.read(tmp_path / "b.png")
    assert len(one) == 1 and block(one, "image")[0, 0, 0, 0] == 2


def test_what_is_no_image_is_booked(tmp_path: Path) -> None:
    pets(tmp_path)
    (tmp_path / "cat" / "notes.txt").write_text("x")
    (tmp_path / "cat" / ".DS_Store").write_text("x")
    (tmp_path / "cat" / "cut.png").write_bytes((tmp_path / "cat" / "1.png").read_bytes()[:40])
    (tmp_path / "cat" / "zero.png").write_bytes(b"")
    (tmp_path / "bird").mkdir()
    save(tmp_path / "loose.png", 3)
    save(tmp_path / "dog" / "wrong.png", 3, format="BMP")
    data = fg.read(tmp_path)
    counts = data.ledger.counts()
    assert counts["excluded: not an image by its suffix"] == 1
    assert counts["excluded: in no class folder"] == 1
    assert counts["excluded: the file is empty (0 bytes)"] == 1
    assert counts["repaired: the suffix is wrong, the content is BMP"] == 1
    assert counts["noted: a class folder without images"] == 1
    assert len(data) == data.ledger.used == 7 and data.ledger.total == 11


def test_class_names_may_spell_missing(tmp_path: Path) -> None:
    save(tmp_path / "NA" / "a.png", 1)
    save(tmp_path / "null" / "b.png", 1)
    assert labels(fg.read(tmp_path)) == ["NA", "null"]


def test_reading_images_for_prediction(tmp_path: Path) -> None:
    train = fg.read(pets(tmp_path))
    new = fg.read(tmp_path, fields=train.fields)
    assert new.target is None and "class" not in new.columns
    assert fg.read(tmp_path, fields=train.fields, target="class").target == "class"


def test_ten_thousand_files_are_named_in_order(tmp_path: Path) -> None:
    for index in range(300):
        save(tmp_path / "ab"[index % 2] / f"{index:05}.png", index % 256)
    data = fg.read(tmp_path)
    shades = [int(str(name)[2:7]) % 256 for name in data.origins]
    assert block(data, "image")[:, 0, 0, 0].tolist() == shades


def test_a_table_that_names_images(tmp_path: Path) -> None:
    for name, shade in (("a.png", 1), ("b.png", 2), ("c.png", 3)):
        save(tmp_path / "pictures" / name, shade)
    save(tmp_path / "pictures" / "w.png", 4, format="JPEG")
    (tmp_path / "pictures" / "bad.png").write_bytes(b"\x89PNG")
    names = ["a.png", "b.png", "gone.png", "bad.png", "", "c.png", "w.png"]
    lines = [f"pictures/{name}" if name else "" for name in names]
    lines = [f"{line},{n},{'cat' if n % 2 else 'dog'}" for n, line in enumerate(lines)]
    lines.insert(0, "file,age,kind")
    (tmp_path / "t.csv").write_text("\n".join(lines))
    for path in (tmp_path / "t.csv", tmp_path):
        data = fg.read(path)
        assert data.fields["file"].kind == "image" and data.target == "kind"
        assert data.origins.tolist() == [2, 3, 7, 8]
        assert block(data, "file")[:, 0, 0, 0].tolist() == [1, 2, 3, 4]
        excluded = {e.reason: list(e.places) for e in data.ledger.entries if e.status == "excluded"}
        assert list(excluded.values()) == [[6], [4], [5]] and data.ledger.used == 4
        assert "'pictures/gone.png': no such file" in excluded
        assert (
            data.ledger.counts()["repaired: the suffix is wrong, the content is JPEG in 'file'"]
            == 1
        )


# Built in


def test_digits_are_images() -> None:
    data, truth = fg.read("digits"), datasets.load_digits()
    assert np.array_equal(block(data, "image")[:, 0], truth.images)
    assert labels(data) == truth.target.tolist() and data.provided is None


@pytest.mark.parametrize("name", ["iris", "wine", "breast-cancer", "diabetes"])
def test_built_in_tables(name: str) -> None:
    data = fg.read(name)
    bunch = getattr(datasets, f"load_{name.replace('-', '_')}")()
    columns = [data.columns[feature] for feature in bunch.feature_names]
    assert np.array_equal(np.stack([np.asarray(column) for column in columns], axis=1), bunch.data)
    truth = bunch.target if name == "diabetes" else bunch.target_names[bunch.target]
    assert labels(data) == truth.tolist()
    assert all(known.is_input for known in data.fields.values())


def test_names_are_listed_without_loading_what_reads_them() -> None:
    code = (
        "import sys; from fieldguide.formats import builtin; print(*builtin.names());"
        "assert not {'torch', 'sklearn', 'polars', 'numpy'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["breast-cancer", "diabetes", "digits", "iris", "wine"]
    assert builtin.names() == done.stdout.split()


def test_what_is_on_disk_goes_before_a_built_in_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pets(tmp_path / "iris")
    assert fg.read("iris").target == "class"
