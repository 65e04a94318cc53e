"""State folders of tests that share what is read from docs, as a user's runs do."""

from __future__ import annotations

from pathlib import Path

FROM_DOCS = ("pages", "examples", "bindings")
"""Caches whose keys cover everything that an entry depends on. Recordings are not among them."""


def warm_state(tmp_path: Path) -> Path:
    """Return ``tmp_path/state``, where the caches of docs are those of all tests of this session.

    Args:
        tmp_path: pytest's folder of one test: those of a session are side by side.
    """
    state = tmp_path / "state"
    state.mkdir()
    for name in FROM_DOCS:
        shared = tmp_path.parent / "caches-of-docs" / name
        shared.mkdir(parents=True, exist_ok=True)
        (state / name).symlink_to(shared)
    return state
