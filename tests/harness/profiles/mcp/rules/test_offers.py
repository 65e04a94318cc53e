"""What servers declare, list and give, by conversations made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from harness.model import Verdict
from harness.profiles.mcp import steps
from tests.support.transcripts import JSON, STREAM, Talk, based, message_event
from tests.support.verdicts import N, S, V, finding_of

TOOLS = {"tools": [{"name": "echo", "inputSchema": {"type": "object"}}]}
LOG = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "x"}}


def answered(talk: Talk, step: str, method: str, result: dict[str, Any]) -> None:
    id = len(talk.exchanges) + 1
    message = {"jsonrpc": "2.0", "id": id, "method": method}
    talk.say(step, message=message, answer={"jsonrpc": "2.0", "id": id, "result": result}, kind=JSON)


def test_only_a_server_that_lists_tools_needs_the_capability() -> None:
    assert finding_of(based().transcript(), "capability.declared").verdict is N
    talk = Talk()
    talk.initialize(steps.BASELINE_INITIALIZE)
    talk.notification(steps.BASELINE_INITIALIZED)
    talk.request(steps.BASELINE_REQUEST, result=TOOLS)
    assert finding_of(talk.transcript(), "capability.declared").verdict is V


@pytest.mark.parametrize(("prompts", "expected"), [([], N), ([{"name": "greet"}], V)])
def test_a_list_that_is_not_empty_needs_its_capability(prompts: list[Any], expected: Verdict) -> None:
    talk = based()
    answered(talk, f"{steps.FEATURE_LIST}.prompts", "prompts/list", {"prompts": prompts})
    assert finding_of(talk.transcript(), "capability.declared").verdict is expected


@pytest.mark.parametrize(("messages", "expected"), [((), N), ((LOG,), V)])
def test_log_messages_need_their_capability(messages: tuple[Any, ...], expected: Verdict) -> None:
    talk = based()
    talk.request(steps.BASELINE_OTHER, kind=STREAM, events=tuple(map(message_event, messages)))
    assert finding_of(talk.transcript(), "capability.logging").verdict is expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ([], N),
        ([{"type": "text", "text": "not base64!"}], N),
        ([{"type": "image", "data": "AAAA", "mimeType": "image/png"}], S),
        ([{"type": "image", "data": "AAA", "mimeType": "image/png"}], V),
        ([{"type": "image", "data": "AAAA", "mimeType": "png"}], V),
        ([{"type": "audio", "data": "AA-_", "mimeType": "audio/wav"}], V),
        ([{"type": "audio", "data": 7, "mimeType": "audio/wav"}], V),
        ([{"type": "resource", "resource": {"uri": "a://b", "blob": "AAAA"}}], S),
        ([{"type": "resource", "resource": {"uri": "a://b", "blob": "?"}}], V),
        ([{"type": "resource", "resource": {"uri": "a://b", "text": "?"}}], N),
    ],
)
def test_binary_content_is_base64_of_a_type(content: list[Any], expected: Verdict) -> None:
    talk = based()
    answered(talk, steps.BASELINE_TOOL, "tools/call", {"content": content})
    assert finding_of(talk.transcript(), "content.base64").verdict is expected


@pytest.mark.parametrize("key", ["messages", "contents"])
def test_prompts_and_resources_are_looked_at_too(key: str) -> None:
    image = {"type": "image", "data": "?", "mimeType": "image/png"}
    value = {"messages": [{"role": "user", "content": image}], "contents": [{"uri": "a://b", "blob": "?"}]}
    talk = based()
    answered(talk, steps.FEATURE_CONTENT, "prompts/get", {key: value[key]})
    assert finding_of(talk.transcript(), "content.base64").verdict is V
