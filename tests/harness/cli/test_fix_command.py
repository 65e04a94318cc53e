"""``docprobe fix``: what is said of a proof; the proof itself is tested by real runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from harness.cli import fix
from harness.cli.main import cli
from harness.repair.fix import FileEdit
from harness.repair.prove import Proof

if TYPE_CHECKING:
    from pathlib import Path

PATCHED = Proof(
    edits=(FileEdit("server.ts", 1, ("new",)),),
    texts={"page.mdx": ("old\n", "new\n")},
    mended=(("session.terminated-404", "2025-11-25"),),
    remaining=(),
    broken=(),
    packages={},
    trouble=None,
    gating=("http.origin-validate",),
)
NONE = Proof((), {}, (), ("session.terminated-404",), (), {}, None, ("http.origin-validate",))


def said(proof: Proof, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, list[str]]:
    async def proved(*_: object) -> Proof:
        return proof

    monkeypatch.setattr(fix, "_prove", proved)
    (tmp_path / "docprobe.toml").write_text("")
    done = CliRunner().invoke(cli, ["fix", "page#typescript", "--docs", str(tmp_path), "--state", str(tmp_path / "s")])
    return done.exit_code, done.stderr.splitlines()


def test_what_still_gates_is_said_beside_what_is_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(PATCHED, tmp_path, monkeypatch) == (
        0,
        ["mended: session.terminated-404", "still gates: http.origin-validate (no patch known)"],
    )


def test_no_patch_has_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, lines = said(NONE, tmp_path, monkeypatch)
    assert code == 1
    assert lines[0].startswith("no patch: session.terminated-404 (docprobe has a rule for it, and finds no line")
    assert lines[1] == "still gates: http.origin-validate (no patch known)"
