"""Race every algorithm on every data set of the suite; takes about an hour on one core.

    python -m benchmarks.grade.collect [--profiles] [part of a name …]

Writes one file a data set to ``benchmarks/results/grade``, and leaves alone what is there already,
so that it can be interrupted; delete a file to measure it again. With ``--profiles``, results stay
and only profiles and forecasts are measured again, which is due when the profile has changed.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from benchmarks.grade.case import Case
from benchmarks.grade.images import IMAGES
from benchmarks.grade.measure import advised_again, measure
from benchmarks.grade.tables import TABLES

SUITE = TABLES + IMAGES
FOLDER = Path(__file__).parents[1] / "results" / "grade"


def path_of(case: Case) -> Path:
    """Return the file that holds a case's record."""
    return FOLDER / f"{re.sub('[^a-z0-9]+', '-', case.name.lower()).strip('-')}.json"


def main(wanted: list[str]) -> None:
    """Measure what is missing."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    again = "--profiles" in wanted
    parts = [part for part in wanted if part != "--profiles"]
    for case in SUITE:
        if parts and not any(part in case.name for part in parts):
            continue
        if path_of(case).exists() != again:
            continue
        if not case.is_there:
            print(f"{case.name}: skipped, FIELDGUIDE_DATA has no {case.needs}")
            continue
        old = json.loads(path_of(case).read_text()) if again else {}
        record = advised_again(case, old) if again else measure(case)
        path_of(case).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        scores = {name: round(r.get("score", -9), 3) for name, r in record["results"].items()}
        print(f"{case.name}: {record['runtime_s']} s, {scores}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
