"""Messages of the protocol."""

from __future__ import annotations

import pytest

from harness.profiles.mcp.messages import initialize_version


def test_an_initialize_result_has_a_version() -> None:
    assert initialize_version({"result": {"protocolVersion": "2025-11-25"}}) == "2025-11-25"


@pytest.mark.parametrize("other", [None, {}, {"error": {}}, {"result": []}, {"result": {"protocolVersion": 7}}])
def test_anything_else_has_none(other: dict[str, object] | None) -> None:
    assert initialize_version(other) is None
