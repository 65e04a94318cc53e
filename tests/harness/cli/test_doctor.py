"""``docprobe doctor``: what it prints of the checks."""

from __future__ import annotations

from typing import Any

import pytest

from harness.doctor.checks import Check, State
from tests.support.command import run

CHECKS = (
    Check("engine", State.OK, "Debian GNU/Linux 12, " + "a very long name of an engine " * 5),
    Check("base image python", State.MISSING, "none", "run `docprobe doctor --fix`\x1b[31m"),
)


def test_in_a_pipe_each_check_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    async def examine(*_: Any, **__: Any) -> tuple[Check, ...]:
        return CHECKS

    monkeypatch.setattr("harness.cli.doctor.examine", examine)
    result = run("doctor")
    assert result.exit_code == 3
    lines = result.stdout.split("\n")
    assert lines[0].startswith("ok       engine             Debian GNU/Linux 12")
    assert lines[0].count("a very long name") == 5
    assert lines[1] == "missing  base image python  none"
    assert lines[2].lstrip().startswith("hint: run `docprobe doctor --fix`")
    assert "\x1b" not in result.stdout
    assert lines[3:] == [""]
