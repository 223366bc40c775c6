"""Tables whose column names clips."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

import fieldguide as fg
from fieldguide.data import ClipColumn, video
from fieldguide.errors import DataError
from tests.formats.test_clip_folder import animation, folder_clip, frame


def table(folder: Path, names: list[str | None], file: str = "clips.csv") -> Path:
    """Write a table of clips with their class and a number beside."""
    classes = ["a", "b"] * len(names)
    columns = {"clip": names, "age": [0.5 * i for i in range(len(names))]}
    frame = pl.DataFrame({**columns, "class": classes[: len(names)]})
    frame.write_csv(folder / file)
    return folder / file


def test_animations_and_folders_of_frames_are_clips(tmp_path: Path) -> None:
    for place in range(3):
        animation(tmp_path / f"wave{place}.gif", count=3 + place)
        folder_clip(tmp_path / "walks" / f"walk{place}", count=12)
    names = [f"wave{i}.gif" for i in range(3)] + [f"walks/walk{i}" for i in range(3)]
    data = fg.read(table(tmp_path, names), target="class")
    column = data.columns["clip"]
    assert isinstance(column, ClipColumn) and data.fields["clip"].kind == "clip"
    assert [len(column.load(i)) for i in range(6)] == [3, 4, 5, 12, 12, 12]
    # frame2 comes before frame10
    levels = [int(one.min()) for one in column.load(3)]
    assert levels == sorted(levels) and data.target == "class" and len(data) == 6


def test_a_model_of_a_table_of_clips_predicts_from_one(tmp_path: Path) -> None:
    for place in range(30):
        animation(tmp_path / f"{place}.gif")
    path = table(tmp_path, [f"{i}.gif" for i in range(30)])
    model = fg.BagOfFrames(epochs=1, maps=(4,), validation=0.0).fit(path, "class")
    assert model.task_.inputs.form == "clip"
    assert "noted: plays no part: the form 'clip' is made of 'clip' alone in 'age'" in (
        model.ledger_.counts()
    )
    model.save(tmp_path / "model")
    assert len(fg.load(tmp_path / "model").predict(path)) == 30


def test_missing_and_broken_clips_are_booked(tmp_path: Path) -> None:
    for place in range(12):
        animation(tmp_path / f"{place}.gif")
    (tmp_path / "3.gif").write_bytes(b"no picture")
    names: list[str | None] = [f"{i}.gif" for i in range(12)]
    data = fg.read(table(tmp_path, [*names, None, "12.gif"]), target="class")
    assert len(data) == 11
    counts = data.ledger.counts()
    assert counts["excluded: no clip is named in 'clip'"] == 1
    assert sum(count for said, count in counts.items() if "'3.gif'" in said) == 1
    assert sum(count for said, count in counts.items() if "'12.gif'" in said) == 1


def test_still_pictures_and_words_are_no_clips(tmp_path: Path) -> None:
    for place in range(4):
        frame(10 * place).save(tmp_path / f"{place}.png")
    data = fg.read(table(tmp_path, [f"{i}.png" for i in range(4)]), target="class")
    assert data.fields["clip"].kind == "image"
    folder_clip(tmp_path / "walk")
    words = ["run", "walk", "jump", "a" * 5_000, ".", ""]
    data = fg.read(table(tmp_path, words, "words.csv"), target="class")
    assert data.fields["clip"].kind != "clip"


def test_videos_without_a_decoder_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video, "decoder", lambda: "")
    for place in range(2):
        (tmp_path / f"{place}.mp4").write_bytes(b"film")
    with pytest.raises(DataError, match="no package that decodes videos"):
        fg.read(table(tmp_path, ["0.mp4", "1.mp4"]), target="class")


def test_none_readable_is_refused(tmp_path: Path) -> None:
    video_names = table(tmp_path, ["gone1.webm", "gone2.webm"], "gone.csv")
    with pytest.raises(DataError, match=r"none of the 2 clips|decodes videos"):
        fg.read(video_names, target="class")
