"""``docprobe fix``: what is printed of a trial; the trial itself is tested by real runs."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from harness.cli import fix
from harness.cli.context import Cli
from harness.cli.main import cli
from harness.repair.edits import FileEdit
from harness.repair.trial import Trial

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from harness.config import Config

PATCHED = Trial(
    edits=(FileEdit("server.ts", 1, ("new",)),),
    texts={"page.mdx": ("old\n", "new\n")},
    fixed=(("session.terminated-404", "2025-11-25"),),
    blocking=("http.origin-validate",),
)
NONE = Trial(remaining=("session.terminated-404",), blocking=("http.origin-validate",))


def fix_output(trial: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, list[str]]:
    async def proved(*_: object) -> Trial:
        return trial

    monkeypatch.setattr(fix, "_prove", proved)
    (tmp_path / "docprobe.toml").write_text("")
    (tmp_path / "page.mdx").write_text("old\n")
    done = CliRunner().invoke(cli, ["fix", "page#typescript", "--docs", str(tmp_path), "--state", str(tmp_path / "s")])
    return done.exit_code, done.stderr.splitlines()


def test_what_is_still_blocking_is_shown_beside_what_is_fixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fix_output(PATCHED, tmp_path, monkeypatch) == (
        0,
        ["fixed: session.terminated-404", "still blocking: http.origin-validate (no fix known)"],
    )


def test_sentences_may_be_those_of_another_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    specs: list[Path | None] = []

    async def proved(_: Cli, config: Config) -> Trial:
        specs.append(config.spec)
        return PATCHED

    monkeypatch.setattr(fix, "_prove", proved)
    (tmp_path / "page.mdx").write_text("old\n")
    spec = tmp_path / "mcp"
    (spec / "specification").mkdir(parents=True)
    (spec / "specification" / "page.mdx").write_text("A server MUST answer.\n")
    docs = ("fix", "page#typescript", "--docs", str(tmp_path / "page.mdx"), "--state", str(tmp_path / "s"))
    for more in ((), ("--spec", str(spec))):
        assert CliRunner().invoke(cli, [*docs, *more]).exit_code == 0
    assert specs[0] is None
    assert specs[1] is not None
    assert specs[1].resolve() == spec.resolve()


def test_no_fix_has_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, lines = fix_output(NONE, tmp_path, monkeypatch)
    assert code == 1
    assert lines[0].startswith("no fix: session.terminated-404 (no known fix fits")
    assert lines[1] == "still blocking: http.origin-validate (no fix known)"


@pytest.mark.parametrize(
    ("violated", "said"),
    [
        ((), "no fix: the example violates nothing"),
        (
            ("errors.invalid-params", "page.invalid-cursor"),
            "no fix: errors.invalid-params, page.invalid-cursor (no fix known)",
        ),
    ],
)
def test_no_fix_tells_no_violation_from_no_known_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, violated: tuple[str, ...], said: str
) -> None:
    assert fix_output(Trial(violated=violated), tmp_path, monkeypatch) == (1, [said])


HOSTILE = b"\x1b]0;title\x07\x1b[2J\xe2\x80\xae\xff old\r\n"


def hostile_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **more: Any) -> Result:
    before = HOSTILE.decode("utf-8", "replace").replace("\r\n", "\n") + "keep\n"

    async def proved(*_: object) -> Trial:
        return replace(PATCHED, texts={"page.mdx": (before, before.replace("keep", "new"))})

    monkeypatch.setattr(fix, "_prove", proved)
    (tmp_path / "docprobe.toml").write_text("")
    (tmp_path / "page.mdx").write_bytes(HOSTILE + b"keep\r\n")
    monkeypatch.chdir(tmp_path)
    return CliRunner().invoke(cli, ["fix", "page#typescript", "--docs", ".", "--state", "s"], **more)


@pytest.mark.processes
def test_in_a_pipe_the_patch_is_exact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = hostile_output(tmp_path, monkeypatch)
    assert b" " + HOSTILE in done.stdout_bytes
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=done.stdout_bytes, check=True)
    assert (tmp_path / "page.mdx").read_bytes() == HOSTILE + b"new\r\n"


def test_on_a_terminal_what_steers_it_is_spelt_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fix, "_on_terminal", lambda: True)
    done = hostile_output(tmp_path, monkeypatch, color=True)
    assert r"\x1b]0;title\x07\x1b[2J\u202e" in done.stdout
    assert {char for char in done.stdout if not char.isprintable()} == {"\n"}


def test_notes_on_stderr_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    Cli().err().print("page:100: a [b] :smile:", markup=False)
    Cli().out().print("page:100: a [b] :smile:", markup=False)
    shown = capsys.readouterr()
    assert shown.err == shown.out == "page:100: a [b] :smile:\n"


@pytest.mark.parametrize(
    ("raw", "made"),
    [
        (b"a\r\n\told\r\nz\r\n", b"a\r\n\tnew\r\nz\r\n"),
        (b"\xef\xbb\xbfa\n\told\n", b"\xef\xbb\xbfa\n\tnew\n"),
        (b"a\t\nold", b"a\t\nnew"),
        (b"a\r\nold\nz\rb  \n", b"a\r\nnew\nz\rb  \n"),
    ],
)
def test_write_leaves_every_other_byte_of_each_page_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raw: bytes, made: bytes
) -> None:
    before = raw.removeprefix(b"\xef\xbb\xbf").decode().replace("\r\n", "\n").replace("\r", "\n")
    pages = ("page.mdx", "copy.mdx")

    async def proved(*_: object) -> Trial:
        return replace(PATCHED, texts={page: (before, before.replace("old", "new")) for page in pages})

    monkeypatch.setattr(fix, "_prove", proved)
    (tmp_path / "docprobe.toml").write_text("")
    for page in pages:
        (tmp_path / page).write_bytes(raw)
    asked = ["fix", "page#typescript", "--docs", str(tmp_path), "--state", str(tmp_path / "s"), "--write"]
    done = CliRunner().invoke(cli, asked)
    assert done.exit_code == 0, done.stderr
    assert [(tmp_path / page).read_bytes() for page in pages] == [made, made]
