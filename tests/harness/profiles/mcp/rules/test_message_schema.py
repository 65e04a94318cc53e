"""Messages by the JSON Schema of the revision, by conversations made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from extractor.model import ExampleKind
from harness.model import MessageSchema, Verdict
from harness.profiles.mcp import steps
from harness.profiles.mcp.messages import META, VERSION_HEADER
from harness.profiles.mcp.rules.message_schema import valid_messages, valid_sent
from tests.support.scripted_client import Client, SessionlessClient, right_client
from tests.support.transcripts import MODERN, Talk, answered, based, plain, sessionless
from tests.support.verdicts import NEWEST, I, N, S, V, rows

RIGHT_LIST: dict[str, Any] = {"resultType": "complete", "tools": []}


def verdict(talk: Talk, schema: MessageSchema | None = None) -> tuple[Verdict, str]:
    row = next(row for row in rows() if row.requirement.id == "message.schema" and row.revision == NEWEST)
    if schema is not None:
        from dataclasses import replace

        row = replace(row, schema=schema)
    found = valid_messages(talk.transcript(), row)
    return found.verdict, found.summary


def listing(tool: dict[str, Any]) -> Talk:
    talk = Talk()
    talk.initialize(steps.BASELINE_INITIALIZE)
    talk.request(steps.BASELINE_REQUEST, result={"tools": [tool]})
    return talk


@pytest.mark.parametrize(
    ("tool", "expected"),
    [
        ({"name": "a", "inputSchema": {"type": "object"}}, S),
        ({"name": "a", "inputSchema": {"type": "object"}, "x-own-field": 1}, S),
        ({"name": "a", "inputSchema": {}}, V),
        ({"inputSchema": {"type": "object"}}, V),
    ],
)
def test_a_result_is_checked_and_unknown_fields_are_allowed(tool: dict[str, Any], expected: Verdict) -> None:
    found, summary = verdict(listing(tool))
    assert found is expected
    if expected is V:
        assert "tools/0" in summary
        assert "$defs/ListToolsResult" in summary


def test_an_error_that_names_no_request_is_valid() -> None:
    talk = based()
    answer = {"jsonrpc": "2.0", "id": None, "error": {"code": -32000, "message": "no"}}
    talk.request(steps.VERSION_UNSUPPORTED, 400, answer=answer)
    assert verdict(talk)[0] is S


@pytest.mark.parametrize(("version", "expected"), [(MODERN, V), (None, S)])
def test_a_result_for_what_may_be_an_older_client_is_not_one_of_the_revision(
    version: str | None, expected: Verdict
) -> None:
    talk = Talk(revision=MODERN)
    plain(talk, steps.MODERN_DISCOVER, "tools/list", RIGHT_LIST)
    headers = ((VERSION_HEADER, version),) if version else ()
    params = {"_meta": {f"{META}protocolVersion": MODERN}}
    answered(talk, steps.MODERN_MISSING_HEADER, "tools/list", {"items": []}, params=params, headers=headers)
    row = next(row for row in rows() if row.requirement.id == "message.schema" and row.revision == MODERN)
    assert valid_messages(sessionless(talk, negotiated=(MODERN,)), row).verdict is expected


def test_definitions_of_draft_07_are_read() -> None:
    document = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "definitions": {
            "ListToolsRequest": {"properties": {"method": {"const": "tools/list"}}},
            "ListToolsResult": {"properties": {"tools": {"minItems": 1}}},
        },
    }
    assert verdict(based(), MessageSchema("s.json", document, "definitions"))[0] is V


def sent_by(client: Client) -> tuple[Verdict, str]:
    transcript = client.talk.transcript(kind=ExampleKind.CLIENT)
    found = next(row for row in rows() if row.requirement.id == "client.message-schema" and row.revision == NEWEST)
    finding = valid_sent(transcript, found)
    return finding.verdict, finding.summary


def test_what_a_client_sends_is_checked() -> None:
    assert sent_by(right_client())[0] is S
    assert sent_by(Client())[0] is I
    client = right_client()
    wrong = {"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progress": "half"}}
    client.talk.say("client.99.notifications/progress", 202, message=wrong)
    verdict, summary = sent_by(client)
    assert verdict is V
    assert "notifications/progress of the client" in summary
    assert "$defs/ProgressNotification" in summary


def test_what_a_client_sends_in_another_revision_is_judged_there() -> None:
    client = SessionlessClient()
    client.send("tools/list")
    assert sent_by(client)[0] is I


def test_without_a_schema_nothing_is_said() -> None:
    talk = based()
    talk.revision = "2025-06-18"
    row = next(row for row in rows() if row.requirement.id == "message.schema" and row.revision == "2025-06-18")
    assert valid_messages(talk.transcript(), row).verdict is N
