"""Which files of a folder make clips; found from the names, and a look into a few files.

A class folder that holds folders of numbered frames holds clips, one that holds single images does
not; animations with more than one frame are clips, and so are videos.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import PurePosixPath

from fieldguide.data import video
from fieldguide.data.clip_frames import ANIMATED
from fieldguide.formats.image_tree import Tree, arrange, levels

LOOKED_AT = 3  # files of a folder opened to see whether they move
NUMBERED = 0.9  # share of the folders of images whose names must be numbers in a row
STEADY = 0.8  # share of a folder's numbers that must follow each other at one distance

Moves = Callable[[str], bool]


@dataclass
class Units:
    """What could be clips.

    Attributes:
        clips: The files of each clip, in order, by the clip's name: that of the folder of its
            frames, or of its only file.
        loose: Images beside folders of frames, which belong to no clip.
        others: Files that are neither images nor videos.
        folders: All folders, their names ending with ``/``.
    """

    clips: dict[str, tuple[str, ...]] = field(default_factory=dict)
    loose: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)

    def tree(self) -> Tree:
        """Sort the clips into classes and splits; `Tree.names` are names of clips."""
        excluded = {"neither an image nor a video by its suffix": self.others}
        excluded["an image beside folders of frames"] = self.loose
        inside = tuple(f"{name}/" for name in self.clips)
        folders = [name for name in self.folders if not name.startswith(inside)]
        tree = arrange(sorted(self.clips, key=natural), folders)
        tree.excluded |= {reason: names for reason, names in excluded.items() if names}
        return tree


def units_of(names: Sequence[str], suffixes: Collection[str], moves: Moves) -> Units:
    """Gather the files of a folder into clips.

    Args:
        names: Relative paths with ``/``; folders end with ``/``. Hidden ones are left out already.
        suffixes: Suffixes of images, in lower case.
        moves: Says whether an image file holds more than one picture.
    """
    units = Units(folders=[name for name in names if name.endswith("/")])
    images: dict[str, list[str]] = defaultdict(list)
    for name in names:
        suffix = PurePosixPath(name).suffix.lower()
        if video.is_video(name):
            units.clips[name] = (name,)
        elif suffix in suffixes and not name.endswith("/"):
            images[_folder(name)].append(name)
        elif not name.endswith("/"):
            units.others.append(name)
    parents = {parent.as_posix() for name in images for parent in PurePosixPath(name).parents}
    for folder, inside in images.items():
        inside.sort(key=natural)
        if _all_move(inside, moves):
            units.clips |= {name: (name,) for name in inside}
        elif not folder or folder in parents:
            units.loose += inside
        else:
            units.clips[folder] = tuple(inside)
    return units


def looks_like_clips(names: Sequence[str], suffixes: Collection[str], moves: Moves) -> bool:
    """Say whether a folder holds clips of classes, rather than images of classes."""
    units = units_of(names, suffixes, moves)
    stills = {name: files for name, files in units.clips.items() if name not in files}
    if len(stills) == len(units.clips):
        return _frames_of_classes(list(stills), stills) and not _many(units.loose, stills)
    pictures = sum(map(len, stills.values())) + len(units.loose)
    if not pictures:
        return True  # animations and videos only
    moving = len(units.clips) - len(stills)
    return moving > pictures or _frames_of_classes(list(units.clips), stills)


def natural(name: str) -> list[tuple[int, int, str]]:
    """Return a key that sorts numbers in names by their value: frame2 before frame10."""
    parts = re.split(r"(\d+)", name)
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts if part]


def _frames_of_classes(names: list[str], stills: dict[str, tuple[str, ...]]) -> bool:
    """Whether images lie in folders of numbered frames, below a folder that names their class."""
    if not stills:
        return False
    level = sum(levels(names))
    deep = all(len(PurePosixPath(name).parts) > level + 1 for name in stills)
    several = [files for files in stills.values() if len(files) > 1]
    numbered = sum(map(_numbered, several))
    return deep and 2 * len(several) > len(stills) and numbered >= NUMBERED * len(several)


def _numbered(files: Sequence[str]) -> bool:
    """Whether names differ in one number alone, and the numbers follow each other steadily."""
    paths = [PurePosixPath(name) for name in files]
    found = [re.fullmatch(r"(.*?)(\d+)(\D*)", path.stem) for path in paths]
    told = [match for match in found if match]
    if len(told) < len(files) or len({match.group(1, 3) for match in told}) > 1:
        return False
    numbers = [int(match.group(2)) for match in told]
    steps = [after - before for before, after in pairwise(numbers)]
    return Counter(steps).most_common(1)[0][1] >= STEADY * len(steps)


def _many(loose: list[str], stills: dict[str, tuple[str, ...]]) -> bool:
    return len(loose) > len(stills)


def _all_move(files: Sequence[str], moves: Moves) -> bool:
    """Whether the images of one folder are animations: a few are opened."""
    if not all(PurePosixPath(name).suffix.lower() in ANIMATED for name in files):
        return False
    looked = files[:: max(1, len(files) // LOOKED_AT)][:LOOKED_AT]
    return sum(map(moves, looked)) * 2 > len(looked)


def _folder(name: str) -> str:
    return name.rpartition("/")[0]
