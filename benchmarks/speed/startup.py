"""Start-up: seconds to import the package and to answer the first commands, in new processes.

python -m benchmarks.speed.startup
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from benchmarks.results import Result, machine, versions

ROUNDS = 15
CASES = {
    "import-fieldguide": (["-c", "import fieldguide"], 0.1),
    "help": (["-m", "fieldguide", "--help"], 0.3),
    "algorithms": (["-m", "fieldguide", "algorithms"], 0.3),
}


def seconds(arguments: list[str]) -> float:
    """Return the seconds a new interpreter takes for some work, from start to exit."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """Time each case in turn, less an empty interpreter for the import, and record."""
    started = time.perf_counter()
    times: dict[str, list[float]] = {name: [] for name in (*CASES, "empty")}
    for _ in range(ROUNDS):
        times["empty"].append(seconds(["-c", ""]))
        for name, (arguments, _) in CASES.items():
            times[name].append(seconds(arguments))
    empty = statistics.median(times["empty"])
    for name, (_, target) in CASES.items():
        less = empty if name.startswith("import") else 0.0
        value = statistics.median(times[name]) - less
        Result(
            benchmark=f"start-{name}",
            kind="speed",
            algorithm=None,
            data="none",
            metric="seconds" + (" beyond an empty interpreter" if less else ""),
            value=round(value, 4),
            target=target,
            better="lower",
            seeds=[0],
            runs=[{"value": round(t - less, 4)} for t in times[name]],
            runtime_s=round(time.perf_counter() - started, 1),
            versions=versions(),
            machine=machine(),
            command="python -m benchmarks.speed.startup",
        ).save()
        print(f"{name}: {value:.3f} s, target {target}")


if __name__ == "__main__":
    main()
