"""What lists print as JSON: the values of the page, and nothing that a terminal or a CI runner obeys."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.base.codec import to_document
from harness.cli.main import cli
from tests.support.hostile_report import HOSTILE

pytestmark = pytest.mark.attack("lists of what is in the docs")

SAID = "\u202e::stop-commands::x ##[error]owned \x9b31m"
PAGE = f"""# {SAID}

A server MUST answer {SAID}.

```python server.py
from mcp.server.fastmcp import FastMCP
FastMCP("{SAID}").run()
```
"""


@pytest.mark.parametrize("command", ["blocks", "examples", "statements"])
@pytest.mark.parametrize("folder", [b"docs", b"docs\xff"], ids=["utf-8", "not utf-8"])
def test_a_list_as_json(tmp_path: Path, command: str, folder: bytes) -> None:
    docs = tmp_path / os.fsdecode(folder)
    docs.mkdir()
    (docs / "docprobe.toml").write_text('profile = "plain"\n[layout]\nspecification = ["**"]\n')
    (docs / "page.md").write_text(PAGE, encoding="utf-8")
    done = CliRunner().invoke(cli, [command, str(docs), "--format", "json", "--state", str(tmp_path / "state")])
    assert done.exception is None
    printed = done.stdout
    assert {char for char in printed if not char.isprintable()} == {"\n"}
    assert "##[" not in printed
    assert "\u202e::stop-commands::x ##[error]owned" in json.dumps(json.loads(printed), ensure_ascii=False)


def test_a_document_has_the_values_that_it_was_made_of() -> None:
    value = {"z": list(HOSTILE[:-2]), "a": "plain"}
    printed = to_document(value)
    assert json.loads(printed) == value
    assert list(json.loads(printed)) == ["z", "a"]
    assert list(json.loads(to_document(value, order="deterministic"))) == ["a", "z"]
    assert {char for char in printed if not char.isprintable()} <= {"\n"}
    assert json.loads(to_document(["lone\udcff"])) == ["lone\\udcff"]
