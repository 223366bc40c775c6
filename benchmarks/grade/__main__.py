"""Grade the advice: each data set's origin is left out of the evidence that it is advised from.

    python -m benchmarks.grade

Reads the recorded races, asks the advisor for an order and forecasts on each, and writes the table
in ``docs/grade.md`` and ``benchmarks/results/grade.json``.
"""

from __future__ import annotations

from benchmarks.grade.report import main

if __name__ == "__main__":
    main()
