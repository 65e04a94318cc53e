"""Golden files: readable, compared whole, rewritten with ``DOCPROBE_UPDATE_GOLDENS=1`` and then read by a person."""

from __future__ import annotations

import os
from pathlib import Path

FIXTURES = Path(__file__).parent.parent / "fixtures"


def check_golden(name: str | Path, text: str) -> None:
    """Compare ``text`` with ``tests/fixtures/<name>``, or with a file named by its whole path."""
    path = FIXTURES / name
    if os.environ.get("DOCPROBE_UPDATE_GOLDENS"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, f"{name} differs; DOCPROBE_UPDATE_GOLDENS=1 rewrites it"
