"""What follows from the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extractor.model import Layout
from harness.config import Config
from harness.profiles.mcp.revisions import with_handshake, without_handshake
from harness.profiles.registry import MCP, PLAIN

if TYPE_CHECKING:
    from pathlib import Path


def test_docs_without_revisions_have_servers_of_any(tmp_path: Path) -> None:
    assert Config(tmp_path, MCP.layout, MCP).protocol_revisions == MCP.layout.revisions
    assert Config(tmp_path, Layout(revisions=("2025-06-18",)), MCP).protocol_revisions == ("2025-06-18",)
    asked = Config(tmp_path, PLAIN.layout, PLAIN).protocol_revisions
    assert with_handshake(asked) == with_handshake(MCP.revisions) != ()
    assert without_handshake(asked) == without_handshake(MCP.revisions) != ()
