"""Wrong command lines: what is said of them is docprobe's own English, with the next step."""

from __future__ import annotations

import sys

import click
import pytest

from harness.cli import main
from harness.cli.click_errors import worded


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (("check", "--selec", "x"), "no such option '--selec'", "did you mean '--select'?"),
        (("baseline", "update", "--reson"), "no such option '--reson'", "did you mean '--reason'?"),
        (("check", "--zzz"), "no such option '--zzz'", "see docprobe check --help"),
        (("--verson",), "no such option '--verson'", "did you mean '--version'?"),
        (
            ("check", "--timeout", "a"),
            "invalid value for '--timeout': 'a' is not a number",
            "see docprobe check --help",
        ),
        (
            ("run", "x", "--port", "1.5"),
            "invalid value for '--port': '1.5' is not a whole number",
            "see docprobe run --help",
        ),
        (
            ("check", "--spec", "no-where"),
            "invalid value for '--spec': directory 'no-where' does not exist",
            "see docprobe check --help",
        ),
        (("check", "--select"), "option '--select' requires an argument", "see docprobe check --help"),
        (("chek",), "docprobe has no command 'chek'", "did you mean 'check'?"),
        (("baseline", "updte"), "docprobe baseline has no command 'updte'", "did you mean 'update'?"),
        (("snapshot", "xyzzy"), "docprobe snapshot has no command 'xyzzy'", "choose from diff, sync, verify"),
        (("explain",), "missing argument 'EXAMPLE|REQUIREMENT'", "see docprobe explain --help"),
    ],
)
def test_a_wrong_command_line_is_refused_in_plain_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str, hint: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["docprobe", *words])
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == 2
    assert capsys.readouterr().err == f"error: {message}\nhint: {hint}\n"


def test_an_error_without_a_command_names_the_first_help() -> None:
    assert worded(click.UsageError("Some Thing is wrong.")) == ("some Thing is wrong", "see docprobe --help")
