"""The report of a race: one page that opens anywhere, and the same in Markdown and JSON."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from fieldguide.advisor.racing import data_store, run_folder
from fieldguide.advisor.reporting import page
from fieldguide.advisor.reporting.contents import contents
from fieldguide.advisor.reporting.material import Material
from fieldguide.data import Dataset
from fieldguide.errors import RunFolderError

OUTCOME = run_folder.LEADERBOARD
FORMS = ("report.html", "report.md", "report.json")


def write_report(
    run: Path, outcome: dict[str, Any], dataset: Dataset, train: np.ndarray, test: np.ndarray
) -> None:
    """Write ``report.html``, ``report.md`` and ``report.json``, each whole or not at all.

    Args:
        run: The run folder.
        outcome: `Race.to_dict`.
        dataset: All examples.
        train: Positions of the examples that were learnt from.
        test: Positions of the examples held out.
    """
    document, figures = contents(Material(run, outcome, dataset, train, test))
    run_folder.write_text(run / "report.html", page.html(document, figures))
    run_folder.write_text(run / "report.md", page.markdown(document))
    run_folder.write_json(run / "report.json", page.for_json(document))


def rebuild(run: str | Path, *, seconds: float = 0.0) -> dict[str, Any]:
    """Write the report of a finished race again, after the analyses that it had no time for.

    Args:
        run: The run folder.
        seconds: Wall clock for the analyses; 0 for none.

    Returns:
        ``run``, the ``files`` written, and the names of the analyses still ``unfinished``.

    Raises:
        RunFolderError: The folder holds no race with a leaderboard, or the race is running.
    """
    ends = time.monotonic() + seconds
    folder = Path(run)
    if not folder.is_dir() or not (folder / run_folder.SETTINGS).exists():
        raise RunFolderError(
            f"{folder} holds no race ({run_folder.SETTINGS} is missing). Give the folder that "
            "`fieldguide race` wrote, such as runs/iris."
        )
    with run_folder.locked(folder):
        outcome = run_folder.read_json(folder / OUTCOME)
        try:
            dataset, train, test = data_store.read(folder / run_folder.DATA)
        except (OSError, ValueError, KeyError) as error:
            raise _incomplete(folder, f"its data cannot be read: {error}") from error
        if not isinstance(outcome, dict):
            raise _incomplete(folder, f"{OUTCOME} is missing: nobody has finished yet")
        outcome = _as_it_lies(outcome, folder)
        unfinished: list[str] = []
        if seconds > 0:
            from fieldguide.advisor.reporting.analysis import analyse

            left, best = ends - time.monotonic(), folder / run_folder.BEST
            found = analyse(folder, best, dataset, train, test, seconds=left)
            unfinished = found["unfinished"]
        write_report(folder, outcome, dataset, train, test)
    return {"run": str(folder), "files": [str(folder / form) for form in FORMS],
            "unfinished": unfinished, "verdict": outcome["verdict"]}  # fmt: skip


def _as_it_lies(outcome: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return the outcome with the folder's own name, should it have been moved."""
    best = folder / run_folder.BEST
    return {**outcome, "run": str(folder), "best": str(best) if best.exists() else None}


def _incomplete(folder: Path, why: str) -> RunFolderError:
    return RunFolderError(
        f"{folder} holds a race that cannot be reported ({why}). Go on with it: fieldguide race "
        f"--resume {folder}."
    )
