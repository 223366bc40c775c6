"""What is recommended, and everything known about why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

from fieldguide.advisor.plain import plain
from fieldguide.advisor.profiling.measures.series import HARD_TO_BEAT
from fieldguide.advisor.profiling.phrases import change, interval, score
from fieldguide.advisor.profiling.profile import Profile
from fieldguide.advisor.recommending import of_series
from fieldguide.advisor.recommending.expected import Forecast


@dataclass(frozen=True)
class Alternative:
    """The best choice outside deep learning.

    Attributes:
        name: Catalog name.
        title: Name in full.
        score: Its score forecast, or None.
        seconds: Its full fit on this machine, or None where not probed.
    """

    name: str
    title: str
    score: Forecast | None = None
    seconds: float | None = None


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
        changes: What would change its place; empty where nothing can be said.
        facts: The measured figures behind it, ready for JSON.
        alternative: The best choice outside deep learning; None for those that are outside
            themselves, and where there is none.
        evidence: Where the forecasts come from.
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
    changes: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    alternative: Alternative | None = None
    evidence: str = ""
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

    @property
    def network(self) -> Recommendation | None:
        """The best choice of deep learning, if there is any."""
        return next((one for one in self.ranked if not one.baseline), None)

    @property
    def summary(self) -> str:
        """The advice in one or two sentences, the honest alternative included."""
        if not self.ranked:
            return "No algorithm of the catalog fits these data."
        first, name = self.ranked[0], self.profile.score_name
        hard = f" {HARD_TO_BEAT}" if of_series.hard_to_beat(self.profile) else ""
        if first.baseline:
            return _plain_first(first, self.network, name) + hard
        return f"Start with {_expected(first, name)}." + _beside(first, self.baseline, name) + hard

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {
            "summary": self.summary,
            "profile": self.profile.to_dict(),
            "recommendations": [one.to_dict() for one in self.items],
            "notes": list(self.notes),
            "seconds": self.seconds,
        }

    def sentences(self) -> list[str]:
        """Return one line an algorithm, in plain words."""
        return [_line(one, self.profile.score_name) for one in self.items]


def _expected(one: Recommendation, name: str) -> str:
    said = one.title
    if one.score is not None:
        range_ = interval(one.score.low, one.score.high, name)
        said += f", {score(one.score.expected, name)} expected ({range_})"
    return said if one.seconds is None else f"{said}, {duration(one.seconds)} to train"


def _plain_first(first: Recommendation, network: Recommendation | None, name: str) -> str:
    said = f"Start outside deep learning: {_expected(first, name)}."
    if network is None:
        return said + " No network of the catalog fits these data."
    if network.score is None or first.score is None:
        return f"{said} The first choice among networks is {network.title}."
    if network.score.low > first.score.expected:
        return f"{said} {_expected(network, name)}, may be worth its price."
    return (
        f"{said} You probably do not need deep learning here: the best network, {network.title}, "
        f"is expected to reach {score(network.score.expected, name)}."
    )


def _beside(first: Recommendation, plain_one: Recommendation | None, name: str) -> str:
    """Compare the first choice with the honest alternative."""
    if plain_one is None or plain_one.score is None or first.score is None:
        return ""
    gain = first.score.expected - plain_one.score.expected
    clear = plain_one.score.high < first.score.expected
    verdict = (
        f"about {change(gain, name)} less" if clear else "too close to call before they are raced"
    )
    return f" Outside deep learning: {_expected(plain_one, name)}; {verdict}."


def _line(one: Recommendation, score_name: str) -> str:
    if one.rank is None:
        return f"{one.title}: not for these data. {' '.join([one.ruled_out, *one.changes])}"
    said = f"{one.rank}. {one.title}"
    if one.score is not None:
        range_ = interval(one.score.low, one.score.high, score_name)
        said += f": {score(one.score.expected, score_name)} expected ({range_})"
    if one.seconds is not None:
        said += f", {duration(one.seconds)}"
    if one.memory_bytes is not None:
        said += f", {one.memory_bytes / 2**30:.1f} GiB"
    return f"{said}. {' '.join([*one.reasons, *one.doubts, *one.changes])}".rstrip()


def duration(seconds: float) -> str:
    """Write a time as people say it."""
    if seconds < 1:
        return "less than a second"
    if seconds < 100:
        return f"about {seconds:.0f} s"
    if seconds < 5_400:
        return f"about {seconds / 60:.0f} minutes"
    return f"about {seconds / 3_600:.1f} hours"
