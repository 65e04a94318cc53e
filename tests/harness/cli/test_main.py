"""What the command says of errors, and the exit code it gives for each."""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from harness.base.errors import EngineError, UsageError
from harness.cli import main
from harness.cli.__main__ import start
from harness.cli.context import Cli
from harness.cli.main import cli

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _ending(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> int:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(main.cli, "main", fail)
    monkeypatch.setattr(sys, "argv", ["docprobe"])
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UsageError("wrong", "do this"), 2, "error: wrong\nhint: do this\n"),
        (EngineError("no engine answers"), 3, "error: no engine answers\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (click.UsageError("no such option"), 2, "no such option"),
        (BaseExceptionGroup("g", [ValueError("x"), BaseExceptionGroup("h", [UsageError("inside")])]), 2, "inside"),
        (RuntimeError("unheard of"), 3, "error: internal error\nhint: please report this"),
    ],
)
def test_errors(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, code: int, said: str
) -> None:
    assert _ending(monkeypatch, error) == code
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("name", list(main.COMMANDS))
def test_every_listed_command_exists_and_explains_itself(name: str, command_help: Callable[[str], str]) -> None:
    text = command_help(name)
    assert "\\b" not in text
    assert text.startswith(f"Usage: docprobe {name}")
    assert len(text.splitlines()) > 6
    assert too_wide(text) == []


def too_wide(text: str) -> list[str]:
    """Lines that a terminal of 80 columns breaks; examples stay whole, to be copied."""
    return [line for line in text.splitlines() if len(line) > 80 and not line.strip().startswith("docprobe ")]


@pytest.fixture
def command_help() -> Callable[[str], str]:
    def help_of(name: str) -> str:
        command = main.cli.get_command(click.Context(main.cli), name)
        assert command is not None
        return command.get_help(click.Context(command, info_name=f"docprobe {name}"))

    return help_of


def test_the_first_help_has_its_layout() -> None:
    text = main.cli.get_help(click.Context(main.cli, info_name="docprobe"))
    assert "\\b" not in text
    assert "  docprobe doctor           check what this machine needs\n" in text
    assert too_wide(text) == []


@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("words", [("blocks", "docs"), ("statements", "docs"), ("snapshot", "diff", "docs", "docs")])
def test_the_configuration_may_be_named_before_the_command_and_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, words: tuple[str, ...]
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "my.toml").write_text("no-such-key = 1\n")
    monkeypatch.chdir(tmp_path)
    named = ("--config", "my.toml")
    arguments = [*named, *words] if place == "before" else [*words, *named]
    result = CliRunner().invoke(cli, arguments)
    assert isinstance(result.exception, UsageError)
    assert "my.toml:1: unknown key 'no-such-key'" in result.exception.message


@pytest.mark.parametrize("words", [("blocks",), ("snapshot", "diff"), ("doctor",), ("check",)])
def test_global_options_may_stand_on_either_side_of_the_command(
    monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    heard: list[Cli | None] = []

    invoke = click.Command.invoke

    def listen(command: click.Command, ctx: click.Context) -> None:
        if isinstance(command, click.Group):
            invoke(command, ctx)
        else:
            heard.append(ctx.find_object(Cli))

    monkeypatch.setattr(click.Command, "invoke", listen)
    for options in (["-q"], ["--verbose", "--no-color"], ["-v", "--quiet"]):
        heard.clear()
        CliRunner().invoke(cli, [*options, *words])
        CliRunner().invoke(cli, [*words, *options])
        CliRunner().invoke(cli, [options[0], *words, *options[1:]])
        expected = Cli(
            quiet="-q" in options or "--quiet" in options,
            verbose="-v" in options or "--verbose" in options,
            no_color="--no-color" in options or "NO_COLOR" in os.environ,
        )
        assert heard == [expected, expected, expected]


@pytest.mark.parametrize("words", [(), ("baseline",), ("snapshot",)])
def test_a_group_without_a_command_shows_its_help_and_no_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    monkeypatch.setattr(sys, "argv", ["docprobe", *words])
    with pytest.raises(SystemExit) as ended:
        main.main()
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (2, "")
    assert err.startswith("Usage: ")
    assert "Commands:" in err
    assert "error:" not in err


def test_ctrl_c_while_the_command_is_imported_ends_as_any_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Interrupted(ModuleType):
        def __getattr__(self, name: str) -> object:
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "harness.cli.main", Interrupted("harness.cli.main"))
    with pytest.raises(SystemExit) as ended:
        start()
    assert ended.value.code == 130
    assert capsys.readouterr() == ("", "interrupted\n")
