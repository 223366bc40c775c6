"""Each measure against another's truth: scipy, brute force, closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from fieldguide.errors import DataError
from fieldguide.metrics.generation import (
    coverage,
    density,
    frechet_distance,
    kernel_distance,
    mode_coverage,
    precision_recall,
)


def clouds(n: int = 60, m: int = 40, d: int = 5) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(0)
    mixing = chance.normal(size=(d, d))
    return chance.normal(size=(n, d)) @ mixing, 0.7 * chance.normal(size=(m, d)) + 0.3


def apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.linalg.norm(one[:, None] - other[None], axis=2)


def reach(rows: np.ndarray, k: int) -> np.ndarray:
    return np.sort(apart(rows, rows), axis=1)[:, k]


def test_frechet_distance_equals_the_formula_with_scipys_root() -> None:
    real, made = clouds()
    one, other = np.cov(real.T), np.cov(made.T)
    root = sqrtm(one @ other).real
    expected = ((real.mean(0) - made.mean(0)) ** 2).sum() + np.trace(one + other - 2 * root)
    assert frechet_distance(real, made) == pytest.approx(expected, rel=1e-9)
    assert frechet_distance(torch.tensor(made), real) == pytest.approx(expected, rel=1e-9)


def test_frechet_distance_of_two_gaussians_has_a_closed_form() -> None:
    chance = np.random.default_rng(0)
    real = chance.normal(size=(100_000, 2)) * [1.0, 2.0]
    made = chance.normal(size=(100_000, 2)) * [3.0, 2.5] + [1.0, 0.0]
    assert frechet_distance(real, made) == pytest.approx(1 + (3 - 1) ** 2 + 0.5**2, rel=0.02)


def test_frechet_distance_bears_directions_without_spread() -> None:
    real, made = clouds(n=3, m=4, d=8)
    one, other = np.cov(real.T), np.cov(made.T)
    values = np.linalg.eigvals(one @ other)
    expected = ((real.mean(0) - made.mean(0)) ** 2).sum() + np.trace(one + other)
    expected -= 2 * np.sqrt(np.clip(values.real, 0, None)).sum()
    assert frechet_distance(real, made) == pytest.approx(expected, rel=1e-5)
    assert frechet_distance(real, real) == pytest.approx(0, abs=1e-5)
    assert frechet_distance(np.array([[0.0], [2.0]]), np.array([[1.0], [3.0]])) == pytest.approx(1)


def test_kernel_distance_equals_the_double_sum() -> None:
    real, made = clouds(9, 7, 3)

    def kernel(x: np.ndarray, y: np.ndarray) -> float:
        return (x @ y / 3 + 1) ** 3

    def mean(rows: np.ndarray) -> float:
        n = len(rows)
        pairs = [kernel(rows[i], rows[j]) for i in range(n) for j in range(n) if i != j]
        return float(np.mean(pairs))

    cross = np.mean([kernel(x, y) for x in real for y in made])
    expected = mean(real) + mean(made) - 2 * cross
    assert kernel_distance(real, made) == pytest.approx(expected, rel=1e-9)


def test_kernel_distance_in_blocks_agrees_with_the_whole() -> None:
    real, made = clouds(600, 500)
    whole = kernel_distance(real, made)
    pieces = kernel_distance(real, made, block=100)
    assert pieces == pytest.approx(whole, rel=0.1)
    assert pieces == kernel_distance(real, made, block=100)
    same = [kernel_distance(*np.split(np.random.default_rng(s).normal(size=(200, 3)), 2))
            for s in range(40)]  # fmt: skip
    assert abs(np.mean(same)) < 3 * np.std(same) / np.sqrt(40) and min(same) < 0


@pytest.mark.parametrize("k", [1, 3, 5])
def test_neighbourhoods_equal_brute_force(k: int) -> None:
    real, made = clouds()
    between, ours, theirs = apart(real, made), reach(real, k), reach(made, k)
    precise = (between <= ours[:, None]).any(axis=0).mean()
    recalled = (between <= theirs[None]).any(axis=1).mean()
    assert precision_recall(real, made, k) == pytest.approx((precise, recalled))
    assert density(real, made, k) == pytest.approx((between <= ours[:, None]).sum() / (k * 40))
    assert coverage(real, made, k) == pytest.approx((between.min(axis=1) <= ours).mean())
    assert coverage(torch.tensor(real).float(), torch.tensor(made).float(), k) == pytest.approx(
        (between.min(axis=1) <= ours).mean()
    )


def test_pieces_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    real, made = clouds()
    before = precision_recall(real, made), density(real, made), coverage(real, made)
    monkeypatch.setattr("fieldguide.metrics.distances.PIECE", 170)
    assert before == (precision_recall(real, made), density(real, made), coverage(real, made))


def test_what_naeem_et_al_expect_of_equal_distributions() -> None:
    chance = np.random.default_rng(1)
    real, made = chance.normal(size=(1500, 8)), chance.normal(size=(1500, 8))
    assert density(real, made) == pytest.approx(1, abs=0.06)
    assert coverage(real, made) == pytest.approx(1 - 2**-5, abs=0.02)


def test_a_dropped_mode_costs_coverage_and_recall_but_not_precision() -> None:
    chance = np.random.default_rng(2)
    real = chance.normal(size=(400, 2)) + np.repeat([[0, 0], [50, 0]], 200, axis=0)
    made = chance.normal(size=(400, 2))
    precise, recalled = precision_recall(real, made)
    assert precise > 0.9 and recalled < 0.55
    assert coverage(real, made) < 0.55
    far = made + 1000
    assert precision_recall(real, far) == (0, 0) and coverage(real, far) == density(real, far) == 0


def test_copies_are_near_whatever_rounding_does() -> None:
    rows = np.repeat(np.random.default_rng(0).normal(size=(10, 3)) + 1e4, 7, axis=0)
    assert coverage(rows, rows) == 1 and precision_recall(rows, rows) == (1, 1)


def test_modes_are_counted() -> None:
    real = np.repeat(np.arange(4), 25)
    made = np.array([0] * 50 + [1] * 25 + [2] * 24 + [3])
    found = mode_coverage(real, made)
    assert (found.covered, found.total, found.missing) == (3, 4, (3,))
    shares = np.array([0.5, 0.25, 0.24, 0.01])
    assert found.divergence == pytest.approx((shares * np.log(shares / 0.25)).sum())
    assert mode_coverage(real, made, least=0).covered == 4
    assert mode_coverage(torch.tensor(real), torch.tensor(real)).divergence == 0


@pytest.mark.parametrize("measure", [frechet_distance, kernel_distance, precision_recall, coverage])
def test_bad_input_is_answered(measure) -> None:
    real, made = clouds()
    with pytest.raises(DataError, match=r"two axes.*Flatten"):
        measure(real[:, :, None], made)
    with pytest.raises(DataError, match="5 features and the samples 4"):
        measure(real, made[:, :4])
    with pytest.raises(DataError, match="at least 2"):
        measure(real[:1], made)
    with pytest.raises(DataError, match=r"samples holds.*finite"):
        measure(real, made * np.nan)
    with pytest.raises(DataError, match="0 of samples"):
        mode_coverage(np.array([1]), np.array([]))
