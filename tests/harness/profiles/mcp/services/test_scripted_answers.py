"""Which revision a client's request belongs to, and what it is answered."""

from __future__ import annotations

from typing import Any

import pytest

from harness.profiles.mcp.services.scripted_answers import (
    WITH_HANDSHAKE,
    result_in_session,
    sessionless_result,
    sessionless_version,
    unsupported,
)

META = "io.modelcontextprotocol/"
SPOKEN = "2026-07-28"


def request(method: str = "tools/list", **meta: Any) -> dict[str, Any]:
    fields = {f"{META}{name}": value for name, value in meta.items()}
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": {"_meta": fields}}


@pytest.mark.parametrize(
    ("message", "headers", "expected"),
    [
        (request(protocolVersion=SPOKEN), {}, SPOKEN),
        (request(protocolVersion="2027-01-01"), {"MCP-Protocol-Version": SPOKEN}, "2027-01-01"),
        (request(), {"MCP-Protocol-Version": SPOKEN}, SPOKEN),
        (request(clientInfo={}), {}, SPOKEN),
        (request(), {"Mcp-Method": "tools/list"}, SPOKEN),
        (request("server/discover"), {}, SPOKEN),
        (None, {"MCP-Protocol-Version": SPOKEN}, SPOKEN),
        (request(), {"MCP-Protocol-Version": "2025-11-25"}, None),
        (request(), {}, None),
        (request("initialize", protocolVersion=SPOKEN), {"MCP-Protocol-Version": SPOKEN}, None),
        ({"method": "tools/list", "params": ["_meta"]}, {}, None),
        (None, {}, None),
    ],
)
def test_which_revision_a_request_belongs_to(message: Any, headers: dict[str, str], expected: str | None) -> None:
    assert sessionless_version(message, headers) == expected


@pytest.mark.parametrize("method", ["server/discover", "tools/list", "resources/read"])
def test_sessionless_results_carry_type_server_and_caching_hints(method: str) -> None:
    result = sessionless_result(method)
    assert result is not None
    assert result["resultType"] == "complete"
    assert f"{META}serverInfo" in result["_meta"]
    assert (result["ttlMs"], result["cacheScope"]) == (0, "private")


def test_what_a_revision_removed_is_not_served_in_it() -> None:
    assert sessionless_result("ping") is None
    assert result_in_session("ping") == {}
    assert result_in_session("server/discover") is None
    called = sessionless_result("tools/call")
    assert called is not None
    assert "ttlMs" not in called


def test_a_server_of_older_revisions_names_them() -> None:
    error = unsupported(request(protocolVersion=SPOKEN), SPOKEN)["error"]
    assert error == {
        "code": -32022,
        "message": "Unsupported protocol version",
        "data": {"supported": list(WITH_HANDSHAKE), "requested": SPOKEN},
    }
