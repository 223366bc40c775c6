"""The advisor's answer for one recorded data set, from evidence that leaves its origin out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from fieldguide.advisor.recommending.evidence import Recorded, of_record, restore
from fieldguide.advisor.recommending.experience import Experience
from fieldguide.advisor.recommending.recommend import recommend
from fieldguide.advisor.recommending.recommendation import Recommendation
from fieldguide.advisor.recommending.rehearsal import Rehearsal
from fieldguide.data import Dataset


@dataclass(frozen=True)
class Advice:
    """What the advisor said about a recorded data set.

    Attributes:
        record: The recorded race.
        order: Names of the algorithms that ran, as advised; those ruled out come last.
        said: Every recommendation by name.
        needs_deep: Whether the advisor says that deep learning pays here.
    """

    record: dict[str, Any]
    order: tuple[str, ...]
    said: dict[str, Recommendation]
    needs_deep: bool


def advise(record: dict[str, Any], evidence: Sequence[Recorded]) -> Advice:
    """Ask for advice on a recorded data set, its origin left out of the evidence."""
    others = [race for race in evidence if race.origin != record["origin"]]
    found = recommend(
        Dataset.from_columns({"x": np.zeros((1, 1)), "y": pl.Series([0.0])}, target="y"),
        profile=restore(record["profile"]),
        probe=False,
        experience=Experience(others),
        rehearsals={name: Rehearsal(**one) for name, one in record.get("rehearsed", {}).items()},
    )
    ran = record["results"]
    said = {one.name: one for one in found if one.name in ran}
    return Advice(record, tuple(said), said, not found.ranked[0].baseline)


def all_advice(records: Sequence[dict[str, Any]]) -> list[Advice]:
    """Ask for advice on every recorded data set."""
    evidence = [of_record(record) for record in records]
    return [advise(record, evidence) for record in records]
