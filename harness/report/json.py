"""``--format json``: the published result format ``docprobe/1``. Pure."""

from __future__ import annotations

from harness.results.document import to_text as render

__all__ = ["render"]
