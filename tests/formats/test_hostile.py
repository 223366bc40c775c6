"""Malformed tables, arrays, images and folders: each is refused in plain words, or survived.

A case is a name, a function that builds the thing in an empty folder and returns what to read
(with options, if any), and pieces that the message must hold. To add one, add one entry.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

import fieldguide as fg
from fieldguide.errors import DataError, FieldguideError, UnknownFormat, UsageError

Built = Path | tuple[Path, dict[str, object]]
Case = tuple[str, Callable[[Path], Built], type[FieldguideError], list[str]]


def file(name: str, content: str | bytes, **options: object) -> Callable[[Path], Built]:
    """Return a builder of one file."""

    def build(folder: Path) -> Built:
        path = folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return (path, options) if options else path

    return build


def folder(files: dict[str, str | bytes], read: str = ".", **options: object
           ) -> Callable[[Path], Built]:  # fmt: skip
    """Return a builder of a folder of files; names that end with / are folders."""

    def build(base: Path) -> Built:
        for name, content in files.items():
            path = base / name
            if name.endswith("/"):
                path.mkdir(parents=True)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return base / read, options

    return build


def saved(write: Callable[[io.BytesIO], object]) -> bytes:
    """Return what a function writes to a file."""
    held = io.BytesIO()
    write(held)
    return held.getvalue()


def npz(**arrays: np.ndarray) -> bytes:
    return saved(lambda held: np.savez(held, **arrays))


def idx(shape: tuple[int, ...], count: int | None = None, kind: int = 8) -> bytes:
    size = int(np.prod(shape)) if count is None else count
    return bytes([0, 0, kind, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + bytes(size)


TABLE = "width,colour,kind\n1.5,red,a\n2.5,blue,b\n3,red,a\n"
PNG = saved(lambda held: Image.new("L", (8, 8), 7).save(held, "PNG"))
JPEG = saved(lambda held: Image.effect_noise((64, 64), 50).save(held, "JPEG"))
PARQUET = saved(
    lambda held: pl.DataFrame({"a": range(99), "y": ["u", "v", "w"] * 33}).write_parquet(held)
)
PACKED = gzip.compress(os.urandom(2000).hex().encode())
OBJECTS = np.array([{"a": 1}, None], dtype=object)
PLAIN = np.zeros((4, 3))

TABLES: list[Case] = [
    ("empty", file("t.csv", b""), DataError, ["t.csv", "empty", "Fill it"]),
    ("only white space", file("t.csv", b" \n\n\t\n"), DataError, ["t.csv", "empty"]),
    ("only a byte-order mark", file("t.csv", b"\xef\xbb\xbf"), DataError, ["t.csv", "empty"]),
    ("only a header", file("t.csv", "a,b,c\n"), DataError, ["t.csv", "no rows", "Add rows"]),
    ("header and blank lines", file("t.csv", "a,b\n\n\n"), DataError, ["t.csv", "no rows"]),
    ("every cell empty", file("t.csv", "a,b\n,\n,\n"), DataError, ["none of its 2 rows", "empty"]),
    ("NUL bytes", file("t.csv", b"a,b\n1,\x002\n"), DataError, ["row 2", "NUL", "UTF-8"]),
    ("separator controls", file("t.csv", b"a,b\n1,\x1f\n"), DataError, ["row 2", "0x1F"]),
    ("a PNG called csv", file("t.csv", PNG), DataError, ["a PNG image", "suffix"]),
    ("a Parquet called csv", file("t.csv", PARQUET), DataError, ["a Parquet file", "suffix"]),
    ("a zip called csv", file("t.csv", b"PK\x03\x04rest"), DataError, ["zip", "suffix"]),
    ("random bytes", file("t.csv", bytes(range(256)) * 9), DataError, ["t.csv", "not plain text"]),
    ("unterminated quote", file("t.csv", 'a,b\n1,x\n2,"y\n3,z\n'), DataError,
     ["row 3", "quote", "Close it"]),
    ("unterminated quote in the header", file("t.csv", 'a,"b\n1,x\n2,y\n'), DataError,
     ["row 1", "quote"]),
    ("quote that swallows rows", file("t.csv", 'a,b\n1,"x\n2,"y"\n3,"z"\n4,"w"\n'), DataError,
     ["row 2", "quote"]),
    ("header of another width", file("t.csv", "a,b\n1,2,3,4\n5,6,7,8\n"), DataError,
     ["row 1", "2 columns", "4 fields"]),
    ("every row ragged", file("t.csv", "a,b,c\n1,2\n3,4,5,6\n7\n1,2,3,4,5\n"), DataError,
     ["t.csv", "fields"]),
    ("cut UTF-16", file("t.csv", "a,b\n1,2\n".encode("utf-16")[:-1]), DataError,
     ["UTF-16", "UTF-8"]),
    ("cut gzip", file("t.csv.gz", PACKED[: len(PACKED) // 2]), DataError, ["gzip", "again"]),
    ("damaged gzip", file("t.csv.gz", PACKED[:20] + b"zzzz" + PACKED[24:]), DataError, ["gzip"]),
    ("empty in gzip", file("t.csv.gz", gzip.compress(b"")), DataError, ["t.csv.gz", "empty"]),
    ("target not there", file("t.csv", TABLE, target="kin"), DataError,
     ["'kin'", "Did you mean 'kind'?", "Name one of", "'width'"]),
    ("target all missing", file("t.csv", "a,y\n1,\n2,NA\n3,?\n", target="y"), DataError,
     ["field 'y'", "same value (no values at all)", "--target"]),
    ("target of one class", file("t.csv", "a,y\n1,u\n2,u\n", target="y"), DataError,
     ["field 'y'", "always 'u'", "another column"]),
    ("target an identifier", file("t.csv", "id,y\n7,1\n8,2\n9,2\n", target="id"), DataError,
     ["field 'id'", "identifies", "another column"]),
    ("group not there", file("t.csv", TABLE, group="color"), UsageError,
     ["'color'", "group", "Did you mean 'colour'?"]),
    ("time not there", file("t.csv", TABLE, time="when"), UsageError, ["'when'", "time"]),
    ("prose called txt", file("t.txt", "It was the best of times,\nit was the worst\nof it.\n"),
     UnknownFormat, ["t.txt", "no format knows it", "csv", "Convert"]),
    ("unknown suffix", file("t.xyz", "a,b\n1,2\n"), UnknownFormat,
     ["'.xyz'", "parquet", "Convert"]),
    ("no suffix", file("table", "a,b\n1,2\n"), UnknownFormat, ["no suffix", "Convert"]),
    ("nothing there", lambda base: base / "gone.csv", DataError, ["gone.csv", "no such file"]),
    ("nearest name", lambda base: (file("housing.csv", TABLE)(base), base / "hosing.csv")[1],
     DataError, ["Did you mean 'housing.csv'?"]),
    ("nearest built-in", lambda base: Path("irsi"), DataError, ["Did you mean 'iris'?", "digits"]),
    ("inside a file", lambda base: (file("t.csv", TABLE)(base), base / "t.csv" / "u")[1], DataError,
     ["no such file"]),
    ("cut Parquet", file("t.parquet", PARQUET[:-30]), DataError, ["t.parquet", "cut off", "again"]),
    ("empty Parquet", file("t.parquet", b""), DataError, ["t.parquet", "empty (0 bytes)"]),
    ("text called Parquet", file("t.parquet", TABLE), DataError, ["no Parquet file"]),
    ("Parquet without rows", file("t.parquet", saved(
        lambda held: pl.DataFrame({"a": [], "y": []}).write_parquet(held))), DataError,
     ["no rows"]),
    ("cut Parquet on disk", file("t.parquet", PARQUET[:-30], stream=True), DataError, ["cut off"]),
    ("header only, streamed", file("t.csv", "a,b\n", stream=True), DataError, ["no usable rows"]),
    ("open quote, streamed", file("t.csv", 'a,b\n1,x\n2,"y\n', stream=True), DataError,
     ["row 3", "quote"]),
    ("target not there, streamed", file("t.csv", TABLE, stream=True, target="kin"), DataError,
     ["Did you mean 'kind'?"]),
    ("text called xlsx", file("t.xlsx", TABLE), DataError, ["no workbook", "CSV"]),
    ("empty xlsx", file("t.xlsx", b""), DataError, ["no workbook"]),
    ("JSON cut off", file("t.json", '[{"a": 1}, {"a": '), DataError,
     ["t.json, row 1", "array", "again"]),
    ("one JSON object", file("t.json", '{"a": [1, 2],\n "b": [3, 4]}'), DataError,
     ["one JSON document", "one object a line"]),
    ("JSON of numbers", file("t.json", "[1, 2, 3]"), DataError, ["no rows", "one object a line"]),
    ("no JSON", file("t.jsonl", "hello\nworld\n"), DataError, ["row 1", "not JSON"]),
    ("JSON nested too deeply", file("t.json", "[" * 100_000), DataError, ["t.json", "JSON"]),
    ("empty JSON", file("t.jsonl", b""), DataError, ["empty"]),
]  # fmt: skip

ARRAYS: list[Case] = [
    ("pickled npy", file("t.npy", saved(lambda held: np.save(held, OBJECTS, allow_pickle=True))),
     DataError, ["t.npy", "Python objects", "astype"]),
    ("pickled npz", file("t.npz", npz(X=PLAIN, y=OBJECTS)), DataError, ["Python objects"]),
    ("cut npy", file("t.npy", saved(lambda held: np.save(held, PLAIN))[:-8]), DataError,
     ["cut off"]),
    ("cut npz", file("t.npz", npz(X=PLAIN)[:-40]), DataError, ["cut off", "again"]),
    ("empty npz", file("t.npz", b""), DataError, ["empty"]),
    ("text called npy", file("t.npy", TABLE), DataError, ["no NumPy file"]),
    ("npz of nothing", file("t.npz", npz()), DataError, ["no arrays", "X and y"]),
    ("unknown names", file("t.npz", npz(u=PLAIN, v=PLAIN)), DataError, ["u (4, 3)", "X and y"]),
    ("two inputs", file("t.npz", npz(X=PLAIN, data=PLAIN)), DataError, ["second", "inputs"]),
    ("labels of another length", file("t.npz", npz(X=PLAIN, y=np.zeros(3))), DataError,
     ["4 inputs", "(3,)"]),
    ("splits of other shapes", file("t.npz", npz(x_train=PLAIN, x_test=np.zeros((2, 9)))),
     DataError, ["train (4, 3)", "test (2, 9)"]),
    ("one axis", file("t.npy", saved(lambda held: np.save(held, np.zeros(5)))), DataError,
     ["(5,)", "2 axes"]),
    ("words as inputs", file("t.npz", npz(X=np.array([["a"], ["b"]]))), DataError,
     ["<U1", "numbers"]),
    ("no examples", file("t.npz", npz(X=np.zeros((0, 3)))), DataError, ["no examples"]),
    ("cut idx", file("train-images-idx3-ubyte", idx((9, 4, 4), 50)), DataError,
     ["66 bytes", "announces 160", "download"]),
    ("idx too long", file("train-images-idx3-ubyte", idx((2, 4, 4), 50)), DataError,
     ["announces 48"]),
    ("idx with half a header", file("t-images", idx((9, 4, 4))[:10]), DataError, ["announces"]),
    ("labels of another count", folder({"train-images-idx3-ubyte": idx((5, 4, 4)),
                                        "train-labels-idx1-ubyte": idx((4,))}),
     DataError, ["train-labels", "5 images", "4 labels"]),
    ("labels alone", folder({"train-labels-idx1-ubyte": idx((4,))}, "train-labels-idx1-ubyte"),
     DataError, ["labels without images", "Name the file of images"]),
    ("idx of a table", file("t-images", idx((5, 4))), DataError, ["(5, 4)", "not images"]),
    ("idx files of other sizes", folder({"train-images-idx3-ubyte": idx((5, 4, 4)),
                                         "t10k-images-idx3-ubyte": idx((5, 8, 8))}),
     DataError, ["image size", "folder of its own"]),
    ("target not there in arrays", file("t.npz", npz(X=PLAIN, y=np.arange(4)), target="label"),
     DataError, ["'label'", "'y'"]),
]  # fmt: skip

IMAGES: list[Case] = [
    ("empty folder", folder({}), UnknownFormat, ["folder is empty", "image folder"]),
    ("folder of folders of nothing", folder({"a/": "", "b/c/": ""}), UnknownFormat,
     ["holds: a, b"]),
    ("folder of unknown files", folder({"a.doc": "x", "b.xyz": "y"}), UnknownFormat,
     ["a.doc, b.xyz"]),
    ("every image empty", folder({"cat/a.png": b"", "dog/b.png": b""}), DataError,
     ["cat/a.png", "0 bytes", "again"]),
    ("every image text", folder({"cat/a.jpg": "no", "dog/b.jpg": "no"}), DataError,
     ["none of its 2 images", "cat/a.jpg", "not an image"]),
    ("one image, cut", file("a.jpg", JPEG[:-200]), DataError, ["a.jpg", "truncated"]),
    ("images in no class", folder({"train/cat/": "", "train/a.txt": "x", "train/dog/b.txt": "x",
                                   "test/": ""}), UnknownFormat, ["holds: test, train"]),
    ("damaged zip", file("t.zip", b"PK\x03\x04" + bytes(50)), DataError, ["t.zip", "no zip file"]),
    ("empty zip", file("t.zip", saved(lambda held: zipfile.ZipFile(held, "w").close())),
     UnknownFormat, ["'.zip'"]),
    ("images named and gone", folder({"t.csv": "photo,y\na.png,u\nb.png,v\n"}, "t.csv"), DataError,
     ["t.csv, row 2, field 'photo'", "'a.png' (no such file)", "start at the table's folder"]),
    ("two tables", folder({"a.csv": TABLE, "b.csv": TABLE}), DataError,
     ["a.csv, b.csv", "Name one"]),
    ("train and test unlike", folder({"train.csv": TABLE, "test.csv": "width,kind\n1,a\n2,b\n"}),
     DataError, ["test.csv", "'colour'", "same columns"]),
    ("two training tables", folder({"train-a.csv": TABLE, "train-b.csv": TABLE}), DataError,
     ["train-a.csv, train-b.csv"]),
    ("image target not there", folder({"cat/a.png": PNG, "dog/b.png": PNG}, target="klass"),
     DataError, ["'klass'", "Did you mean 'class'?"]),
]  # fmt: skip

REFUSED = [*TABLES, *ARRAYS, *IMAGES]


def contents(base: Path) -> dict[str, bytes]:
    """Everything below a folder, to see that nothing was written."""
    return {str(p): p.read_bytes() if p.is_file() else b"" for p in sorted(base.rglob("*"))}


@pytest.mark.parametrize(
    ("build", "error", "pieces"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_refused_in_plain_words(
    tmp_path: Path,
    build: Callable[[Path], Built],
    error: type[FieldguideError],
    pieces: list[str],
) -> None:
    built = build(tmp_path)
    path, options = built if isinstance(built, tuple) else (built, {})
    before = contents(tmp_path)
    with pytest.raises(FieldguideError) as caught:
        fg.read(path, **options)  # type: ignore[arg-type]
    message = str(caught.value)
    assert type(caught.value) is error, message
    assert all(piece in message for piece in pieces), message
    assert str(path.name) in message or isinstance(caught.value, UsageError)
    assert contents(tmp_path) == before
    if isinstance(caught.value, DataError):
        assert caught.value.remedy.strip(), message


def test_there_are_enough_cases() -> None:
    assert len(REFUSED) >= 80
    assert len({case[0] for case in REFUSED}) == len(REFUSED)


Survived = tuple[str, Callable[[Path], Built], int, list[str]]

SURVIVED: list[Survived] = [
    ("ragged rows", file("t.csv", TABLE + "4\n5,red,a,extra\n"), 3,
     ["excluded: 1 fields where the header has 3", "excluded: 4 fields where the header has 3"]),
    ("mixed encodings", file("t.csv", TABLE.encode() + "4,é,a\n".encode() + b"5,\xe9,b\n"), 5,
     ["repaired: not UTF-8: read as Latin-1"]),
    ("duplicate header", file("t.csv", "a,a,y\n1.5,2,u\n2,3,v\n"), 2, []),
    ("a huge field", file("t.csv", f"a,t,y\n1,{'x' * 3_000_000},u\n2,short,v\n"), 2, []),
    ("a huge first row", file("t.csv", f"a,{'x' * 400_000}\n1.5,2\n2,3\n"), 2, []),
    ("a thousand columns", file("t.csv", ",".join(f"c{i}" for i in range(1_000)) + "\n"
                                  + ",".join("1" for _ in range(1_000)) + "\n"
                                  + ",".join("2" for _ in range(1_000)) + "\n"), 2, []),
    ("stray quotes", file("t.csv", 'size,kind\n5" pipe,a\n6" pipe,b\n'), 2, []),
    ("rows without target", file("t.csv", TABLE + "4,red,\n5,blue,NA\n"), 3,
     ["excluded: the target is missing in 'kind'"]),
    ("a cut image among good ones", folder({"cat/a.png": PNG, "dog/b.png": PNG,
                                            "dog/c.png": PNG[:40]}), 2, ["excluded: "]),
    ("classes without images", folder({"cat/a.png": PNG, "dog/b.png": PNG, "bird/": ""}), 2,
     ["noted: a class folder without images"]),
    ("images nested deeper", folder({"x/cat/old/a.png": PNG, "x/cat/b.png": PNG,
                                     "x/dog/c.png": PNG}), 3, []),
    ("test folder without classes", folder({"train/cat/a.png": PNG, "train/dog/b.png": PNG,
                                            "test/c.png": PNG}), 2,
     ["excluded: in no class folder"]),
    ("one named image is missing", folder({"t.csv": "photo,y\na.png,u\nb.png,v\nc.png,u\n",
                                           "a.png": PNG, "c.png": PNG}, "t.csv"), 2,
     ["excluded: 'b.png': no such file in 'photo'"]),
    ("wrong suffix", folder({"cat/a.png": JPEG, "dog/b.jpg": JPEG}), 2,
     ["repaired: the suffix is wrong, the content is JPEG"]),
    ("broken JSON lines", file("t.jsonl", '{"a": 1.5, "y": "u"}\n{"a"\n{"a": 2, "y": "v"}\n'), 2,
     ["excluded: not JSON"]),
    ("JSON with NaN", file("t.jsonl", '{"a": NaN, "y": "u"}\n{"a": 2, "y": "v"}\n'), 2, []),
    ("gzip called csv", file("t.csv", gzip.compress(TABLE.encode())), 3, []),
    ("csv called gz", file("t.csv.gz", TABLE), 3, []),
    ("a name with spaces and accents", file("mes données (1).csv", TABLE), 3, []),
    ("classes with one example", file("t.csv", TABLE + "9,blue,c\n"), 4,
     ["noted: the only example of its class in 'kind'"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("build", "count", "reasons"), [case[1:] for case in SURVIVED], ids=[c[0] for c in SURVIVED]
)
def test_survived_and_booked(
    tmp_path: Path, build: Callable[[Path], Built], count: int, reasons: list[str]
) -> None:
    built = build(tmp_path)
    path, options = built if isinstance(built, tuple) else (built, {})
    data = fg.read(path, **options)  # type: ignore[arg-type]
    assert len(data) == data.ledger.used == count
    counts = data.ledger.counts()
    assert all(any(known.startswith(reason) for known in counts) for reason in reasons), counts
    json.dumps(data.ledger.to_dict())
    json.dumps({name: known.to_dict() for name, known in data.fields.items()})


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read anything")
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_no_permission(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "t.csv" if kind == "file" else tmp_path / "d"
    path.write_text(TABLE) if kind == "file" else path.mkdir()
    path.chmod(0)
    try:
        with pytest.raises(DataError, match="no permission"):
            fg.read(path)
    finally:
        path.chmod(stat.S_IRWXU)


def test_no_permission_is_said_wherever_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(TABLE)

    def refuse(self: Path, *args: object, **options: object) -> object:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DataError, match="no permission") as caught:
        fg.read(path)
    assert "t.csv" in str(caught.value) and "permissions" in caught.value.remedy
