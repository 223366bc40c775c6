"""What is recommended, and everything known about why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

from fieldguide.advisor.plain import plain
from fieldguide.advisor.profiling.phrases import score
from fieldguide.advisor.profiling.profile import Profile
from fieldguide.advisor.recommending.forecast import Forecast


@dataclass(frozen=True, kw_only=True)
class Recommendation:
    """One algorithm of the catalog, ranked or ruled out.

    Attributes:
        name: Catalog name.
        title: Name in full.
        baseline: Whether it is a baseline outside deep learning.
        rank: 1 for the first choice; None where it is ruled out.
        ruled_out: Why it is ruled out, or empty.
        reasons: What speaks for it.
        doubts: What speaks against it.
        score: Score forecast, or None where nothing could be measured.
        seconds: Wall clock of a full fit with default settings on this machine; None where that
            was not probed.
        memory_bytes: Most memory that a process doing this fit holds; None where not probed.
    """

    name: str
    title: str
    baseline: bool = False
    rank: int | None = None
    ruled_out: str = ""
    reasons: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    score: Forecast | None = None
    seconds: float | None = None
    memory_bytes: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        stored: dict[str, Any] = plain(self)
        return stored


@dataclass(frozen=True)
class Recommendations(Sequence[Recommendation]):
    """Every algorithm of the catalog: the ranked ones in order, then those ruled out.

    Attributes:
        items: All of them.
        profile: What the data are like.
        notes: What the reader should know about the advice itself.
        seconds: Wall clock that the advice took, the profile's aside.
    """

    items: tuple[Recommendation, ...]
    profile: Profile
    notes: tuple[str, ...] = field(default=())
    seconds: float = 0.0

    @overload
    def __getitem__(self, place: int) -> Recommendation: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Recommendation, ...]: ...
    def __getitem__(self, place: int | slice) -> Recommendation | tuple[Recommendation, ...]:
        """Return one, or a part."""
        return self.items[place]

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Recommendation]:
        return iter(self.items)

    @property
    def ranked(self) -> tuple[Recommendation, ...]:
        """Those that can be used, best first."""
        return tuple(one for one in self.items if one.rank is not None)

    @property
    def ruled_out(self) -> tuple[Recommendation, ...]:
        """Those that cannot."""
        return tuple(one for one in self.items if one.rank is None)

    @property
    def baseline(self) -> Recommendation | None:
        """The best choice outside deep learning, if there is any."""
        return next((one for one in self.ranked if one.baseline), None)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {
            "profile": self.profile.to_dict(),
            "recommendations": [one.to_dict() for one in self.items],
            "notes": list(self.notes),
            "seconds": self.seconds,
        }

    def sentences(self) -> list[str]:
        """Return one line an algorithm, in plain words."""
        return [_line(one, self.profile.score_name) for one in self.items]


def _line(one: Recommendation, score_name: str) -> str:
    if one.rank is None:
        return f"{one.title}: not for these data. {one.ruled_out}"
    said = f"{one.rank}. {one.title}"
    if one.score is not None:
        low, high = score(one.score.low, score_name), score(one.score.high, score_name)
        said += f": {score(one.score.expected, score_name)} expected ({low} to {high})"
    if one.seconds is not None:
        said += f", {duration(one.seconds)}"
    if one.memory_bytes is not None:
        said += f", {one.memory_bytes / 2**30:.1f} GiB"
    return f"{said}. {' '.join([*one.reasons, *one.doubts])}".rstrip()


def duration(seconds: float) -> str:
    """Write a time as people say it."""
    if seconds < 1:
        return "less than a second"
    if seconds < 100:
        return f"about {seconds:.0f} s"
    if seconds < 5_400:
        return f"about {seconds / 60:.0f} minutes"
    return f"about {seconds / 3_600:.1f} hours"
