"""Run the benchmarks one after the other, each in a process of its own, and say what they found.

python -m benchmarks            all of them
python -m benchmarks lenet      those with "lenet" in their name
python -m benchmarks --list     only list them
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.results import KINDS, Result, load

HERE = Path(__file__).parent


def scripts(only: str = "") -> list[str]:
    """The benchmarks whose `kind/name` contains `only`; files named `_...` are their parts."""
    files = [path for kind in KINDS for path in sorted((HERE / kind).glob("[!_]*.py"))]
    named = [f"{path.parent.name}/{path.stem}" for path in files]
    return [name for name in named if only in name]


def run(name: str) -> bool:
    """Run one benchmark; what it prints is shown as it comes."""
    print(f"bench: {name}", flush=True)
    module = f"benchmarks.{name.replace('/', '.')}"
    return (
        subprocess.run([sys.executable, "-m", module], cwd=HERE.parent, check=False).returncode == 0
    )


def line(result: Result) -> str:
    """One result on one line."""
    verdict = {None: "", True: "reached", False: "MISSED"}[result.met]
    sign = "≥" if result.better == "higher" else "≤"
    target = "" if result.target is None else f"{sign} {result.target:g}"
    measured = f"{result.value:<10.4g} {target:<10} {verdict:<8}"
    return f"  {result.benchmark:<40} {measured} {result.metric}"


def main(arguments: list[str]) -> int:
    """Run what was asked for and return the exit status: 1 when a benchmark failed."""
    names = scripts(next((a for a in arguments if not a.startswith("-")), ""))
    if "--list" in arguments:
        print("\n".join(names))
        return 0
    if not names:
        print("bench: no such benchmark; there are:", *scripts(), sep="\n  ", file=sys.stderr)
        return 2
    if "FIELDGUIDE_DATA" not in os.environ and any(n.startswith("quality/") for n in names):
        print("bench: FIELDGUIDE_DATA is not set, so the quality benchmarks are left out")
        names = [name for name in names if not name.startswith("quality/")]
    failed = [name for name in names if not run(name)]
    print("bench: all recorded results", *map(line, load()), sep="\n")
    print(*(f"bench: failed: {name}" for name in failed), sep="\n", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
