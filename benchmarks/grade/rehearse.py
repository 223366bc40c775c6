"""Let the contenders of every recorded data set rehearse, as `recommend` would have them.

    python -m benchmarks.grade.rehearse [part of a name …]

Who contends is decided by forecasts that leave out the data set's origin. They rehearse on the
training part of the first split, so that what the grade judges them on stays unseen. What was done
already stays; with ``--again`` it is done anew. At most half a minute a data set, on one thread.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import torch

from benchmarks.grade.advice import advise
from benchmarks.grade.case import Case
from benchmarks.grade.collect import FOLDER, SUITE, path_of
from benchmarks.grade.measure import apart
from fieldguide import catalog
from fieldguide.advisor.recommending import rehearsal
from fieldguide.advisor.recommending.evidence import of_record
from fieldguide.advisor.recommending.rehearsal import Rehearsal

AGAIN = "--again"


def main(wanted: list[str]) -> None:
    """Rehearse what is missing."""
    torch.set_num_threads(1)
    parts = [part for part in wanted if part != AGAIN]
    for case in SUITE:
        path = path_of(case)
        asked = not parts or any(part in case.name for part in parts)
        if not (asked and case.is_there and path.exists()):
            continue
        record = json.loads(path.read_text())
        record["rehearsed"] = rehearsed(case, record, again=AGAIN in wanted)
        path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        told = {name: round(1 - one["error"], 3) for name, one in record["rehearsed"].items()}
        print(f"{case.name}: {told}", flush=True)


def rehearsed(case: Case, record: dict[str, Any], *, again: bool) -> dict[str, Any]:
    """Return what rehearsals of the contenders showed, by name."""
    known = {} if again else record.get("rehearsed", {})
    costs = {name: one.get("seconds") for name, one in record["forecasts"].items()}
    names = apart(_contenders, record, [name for name in costs if costs[name]], limit=300.0)

    def one(name: str, share: float) -> Rehearsal | None:
        told = (case, name, record["profile"]["task"], costs[name], share)
        done = known.get(name) or apart(_rehearse, *told, limit=300.0)
        return Rehearsal(**done) if done else None

    found = rehearsal.hold({name: costs[name] for name in names}, one)
    return {name: asdict(done) for name, done in found.items()}


def _contenders(record: dict[str, Any], able: Sequence[str]) -> list[str]:
    """Return who may come first; in a process of its own, for the reason that `measure` gives."""
    records = [json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))]
    said = advise({**record, "rehearsed": {}}, [of_record(one) for one in records]).said
    return rehearsal.contenders({name: one.score for name, one in said.items() if name in able})


def _rehearse(case: Case, name: str, task: str, seconds: float, share: float) -> dict[str, Any]:
    train, _ = case.make().split(test=0.2, seed=0)
    done = rehearsal.rehearse(catalog.get(name), train, task, seconds, share, seed=1)
    return {} if done is None else asdict(done)


if __name__ == "__main__":
    main(sys.argv[1:])
