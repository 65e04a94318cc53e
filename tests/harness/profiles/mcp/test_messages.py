"""Messages of the protocol."""

from __future__ import annotations

import pytest

from harness.profiles.mcp.messages import Caller, EndpointAddress, headers, initialize_version


def test_an_initialize_result_has_a_version() -> None:
    assert initialize_version({"result": {"protocolVersion": "2025-11-25"}}) == "2025-11-25"


@pytest.mark.parametrize("other", [None, {}, {"error": {}}, {"result": []}, {"result": {"protocolVersion": 7}}])
def test_anything_else_has_none(other: dict[str, object] | None) -> None:
    assert initialize_version(other) is None


def test_no_request_says_that_its_connection_will_close() -> None:
    """Ktor's CIO engine then closes it before it answers, where the body comes in a packet of its own."""
    sent = headers(
        EndpointAddress("127.0.0.1", 3000, "/mcp"),
        Caller("2025-11-25"),
        accept="application/json",
        body=True,
        bearer=None,
    )
    assert [name for name, _ in sent] == ["Host", "Accept", "Content-Type"]
