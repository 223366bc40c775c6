from __future__ import annotations

import numpy as np
import pytest

from fieldguide.advisor.racing import leaderboard
from fieldguide.advisor.racing.leaderboard import Row, rank
from fieldguide.advisor.racing.verdict import NO_DEEP_LEARNING, verdict


def row(name: str, capacity: int, seconds: float = 1.0, deep: bool | None = None) -> Row:
    title = name.replace("-", " ").capitalize()
    deep = capacity > 1 if deep is None else deep
    return Row(name, "finished", title=title, capacity=capacity, seconds=seconds, deep=deep)


def parts(right: int, count: int = 400, shift: int = 0) -> np.ndarray:
    """Return summands of an entrant that is right on the first ``right`` examples, rotated."""
    hits = np.roll(np.arange(count) < right, shift).astype(float)
    return np.column_stack([hits, np.ones(count)])


def said(rows: list[Row], found: dict[str, np.ndarray]) -> list[str]:
    return verdict(
        rows, found, task="classification", target="kind", score_name="accuracy", held_out=400
    )


def test_clear_winner() -> None:
    found = {"net": parts(392), "line": parts(340), "constant": parts(40)}
    rows = rank([row("constant", 0), row("line", 1), row("net", 3)], found)
    assert [each.name for each in rows] == ["net", "line", "constant"]
    assert [each.rank for each in rows] == [1, 2, 3]
    assert rows[0].winner and not rows[1].tied
    assert rows[0].score == pytest.approx(0.98)
    sentences = said(rows, found)
    assert sentences[0].startswith("Net wins: accuracy 98.0 %")
    assert "13.0 points" in sentences[1] and "Deep learning pays" in sentences[1]
    assert any("88.0 points above" in each for each in sentences)


def test_a_tie_goes_to_the_cheaper_and_is_called_a_tie() -> None:
    found = {"net": parts(392), "line": parts(390, shift=3), "constant": parts(40)}
    rows = rank([row("constant", 0), row("line", 1), row("net", 3)], found)
    assert [each.rank for each in rows] == [1, 1, 3]
    assert [each.winner for each in rows] == [False, True, False]
    sentences = said(rows, found)
    assert sentences[0] == "Line wins a tie with net, as the cheaper: accuracy 97.5 %."
    assert "cannot tell it from net" in sentences[2]
    assert sentences[1].startswith(NO_DEEP_LEARNING)


def test_a_line_is_measured_against_the_best_score_not_against_a_cheap_winner() -> None:
    found = {"net": parts(396), "near": parts(394, shift=2), "line": parts(384, shift=12)}
    rows = rank([row("line", 1), row("near", 2, deep=False), row("net", 3)], found)
    assert [each.name for each in rows if each.winner] == ["near"] and not rows[2].tied
    assert any("line, is 3.0 points behind net, more" in each for each in said(rows, found))


def test_of_equally_simple_ones_the_quicker_wins_a_tie() -> None:
    found = {"a": parts(390), "b": parts(391)}
    for seconds, winner in ((9.0, "a"), (1.4, "b")):  # a few seconds are no difference in cost
        rows = rank([row("a", 2, seconds=1.0), row("b", 2, seconds=seconds)], found)
        assert next(each.name for each in rows if each.winner) == winner


def test_a_constant_does_not_win_a_tie_by_being_cheap() -> None:
    found = {"net": parts(6, 10), "constant": parts(5, 10)}
    rows = rank([row("constant", 0), row("net", 2)], found)
    assert rows[0].winner and rows[0].name == "net" and rows[1].tied
    assert any("within the noise" in each for each in said(rows, found))


def test_better_baseline_says_no_deep_learning() -> None:
    found = {"trees": parts(380), "net": parts(340)}
    rows = rank([row("trees", 2, deep=False), row("net", 3)], found)
    assert said(rows, found)[1].startswith(f"{NO_DEEP_LEARNING}: of trees (95.0 %)")


def test_failures_stand_below_with_their_reason() -> None:
    failed = Row("bad", "failed", "its process was killed by SIGSEGV.", title="Bad")
    late = Row("late", "not raced", "there was none left.", title="Late", late=True)
    found = {"line": parts(300)}
    rows = rank([late, failed, row("line", 1)], found)
    assert [each.name for each in rows] == ["line", "bad", "late"]
    assert rows[1].rank is None and rows[1].score is None
    sentences = said(rows, found)
    assert "Bad has no model: Its process was killed by SIGSEGV." in sentences
    assert any("No time was left for Late" in each for each in sentences)


def test_nobody_finished() -> None:
    rows = rank([Row("bad", "failed", "it broke.", title="Bad")], {})
    assert said(rows, {})[0].startswith("No entrant finished")


def test_notes_of_algorithms_are_passed_on() -> None:
    found = {"line": parts(300)}
    one = row("line", 1)
    one.notes = ["not linearly separable; try the MLP"]
    assert "Line: Not linearly separable; try the MLP." in said(rank([one], found), found)


def test_is_beaten_uses_the_same_examples() -> None:
    found = {"a": parts(380), "b": parts(390)}
    assert leaderboard.is_beaten(row("a", 1), row("b", 2), found)  # b is right wherever a is
    found["b"] = parts(390, shift=200)
    assert not leaderboard.is_beaten(row("a", 1), row("b", 2), found)


def test_r2_is_not_a_percentage() -> None:
    generator = np.random.default_rng(0)
    y = generator.normal(size=(200, 1))
    guess = y + 0.3 * generator.normal(size=(200, 1))
    found = {"net": np.hstack([(guess - y) ** 2, y, y**2, np.ones((200, 1))])}
    rows = rank([row("net", 2)], found)
    sentences = verdict(rows, found, task="regression", target="y", score_name="r2", held_out=200)
    assert sentences[0] == f"Net wins: R² {rows[0].score:.3f}."
