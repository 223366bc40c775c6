"""Quick models, one for each shape of rule; their scores tell which shape the data have.

Every function learns from training inputs and answers for test inputs: class codes (n,), or numbers
(n, targets). None of them touches the global random state.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression
from torch import from_numpy

PENALTIES = np.logspace(-4, 3, 15)  # relative to the mean of the kernel's diagonal
FILTERS = 64  # windows that the local model looks through
WIDTHS = (1.0, 4.0)  # of the kernel: exponents at the median squared distance


def constant(train: np.ndarray, y: np.ndarray, test: np.ndarray, classes: int) -> np.ndarray:
    """The commonest class, or the mean."""
    if classes:
        return np.full(len(test), np.bincount(y, minlength=classes).argmax())
    return np.repeat(y.mean(axis=0, keepdims=True), len(test), axis=0)


def linear(train: np.ndarray, y: np.ndarray, test: np.ndarray, classes: int) -> np.ndarray:
    """Logistic regression, or ridge regression."""
    if not classes:
        if len(train) > train.shape[1]:
            return _ridge(train, y, test)
        middle = train.mean(axis=0)
        train, test = train - middle, test - middle
        return _leave_one_out(train @ train.T, y, test @ train.T, centred=True)[1]
    if len(np.unique(y)) < 2:
        return np.full(len(test), y[0])
    model = LogisticRegression(max_iter=100, tol=1e-3)
    return np.asarray(model.fit(train, y).predict(test))


def smooth(train: np.ndarray, y: np.ndarray, test: np.ndarray, classes: int) -> np.ndarray:
    """Kernel ridge regression with a Gaussian kernel, width and penalty chosen by leave-one-out."""
    apart = _squared_distances(train, train)
    scale = float(np.median(apart[np.triu_indices(len(train), 1)])) or 1.0
    across, wanted = _squared_distances(test, train), _targets(y, classes)
    tried = [
        _leave_one_out(np.exp(-width * apart / scale), wanted, np.exp(-width * across / scale))
        for width in WIDTHS
    ]
    _, answers, _ = min(tried, key=lambda one: one[0])
    return answers.argmax(axis=1) if classes else answers


def trees(
    train: np.ndarray, y: np.ndarray, test: np.ndarray, classes: int, categories: tuple[int, ...]
) -> np.ndarray:
    """Gradient-boosted trees, fewer rounds where there are many classes."""
    coded = [column for column in categories if train[:, column].max(initial=0) < 255]
    if coded:  # the library refuses codes from 255 on, which only held-out examples may have
        test = test.copy()
        test[:, coded] = np.minimum(test[:, coded], 254)
    rounds = int(np.clip(200 // max(1, classes), 10, 60))
    settings = {
        "max_iter": rounds,
        "learning_rate": min(0.5, 6 / rounds),
        "categorical_features": coded or None,
        "early_stopping": False,
        "random_state": 0,
    }
    if classes:
        if len(np.unique(y)) < 2:
            return np.full(len(test), y[0])
        return np.asarray(HistGradientBoostingClassifier(**settings).fit(train, y).predict(test))
    answers = [
        HistGradientBoostingRegressor(**settings).fit(train, part).predict(test) for part in y.T
    ]
    return np.stack(answers, axis=1)


def neighbours(vectors: np.ndarray, y: np.ndarray, classes: int, k: int) -> np.ndarray:
    """For each example, the vote (or mean) of its k nearest others."""
    apart = _squared_distances(vectors, vectors)
    np.fill_diagonal(apart, np.inf)
    nearest = np.argpartition(apart, min(k, len(y) - 1) - 1, axis=1)[:, :k]
    if not classes:
        means: np.ndarray = y[nearest].mean(axis=1)
        return means
    votes = _targets(y, classes)[nearest].sum(axis=1)
    return votes.argmax(axis=1)


def left_out(
    vectors: np.ndarray, pictures: np.ndarray | None, y: np.ndarray, classes: int
) -> np.ndarray:
    """For each example, what the best of several rules answers that was learnt from all others.

    Linear and Gaussian kernels, and small windows on pictures; the least left-out error decides.

    Args:
        vectors: (n, features).
        pictures: (n, channels, height, width), or None.
        y: Class codes (n,), or numbers (n, targets).
        classes: Number of classes, or 0.

    Returns:
        Estimates of each class's probability, not yet bounded, or numbers; (n, classes or targets).
    """
    wanted, apart = _targets(y, classes), _squared_distances(vectors, vectors)
    scale = float(np.median(apart[np.triu_indices(len(vectors), 1)])) or 1.0
    features = (
        [vectors] if pictures is None else [_responses(pictures, _windows(pictures)), vectors]
    )
    nothing = np.empty((0, len(vectors)))
    tried = [_leave_one_out(np.exp(-width * apart / scale), wanted, nothing) for width in WIDTHS]
    for seen in features:
        own = (seen - seen.mean(axis=0)) / (seen.std(axis=0) + 1e-6)
        tried.append(_leave_one_out(own @ own.T, wanted, nothing, centred=True))
    answers: np.ndarray = wanted - min(tried, key=lambda one: one[0])[2]
    return answers


def local(train: np.ndarray, y: np.ndarray, test: np.ndarray, classes: int) -> np.ndarray:
    """Coates & Ng (2012): windows cut from the pictures as filters, pooled, then ridge."""
    filters = _windows(train)
    seen, unseen = _responses(train, filters), _responses(test, filters)
    middle, spread = seen.mean(axis=0), seen.std(axis=0) + 1e-6
    seen, unseen = (seen - middle) / spread, (unseen - middle) / spread
    gram, across = seen @ seen.T, unseen @ seen.T
    answers = _leave_one_out(gram, _targets(y, classes), across, centred=True)[1]
    return answers.argmax(axis=1) if classes else answers


def _windows(pictures: np.ndarray) -> torch.Tensor:
    """Cut windows at random, whiten them, scale each to length 1; (filters, c, side, side)."""
    count, channels, height, width = pictures.shape
    side = min(3 if min(height, width) < 16 else 5, height, width)
    chance = np.random.default_rng(0)
    which = chance.integers(count, size=2_000)
    top, left = (chance.integers(length - side + 1, size=2_000) for length in (height, width))
    cut = np.stack(
        [
            pictures[i, :, t : t + side, s : s + side].ravel()
            for i, t, s in zip(which, top, left, strict=True)
        ]
    ).astype(np.float64)
    cut -= cut.mean(axis=1, keepdims=True)
    values, vectors = np.linalg.eigh(cut.T @ cut / len(cut))
    whiten = vectors / np.sqrt(values.clip(0) + 0.1 * values.mean() + 1e-9) @ vectors.T
    strong = np.argsort(-np.linalg.norm(cut, axis=1))[:1_000]  # plain background makes no filter
    chosen = cut[chance.permutation(strong)[:FILTERS]] @ whiten
    chosen /= np.linalg.norm(chosen, axis=1, keepdims=True) + 1e-9
    kernels = (chosen @ whiten).reshape(-1, channels, side, side)
    return from_numpy(kernels.astype(np.float32))


def _responses(pictures: np.ndarray, filters: torch.Tensor) -> np.ndarray:
    """Mean and peak of each filter's response, in each cell of a 3 by 3 grid; (n, features)."""
    parts = []
    with torch.inference_mode():
        for piece in from_numpy(np.ascontiguousarray(pictures, dtype=np.float32)).split(256):
            response = F.conv2d(piece, filters)
            cell = (-(-response.shape[2] // 3), -(-response.shape[3] // 3))
            less = response.neg().sub_(0.25).relu_()
            bent = (response.sub_(0.25).relu_(), less)
            means = [F.avg_pool2d(b, cell, ceil_mode=True, count_include_pad=False) for b in bent]
            peaks = [F.max_pool2d(b, cell, ceil_mode=True) for b in bent]
            parts.append(torch.cat([part.flatten(1) for part in (*means, *peaks)], dim=1))
    return torch.cat(parts).numpy()


def _targets(y: np.ndarray, classes: int) -> np.ndarray:
    """Return numbers to regress on: indicators of classes, or the targets themselves."""
    if not classes:
        return y
    return (y[:, None] == np.arange(classes)).astype(np.float32)


def _squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return (len(a), len(b))."""
    both = (a * a).sum(axis=1)[:, None] + (b * b).sum(axis=1)[None, :] - 2 * (a @ b.T)
    return both.clip(0)


def _ridge(train: np.ndarray, y: np.ndarray, test: np.ndarray) -> np.ndarray:
    ones, more = np.ones((len(train), 1)), np.ones((len(test), 1))
    x = np.concatenate([train, ones], axis=1, dtype=np.float64)
    gram = x.T @ x
    gram[np.diag_indices_from(gram)] += 1e-3 * len(x)
    answers: np.ndarray = np.concatenate([test, more], axis=1) @ np.linalg.solve(gram, x.T @ y)
    return answers


def _leave_one_out(
    gram: np.ndarray, wanted: np.ndarray, across: np.ndarray, *, centred: bool = False
) -> tuple[float, np.ndarray, np.ndarray]:
    """Fit kernel ridge regression with the penalty of the least leave-one-out error.

    With K = Q Λ Qᵀ and G = K + α I, the left-out residuals are (G⁻¹ y)ᵢ / (G⁻¹)ᵢᵢ (Rifkin & Lippert
    2007), so that one decomposition serves every α.

    Args:
        gram: K among the training examples, (n, n).
        wanted: Targets, (n, t).
        across: K between test and training examples, (m, n).
        centred: Whether K's features have mean 0 over the training examples. K then maps the
            constant to 0, and the mean that was taken off counts as fitted: (G⁻¹)ᵢᵢ - 1 / (n α).

    Returns:
        The least mean squared left-out error, the answers for the test examples, (m, t), and the
        left-out residuals, (n, t).
    """
    middle = wanted.mean(axis=0)
    values, vectors = np.linalg.eigh(gram)
    turned = vectors.T @ (wanted - middle)
    best, coefficients, left = np.inf, np.zeros_like(wanted), wanted - middle
    for penalty in PENALTIES * max(float(np.diag(gram).mean()), 1e-12):
        inverse = 1 / (values.clip(0) + penalty)
        dual = vectors @ (inverse[:, None] * turned)
        own = (vectors * vectors) @ inverse - (1 / (len(gram) * penalty) if centred else 0.0)
        residuals = dual / own.clip(1e-12)[:, None]
        error = float((residuals * residuals).mean())
        if error < best:
            best, coefficients, left = error, dual, residuals
    return best, across @ coefficients + middle, left
