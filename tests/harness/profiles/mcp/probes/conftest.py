"""Waits of the conversation, shortened: the servers here are in the same process, and answer at once or never."""

from __future__ import annotations

import pytest

SHORTER = {
    "harness.exchanges.recorder.PAUSE_S": 0.1,
    "harness.exchanges.recorder.MOST_PAUSES_S": 2.0,
    "harness.profiles.mcp.probes.sessions.ENDING_S": 1.5,
    "harness.profiles.mcp.probes.sessions.ENDING_PAUSE_S": 0.05,
}
"""Where a wait is, and its length in seconds. The conversations of the marker ``loopback`` have the real ones."""


@pytest.fixture(autouse=True)
def shorter_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less for a server that has no time, and for the end of a session."""
    for name, seconds in SHORTER.items():
        monkeypatch.setattr(name, seconds)
