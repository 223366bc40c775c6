"""Build the evidence that the advisor comes with, from the races that `collect` recorded.

python -m benchmarks.grade.evidence
"""

from __future__ import annotations

import json
from typing import Any

from benchmarks.grade.collect import FOLDER
from fieldguide.advisor.recommending.evidence import FILE

ASKED = (
    "examples", "task", "score_name", "form", "numbers", "categories", "directions", "classes",
    "pictures", "duplicates", "landmarks", "purity",
)  # fmt: skip


def main() -> None:
    """Write what forecasts ask for, and nothing else."""
    records = [json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))]
    races = [slim(record) for record in records]
    FILE.parent.mkdir(exist_ok=True)
    lines = ",\n".join(json.dumps(race) for race in races)
    FILE.write_text(f'{{"schema": 1, "races": [\n{lines}\n]}}\n', encoding="utf-8")
    print(f"evidence: {len(races)} data sets of {len({race['origin'] for race in races})} origins")


def slim(record: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a record that forecasts ask for."""
    profile = {name: record["profile"][name] for name in ASKED}
    if profile["classes"] is not None:  # how many there are and how common, not what they are
        counts = [count for _, count in profile["classes"]["counts"]]
        named = [[str(place), count] for place, count in enumerate(counts)]
        profile["classes"] = {"counts": named, "lonely": []}
    return {
        "case": record["case"],
        "origin": record["origin"],
        "profile": profile,
        "results": {
            name: {"scores": [round(score, 5) for score in one["scores"]]}
            for name, one in record["results"].items()
            if "scores" in one
        },
    }


if __name__ == "__main__":
    main()
