"""What a forecast is asked for: how far ahead, of which columns, looking how far back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np

from fieldguide.errors import UsageError

LEAST_CORRELATION = 0.3  # with the value a season before, for the season to count
LEARNT_FROM = 0.7  # share of a series, from its start, in which its season is looked for


@dataclass(frozen=True)
class Forecast:
    """The question put to series.

    Attributes:
        horizon: Steps to forecast, at least 1.
        lookback: Steps that a forecast looks back on; 0 until it is chosen.
        targets: Columns to forecast; empty until they are chosen.
        past: Other columns of numbers, known up to now only.
        known: Columns known in the future as well, such as holidays.
        series: Column that names the series in long form, or None for one series.
        time: Column of times, or of step numbers.
        step: Spacing of the steps, such as ``"1h"``; empty until it is found.
        every: Spacing to average the rows to; empty for none.
        season: Steps after which the series repeat; 1 where they do not, 0 until it is found.
    """

    horizon: int
    lookback: int = 0
    targets: tuple[str, ...] = ()
    past: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    series: str | None = None
    time: str | None = None
    step: str = ""
    every: str = ""
    season: int = 0

    def __post_init__(self) -> None:
        for name, least in (("horizon", 1), ("lookback", 0), ("season", 0)):
            if getattr(self, name) < least:
                raise UsageError(
                    f"{name}={getattr(self, name)}: expected a whole number of steps, at least "
                    f"{least}."
                )

    @property
    def channels(self) -> tuple[str, ...]:
        """Columns of the past, those to forecast first."""
        return (*self.targets, *self.past)

    @property
    def steps(self) -> int:
        """Steps of one window: what it looks back on and what it forecasts."""
        return self.lookback + self.horizon

    @property
    def sentence(self) -> str:
        """The question in plain words."""
        spacing = f"of {self.step} " if self.step[-1:].isalpha() else ""
        season = f", which repeat after {self.season}" if self.season > 1 else ""
        *others, last = self.targets
        what = f"{', '.join(others)} and {last}" if others else last
        return (
            f"To forecast: {self.horizon} steps {spacing}of {what}, looking back on "
            f"{self.lookback}{season}."
        )

    def resolved(self, lengths: np.ndarray) -> Self:
        """Return the question with its lookback chosen: two seasons, three horizons, 16 steps.

        Whichever is longest counts; but half of the series must keep at least four windows' worth
        of steps, or what there is room for.

        Args:
            lengths: Steps of each series.
        """
        if self.lookback:
            return self
        wanted = max(2 * self.season, 3 * self.horizon, 16)
        room = int(np.median(lengths)) // 4 - self.horizon
        least = max(self.season, min(self.horizon, int(np.median(lengths)) // 2 - self.horizon), 1)
        return replace(self, lookback=max(min(wanted, room), least))

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Self:
        """Rebuild from `to_dict`; JSON made lists of the tuples."""
        named: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in stored.items()
        }
        return cls(**named)


def as_names(names: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return names written one after the other, with commas between."""
    given = names.split(",") if isinstance(names, str) else list(names or ())
    return tuple(name.strip() for name in given if name.strip())


def find_season(values: np.ndarray, candidates: tuple[int, ...]) -> int:
    """Return the season whose lag the values agree with best, or 1 where there is none.

    A straight line is taken off first: what grows agrees with itself at every lag. Only the first
    70 % of the steps are looked at, so that a later test part has no say.

    Args:
        values: One series, (steps, targets).
        candidates: Seasons that its spacing suggests, in steps; empty to try all up to 400.

    Example:
        >>> wave = np.sin(np.arange(200) * 2 * np.pi / 12)[:, None]
        >>> find_season(wave, (4, 12)), find_season(wave, ())
        (12, 12)
    """
    early = values[: int(LEARNT_FROM * len(values))]
    if len(early) < 8:
        return 1
    if not candidates:  # of a random walk any lag may stand out by chance; not of its changes
        early = np.diff(early, axis=0)
    straight = np.stack([np.ones(len(early)), np.linspace(-1, 1, len(early))], axis=1)
    early = early - straight @ np.linalg.lstsq(straight, early, rcond=None)[0]
    most = min(400, len(early) // 3) if candidates else min(400, len(early) // 8)
    agreement = _correlations(early, most)
    tried = candidates or range(2, most)
    fitting = [lag for lag in tried if lag <= most and _stands_out(agreement, lag)]
    if not fitting:
        return 1
    best = max(float(agreement[lag]) for lag in fitting)
    # Twice a season agrees as well as one: the shortest that comes near the best counts.
    return int(min(lag for lag in fitting if agreement[lag] >= 0.8 * best))


def _stands_out(agreement: np.ndarray, lag: int) -> bool:
    """Whether values agree after a whole season, better than after half of one or beside it."""
    beside = agreement[[lag - 1, min(lag + 1, len(agreement) - 1)]].max()
    return bool(
        agreement[lag] >= LEAST_CORRELATION
        and agreement[lag] > agreement[lag // 2] + 0.05
        and (lag == 2 or agreement[lag] >= beside)
    )


def _correlations(values: np.ndarray, most: int) -> np.ndarray:
    """Return the mean autocorrelation over columns, lags 0 to ``most``."""
    size = 1 << (2 * len(values) - 1).bit_length()
    power = np.square(np.abs(np.fft.rfft(values, size, axis=0)))
    products = np.fft.irfft(power, size, axis=0)[: most + 1]
    pairs = len(values) - np.arange(most + 1)
    means = products / pairs[:, None]
    return np.asarray((means / np.maximum(means[:1], 1e-12)).mean(axis=1))
