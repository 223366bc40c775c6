"""The tree of a folder with two sides, A and B: which pictures are pairs, found from names alone.

Known are ``A/ B/``, ``trainA/ trainB/ testA/ testB/``, ``train/A train/B test/A …`` and
``A/train B/train …``, all of them below any folder that holds nothing else. What lies deeper must
agree as well: ``A/cats/1.png`` goes with ``B/cats/1.jpg``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import numpy as np

from fieldguide.formats.image_tree import SPLITS, Tree, levels

SIDES = ("A", "B")
ENOUGH = 0.5  # share of the smaller side that must have a partner for pictures to be pairs
JOINED = re.compile(rf"({'|'.join(SPLITS)})[_-]?([ab])", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """Where a picture lies.

    Attributes:
        name: Its path.
        side: 0 for A, 1 for B.
        split: The provider's split, or empty.
        key: What its partner has in common with it.
        joined: Whether one folder names split and side.
    """

    name: str
    side: int
    split: str
    key: str
    joined: bool = False


@dataclass
class PairTree:
    """The pictures of a folder with two sides.

    Attributes:
        places: Every picture on a side.
        loose: Pictures on neither side, beside the folders.
        others: Files that are no pictures.
        pairs: Names of pictures that go together, A first.
        alone: Names of pictures without a partner, by reason.
        splits: The provider's split of each pair, or None.
    """

    places: list[Place]
    loose: list[str]
    others: list[str]
    pairs: list[tuple[str, str]] = field(default_factory=list)
    alone: dict[str, list[str]] = field(default_factory=dict)
    splits: np.ndarray | None = None

    @property
    def paired(self) -> bool:
        """Whether most pictures of the smaller side have a partner."""
        sides = [sum(place.side == side for place in self.places) for side in (0, 1)]
        return len(self.pairs) >= max(1.0, ENOUGH * min(sides))

    @property
    def joined(self) -> bool:
        """Whether folders name a split and a side at once, as ``trainA`` does."""
        return all(place.joined for place in self.places)

    def classes(self) -> Tree:
        """Return the same pictures as those of two classes, A and B."""
        splits = [place.split for place in self.places]
        excluded = {
            "in neither folder A nor B": self.loose,
            "not an image by its suffix": self.others,
        }
        return Tree(
            [place.name for place in self.places],
            [SIDES[place.side] for place in self.places],
            np.array(splits) if any(splits) else None,
            {reason: names for reason, names in excluded.items() if names},
        )


def pair_tree(names: Sequence[str], suffixes: Collection[str]) -> PairTree | None:
    """Return the tree of a folder with the sides A and B, or None of any other.

    Args:
        names: Relative paths with ``/``; folders end with ``/``.
        suffixes: Suffixes of images, in lower case.
    """
    files = sorted(name for name in names if not name.endswith("/"))
    images = [name for name in files if PurePosixPath(name).suffix.lower() in suffixes]
    depth, _ = levels(images)
    loose = [name for name in images if len(PurePosixPath(name).parts) <= depth + 1]
    places = [_place(name, depth) for name in images if name not in set(loose)]
    found = [place for place in places if place is not None]
    if len(found) < len(places) or {place.side for place in found} != {0, 1}:
        return None
    tree = PairTree(found, loose, [name for name in files if name not in set(images)])
    _match(tree)
    return tree


def _place(name: str, depth: int) -> Place | None:
    """Return where a picture lies, or None if that is on neither side."""
    parts = PurePosixPath(name).parts[depth:]
    joined = JOINED.fullmatch(parts[0])
    if joined:
        return _on_side(name, joined[2], joined[1], parts[1:], joined=True)
    first, second = parts[0], parts[1]
    if first.upper() in SIDES:
        inside = len(parts) > 2 and second.lower() in SPLITS
        return _on_side(name, first, second if inside else "", parts[2 if inside else 1 :])
    if first.lower() in SPLITS and len(parts) > 2 and second.upper() in SIDES:
        return _on_side(name, second, first, parts[2:])
    return None


def _on_side(
    name: str, side: str, split: str, rest: Sequence[str], *, joined: bool = False
) -> Place:
    known = SPLITS[split.lower()] if split else ""
    key = PurePosixPath(known, *rest).with_suffix("").as_posix()
    return Place(name, SIDES.index(side.upper()), known, key, joined)


def _match(tree: PairTree) -> None:
    """Find the pairs; of several pictures with one name on a side the first counts."""
    known: list[dict[str, Place]] = [{}, {}]
    for place in tree.places:
        if known[place.side].setdefault(place.key, place) is not place:
            tree.alone.setdefault("another picture on its side has the same name", []).append(
                place.name
            )
    keys = [key for key in known[0] if key in known[1]]
    tree.pairs = [(known[0][key].name, known[1][key].name) for key in keys]
    splits = [known[0][key].split for key in keys]
    tree.splits = np.array(splits) if any(splits) else None
    for side, other in ((0, 1), (1, 0)):
        lone = [place.name for key, place in known[side].items() if key not in known[other]]
        if lone:
            tree.alone[f"no picture of the same name in {SIDES[other]}"] = lone
