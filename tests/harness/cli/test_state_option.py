"""``--state`` means the same to every command that keeps or reads something."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.main import COMMANDS, cli

SAMPLE = Path(__file__).parents[3] / "docs-snapshot" / "sample"
STATELESS = {"merge", "new-profile", "snapshot"}
"""These keep nothing but what they are asked to write."""


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - STATELESS - {"baseline"}))
def test_every_command_has_it(name: str) -> None:
    command = importlib.import_module(COMMANDS[name][0]).command
    (option,) = [parameter for parameter in command.params if "--state" in parameter.opts]
    assert "DOCPROBE_STATE" in option.help


@pytest.mark.parametrize("name", ["blocks", "statements", "examples"])
def test_pages_are_cached_there(name: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, [name, str(SAMPLE), "--state", str(tmp_path / "state")], catch_exceptions=False)
    assert done.exit_code == 0
    assert any((tmp_path / "state" / "pages").iterdir())
