"""``docprobe fix``: what is printed of a trial; the trial itself is tested by real runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from harness.cli import fix
from harness.cli.main import cli
from harness.repair.edits import FileEdit
from harness.repair.prove import Trial

if TYPE_CHECKING:
    from pathlib import Path

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
    done = CliRunner().invoke(cli, ["fix", "page#typescript", "--docs", str(tmp_path), "--state", str(tmp_path / "s")])
    return done.exit_code, done.stderr.splitlines()


def test_what_is_still_blocking_is_shown_beside_what_is_fixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fix_output(PATCHED, tmp_path, monkeypatch) == (
        0,
        ["fixed: session.terminated-404", "still blocking: http.origin-validate (no fix known)"],
    )


def test_no_fix_has_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, lines = fix_output(NONE, tmp_path, monkeypatch)
    assert code == 1
    assert lines[0].startswith("no fix: session.terminated-404 (no line of this example fits")
    assert lines[1] == "still blocking: http.origin-validate (no fix known)"
