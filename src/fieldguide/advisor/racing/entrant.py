"""One entrant of a race, in a process of its own: learn, save, predict what was held out.

The nursery forks it; ``python -m fieldguide.advisor.racing.entrant SPEC.json`` does the same by
hand.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

from fieldguide import catalog
from fieldguide.advisor.profiling.profile import profile
from fieldguide.advisor.racing import run_folder
from fieldguide.advisor.racing.judging import MODEL, judge
from fieldguide.advisor.racing.learning import Parts, abandoned, learn
from fieldguide.advisor.recommending.recommend import recommend
from fieldguide.ensemble import Ensemble
from fieldguide.errors import FieldguideError, Interrupted

RESULT = "result.json"


def run(spec_path: str, life: int | None = None) -> None:
    """Carry out one specification and leave the process, whatever threads are left behind.

    Args:
        spec_path: File that holds it.
        life: A pipe that closes when the race ends, and this entrant with it; None for none.
    """
    spec = json.loads(Path(spec_path).read_text(encoding="utf-8"))
    if life is not None:
        _redirect_output(spec["log"])
        threading.Thread(target=_end_with_race, args=[life], daemon=True).start()
    # Being asked to end concerns learning, where the engine listens; scoring is not cut off.
    signal.signal(signal.SIGTERM, lambda *_: None)
    carry_out(spec)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def carry_out(spec: dict[str, Any]) -> None:
    """Do what a specification says and write the result, a failure included.

    Args:
        spec: A `Job`, and ``data`` (folder), ``seconds`` (wall clock from now), ``task``,
            ``seed``, ``rescue`` (only turn the checkpoint into a model).
    """
    folder = Path(spec["folder"])
    errands = {"forecast": _forecast, "ensemble": _join, "analysis": _analyse}
    work = errands.get(spec["purpose"], learn)
    try:
        result = work(spec, folder)
    except Interrupted:
        return  # the checkpoint is there, and the parent knows why it asked
    except FieldguideError as error:
        result = {"status": "failed", "reason": str(error)}
    except MemoryError:
        result = {"status": "failed", "reason": "memory ran out."}
    except Exception as error:  # any bug of any algorithm must end in the leaderboard
        traceback.print_exc()
        result = {"status": "failed", "reason": f"{type(error).__name__}: {_first_line(error)}"}
    run_folder.write_json(folder / RESULT, result)


def _join(spec: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Make an ensemble of models that have learnt; score it as they were."""
    members = [catalog.load(member) for member in spec["members"]]
    model = Ensemble.of(members, spec["weights"])
    model.save(folder / MODEL)
    result = judge(model, Parts.read(Path(spec["data"])).held_out, folder)
    return {"status": "finished", "cut": False, "history": [], "epochs": 0, **result,
            **spec["facts"]}  # fmt: skip


def _analyse(spec: dict[str, Any], folder: Path) -> dict[str, Any]:
    from fieldguide.advisor.reporting.analysis import carry_out as analyse

    return analyse(spec)


def _forecast(spec: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Ask the advisor which algorithms fit; here, because a probe runs their code."""
    known = Parts.read(Path(spec["data"])).known
    seen = profile(known, spec["task"], seed=spec["seed"])
    result: dict[str, Any] = {}
    for probe in (False, True):  # should time run out, the ranking without a probe is there
        found = recommend(
            known, profile=seen, probe=probe, rehearse=False, seed=spec["seed"], task=spec["task"]
        )  # what a rehearsal would show, the race does
        names = ("name", "ruled_out", "seconds", "memory_bytes")
        items = [{name: getattr(item, name) for name in names} for item in found]
        facts = {**seen.to_dict(), "sentences": seen.sentences()}
        result = {"status": "finished", "items": items, "profile": facts}
        run_folder.write_json(folder / RESULT, result)
    return result


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or ["no message"])[0][:300]


def _redirect_output(log: str) -> None:
    """Send standard output and error to the log; appended, so that it can be cut from outside."""
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)


def _end_with_race(life: int) -> None:
    """Wait until the pipe closes, as it does when the race dies; then save and end."""
    with contextlib.suppress(OSError):
        os.read(life, 1)
    abandoned.set()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(5)
    os._exit(1)


if __name__ == "__main__":
    run(sys.argv[1])
