"""What every algorithm says of itself: card, page, hyperparameters."""

from __future__ import annotations

import dataclasses
import doctest
import importlib
import pkgutil
import re
import typing

import pytest

import fieldguide as fg
from fieldguide import catalog, tasks
from fieldguide.codecs import Codec
from fieldguide.errors import UsageError
from fieldguide.hyperparameter import Range, check, ranges
from fieldguide.tasks.forms import OF_COLUMNS

HEADINGS = ["How it works", "Use it when", "Think twice when", "Cost", "Shapes", "Example"]
FORMS = {
    "window",
    "rating",
    *OF_COLUMNS,
    *(form for codec in Codec.known.values() for form in codec.forms),
}
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(fg.__path__, "fieldguide.")
    if not module.name.endswith("__main__")
)


def test_the_card_read_from_the_file_is_the_classs_own(entry: catalog.Entry) -> None:
    assert entry.card == entry.load().card


def test_the_card_is_complete(entry: catalog.Entry) -> None:
    card = entry.card
    assert card.title and 1800 < card.year < 2100
    assert card.tasks and set(card.tasks) <= set(tasks.names())
    assert card.inputs and set(card.inputs) <= FORMS
    assert 0 <= card.capacity <= 4 and card.needs_examples >= 0 and card.smallest_image >= 0
    assert set(card.devices) <= {"cpu", "cuda"} and "cpu" in card.devices
    if not card.baseline:
        assert re.search(r"\w+.*\(\d{4}\)\. \w+", card.paper), "Author (year). Title. Venue."
        assert str(card.year) in card.paper
    for reference in card.references:
        assert reference.data and reference.metric and reference.source
        assert reference.value == reference.value


def test_the_page_has_its_headings_in_order(entry: catalog.Entry) -> None:
    lines = entry.docstring.splitlines()
    found = [line.removesuffix(":") for line in lines if re.fullmatch(r"[A-Z][a-z ]+:", line)]
    assert found == HEADINGS
    summary = entry.docstring.split("\n\n")[0]
    assert summary.endswith("."), "one sentence, with the paper"
    assert entry.card.baseline or re.search(r"\d{4}", summary)
    for heading, after in zip(HEADINGS, [*HEADINGS[1:], None], strict=True):
        part = entry.docstring.split(f"\n{heading}:\n")[1]
        text = part.split(f"\n{after}:\n")[0] if after else part
        assert text.strip(), heading


def test_the_page_shows_an_example(entry: catalog.Entry) -> None:
    assert ">>> " in entry.docstring.split("\nExample:\n")[1]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name: str) -> None:
    module = importlib.import_module(name)
    failed, _ = doctest.testmod(module, optionflags=doctest.ELLIPSIS, verbose=False)
    assert not failed


def test_every_hyperparameter_is_an_option_with_help(entry: catalog.Entry) -> None:
    kind = entry.load()
    known = ranges(kind)
    assert set(known) == {field.name for field in dataclasses.fields(kind)}
    assert set(known) == set(kind().get_params(deep=False))
    for name, limits in known.items():
        assert limits.help and limits.help == limits.help.strip() and "\n" not in limits.help, name
        if limits.search:
            _check_search(kind, name, limits)


def _check_search(kind: type, name: str, limits: Range) -> None:
    """What a search tries is allowed, and two bounds are in order."""
    for value in limits.search:
        check(kind(**{name: value if not limits.log else type(limits.search[0])(value)}))
    if all(isinstance(value, (int, float)) for value in limits.search) and len(limits.search) == 2:
        assert limits.search[0] < limits.search[1], name
        assert not limits.log or limits.search[0] > 0, name


def test_numbers_and_texts_have_limits(entry: catalog.Entry) -> None:
    """A number without a lower end or a word without choices is a mistake waiting to happen."""
    free = {"device", "task"}
    kind = entry.load()
    hints = typing.get_type_hints(kind)
    for name, limits in ranges(kind).items():
        hint = str(hints[name])
        if "bool" in hint or name in free or limits.starts or limits.choices:
            continue
        assert limits.low is not None, f"{name} has neither choices nor a smallest value"


def test_the_defaults_are_good(entry: catalog.Entry) -> None:
    check(entry.load()())


def bad_values(kind: type, name: str, limits: Range) -> list[object]:
    values: list[object] = [object(), {"a": 1}]
    if limits.choices:
        values.append("no such choice")
    if limits.low is not None:
        values += [limits.low - 1, "12", float("nan")]
    if limits.high is not None:
        values.append(limits.high + 1)
    return values


def test_bad_values_are_refused_by_name(entry: catalog.Entry) -> None:
    kind = entry.load()
    for name, limits in ranges(kind).items():
        for value in bad_values(kind, name, limits):
            with pytest.raises(UsageError, match=rf"^{name}=.*expected"):
                kind(**{name: value}).fit([[0.0], [1.0]], [0, 1])
