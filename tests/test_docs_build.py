"""The guide is computed from docstrings, cards and results, and the README shows the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from benchmarks.results import Result, load, problems
from docs.build import BEGIN, END, ROOT, Entry, markdown, own, page, table, with_table, write
from fieldguide import catalog

DOCSTRING = """LeNet-5: two convolutions (LeCun 1998).

How it works
------------
An equation with ``f``:

    y = f(W x)

Example
-------
>>> 1 + 1
2

After it.
"""


@dataclass
class FakeReference:
    data: str = "MNIST"
    metric: str = "accuracy"
    value: float = 0.9905
    source: str = "LeCun et al."


@dataclass
class FakeCard:
    title: str = "LeNet-5"
    paper: str = "LeCun | 1998"
    year: int = 1998
    tasks: tuple[str, ...] = ("classification", "regression")
    devices: frozenset[str] = frozenset({"cuda", "cpu"})
    deterministic: bool = True
    note: str = ""
    references: tuple[FakeReference, ...] = ()


@dataclass
class FakeEntry:
    name: str = "lenet"
    class_name: str = "LeNet"
    family: str = "convolution"
    path: Path = ROOT / "src" / "fieldguide" / "errors.py"
    docstring: str = DOCSTRING
    card: FakeCard = field(default_factory=FakeCard)


def result(**changes: object) -> Result:
    values = {
        "benchmark": "mnist-lenet",
        "kind": "quality",
        "algorithm": "lenet",
        "data": "MNIST test",
        "metric": "accuracy",
        "value": 0.992,
        "target": 0.991,
        "seeds": [0, 1],
        "runs": [{"value": 0.991}, {"value": 0.993}],
        "runtime_s": 61.2,
        "versions": {"torch": "2.13.0"},
        "machine": "a processor, 2 cores",
        "command": "python -m benchmarks.quality.mnist_lenet",
    }
    return Result(**{**values, **changes})  # type: ignore[arg-type]


INDENTED = """LeNet-5: two convolutions (LeCun 1998).

How it works:
    An equation with ``f``:

        y = f(W x)

Example:
    >>> 1 + 1
    2

    After it.
"""


@pytest.mark.parametrize("docstring", [DOCSTRING, INDENTED])
def test_docstring_becomes_markdown(docstring: str) -> None:
    text = markdown(docstring)
    assert text.startswith("LeNet-5: two convolutions (LeCun 1998).\n\n## How it works\n\nAn equ")
    assert "An equation with `f`:\n\n    y = f(W x)\n\n## Example\n\n" in text
    assert text.endswith("```pycon\n>>> 1 + 1\n2\n```\n\nAfter it.")


def test_page_holds_text_facts_and_figures() -> None:
    text = page(FakeEntry(), [result(), result(algorithm="mlp", data="elsewhere")])
    assert text.startswith("# LeNet-5\n")
    assert "[errors.py](../../src/fieldguide/errors.py)" in text
    assert "| paper | LeCun \\| 1998 |" in text
    assert "| devices | cpu, cuda |" in text
    assert "| deterministic | yes |" in text
    assert "## Published" not in text
    assert "| note |" not in text
    assert "| MNIST test | accuracy | 0.992 (0.991 to 0.993) | at least 0.991 | 0, 1 | 61 |" in text
    assert "elsewhere" not in text


def test_page_compares_with_published_results() -> None:
    text = page(FakeEntry(card=FakeCard(references=(FakeReference(),))), [])
    assert "## Published" in text
    assert "| MNIST | accuracy | 0.9905 | LeCun et al. |" in text
    assert "| references |" not in text


def test_a_missed_target_is_said() -> None:
    assert "(missed)" in page(FakeEntry(), [result(value=0.98)])
    assert "(missed)" not in page(FakeEntry(), [result(value=0.98, better="lower")])


def test_a_page_without_results_says_so() -> None:
    assert "Nothing is recorded" in page(FakeEntry(), [])


def test_installed_packages_do_not_enter_our_readme(tmp_path: Path) -> None:
    ours, other = FakeEntry(), FakeEntry(path=tmp_path / "other.py")
    assert own([ours, other]) == [ours]


def test_table_is_by_family_with_baselines_last() -> None:
    others = [FakeEntry(name="majority", family="baseline"), FakeEntry(name="mlp", family="pe")]
    lines = table([others[0], FakeEntry(), others[1]], [result()]).splitlines()
    assert [line.split(" | ")[1] for line in lines[2:]] == ["`lenet`", "`mlp`", "`majority`"]
    assert lines[2].endswith("MNIST test: accuracy 0.992 |")
    assert "(src/fieldguide/errors.py)" in lines[2]


def test_write_removes_pages_of_what_is_gone(tmp_path: Path) -> None:
    (tmp_path / "gone.md").write_text("")
    write([FakeEntry()], [], tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"README.md", "lenet.md"}
    assert "[LeNet-5](lenet.md)" in (tmp_path / "README.md").read_text()


def test_readme_keeps_everything_around_the_table() -> None:
    text = with_table(f"a\n{BEGIN}\nold\n{END}\nb\n", "new")
    assert text == f"a\n{BEGIN}\nnew\n{END}\nb\n"
    assert with_table(text, "new") == text


def test_readme_without_markers_is_refused() -> None:
    with pytest.raises(SystemExit, match="needs one line"):
        with_table("nothing", "new")


def catalog_entries() -> list[Entry]:
    return own(catalog.entries())


def test_readme_table_is_up_to_date() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    expected = with_table(readme, table(catalog_entries(), load()))
    assert readme == expected, "run `make docs` and commit README.md"


def test_every_algorithm_has_a_page_whose_links_lead_somewhere(tmp_path: Path) -> None:
    from test_docs_links import broken

    entries = catalog_entries()
    assert entries
    for entry in entries:
        text = page(entry, load())
        assert not broken(ROOT / "docs" / "guide" / f"{entry.name}.md", text)
        assert "## How it works" in text


def test_recorded_results_follow_the_schema() -> None:
    assert all(item.benchmark for item in load())


def test_results_round_trip(tmp_path: Path) -> None:
    path = result().save(tmp_path)
    assert path == tmp_path / "quality" / "mnist-lenet.json"
    assert load(tmp_path) == [result()]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"kind": "other"}, "kind is 'other'"),
        ({"better": "sideways"}, "better is 'sideways'"),
        ({"value": float("nan")}, "value is nan"),
        ({"runs": []}, "every run"),
        ({"runs": [{"seed": 0}]}, "every run"),
    ],
)
def test_a_wrong_result_is_refused(
    changes: dict[str, object], complaint: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=complaint):
        result(**changes).save(tmp_path)


def test_a_result_with_other_keys_is_refused() -> None:
    assert problems({"benchmark": "x", "score": 1})[-1] == "'score' is not a key of the schema"
