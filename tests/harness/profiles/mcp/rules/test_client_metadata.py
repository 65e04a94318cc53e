"""What clients of the sessionless revisions send with each request, by what a scripted server received."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.scripted_client import client_verdicts, right_sessionless_client
from tests.support.verdicts import I, N, S, V

if TYPE_CHECKING:
    from harness.model import Verdict

METADATA = {
    "client.version-header",
    "client.accepts-both",
    "client.request-meta",
    "client.standard-headers",
    "client.header-equals-meta",
    "client.single-message",
    "client.posts-messages",
    "client.no-responses",
    "client.request-ids",
    "client.client-info",
    "client.message-schema",
}


def test_a_right_client() -> None:
    verdicts = client_verdicts(right_sessionless_client())
    assert {id for id, verdict in verdicts.items() if verdict is S} == METADATA
    assert verdicts["client.header-encoding"] is N
    assert verdicts["client.input-retry"] is I
    assert not [id for id in verdicts if "session" in id]


@pytest.mark.parametrize(
    ("id", "fault"),
    [
        ("client.version-header", {"headers": {"MCP-Protocol-Version": None}}),
        ("client.header-equals-meta", {"headers": {"MCP-Protocol-Version": "2025-11-25"}}),
        ("client.request-meta", {"without": "clientCapabilities"}),
        ("client.request-meta", {"without": "protocolVersion"}),
        ("client.client-info", {"without": "clientInfo"}),
        ("client.standard-headers", {"headers": {"Mcp-Method": None}}),
        ("client.standard-headers", {"headers": {"Mcp-Method": "tools/call"}}),
        ("client.accepts-both", {"headers": {"Accept": "application/json"}}),
        ("client.request-ids", {"id": 1.5}),
        ("client.request-ids", {"id": None}),
    ],
)
def test_one_wrong_request(id: str, fault: dict[str, Any]) -> None:
    client = right_sessionless_client()
    client.send("tools/list", **fault)
    assert [requirement for requirement, verdict in client_verdicts(client).items() if verdict is V] == [id]


@pytest.mark.parametrize("carried", [None, "other"])
def test_a_name_that_the_header_does_not_mirror(carried: str | None) -> None:
    client = right_sessionless_client()
    client.send("tools/call", params={"name": "echo"}, headers={"Mcp-Name": carried})
    assert client_verdicts(client)["client.standard-headers"] is V


@pytest.mark.parametrize(
    ("name", "carried", "expected"),
    [
        ("grüße", "=?base64?Z3LDvMOfZQ==?=", S),
        ("grüße", "grüße", V),
        ("grüße", "=?base64?Z3I=?=", V),
        (" padded ", "padded", V),
        ("=?base64?literal?=", "=?base64?literal?=", V),
        ("=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=", S),
    ],
)
def test_names_that_no_plain_header_carries(name: str, carried: str, expected: Verdict) -> None:
    client = right_sessionless_client()
    client.send("tools/call", params={"name": name}, headers={"Mcp-Name": carried})
    assert client_verdicts(client)["client.header-encoding"] is expected
