"""Hyperparameters: types and ranges, messages, the way through JSON."""

from __future__ import annotations

import dataclasses
import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from fieldguide.errors import UsageError
from fieldguide.hyperparameter import check, fits, option, plain, ranges, restore, without_starts


@dataclasses.dataclass(kw_only=True)
class Net:
    width: int = option(64, "units", low=1)
    depth: int | None = option(None, "layers; unset: by size", choices=(18, 34))
    hidden: tuple[int, ...] = option((8, 8), "units of each layer", low=1, high=99)
    pair: tuple[int, float] = option((1, 0.5), "a size and a share")
    rate: float = option(0.1, "learning rate", low=0, high=1)
    bend: str = option("relu", "between layers", choices=("relu", "tanh"))
    changes: tuple[str, ...] = option((), "augmentations", choices=("flip", "crop"))
    normalise: bool = option(True, "whether to normalise")
    limit: float | None = option(None, "seconds", low=0)
    weights: str = option("", "a file", starts=True)
    folder: Path = option(Path(), "a folder")  # noqa: RUF009
    anything: Any = option(None, "whatever")  # noqa: RUF009


GOOD = [
    {"width": np.int64(3)},
    {"width": 2**70},
    {"depth": 34},
    {"depth": None},
    {"hidden": [1, 99]},
    {"hidden": ()},
    {"hidden": (np.int8(3),)},
    {"pair": [3, 0.25]},
    {"rate": 1},
    {"rate": np.float32(0.5)},
    {"rate": Fraction(1, 3)},
    {"changes": ("crop", "flip")},
    {"normalise": np.bool_(False)},
    {"limit": 3},
    {"anything": object()},
]
BAD = [
    ("width", "abc", "a whole number of at least 1 (units)"),
    ("width", 2.0, "a whole number"),
    ("width", True, "a whole number"),
    ("width", 0, "at least 1"),
    ("width", None, "a whole number"),
    ("width", (1, 2), "a whole number"),
    ("width", np.array([3]), "a whole number"),
    ("width", torch.tensor(3), "a whole number"),
    ("depth", 19, "a whole number or None among 18, 34"),
    ("hidden", 8, "a tuple of whole numbers of at least 1 and at most 99"),
    ("hidden", "88", "a tuple of whole numbers"),
    ("hidden", (8, 2.5), "a tuple of whole numbers"),
    ("hidden", (8, 100), "at most 99"),
    ("hidden", (8, None), "a tuple of whole numbers"),
    ("hidden", ((8, 8),), "a tuple of whole numbers"),
    ("pair", (1, 0.5, 3), "a tuple"),
    ("pair", (0.5, 1), "a tuple"),
    ("rate", math.nan, "a number of at least 0 and at most 1 (learning rate)"),
    ("rate", math.inf, "a number"),
    ("rate", "0.1", "a number"),
    ("rate", 1j, "a number"),
    ("rate", True, "a number"),
    ("rate", -1e-9, "at least 0"),
    ("rate", 1.1, "at most 1"),
    ("bend", "os.system", "text among 'relu', 'tanh' (between layers)"),
    ("bend", 3, "text"),
    ("bend", None, "text"),
    ("changes", "flip", "a tuple of texts"),
    ("changes", ("flip", "spin"), "among 'flip', 'crop'"),
    ("normalise", "no", "True or False"),
    ("normalise", 1, "True or False"),
    ("limit", -1, "a number or None of at least 0"),
    ("weights", None, "text"),
    ("folder", 3, "Path"),
]


@pytest.mark.parametrize("given", GOOD, ids=repr)
def test_good_values_pass(given: dict[str, Any]) -> None:
    check(Net(**given))


@pytest.mark.parametrize(("name", "value", "expected"), BAD)
def test_bad_values_are_named_with_what_was_expected(name: str, value: Any, expected: str) -> None:
    with pytest.raises(UsageError) as caught:
        check(Net(**{name: value}))
    message = str(caught.value)
    assert message.startswith(f"{name}={value!r}: expected ") and expected in message


def test_through_json_and_back() -> None:
    net = Net(
        width=np.int64(3), hidden=[np.int32(4)], rate=np.float64(0.5), normalise=np.bool_(True),
        folder=Path("a"),
    )  # fmt: skip
    stored = json.loads(json.dumps(plain(net)))
    back = Net(**restore(Net, stored))
    assert (back.width, back.hidden, back.rate, back.normalise) == (3, (4,), 0.5, True)
    assert back.pair == (1, 0.5) and back.limit is None


def test_unknown_names_are_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"Net has no hyperparameter 'widht'.*'width'"):
        restore(Net, {"widht": 3})


def test_where_fitting_starts_is_forgotten() -> None:
    net = without_starts(Net(width=3, weights="file.pth"))
    assert (net.width, net.weights) == (3, "")


def test_ranges_are_found_by_name() -> None:
    assert ranges(Net)["rate"].high == 1 and list(ranges(Net))[:2] == ["width", "depth"]


def test_fits_knows_unions_inside_tuples() -> None:
    assert fits((1, None), tuple[int | None, ...])
    assert not fits((1, "a"), tuple[int | None, ...])
