"""The ledger: what became of every row, file and box.

Everything that a reader or a task meets ends in one of three accounts: used, repaired (used after a
change, such as a filled-in missing value) or excluded, each with a reason. What is used as it is
but worth knowing, such as a row that occurs twice, is noted. Entries are booked in bulk as arrays
of row numbers, so that a million repairs cost eight megabytes and no objects.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from fieldguide.errors import TooManyExcluded

Status = Literal["repaired", "excluded", "noted"]


@dataclass(frozen=True)
class Entry:
    """Rows or files that share one fate for one reason.

    Attributes:
        status: ``"repaired"``, ``"excluded"`` or ``"noted"``.
        reason: Why, in plain words; counts are grouped by it.
        file: The file or folder they come from.
        field: The column at fault, or None when the whole example is.
        places: Row numbers (from 1, as an editor shows them) or file names.
    """

    status: Status
    reason: str
    file: str
    field: str | None
    places: Sequence[Any]


@dataclass
class Ledger:
    """Accounts of every example seen: ``total = used + excluded``; repaired ones are used."""

    total: int = 0
    entries: list[Entry] = field(default_factory=list)

    def book(
        self,
        status: Status,
        reason: str,
        places: Iterable[Any],
        *,
        file: object = "",
        field: str | None = None,
    ) -> None:
        """Book rows or files under a reason; an empty list books nothing.

        Args:
            status: ``"repaired"``, ``"excluded"`` or ``"noted"``.
            reason: Why, in plain words.
            places: Row numbers (from 1) or file names.
            file: Where they come from.
            field: The column at fault.
        """
        held: Any = places if isinstance(places, (list, np.ndarray)) else list(places)
        if len(held):
            self.entries.append(Entry(status, reason, str(file), field, held))

    @property
    def excluded(self) -> int:
        """Number of examples that are not used, each counted once."""
        places = [
            (entry.file, place)
            for entry in self.entries
            if entry.status == "excluded"
            for place in entry.places
        ]
        return len(set(places))

    @property
    def used(self) -> int:
        """Number of examples used, repaired ones included."""
        return self.total - self.excluded

    def counts(self) -> dict[str, int]:
        """Return counts by ``"status: reason"``, field named where there is one."""
        tally: Counter[str] = Counter()
        for entry in self.entries:
            where = f" in '{entry.field}'" if entry.field else ""
            tally[f"{entry.status}: {entry.reason}{where}"] += len(entry.places)
        return dict(tally)

    def check(self, allowed: float) -> None:
        """Refuse when more than a share of the examples was excluded.

        Args:
            allowed: Largest share excluded that is acceptable, 0 to 1.

        Raises:
            TooManyExcluded: Naming the commonest reason and how to allow more.
        """
        if self.total and self.excluded / self.total > allowed:
            worst = max(
                (entry for entry in self.entries if entry.status == "excluded"),
                key=lambda entry: len(entry.places),
            )
            raise TooManyExcluded(
                f"{self.excluded} of {self.total} examples are unusable "
                f"({self.excluded / self.total:.1%}; at most {allowed:.0%} is allowed). "
                f"Commonest reason: {worst.reason} ({len(worst.places)} times, "
                f"first at {worst.places[0]}).",
                "Repair the data, or allow more with allowed_loss=… (--allowed-loss).",
                file=worst.file or None,
                field=worst.field,
            )

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready account: totals, counts and every entry with its places."""
        return {
            "total": self.total,
            "used": self.used,
            "excluded": self.excluded,
            "counts": self.counts(),
            "entries": [
                {
                    "status": entry.status,
                    "reason": entry.reason,
                    "file": entry.file,
                    "field": entry.field,
                    "places": np.asarray(entry.places).tolist(),
                }
                for entry in self.entries
            ],
        }
