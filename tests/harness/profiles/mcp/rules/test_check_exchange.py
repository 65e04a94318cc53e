"""POST, GET, streams, resumption, Origin and version, by conversations made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from harness.judge.judge import judge
from harness.model import (
    Basis,
    BodyFault,
    Failure,
    FailureKind,
    Finding,
    ListeningSocket,
    SseEvent,
    Transcript,
    Verdict,
)
from harness.profiles.mcp import steps
from harness.profiles.registry import MCP
from tests.support.judged_server import NEWEST, rows
from tests.support.transcripts import JSON, STREAM, Talk, message_event

S, V, N, I = Verdict.SATISFIED, Verdict.VIOLATED, Verdict.NOT_APPLICABLE, Verdict.INCONCLUSIVE  # noqa: E741
PROGRESS = {"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": 1, "progress": 1}}
NEWS = {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}


def verdict(transcript: Transcript, id: str) -> Finding:
    return next(f for f in judge(transcript, rows(), MCP, page_revision=NEWEST) if f.requirement == id)


def based(**more: Any) -> Talk:
    talk = Talk()
    talk.baseline(**more)
    return talk


def answer(talk: Talk) -> dict[str, Any]:
    """The response to the request that is sent next."""
    return {"jsonrpc": "2.0", "id": len(talk.exchanges) + 1, "result": {}}


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [(202, "", S), (202, "{}", V), (200, "", V), (204, "", V), (400, "no", I), (500, "", I), (None, "", I)],
)
def test_notification(status: int | None, body: str, expected: Verdict) -> None:
    talk = Talk()
    talk.initialize(steps.BASELINE_INITIALIZE)
    talk.notification(
        steps.BASELINE_INITIALIZED, status, body=body, failure=None if status else Failure(FailureKind.TIMEOUT)
    )
    assert verdict(talk.transcript(), "post.notification-202").verdict is expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"kind": JSON}, S),
        ({"kind": f"{JSON}; charset=utf-8"}, S),
        ({"kind": "text/plain"}, V),
        ({"kind": None}, V),
        ({"kind": JSON, "body": "[]"}, V),
        ({"kind": JSON, "body": '{"jsonrpc": "2.0", "id": 3, "res', "fault": BodyFault.CLOSED_EARLY}, V),
        ({"kind": JSON, "body": "\\xff", "fault": BodyFault.INVALID_UTF8}, V),
        ({"kind": STREAM, "body": "", "events": ()}, V),
        ({"kind": STREAM, "events": (SseEvent("message", "", "1"),)}, S),
        ({"status": 400}, I),
        ({"status": 503}, I),
        ({"status": None, "failure": Failure(FailureKind.TIMEOUT), "duration_s": 10.0}, V),
        ({"status": None, "failure": Failure(FailureKind.TIMEOUT), "duration_s": 0.01}, I),
        ({"status": None, "failure": Failure(FailureKind.REFUSED)}, I),
    ],
)
def test_request_form(more: dict[str, Any], expected: Verdict) -> None:
    talk = Talk()
    talk.initialize(steps.BASELINE_INITIALIZE)
    talk.request(steps.BASELINE_REQUEST, more.pop("status", 200), **more)
    assert verdict(talk.transcript(), "post.request-sse-or-json").verdict is expected


def test_a_tool_may_take_its_time() -> None:
    talk = based()
    talk.request(steps.BASELINE_TOOL, None, failure=Failure(FailureKind.TIMEOUT), duration_s=10.0)
    talk.request(steps.BASELINE_TOOL, kind=STREAM, events=(), fault=BodyFault.TIMEOUT, duration_s=10.0)
    assert verdict(talk.transcript(), "post.request-sse-or-json").verdict is S


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        (200, STREAM, S),
        (405, None, S),
        (200, JSON, V),
        (404, None, V),
        (400, None, V),
        (406, None, V),
        (500, None, V),
        (409, None, I),
        (429, None, I),
        (503, None, I),
    ],
)
def test_get(status: int, kind: str | None, expected: Verdict) -> None:
    talk = Talk()
    talk.initialize(steps.BASELINE_INITIALIZE)
    talk.notification(steps.BASELINE_INITIALIZED)
    talk.request(steps.BASELINE_REQUEST)
    talk.get(steps.BASELINE_GET, status, kind=kind)
    assert verdict(talk.transcript(), "get.sse-or-405").verdict is expected


@pytest.mark.parametrize(("status", "expected"), [(200, S), (400, S), (404, S), (500, V), (503, S)])
def test_get_with_an_issued_event_id(status: int, expected: Verdict) -> None:
    talk = based()
    talk.get(steps.GET_RESUME_ISSUED, status)
    assert verdict(talk.transcript(), "get.sse-or-405").verdict is expected


@pytest.mark.parametrize(("status", "expected"), [(200, S), (400, S), (500, V), (503, I)])
def test_get_with_an_invented_event_id(status: int, expected: Verdict) -> None:
    talk = based()
    talk.get(steps.GET_RESUME_INVENTED, status)
    found = verdict(talk.transcript(), "get.invented-event-id")
    assert (found.verdict, found.basis, found.gates) == (expected, Basis.ADVICE, False)


def streams(on_get: tuple[Any, ...] = (), on_a: tuple[Any, ...] = (), on_b: tuple[Any, ...] = ()) -> Talk:
    talk = based()
    talk.get(steps.GET_STREAM, events=tuple(map(message_event, on_get)))
    for step, messages in ((steps.GET_WHILE_OPEN, ()), (steps.STREAM_TWO_A, on_a), (steps.STREAM_TWO_B, on_b)):
        talk.request(step, kind=STREAM, events=(*map(message_event, messages), message_event(answer(talk))))
    return talk


@pytest.mark.parametrize(
    ("talk", "no_responses", "no_broadcast"),
    [
        (streams(), S, S),
        (streams(on_get=(NEWS,)), S, S),
        (streams(on_get=({"jsonrpc": "2.0", "id": 6, "result": {}},)), V, S),
        (streams(on_get=(PROGRESS,), on_b=(PROGRESS,)), S, V),
        (streams(on_a=(PROGRESS,), on_b=(PROGRESS,)), S, V),
        (streams(on_a=(NEWS,), on_b=(NEWS,)), S, S),
        (streams(on_a=({"jsonrpc": "2.0", "id": 8, "result": {}},)), S, V),
    ],
)
def test_which_message_on_which_stream(talk: Talk, no_responses: Verdict, no_broadcast: Verdict) -> None:
    found = judge(talk.transcript(), rows(), MCP, page_revision=NEWEST)
    seen = {f.requirement: f.verdict for f in found}
    assert (seen["get.no-responses"], seen["stream.no-broadcast"]) == (no_responses, no_broadcast)


def test_servers_without_streams_are_not_asked() -> None:
    talk = based(get=405)
    talk.request(steps.STREAM_TWO_A)
    talk.request(steps.STREAM_TWO_B)
    seen = {f.requirement: f.verdict for f in judge(talk.transcript(), rows(), MCP, page_revision=NEWEST)}
    ids = ("get.no-responses", "stream.no-broadcast", "stream.end-after-response", "resume.id-unique")
    assert {seen[id] for id in ids} == {N}


@pytest.mark.parametrize(("fault", "expected"), [(None, S), (BodyFault.OPEN, V), (BodyFault.TIMEOUT, S)])
def test_end_after_response(fault: str | None, expected: Verdict) -> None:
    talk = Talk()
    talk.initialize(steps.BASELINE_INITIALIZE)
    talk.notification(steps.BASELINE_INITIALIZED)
    talk.request(
        steps.BASELINE_REQUEST, kind=STREAM, events=(message_event(answer(talk)),), fault=fault, duration_s=2.0
    )
    assert verdict(talk.transcript(), "stream.end-after-response").verdict is expected


def resumed(own: tuple[Any, ...], cross: tuple[Any, ...], *, status: int = 200) -> Talk:
    """B had a primed stream 1_0 and its result 1_1; C had 1_0 and another result: two sessions may share ids."""
    talk = based()
    talk.initialize(steps.OPEN_INITIALIZE, label="B", id="b" * 32)
    talk.initialize(steps.OPEN_INITIALIZE, label="C", id="c" * 32)
    for step, label, message in ((steps.RESUME_A, "B", MINE), (steps.RESUME_B, "C", THEIRS)):
        events = (SseEvent("message", "", "1_0"), message_event(message, "1_1"))
        talk.request(step, kind=STREAM, events=events, session=label)
    for step, label, messages in ((steps.RESUME_OWN, "B", own), (steps.RESUME_CROSS, "C", cross)):
        code = 200 if step == steps.RESUME_OWN else status
        replayed = tuple(message_event(message, "1_1") for message in messages)
        talk.get(step, code, session=label, events=replayed, headers=(("Last-Event-ID", "1_0"),))
    return talk


MINE = {"jsonrpc": "2.0", "id": 9, "result": {"tools": []}}
THEIRS = {"jsonrpc": "2.0", "id": 9, "result": {}}


@pytest.mark.parametrize(
    ("talk", "expected"),
    [
        (resumed((MINE,), ()), S),
        (resumed((MINE,), (), status=400), S),
        (resumed((MINE,), (THEIRS,)), S),
        (resumed((MINE,), (MINE,)), V),
        (resumed((MINE, THEIRS), ()), V),
        (resumed((), ()), I),
    ],
)
def test_replay(talk: Talk, expected: Verdict) -> None:
    assert verdict(talk.transcript(), "resume.no-cross-stream").verdict is expected


def test_event_ids_are_shared_between_sessions_but_not_between_streams() -> None:
    assert verdict(resumed((MINE,), ()).transcript(), "resume.id-unique").verdict is I
    talk = resumed((MINE,), ())
    talk.request("live.post-request", kind=STREAM, events=(SseEvent("message", "", "1_0"),), session="B")
    assert verdict(talk.transcript(), "resume.id-unique").verdict is V
    talk = resumed((MINE,), ())
    talk.request("live.post-request", kind=STREAM, events=(SseEvent("message", "", "2_0"),), session="B")
    assert verdict(talk.transcript(), "resume.id-unique").verdict is S


@pytest.mark.parametrize(
    ("initialize", "request_", "validate", "status_403"),
    [
        (403, 403, S, S),
        (200, 200, V, I),
        (200, 403, V, S),
        (200, 400, V, V),
        (400, 400, S, V),
        (500, 500, S, V),
        (503, 503, I, I),
        (307, 307, S, V),
    ],
)
def test_origin(initialize: int, request_: int, validate: Verdict, status_403: Verdict) -> None:
    talk = based()
    for step, control, status in (
        (steps.ORIGIN_FOREIGN_INITIALIZE, steps.ORIGIN_CONTROL_INITIALIZE, initialize),
        (steps.ORIGIN_FOREIGN_REQUEST, steps.ORIGIN_CONTROL_REQUEST, request_),
    ):
        against = talk.request(control)
        talk.request(step, status, headers=(("Origin", "http://evil.example"),), control=against)
    seen = {f.requirement: f for f in judge(talk.transcript(), rows(), MCP, page_revision=NEWEST)}
    found = seen["http.origin-validate"]
    assert (found.verdict, seen["http.origin-403"].verdict) == (validate, status_403)
    assert (found.basis, found.gates) == (Basis.TEXT, validate is V)
    anywhere = talk.transcript(sockets=(ListeningSocket("0.0.0.0", 3000),))
    found = verdict(anywhere, "http.origin-validate")
    assert (found.verdict, found.basis, found.gates) == (validate, Basis.INTERPRETATION, False)


def test_a_refusal_without_a_served_control_decides_nothing() -> None:
    talk = based()
    for step, control in (
        (steps.ORIGIN_FOREIGN_REQUEST, steps.ORIGIN_CONTROL_REQUEST),
        (steps.VERSION_UNSUPPORTED, ""),
    ):
        against = talk.request(control or steps.VERSION_CONTROL, 401)
        talk.request(step, 401, control=against)
    seen = {f.requirement: f.verdict for f in judge(talk.transcript(), rows(), MCP, page_revision=NEWEST)}
    assert {seen[id] for id in ("http.origin-validate", "http.origin-403", "version.unsupported-400")} == {I}


@pytest.mark.parametrize(("status", "expected"), [(400, S), (404, V), (200, V), (401, V), (429, I)])
def test_version(status: int, expected: Verdict) -> None:
    talk = based()
    control = talk.request(steps.VERSION_CONTROL)
    talk.request(steps.VERSION_UNSUPPORTED, status, control=control)
    assert verdict(talk.transcript(), "version.unsupported-400").verdict is expected


def test_a_parser_that_refuses_strange_bytes_decides_nothing() -> None:
    talk = based()
    control = talk.request(steps.VERSION_CONTROL)
    talk.request(steps.VERSION_UNSUPPORTED, 400, control=control, headers=(("MCP-Protocol-Version", "\x01"),))
    assert verdict(talk.transcript(), "version.unsupported-400").verdict is I
