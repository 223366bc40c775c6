"""Trees on disk: brackets, JSON, folders with splits, and what is wrong with files of them."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

import fieldguide as fg
from fieldguide.data import Dataset, TreeColumn
from fieldguide.errors import DataError
from fieldguide.formats.discovery import formats

ONE = "(3 (2 It) (4 (2 is) (4 good)))"
TWO = "(1 (1 (2 Not) (3 good)) (2 .))"


def written(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def trees(data: Dataset) -> list[str]:
    column = data.columns["tree"]
    assert isinstance(column, TreeColumn)
    return [column.bracketed(index) for index in range(len(column))]


def knowing(path: Path) -> list[str]:
    return [known.name for known in formats() if known.knows(path)]


def test_one_tree_a_line(tmp_path: Path) -> None:
    data = fg.read(written(tmp_path / "a.txt", ONE, "", TWO))
    assert trees(data) == [ONE, TWO]
    assert data.target == "class" and data.fields["class"].kind == "category"
    assert data.columns["class"].to_list() == [3, 1]
    assert data.origins.tolist() == [1, 3]
    assert data.fields["tree"].kind == "tree"


def test_a_tree_over_many_lines_as_penn_writes_it(tmp_path: Path) -> None:
    lines = [
        "( (S",
        "    (NP (DT The) (NN film))",
        "    (VP (VBZ is)",
        "      (ADJP (JJ good)))",
        "    (. .)))",
        "( (SQ (VBZ Is) (NP (PRP it)) (-LRB- -LRB-) (NN and\\/or) (-RRB- -RRB-)))",
    ]
    data = fg.read(written(tmp_path / "wsj.mrg", *lines))
    first = trees(data)[0]
    assert first == "(S (NP (DT The) (NN film)) (VP (VBZ is) (ADJP (JJ good))) (. .))"
    assert data.columns["tree"].texts() == ["The film is good .", "Is it ( and/or )"]
    assert data.columns["class"].to_list() == ["S", "SQ"]
    assert data.origins.tolist() == [1, 6]
    counts = data.ledger.counts()
    assert any("more than two children" in reason for reason in counts)
    assert any("single child" in reason for reason in counts)


def test_labels_at_roots_only(tmp_path: Path) -> None:
    lines = ["(good ((The) (film)) (((is) (very)) (fine)))", "(bad (A) (((so) (very)) (dull)))",
             "(good (((Quite) (so))) (fine))", "(bad ((not) (it)))"]  # fmt: skip
    data = fg.read(written(tmp_path / "a.trees", *lines))
    assert data.columns["class"].to_list() == ["good", "bad", "good", "bad"]
    assert trees(data)[0] == "(good ((The) (film)) (((is) (very)) (fine)))"
    bare = ["(1 (The film) ((is very) fine))", "(0 A ((so very) dull))"]
    data = fg.read(written(tmp_path / "b.trees", *bare))
    assert data.columns["class"].to_list() == [1, 0]
    assert trees(data) == ["(1 ((The) (film)) (((is) (very)) (fine)))",
                           "(0 (A) (((so) (very)) (dull)))"]  # fmt: skip


def test_labels_at_some_phrases_only(tmp_path: Path) -> None:
    lines = ["(1 ((The) (film)) ((is) (1 (not) (0 dull))))", "(0 ((A) (1 hit)) (0 (is) (0 dull)))"]
    assert trees(fg.read(written(tmp_path / "a.txt", *lines))) == lines
    lines = [line.replace("0", "bad").replace("1", "good") for line in lines]
    assert trees(fg.read(written(tmp_path / "b.txt", *lines))) == lines


def test_labels_keep_their_spelling(tmp_path: Path) -> None:
    data = fg.read(written(tmp_path / "a.txt", "(01 (02 a) (01 b))", "(02 (02 a) (01 b))"))
    assert data.columns["class"].to_list() == ["01", "02"]
    data = fg.read(written(tmp_path / "b.txt", "(0.5 (1 a) (-2 b))", "(1.5 (1 a) (2 b))"))
    assert data.columns["class"].to_list() == [0.5, 1.5]
    assert data.fields["class"].kind == "number"


def test_other_blanks_belong_to_words(tmp_path: Path) -> None:
    data = fg.read(written(tmp_path / "a.txt", "(3 (2 8\u00a01\\/2) (2 !))", TWO))
    assert data.columns["tree"].leaves()[0] == ["8\u00a01/2", "!"]


def test_a_folder_with_the_providers_splits(tmp_path: Path) -> None:
    for name, line in (("train", ONE), ("dev", TWO), ("test", TWO)):
        with gzip.open(tmp_path / f"{name}.txt.gz", "wt") as file:
            file.write(f"{line}\n{ONE}\n")
    written(tmp_path / "README.md", "Trees.")
    assert knowing(tmp_path) == ["treebank"]
    data = fg.read(tmp_path)
    assert sorted(zip(data.provided, data.columns["class"], strict=True)) == [
        ("test", 1), ("test", 3), ("train", 3), ("train", 3), ("validation", 1), ("validation", 3)
    ]  # fmt: skip
    assert "train.txt.gz, row 2" in data.origins.tolist()
    train, test = data.split()
    assert (len(train), len(test)) == (4, 2)


@pytest.mark.parametrize(
    ("lines", "row", "message"),
    [
        ([ONE, TWO, "(3 (2 It) (4 good)", *[ONE] * 20], 3, r"1 bracket\(s\) opened and not closed"),
        ([ONE, "(3 (2 It) (4 good)))", *[ONE] * 20], 2, r"1 bracket\(s\) closed and not opened"),
        ([ONE, "(3 (2 It)", "   (4 good)", ONE], 2, "opened and not closed, in the tree"),
        ([ONE, TWO, f"{ONE} oops", *[ONE] * 9], 3, "'oops' stands outside of all brackets"),
    ],
)
def test_malformed_brackets_name_the_line(
    tmp_path: Path, lines: list[str], row: int, message: str
) -> None:
    path = written(tmp_path / "a.txt", *lines)
    assert knowing(path) == ["treebank"]
    with pytest.raises(DataError, match=f"row {row}: malformed tree: .*{message}"):
        fg.read(path)


def test_trees_that_cannot_be_used_are_booked(tmp_path: Path) -> None:
    bad = {"()": "empty brackets", "(3 (2 It) ())": "empty brackets",
           "(3 (2 (2 a) b) (2 c))": "a node with a word and children",
           "(3 (2 a) (2))": "a leaf without a word"}  # fmt: skip
    data = fg.read(written(tmp_path / "a.txt", *[ONE, TWO, TWO] * 10, *bad))
    assert len(data) == 30 and data.ledger.total == 34 and data.ledger.excluded == 4
    places = {place: entry.reason for entry in data.ledger.entries for place in entry.places}
    for row, reason in enumerate(bad.values(), start=31):
        assert places[row].startswith(reason)


def test_trees_without_a_label_at_the_root(tmp_path: Path) -> None:
    path = written(tmp_path / "a.txt", ONE, TWO, "((2 It) (3 works))", ONE)
    data = fg.read(path)
    assert len(data) == 3
    assert data.ledger.counts() == {"excluded: the root has no label": 1}
    known = fg.read(path).fields
    assert len(fg.read(written(tmp_path / "b.txt", "((2 It) (3 works))"))) == 1
    again = fg.formats.read(path, fields=known)
    assert len(again) == 4 and again.target is None


def test_roots_that_are_all_alike_are_no_target(tmp_path: Path) -> None:
    data = fg.read(written(tmp_path / "a.txt", "(S (NP It) (VP works))", "(S (NP A) (VP fails))"))
    assert data.target is None and "same label" in data.target_reason
    with pytest.raises(DataError, match="always has the same value"):
        fg.read(tmp_path / "a.txt", target="class")


def test_only_empty_trees(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no tree that can be used"):
        fg.read(written(tmp_path / "a.txt", "(())"))


LEAVES = [{"label": 2, "word": "It"}, {"label": 4, "word": "works"}]
JSON_TREES = [{"label": 3, "children": LEAVES}, {"label": 1, "children": [*LEAVES, "not"]}]


@pytest.mark.parametrize("indent", [None, 2])
def test_json_documents(tmp_path: Path, indent: int | None) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(JSON_TREES, indent=indent))
    assert knowing(path) == ["json trees"]
    data = fg.read(path)
    assert trees(data) == ["(3 (2 It) (4 works))", "(1 (2 It) (4 works) (not))"]
    assert data.columns["class"].to_list() == [3, 1]
    path.write_text(json.dumps(JSON_TREES[0], indent=indent))
    assert knowing(path) == ["json trees"]
    assert trees(fg.read(path)) == ["(3 (2 It) (4 works))"]


def test_json_lines_and_other_names(tmp_path: Path) -> None:
    other = [
        {"class": "up", "left": {"text": "It"}, "right": {"sentiment": "up", "token": "rose"}},
        {"class": "down", "text": "It fell", "children": ["It", {"tag": "down", "word": "fell"}]},
    ]
    lines = [json.dumps(tree) for tree in other]
    broken = [
        "{", "[1]", json.dumps({"class": "up", "word": "a", "children": ["b"]}),
        json.dumps({"class": "up", "children": []}), json.dumps({"class": [1], "word": "a"}),
    ]  # fmt: skip
    path = written(tmp_path / "a.jsonl", *lines, *broken)
    assert knowing(path) == ["json trees"]
    data = fg.read(path)
    assert trees(data) == ["(up (It) (up rose))", "(down (It) (down fell))"]
    assert set(data.ledger.counts()) == {
        "excluded: not JSON",
        "excluded: a node that is neither an object nor a word",
        "excluded: a node with a word and children",
        "excluded: a node without a word and without children",
        "excluded: a label that is no text and no number",
    }


def test_a_broken_json_document_names_the_line(tmp_path: Path) -> None:
    text = json.dumps(JSON_TREES, indent=1)
    with pytest.raises(DataError, match=r"a\.json, row \d+: the JSON is broken"):
        fg.read(written(tmp_path / "a.json", text[: len(text) - 20]))


@pytest.mark.parametrize(
    ("name", "content", "owner"),
    [
        ("a.json", '[{"name": "x", "children": 2}, {"name": "y", "children": 3}]', "json"),
        ("a.json", '[{"name": "x", "children": [{"name": "y"}]}]', "json"),
        ("a.jsonl", '{"label": 1, "word": "x"}\n{"label": 2, "word": "y"}', "json"),
        ("a.txt", "a\tb\n1\t2\n3\t4\n", "csv"),
        ("a.txt", "(a)\t(b)\n(1)\t(2)\n(3)\t(4)\n", "csv"),
        ("a.txt", "\n".join(["(3 (2 a) (2 ,))"] * 9), "treebank"),
    ],
)
def test_other_formats_keep_their_files(
    tmp_path: Path, name: str, content: str, owner: str
) -> None:
    assert knowing(written(tmp_path / name, content)) == [owner]


@pytest.mark.skipif("FIELDGUIDE_DATA" not in os.environ, reason="FIELDGUIDE_DATA is not set")
def test_the_stanford_sentiment_treebank_line_by_line() -> None:
    folder = Path(os.environ["FIELDGUIDE_DATA"], "sst")
    data = fg.read(folder)
    lines: list[str] = []
    for split in ("dev", "test", "train"):
        lines += gzip.decompress((folder / f"{split}.txt.gz").read_bytes()).decode().splitlines()
    plain = [line.replace("\\/", "/").replace("\\*", "*") for line in lines]
    assert trees(data) == plain and data.ledger.excluded == 0
    assert data.ledger.counts() == {}
    splits = {name: int((data.provided == name).sum()) for name in ("train", "validation", "test")}
    assert splits == {"train": 8544, "validation": 1101, "test": 2210}
