"""Folders of picture pairs: how they are laid out, and what becomes of every file."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

import fieldguide as fg
from fieldguide import tasks
from fieldguide.errors import DataError
from fieldguide.formats.pair_tree import pair_tree
from fieldguide.formats.reading import find_format
from tests.pictures import write

STEMS = ("ann", "bob", "eve", "kim")


def picture(seed: int, height: int = 8, width: int = 8, colours: int = 0) -> np.ndarray:
    shape = (height, width, colours) if colours else (height, width)
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


def folder(root: Path, *sides: str, stems: tuple[str, ...] = STEMS) -> Path:
    """Write the same names into several folders; those of B are colour, and twice as large."""
    for side in sides:
        second = side.upper().endswith("B") or "/B" in side or side.startswith("B/")
        for seed, stem in enumerate(stems):
            pixels = picture(seed, 16, 16, 3) if second else picture(seed)
            write(root / side / f"{stem}.{'jpg' if second else 'png'}", pixels)
    return root


def test_two_sides_with_equal_names_are_pairs(tmp_path: Path) -> None:
    data = fg.read(folder(tmp_path / "pairs", "A", "B"))
    assert (data.target, len(data)) == ("B", 4)
    assert data.fields["A"].shape == (1, 8, 8) and data.fields["B"].shape == (3, 16, 16)
    assert list(data.origins) == [f"A/{stem}.png" for stem in STEMS]
    assert tasks.choose(data)[0].name == "image_translation"
    for row, seed in enumerate(range(4)):
        assert np.array_equal(np.asarray(data.columns["A"])[row, 0], picture(seed))
    other = fg.read(tmp_path / "pairs", target="A")
    assert other.target == "A" and list(other.inputs) == ["B"]


@pytest.mark.parametrize(
    ("sides", "splits"),
    [
        (("trainA", "trainB", "testA", "testB"), {"train", "test"}),
        (("train_a", "train_b", "val_a", "val_b"), {"train", "validation"}),
        (("train/A", "train/B", "test/A", "test/B"), {"train", "test"}),
        (("A/train", "B/train", "A/test", "B/test"), {"train", "test"}),
        (("faces/A", "faces/B"), set()),
        (("a/deep", "b/deep"), set()),
    ],
)
def test_published_layouts(tmp_path: Path, sides: tuple[str, ...], splits: set[str]) -> None:
    for side in sides:
        folder(tmp_path, side)
    data = fg.read(tmp_path)
    assert find_format(tmp_path).name == "folder of picture pairs"
    assert data.target == "B" and len(data) == 4 * len(sides) // 2
    assert set(() if data.provided is None else data.provided) == splits
    if "test" in splits:
        train, test = data.split()
        assert len(train) == len(test) == 4


def test_what_has_no_partner_is_booked_by_name(tmp_path: Path) -> None:
    folder(tmp_path, "A", "B")
    write(tmp_path / "A" / "lonely.png", picture(7))
    write(tmp_path / "B" / "single.jpg", picture(8, colours=3))
    write(tmp_path / "B" / "bob.png", picture(9))
    write(tmp_path / "loose.png", picture(9))
    (tmp_path / "B" / "notes.txt").write_text("x")
    (tmp_path / "B" / "kim.jpg").write_bytes(b"no picture")
    write(tmp_path / "B" / "eve.jpg", picture(5, 8, 16, 3))
    data = fg.read(tmp_path)
    booked = {entry.reason: list(entry.places) for entry in data.ledger.entries}
    assert booked == {
        "no picture of the same name in B": ["A/lonely.png"],
        "no picture of the same name in A": ["B/single.jpg"],
        "another picture on its side has the same name": ["B/bob.png"],
        "in neither folder A nor B": ["loose.png"],
        "not an image by its suffix": ["B/notes.txt"],
        "not an image by its content": ["B/kim.jpg"],
        "the two pictures of the pair have different proportions": ["A/eve.png"],
    }
    assert len(data) == data.ledger.used == 2 and data.ledger.total == 9


def test_no_usable_pair_says_why(tmp_path: Path) -> None:
    folder(tmp_path, "A")
    for stem in STEMS:
        write(tmp_path / "B" / f"{stem}.png", picture(1, 8, 24))
    with pytest.raises(DataError, match=r"none of its 4 pairs.*different proportions.*same part"):
        fg.read(tmp_path)


def test_two_classes_without_pairs_stay_classes(tmp_path: Path) -> None:
    folder(tmp_path, "A")
    folder(tmp_path, "B", stems=("x", "y", "z", "w"))
    data = fg.read(tmp_path)
    assert find_format(tmp_path).name == "image folder" and data.target == "class"
    assert tasks.choose(data)[0].name == "classification"


def test_other_folders_are_as_ever(tmp_path: Path) -> None:
    for name in ("cats", "dogs"):
        folder(tmp_path / "animals", name)
    assert find_format(tmp_path / "animals").name == "image folder"
    folder(tmp_path / "three", "A", "B", "C")
    assert fg.read(tmp_path / "three").target == "class"
    folder(tmp_path / "one", "A")
    assert fg.read(tmp_path / "one").target == "class"


def test_pairs_may_be_read_as_classes(tmp_path: Path) -> None:
    for side in ("trainA", "trainB", "testA", "testB"):
        folder(tmp_path, side)
    data = fg.read(tmp_path, pairs=False)
    assert data.target == "class" and data.columns["class"].unique().sort().to_list() == ["A", "B"]
    assert len(data) == 16 and set(data.provided) == {"train", "test"}
    model = fg.ColourStatistics().fit(tmp_path)
    assert model.task_.name == "unpaired_image_translation" and len(model.predict(tmp_path)) == 16


def test_splits_of_unpaired_sides_are_read(tmp_path: Path) -> None:
    for split in ("train", "test"):
        folder(tmp_path, f"{split}A")
        folder(tmp_path, f"{split}B", stems=tuple(f"{split}{n}" for n in range(4)))
    data = fg.read(tmp_path)
    assert data.columns["class"].unique().sort().to_list() == ["A", "B"]
    assert set(data.provided) == {"train", "test"}


def test_a_zip_file_is_read_like_its_folder(tmp_path: Path) -> None:
    root = folder(tmp_path / "pairs", "A", "B")
    with zipfile.ZipFile(tmp_path / "pairs.zip", "w") as archive:
        for file in sorted(root.rglob("*.*")):
            archive.write(file, Path("pairs") / file.relative_to(root))
    packed, plain = fg.read(tmp_path / "pairs.zip"), fg.read(root)
    for name in ("A", "B"):
        assert np.array_equal(packed.columns[name], plain.columns[name])


def test_a_table_of_two_columns_of_pictures(tmp_path: Path) -> None:
    folder(tmp_path, "A", "B")
    rows = "\n".join(f"A/{stem}.png,B/{stem}.jpg" for stem in STEMS)
    (tmp_path / "table").mkdir()
    table = tmp_path / "pairs.csv"
    table.write_text(f"sketch,photo\n{rows}\nA/ann.png,B/none.jpg\n")
    data = fg.read(table, target="photo")
    assert data.target == "photo" and len(data) == 4
    assert data.fields["photo"].kind == data.fields["sketch"].kind == "image"
    assert any("none.jpg" in reason for reason in data.ledger.counts())
    model = fg.MeanPicture().fit(data)
    assert model.predict(tmp_path / "A").shape == (4, 3, 16, 16)


def test_new_pictures_need_no_partner(tmp_path: Path) -> None:
    model = fg.UnchangedPicture().fit(folder(tmp_path / "pairs", "A", "B"))
    for stem in ("new", "newer"):
        write(tmp_path / "photos" / f"{stem}.png", picture(3))
    assert model.predict(tmp_path / "photos").shape == (2, 3, 16, 16)
    assert model.predict(tmp_path / "photos" / "new.png").shape == (1, 3, 16, 16)
    assert model.predict(tmp_path / "pairs").shape == (4, 3, 16, 16)
    assert model.evaluate(tmp_path / "pairs")["ssim"] <= 1
    with pytest.raises(DataError, match="no column 'B'"):
        model.evaluate(tmp_path / "photos")


def test_many_pictures_without_partner_are_refused_by_the_share(tmp_path: Path) -> None:
    folder(tmp_path, "A", stems=tuple(f"p{n}" for n in range(8)))
    folder(tmp_path, "B", stems=("p0", "p1"))
    data = fg.read(tmp_path)
    with pytest.raises(DataError, match=r"6 of 8.*no picture of the same name in B"):
        data.ledger.check(0.05)


def test_names_alone_tell_the_tree() -> None:
    assert pair_tree(["A/x.png", "C/x.png"], {".png"}) is None
    assert pair_tree(["A/x.png"], {".png"}) is None
    assert pair_tree([], {".png"}) is None
    tree = pair_tree(["A/cats/1.png", "A/dogs/1.png", "B/dogs/1.png"], {".png"})
    assert tree is not None and tree.pairs == [("A/dogs/1.png", "B/dogs/1.png")]
