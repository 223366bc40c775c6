"""Folders of clips: a folder per class, with or without train, validation and test folders.

A clip is a folder of numbered frames, an animation (GIF, WebP, APNG) or a video file. Clips outside
class folders, or a single one, have no class: they are what predictions are made for. A zip file
of such a folder is read without unpacking it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from fieldguide.data import Dataset, Field, Ledger
from fieldguide.data.clip_check import ClipLook, check_clips
from fieldguide.data.ledger import Status
from fieldguide.data.video import is_video
from fieldguide.errors import DataError
from fieldguide.formats.clip_tree import Tree, Units, units_of
from fieldguide.formats.file_names import files_below, members
from fieldguide.formats.format import Format, Options
from fieldguide.formats.image_folder import has_images, holds_clips, of_classes
from fieldguide.formats.pair_sides import has_sides
from fieldguide.formats.picture_files import image_suffixes, is_animated
from fieldguide.formats.table import has_plain_table


class ClipFolder(Format):
    """Clips, their class told by the folder they lie in."""

    name = "clip folder"
    looks_for = (
        "a folder (or zip file) of clips, a folder per class, each clip a folder of numbered "
        "frames, an animation or a video; or a single animation or video"
    )

    def knows(self, path: Path) -> bool:
        """Say whether there are clips of classes, animations or videos, and no table."""
        if path.is_file():
            holds = path.suffix.lower() in image_suffixes() | {".zip"} or is_video(path)
            return holds and holds_clips(path) and not has_sides(path)
        if not path.is_dir() or has_plain_table(path) or has_sides(path):
            return False
        return holds_clips(path)

    def knows_as(self, path: Path, fields: Mapping[str, Field]) -> bool:
        """Say whether there are images or videos at all, where a model of clips asks."""
        kinds = {known.kind for known in fields.values()}
        if "clip" not in kinds:
            return "image" not in kinds and self.knows(path)
        if path.is_file():
            return path.suffix.lower() in image_suffixes() | {".zip"} or is_video(path)
        return path.is_dir() and (has_images(path) or self.knows(path))

    def read(self, path: Path, options: Options) -> Dataset:
        """Read the clips.

        Raises:
            DataError: No readable clip, or videos without a decoder.
        """
        archive = path if path.suffix.lower() == ".zip" and path.is_file() else None
        units = _units(path, archive)
        tree = units.tree()
        root = path.parent if path.is_file() else path
        files = [units.clips[name] for name in tree.names]
        if archive is None:
            files = [tuple(str(root / one) for one in names) for names in files]
        _refuse_packed_videos(tree, path, archive)
        column, looks = check_clips(files, archive=archive)
        if not len(column):
            raise _none_readable(tree, looks, path)
        kept = np.array([not look.problem for look in looks], dtype=bool)
        return of_classes("a clip", column, tree, kept, _book(tree, looks, path), path, options)


def _units(path: Path, archive: Path | None) -> Units:
    """Gather the clips; images alone, without any folder, are the frames of one."""

    def moves(name: str) -> bool:
        return is_animated(path if path.is_file() else path / name, name if archive else "")

    names = members(path) if archive else files_below(path)
    units = units_of(names, image_suffixes(), moves)
    if units.loose and not units.clips:
        units = Units({path.stem: tuple(units.loose)}, [], units.others, [])
    return units


def _book(tree: Tree, looks: list[ClipLook], path: Path) -> Ledger:
    ledger = Ledger(total=len(tree.names) + sum(len(names) for names in tree.excluded.values()))
    for reason, names in tree.excluded.items():
        ledger.book("excluded", reason, names, file=path)
    ledger.book("noted", "a class folder without clips", tree.empty, file=path)
    notes: dict[tuple[Status, str], list[str]] = {}
    for name, look in zip(tree.names, looks, strict=True):
        problem: tuple[tuple[Status, str], ...] = (("excluded", look.problem),)
        for note in problem if look.problem else look.notes:
            notes.setdefault(note, []).append(name)
    for (status, reason), names in notes.items():
        ledger.book(status, reason, names, file=path)
    return ledger


def _none_readable(tree: Tree, looks: list[ClipLook], path: Path) -> DataError:
    if not tree.names:
        listed = "; ".join(f"{names[0]}: {reason}" for reason, names in tree.excluded.items())
        return DataError(
            f"it holds no clips ({listed or 'no images and no videos'}).",
            "Put the clips of each class into a folder named after it.",
            file=path,
        )
    return DataError(
        f"none of its {len(looks)} clip(s) can be read; the first is {tree.names[0]} "
        f"({looks[0].problem}).",
        "Copy or convert the clips again.",
        file=path,
    )


def _refuse_packed_videos(tree: Tree, path: Path, archive: Path | None) -> None:
    packed = [name for name in tree.names if is_video(name)] if archive else []
    if packed:
        raise DataError(
            f"it holds video files, such as {packed[0]}, which are not read from a zip file.",
            "Unpack it, and name the folder.",
            file=path,
        )
