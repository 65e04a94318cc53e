from __future__ import annotations

from harness.profiles.mcp.revisions import offered_versions, with_handshake, without_handshake


def test_revisions_split_by_their_handshake_newest_first() -> None:
    revisions = ("2024-11-05", "2025-11-25", "draft", "2026-07-28", "2025-03-26")
    assert with_handshake(revisions) == ("2025-11-25", "2025-03-26", "2024-11-05")
    assert without_handshake(revisions) == ("2026-07-28",)


def test_a_server_of_sessionless_revisions_only_is_offered_one_too() -> None:
    assert offered_versions(("2025-03-26", "2025-11-25", "2026-07-28")) == ("2025-11-25", "2025-03-26")
    assert offered_versions(("2026-07-28", "draft")) == ("2026-07-28",)
