"""The grade table: how good the advice is, beside an order that never looks at the data."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.grade import metrics
from benchmarks.grade.advice import Advice, all_advice
from benchmarks.grade.collect import FOLDER
from benchmarks.results import machine, versions
from fieldguide import catalog
from fieldguide.advisor.racing.shortlist import is_deep

PAGE = Path(__file__).parents[2] / "docs" / "grade.md"
QUICK = 1.0  # seconds: fits forecast and done below this are called quick, whatever the ratio
Row = dict[str, Any]


def main() -> None:
    """Grade, print, and write the page and the figures."""
    began = time.perf_counter()
    records = [json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))]
    if not records:
        sys.exit("No recorded races: run `python -m benchmarks.grade.collect` first.")
    advice = all_advice(records)
    figures = grade(advice)
    figures |= {
        "data_sets": [each(one) for one in advice],
        "runtime_s": round(time.perf_counter() - began, 1),
        "versions": versions(),
        "machine": machine(),
        "command": "python -m benchmarks.grade",
    }
    FOLDER.with_suffix(".json").write_text(json.dumps(figures, indent=1) + "\n")
    PAGE.write_text(page(figures), encoding="utf-8")
    for row in figures["table"]:
        print(f"{row['measure']:58s} {row['advice']:>22s}  {row['target']:>8s}  {row['met']}")
    print(f"written: {PAGE.name}")


def grade(advice: Sequence[Advice]) -> dict[str, Any]:
    """Return the table's rows over all data sets."""
    records = [one.record for one in advice]
    blind = metrics.blind_order(records)
    single = metrics.best_single(records, metrics.modality)
    stricter = metrics.best_single(records, metrics.kind)
    by_data = [one.order for one in advice]
    without = [[n for n in blind[metrics.kind(r)] if n in r["results"]] for r in records]
    ours = [metrics.regret(r, o, 1) for r, o in zip(records, by_data, strict=True)]
    alone = [metrics.regret(r, [single[metrics.modality(r)]], 1) for r in records]
    of_kind = [metrics.regret(r, [stricter[metrics.kind(r)]], 1) for r in records]
    table = _regrets(records, by_data, without)
    table.append(_gap("gap to the best single algorithm closed", ours, alone, least=0.5))
    table.append(_gap("… to the best one of classes and numbers apart", ours, of_kind))
    table += [_tau(records, by_data, without), *_scores(advice), *_costs(records)]
    table += _negative(advice)
    return {"table": table, "single": single, "count": len(records)}


def each(one: Advice) -> Row:
    """Return what happened on one data set."""
    found = metrics.scores(one.record)
    best = max(found, key=lambda name: found[name])
    return {
        "case": one.record["case"],
        "examples": one.record["profile"]["examples"],
        "advised": list(one.order[:3]),
        "advised_score": found[one.order[0]],
        "best": best,
        "best_score": found[best],
        "regret_1": metrics.regret(one.record, one.order, 1),
        "regret_3": metrics.regret(one.record, one.order, 3),
    }


def _regrets(records: Sequence[Row], ours: Sequence[Any], blind: Sequence[Any]) -> list[Row]:
    def of(orders: Sequence[Any], k: int) -> list[float]:
        return [metrics.regret(r, o, k) for r, o in zip(records, orders, strict=True)]

    def hits(orders: Sequence[Any]) -> float:
        return float(np.mean([metrics.hit(r, o) for r, o in zip(records, orders, strict=True)]))

    asked: list[tuple[str, int, Callable[[list[float]], float], float]] = [
        ("regret@1, median", 1, lambda v: float(np.median(v)), 0.05),
        ("regret@1, 90th percentile", 1, lambda v: float(np.quantile(v, 0.9)), 0.25),
        ("regret@3, median", 3, lambda v: float(np.median(v)), 0.01),
    ]
    rows = [
        _row(name, of_these(of(ours, k)), f"{of_these(of(blind, k)):.3f}", f"≤ {most}", most=most)
        for name, k, of_these, most in asked
    ]
    rows.append(
        _row("hit@3: one as good as the best among three", hits(ours), f"{hits(blind):.3f}",
             "≥ 0.95", least=0.95)
    )  # fmt: skip
    return rows


def _gap(
    name: str, ours: Sequence[float], alone: Sequence[float], least: float | None = None
) -> Row:
    """The share of a single algorithm's regret that the advice saves."""
    both = np.stack([ours, alone], axis=1)
    closed = float(1 - both[:, 0].mean() / max(both[:, 1].mean(), 1e-9))
    chance = np.random.default_rng(0)
    drawn = both[chance.integers(0, len(both), (2_000, len(both)))].mean(axis=1)
    low, high = np.quantile(1 - drawn[:, 0] / np.maximum(drawn[:, 1], 1e-9), [0.025, 0.975])
    target = "" if least is None else f"≥ {least}"
    row = _row(name, closed, "0", target, least=-np.inf if least is None else least)
    return row | {"advice": f"{closed:.2f} ({low:.2f} to {high:.2f})"}


def _tau(records: Sequence[Row], ours: Sequence[Any], blind: Sequence[Any]) -> Row:
    mine, theirs = (
        float(np.mean([metrics.weighted_tau(r, o) for r, o in zip(records, orders, strict=True)]))
        for orders in (ours, blind)
    )
    return _row("agreement of the order (weighted tau)", mine, f"{theirs:.3f}", "> blind",
                least=theirs)  # fmt: skip


def _scores(advice: Sequence[Advice]) -> list[Row]:
    inside = [
        low <= score <= high for low, high, score in (each for one in advice for each in _told(one))
    ]
    share = float(np.mean(inside))
    return [
        _row("scores inside their 80 % interval", share, "", "0.75–0.85", least=0.75, most=0.85)
    ]


def _told(one: Advice) -> list[tuple[float, float, float]]:
    """Return interval and score of every fit, one a split."""
    found = []
    for name, result in one.record["results"].items():
        told = one.said[name].score
        for score in result.get("scores", []) if told is not None else []:
            assert told is not None
            found.append((told.low - 1e-9, told.high + 1e-9, score))
    return found


def _costs(records: Sequence[Row]) -> list[Row]:
    times, memories = [], []
    for record in records:
        for name, result in record["results"].items():
            told = record["forecasts"].get(name, {})
            if result["status"] != "finished" or not told.get("seconds"):
                continue
            if not result["stopped_early"]:  # else the limit decided, not the data
                ratio = max(told["seconds"], QUICK) / max(result["seconds"], QUICK)
                times.append(0.5 <= ratio <= 2)
            if told.get("memory_bytes"):
                memories.append(result["memory_bytes"] <= 1.2 * told["memory_bytes"])
    return [
        _row("fits within a factor 2 of the time forecast", float(np.mean(times)), "", "≥ 0.9",
             least=0.9),
        _row("fits within 1.2 times the memory forecast", float(np.mean(memories)), "", "1.0",
             least=1.0),
    ]  # fmt: skip


def _negative(advice: Sequence[Advice]) -> list[Row]:
    deep = {entry.name for entry in catalog.entries() if is_deep(entry)}
    said = [not metrics.needs_deep(one.record, deep) for one in advice if not one.needs_deep]
    right = [metrics.needs_deep(one.record, deep) == one.needs_deep for one in advice]
    always = float(np.mean([not metrics.needs_deep(one.record, deep) for one in advice]))
    return [
        _row(f"“you do not need deep learning”, right of {len(said)} times said",
             float(np.mean(said)), f"{always:.3f}", "≥ 0.9", least=0.9),
        _row("deep learning or not, right", float(np.mean(right)), f"{always:.3f}", ""),
    ]  # fmt: skip


def _row(
    measure: str,
    value: float,
    blind: str,
    target: str,
    *,
    most: float = np.inf,
    least: float = -np.inf,
) -> Row:
    return {
        "measure": measure,
        "value": value,
        "advice": f"{value:.3f}",
        "blind": blind,
        "target": target,
        "met": _yes(least <= value <= most) if target else "",
    }


def _yes(met: bool) -> str:
    return "yes" if met else "NO"


def page(figures: dict[str, Any]) -> str:
    """Return the page of the guide."""
    lines = [
        "# How good is the advice?",
        "",
        f"Computed by `{figures['command']}` from races recorded on {figures['count']} data sets "
        "(`benchmarks/results/grade`): every algorithm with default settings, at most 40 seconds "
        "on one thread. For each data set the advisor gave its order and forecasts without the "
        "evidence from that data set and everything else made from the same data, and contenders "
        "rehearsed on the training part alone. Beside it "
        "stands an order that never looks at the data, and is the best such in hindsight, for "
        "pictures and tables, classes and numbers apart.",
        "",
        "regret@k is the share of what can be gained over a constant answer that the first k "
        "advised miss; gap closed compares the mean regret@1 with that of the best single "
        "algorithm of each modality ("
        + "; ".join(f"{form}: {name}" for form, name in figures["single"].items())
        + ").",
        "",
        "| measure | advice | blind | target | met |",
        "|---|---|---|---|---|",
    ]
    keys = ("measure", "advice", "blind", "target", "met")
    lines += [f"| {' | '.join(str(row[key]) for key in keys)} |" for row in figures["table"]]
    lines += [
        "",
        "## Data set by data set",
        "",
        "| data | examples | advised | score | best | score | regret@1 | regret@3 |",
        "|---|---:|---|---:|---|---:|---:|---:|",
    ]
    for one in figures["data_sets"]:
        lines.append(
            f"| {one['case']} | {one['examples']:,} | {one['advised'][0]} | "
            f"{one['advised_score']:.3f} | {one['best']} | {one['best_score']:.3f} | "
            f"{one['regret_1']:.2f} | {one['regret_3']:.2f} |"
        )
    return "\n".join(lines) + "\n"
