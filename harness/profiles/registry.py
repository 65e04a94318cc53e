"""Built-in profiles: docs trees that work with no configuration file at all."""

from __future__ import annotations

from typing import Final

from extractor.model import Layout

MCP: Final = Layout(
    revisions=("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28", "draft"),
    specification=("specification/**", "docs/*/tutorials/security/security_best_practices.*"),
)
"""The Model Context Protocol documentation: revisions side by side, the session hijacking rules in a tutorial."""

PLAIN: Final = Layout()
"""Any other tree: no revisions and no normative text unless ``--spec`` names some."""

PROFILES: Final = {"mcp": MCP, "plain": PLAIN}
"""Profile name to layout."""
