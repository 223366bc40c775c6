"""What every verb has in common: one document, one message, the right exit status."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fieldguide import catalog, cli
from fieldguide.cli._verbs import names
from fieldguide.errors import Interrupted, NonFiniteLoss

if TYPE_CHECKING:
    from tests.cli.conftest import Command

VERBS = ("algorithms", "data", "inspect", "recommend", "race", "report", "fit", "predict",
         "encode", "reconstruct", "repair", "sample", "evaluate", "export", "serve")  # fmt: skip


def test_the_verbs_are_the_files() -> None:
    assert set(VERBS) <= set(names())


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_and_json(verb: str, command: Command) -> None:
    answer = command(verb, "--help")
    assert answer.status == 0
    assert "--json" in answer.out and f"Usage: fieldguide {verb}" in answer.out
    assert max(map(len, answer.out.splitlines())) <= 80


def test_help_lists_the_verbs_in_the_order_of_work(command: Command) -> None:
    listed = command("--help").out.split("Commands:")[1].split("\n")
    shown = [line.split()[0] for line in listed if line.startswith("  ") and line[2] != " "]
    assert shown == list(VERBS)
    assert "..." not in "".join(listed)


def test_no_words_show_the_help(command: Command) -> None:
    answer = command()
    assert "Usage:" in answer.out + answer.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["rase", "iris"], "No such command 'rase'. Did you mean 'race'?"),
        (["data", "--jsn"], "No such option: --jsn"),
        (["data", "irsi"], "Did you mean 'iris'?"),
        (["algorithms", "mlpp"], "Did you mean 'mlp'?"),
        (["race", "iris", "--budget", "soon"], "'soon' is no duration. Write 90s, 10m or 1h30m."),
        (["race", "iris", "--memory", "much"], "'much' is no size. Write 2GB"),
        (["race"], "DATA is missing"),
        (["inspect", "no-such-file.csv"], "there is no such file or folder"),
        (["fit", "iris", "--algorithm", "mlp", "--epohcs", "3"], "--epochs"),
        (["fit", "iris"], "--algorithm NAME is missing"),
        (["predict", "no-model", "iris"], "no-model does not exist"),
        (["serve", "no-model", "--port", "99999"], "Invalid value for '--port'"),
    ],
)
def test_bad_usage_is_one_message_and_status_2(
    words: list[str], message: str, command: Command
) -> None:
    answer = command(*words)
    assert answer.status == 2
    assert message in answer.err and answer.out == ""
    assert answer.err.startswith("Error: ") and len(answer.err.splitlines()) == 1


def test_an_error_is_a_document_too(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("a,b\n1,2\n3,4\n5,6\n")
    answer = command("inspect", path, "--target", "c", "--json")
    assert answer.status == 2
    error = answer.document["error"]
    assert error["kind"] == "DataError" and error["file"] == str(path)
    assert "no column 'c'" in error["message"]


def fail_with(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(catalog, "entries", fail)


def test_an_unexpected_fault_is_short(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(RuntimeError("the moon is full"), monkeypatch)
    answer = command("algorithms")
    assert answer.status == 1
    assert "RuntimeError: the moon is full" in answer.err and "--traceback" in answer.err
    assert "Traceback" not in answer.err
    assert "Traceback" in command("algorithms", "--traceback").err
    monkeypatch.setenv(cli.TRACEBACK, "1")
    assert "Traceback" in command("algorithms").err


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (KeyboardInterrupt(), 130),
        (Interrupted("Saved in x. Go on with --resume x."), 130),
        (NonFiniteLoss("the loss became nan"), 1),
    ],
)
def test_exit_status(
    error: BaseException, status: int, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_with(error, monkeypatch)
    answer = command("algorithms", "--json")
    assert answer.status == status
    assert json.loads(answer.out)["error"]["kind"] in (type(error).__name__, "Interrupted")
    assert "Traceback" not in answer.err


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(13, "Permission denied", "models/x"), "models/x: Permission denied."),
        (OSError(28, "No space left on device"), "No space left on device. Check"),
        (MemoryError(), "Memory ran out."),
    ],
)
def test_the_systems_refusals_are_not_our_fault(
    error: Exception, words: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_with(error, monkeypatch)
    answer = command("algorithms")
    assert answer.status == 1 and words in answer.err and "fault of fieldguide" not in answer.err


def test_what_libraries_print_stays_out_of_the_document(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = catalog.entries

    def noisy() -> object:
        print("a library has something to say")
        return real()

    monkeypatch.setattr(catalog, "entries", noisy)
    answer = command("algorithms", "--json")
    assert isinstance(answer.document, list)
    assert "something to say" in answer.err
