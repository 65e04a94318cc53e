"""Defaults, profile, ``docprobe.toml``, environment and flags become one :class:`harness.config.Config`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from extractor.model import Layout
from harness.config import Config

MCP_LAYOUT = Layout(
    revisions=("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28", "draft"),
    specification=("specification/**",),
)


def load_config(docs: Path | None, file: Path | None = None, **flags: Any) -> Config:
    """Build the configuration. First version: the mcp profile and the flags."""
    return Config(docs=docs or Path(), layout=MCP_LAYOUT, **flags)
