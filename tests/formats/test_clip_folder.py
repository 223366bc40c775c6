from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import fieldguide as fg
from fieldguide.data import video
from fieldguide.data.clip_check import check_clips
from fieldguide.data.clips import ClipColumn
from fieldguide.errors import DataError, UnknownFormat
from fieldguide.formats.clip_tree import natural
from fieldguide.formats.reading import find_format


def frame(value: int, size: tuple[int, int] = (8, 6), mode: str = "L") -> Image.Image:
    """A picture of one brightness, with a corner that says which way is up."""
    pixels = np.full((size[1], size[0]), value, dtype=np.uint8)
    pixels[0, 0] = 255
    return Image.fromarray(pixels).convert(mode)


def folder_clip(folder: Path, count: int = 4, name: str = "frame{}.png", first: int = 1, **like):
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(first, first + count):
        frame(number * 5, **like).save(folder / name.format(number))
    return folder


def animation(file: Path, count: int = 4, **like) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    first, *rest = [frame(20 * number + 10, **like) for number in range(count)]
    options = {"lossless": True} if file.suffix == ".webp" else {}
    first.save(file, save_all=True, append_images=rest, duration=40, loop=0, **options)
    return file


def classes(root: Path, clips: int = 2, **like) -> Path:
    for kind in ("run", "walk"):
        for number in range(clips):
            folder_clip(root / kind / f"clip{number}", **like)
    return root


def test_folders_of_frames(tmp_path):
    data = fg.read(classes(tmp_path))
    assert find_format(tmp_path).name == "clip folder"
    assert data.target == "class" and data.fields["clip"].kind == "clip"
    assert data.fields["clip"].shape == (4, 1, 6, 8) and len(data) == 4
    assert data.columns["class"].to_list() == ["run", "run", "walk", "walk"]
    assert data.origins.tolist() == ["run/clip0", "run/clip1", "walk/clip0", "walk/clip1"]
    column = data.columns["clip"]
    assert isinstance(column, ClipColumn)
    assert (
        column[0][:, 0, 3, 3].tolist() == [5, 10, 15, 20] and (column[0][:, 0, 0, 0] == 255).all()
    )
    assert data.ledger.total == data.ledger.used == 4 and not data.ledger.entries


def test_frames_come_in_the_order_of_their_numbers(tmp_path):
    for kind in ("run", "walk"):
        folder_clip(tmp_path / kind / "clip2", 12)
        folder_clip(tmp_path / kind / "clip10", 12)
    data = fg.read(tmp_path)
    assert data.columns["clip"][0][:, 0, 3, 3].tolist() == [5 * number for number in range(1, 13)]
    assert data.origins.tolist()[:2] == ["run/clip2", "run/clip10"]


def test_natural_order():
    names = ["frame10.png", "frame2.png", "a.png", "frame02.png", "7.png", "frame.png"]
    assert sorted(names, key=natural) == [
        "7.png", "a.png", "frame2.png", "frame02.png", "frame10.png", "frame.png",
    ]  # fmt: skip


def test_numbers_may_have_gaps_and_steps(tmp_path):
    for kind in ("run", "walk"):
        for number in range(2):
            folder = folder_clip(tmp_path / kind / f"clip{number}", 12, name="{}0.jpg")
            (folder / "60.jpg").unlink()
    data = fg.read(tmp_path)
    assert data.fields["clip"].shape[0] == 11


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png", ".apng"])
def test_animations(tmp_path, suffix):
    for kind in ("run", "walk"):
        animation(tmp_path / kind / f"one{suffix}")
        animation(tmp_path / kind / f"two{suffix}", 3)
    data = fg.read(tmp_path)
    assert find_format(tmp_path).name == "clip folder"
    assert data.fields["clip"].shape == (0, 1, 6, 8)
    column = data.columns["clip"]
    assert column.lengths.tolist() == [4, 3, 4, 3]
    assert column[0][:, 0, 3, 3].tolist() == [10, 30, 50, 70]


def test_split_folders_and_wrapping(tmp_path):
    classes(tmp_path / "data" / "train")
    classes(tmp_path / "data" / "val", 1)
    data = fg.read(tmp_path)
    assert data.provided.tolist() == ["train"] * 4 + ["validation"] * 2
    assert data.columns["class"].to_list() == ["run", "run", "walk", "walk", "run", "walk"]
    train, held = data.split()
    assert len(train) == 4 and len(held) == 2 and len(held.columns["clip"]) == 2


def test_clips_below_folders_of_subjects(tmp_path):
    for subject in ("anna", "ben"):
        classes(tmp_path / subject)
    data = fg.read(tmp_path)  # the first folder is the class, as in folders of images
    assert set(data.columns["class"]) == {"anna", "ben"} and len(data) == 8


def test_folders_of_single_images_stay_images(tmp_path):
    for kind in ("run", "walk"):
        folder_clip(tmp_path / kind, 5)
    assert find_format(tmp_path).name == "image folder"
    assert fg.read(tmp_path).fields["image"].kind == "image"


def test_images_in_folders_without_numbers_stay_images(tmp_path):
    for kind in ("oak", "beech"):
        for tree in ("a", "b"):
            folder = tmp_path / kind / tree
            folder.mkdir(parents=True)
            for name in ("leaf.png", "bark.png", "crown.png"):
                frame(9).save(folder / name)
    assert find_format(tmp_path).name == "image folder"
    assert len(fg.read(tmp_path)) == 12


def test_still_gifs_stay_images(tmp_path):
    for kind in ("run", "walk"):
        (tmp_path / kind).mkdir()
        for number in range(3):
            frame(number).save(tmp_path / kind / f"{number}.gif")
    assert find_format(tmp_path).name == "image folder"


def test_a_stray_animation_or_video_does_not_make_clips_of_images(tmp_path):
    for kind in ("run", "walk"):
        folder_clip(tmp_path / kind, 5)
    animation(tmp_path / "run" / "odd.gif")
    (tmp_path / "walk" / "odd.mp4").write_bytes(b"no video")
    assert find_format(tmp_path).name == "image folder"


def test_a_table_at_the_top_is_not_overruled(tmp_path):
    classes(tmp_path)
    (tmp_path / "labels.csv").write_text("clip,label\nrun/clip0,1\n")
    assert find_format(tmp_path).name != "clip folder"


def test_a_single_animation(tmp_path):
    file = animation(tmp_path / "wave.gif")
    data = fg.read(file)
    assert find_format(file).name == "clip folder"
    assert data.target is None and data.fields["clip"].shape == (4, 1, 6, 8)
    still = tmp_path / "still.gif"
    frame(4).save(still)
    assert find_format(still).name == "image folder"


def test_for_a_model_of_clips_flat_folders_and_single_clips_are_clips(tmp_path):
    fields = fg.read(classes(tmp_path / "train")).fields
    folder_clip(tmp_path / "new" / "one")
    folder_clip(tmp_path / "new" / "two", 3)
    new = fg.formats.read(tmp_path / "new", fields=fields)
    assert new.columns["clip"].lengths.tolist() == [4, 3] and new.target is None
    single = fg.formats.read(tmp_path / "new" / "two", fields=fields)
    assert len(single) == 1 and single.origins.tolist() == ["two"]
    assert single.columns["clip"][0][:, 0, 3, 3].tolist() == [5, 10, 15]
    picture = tmp_path / "new" / "one" / "frame1.png"
    assert fg.formats.read(picture, fields=fields).columns["clip"].lengths.tolist() == [1]


def test_for_a_model_of_images_animations_are_images(tmp_path):
    for kind in ("run", "walk"):
        folder_clip(tmp_path / "train" / kind, 2)
    fields = fg.read(tmp_path / "train").fields
    file = animation(tmp_path / "new" / "wave.gif")
    assert fg.formats.read(file, fields=fields).fields["image"].kind == "image"


def test_zip_files(tmp_path):
    classes(tmp_path / "clips")
    animation(tmp_path / "clips" / "walk" / "extra.gif")
    file = tmp_path / "clips.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for one in sorted((tmp_path / "clips").rglob("*")):
            archive.write(one, one.relative_to(tmp_path))
    unpacked, packed = fg.read(tmp_path / "clips"), fg.read(file)
    assert packed.origins.tolist() == [f"clips/{name}" for name in unpacked.origins]
    for index in range(len(packed)):
        assert np.array_equal(packed.columns["clip"][index], unpacked.columns["clip"][index])


def test_unreadable_frames_and_clips_are_booked(tmp_path):
    classes(tmp_path, 3)
    (tmp_path / "run" / "clip0" / "frame2.png").write_bytes(b"not an image")
    for number in range(1, 5):
        (tmp_path / "walk" / "clip1" / f"frame{number}.png").write_bytes(b"")
    folder_clip(tmp_path / "walk" / "clip9", 1)
    frame(3).save(tmp_path / "run" / "cover.png")
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "empty").mkdir()
    data = fg.read(tmp_path)
    assert data.columns["clip"].lengths.tolist() == [3, 4, 4, 4, 4, 1]
    assert data.ledger.counts() == {
        "excluded: neither an image nor a video by its suffix": 1,
        "excluded: an image beside folders of frames": 1,
        "excluded: none of its frames can be read: the file is empty (0 bytes)": 1,
        "noted: a class folder without clips": 1,
        "noted: a clip of one frame: nothing moves in it": 1,
        "repaired: frames that cannot be read are left out": 1,
    }
    assert data.ledger.total == 9 and data.ledger.used == len(data) == 6


def test_frames_of_other_sizes_and_colours_are_brought_together(tmp_path):
    classes(tmp_path)
    frame(9, size=(16, 12), mode="RGB").save(tmp_path / "run" / "clip0" / "frame3.png")
    data = fg.read(tmp_path)
    column = data.columns["clip"]
    assert column[0].shape == (4, 3, 6, 8) and column[1].shape == (4, 1, 6, 8)
    assert data.fields["clip"].shape == (4, 0, 6, 8)
    reason = "repaired: frames of other sizes are brought to the clip's commonest"
    assert data.ledger.counts() == {reason: 1}


def test_an_animation_that_breaks_off_keeps_its_start(tmp_path):
    chance = np.random.default_rng(0)
    pictures = [
        Image.fromarray(chance.integers(0, 256, (40, 40), dtype=np.uint8)) for _ in range(6)
    ]
    for kind in ("run", "walk"):
        (tmp_path / kind).mkdir()
        for name in "abc":
            file = tmp_path / kind / f"{name}.gif"
            pictures[0].save(file, save_all=True, append_images=pictures[1:])
    broken = tmp_path / "run" / "b.gif"
    broken.write_bytes(broken.read_bytes()[: broken.stat().st_size // 2])
    (tmp_path / "walk" / "c.gif").write_bytes(b"GIF89a")
    data = fg.read(tmp_path)
    assert 1 <= data.columns["clip"].lengths[1] < 6 and len(data) == 5
    counts = data.ledger.counts()
    assert counts["repaired: it breaks off: the frames before that are used"] == 1
    assert sum(count for reason, count in counts.items() if reason.startswith("excluded")) == 1


def test_nothing_readable_is_refused(tmp_path):
    for kind in ("run", "walk"):
        folder = folder_clip(tmp_path / kind / "clip", 2)
        for file in folder.iterdir():
            file.write_bytes(b"broken")
    with pytest.raises(DataError, match=r"none of its 2 clip.*run/clip.*not an image"):
        fg.read(tmp_path)


def test_long_clips_are_thinned(tmp_path, monkeypatch):
    monkeypatch.setattr("fieldguide.data.clip_check.MOST_FRAMES", 5)
    for kind in ("run", "walk"):
        folder_clip(tmp_path / kind / "clip", 9)
    data = fg.read(tmp_path)
    assert data.columns["clip"][0][:, 0, 3, 3].tolist() == [5, 15, 25, 35, 45]
    assert list(data.ledger.counts()) == [
        "noted: longer than 5 frames: frames at even distances are kept"
    ]


def test_clips_too_large_to_keep_are_read_when_needed(tmp_path, monkeypatch):
    classes(tmp_path)
    animation(tmp_path / "walk" / "extra.gif", 6)
    kept = fg.read(tmp_path).columns["clip"]
    monkeypatch.setitem(check_clips.__kwdefaults__, "keep_bytes", 0)
    lazy = fg.read(tmp_path).columns["clip"]
    assert kept.in_memory and not lazy.in_memory
    for index in range(len(kept)):
        assert np.array_equal(kept[index], lazy[index])
        assert np.array_equal(kept.load(index, 2), lazy.load(index, 2))
    assert np.array_equal(lazy.take(np.array([4]))[0], kept[4])


def test_videos_without_a_decoder_name_the_package(tmp_path, monkeypatch):
    for kind in ("run", "walk"):
        (tmp_path / kind).mkdir()
        (tmp_path / kind / "one.mp4").write_bytes(b"0")
    assert find_format(tmp_path).name == "clip folder"
    monkeypatch.setattr(video, "decoder", lambda: "")
    with pytest.raises(DataError, match=r"one.mp4.*no package.*fieldguide\[video\].*numbered"):
        fg.read(tmp_path)


def test_videos_in_a_zip_file_are_refused(tmp_path):
    file = tmp_path / "clips.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("run/a.mp4", b"0")
        archive.writestr("walk/b.mp4", b"0")
    with pytest.raises(DataError, match=r"run/a.mp4.*Unpack it"):
        fg.read(file)


def test_an_empty_folder_is_nobodys(tmp_path):
    with pytest.raises(UnknownFormat, match="clip folder"):
        fg.read(tmp_path)


def video_file(file: Path, count: int = 6) -> Path:
    """A video written by the decoder's own package."""
    av = pytest.importorskip("av", reason="videos need PyAV: pip install 'fieldguide[video]'")
    file.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(file), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 24, "yuv420p"
        for number in range(count):
            pixels = np.full((24, 32, 3), 30 + 30 * number, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    return file


@pytest.mark.parametrize("suffix", [".mp4", ".avi", ".mov"])
def test_videos(tmp_path, monkeypatch, suffix):
    for kind in ("run", "walk"):
        video_file(tmp_path / kind / f"one{suffix}")
        video_file(tmp_path / kind / f"two{suffix}", 4)
    broken = tmp_path / "run" / f"zero{suffix}"
    broken.write_bytes(b"this is no video")
    data = fg.read(tmp_path)
    column = data.columns["clip"]
    assert column.lengths.tolist() == [6, 4, 6, 4] and data.fields["clip"].shape == (0, 3, 24, 32)
    assert np.abs(column[0].mean(axis=(1, 2, 3)) - np.arange(30, 210, 30)).max() < 4
    assert [e.places for e in data.ledger.entries if e.status == "excluded"] == [
        ["run/zero" + suffix]
    ]
    monkeypatch.setitem(check_clips.__kwdefaults__, "keep_bytes", 0)
    assert np.array_equal(fg.read(tmp_path).columns["clip"][1], column[1])


def test_blocks_of_five_axes_in_numpy_files_are_clips(tmp_path):
    block = np.random.default_rng(0).integers(0, 255, (10, 3, 1, 6, 8)).astype(np.uint8)
    np.savez(tmp_path / "clips.npz", x_train=block, y_train=[0, 1] * 5, x_test=block[:4],
             y_test=[0, 1] * 2)  # fmt: skip
    data = fg.read(tmp_path / "clips.npz")
    assert data.fields["clip"].kind == "clip" and data.fields["clip"].shape == (3, 1, 6, 8)
    assert data.provided.tolist() == ["train"] * 10 + ["test"] * 4 and data.target == "y"
    assert np.array_equal(data.columns["clip"][12], block[2])
    np.save(tmp_path / "last.npy", block.transpose(0, 1, 3, 4, 2))
    last = fg.read(tmp_path / "last.npy")
    assert np.array_equal(last.columns["clip"][3], block[3]) and last.target is None


def test_blocks_of_six_axes_are_refused(tmp_path):
    np.save(tmp_path / "odd.npy", np.zeros((2,) * 6))
    with pytest.raises(DataError, match=r"2 axes.*5 \(clips\)"):
        fg.read(tmp_path / "odd.npy")


def test_a_race_keeps_clips(tmp_path):
    classes(tmp_path / "data")
    column = fg.read(tmp_path / "data").columns["clip"]
    for one in (column, ClipColumn(column.files, sizes=column.sizes)):
        arrays, facts = one.stored()
        back = ClipColumn.restored(arrays, json.loads(json.dumps(facts)))
        assert back.shape == column.shape and back.in_memory == one.in_memory
        for index in range(4):
            assert np.array_equal(back[index], column[index])
        assert [one.digest(i) == one.digest(0) for i in range(4)] == [True] * 4  # all are alike
