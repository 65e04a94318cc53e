"""Which sentence a finding quotes, of a requirement that is bound to several, and what is only a reading of one."""

from __future__ import annotations

from typing import Any

import pytest

from harness.judge.judge import judge
from harness.model import Basis, BodyFault, SseEvent, Transcript
from harness.profiles.mcp import steps
from harness.profiles.mcp.messages import META, VERSION_HEADER
from harness.profiles.registry import MCP
from tests.support.transcripts import JSON, MODERN, STREAM, Talk, answered, based, message_event, plain, sessionless
from tests.support.verdicts import I, N, S, V, finding_of, quoted, rows, verdicts_of

LENGTH = "Tool names SHOULD be between 1 and 128 characters in length."
CHARACTERS = "The following SHOULD be the only allowed characters: letters."
UNIQUE = "Tool names SHOULD be unique within a server."
IMAGE, AUDIO, BINARY = (
    "The image data MUST be base64.",
    "The audio data MUST be base64.",
    "Binary data MUST be encoded.",
)
RISES = "The progress value MUST increase with each notification."
TOKENS = "Progress notifications MUST only reference tokens that: Were provided in an active request"
STOPS = "Progress notifications MUST stop after completion"


@pytest.mark.parametrize(
    ("names", "sentence"),
    [(("a" * 129,), LENGTH), (("add two",), CHARACTERS), (("add", "add"), UNIQUE)],
)
def test_a_tool_name_is_judged_by_the_sentence_that_it_breaks(names: tuple[str, ...], sentence: str) -> None:
    talk = Talk()
    talk.initialize(steps.BASELINE_INITIALIZE)
    talk.request(steps.BASELINE_REQUEST, result={"tools": [{"name": name, "inputSchema": {}} for name in names]})
    assert quoted(talk.transcript(), "tool.names", LENGTH, CHARACTERS, UNIQUE) == sentence


def test_without_the_sentence_the_first_one_is_quoted() -> None:
    talk = Talk()
    talk.initialize(steps.BASELINE_INITIALIZE)
    talk.request(steps.BASELINE_REQUEST, result={"tools": [{"name": "a b", "inputSchema": {}}]})
    assert quoted(talk.transcript(), "tool.names", UNIQUE, LENGTH) == UNIQUE


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"type": "image", "data": "?", "mimeType": "image/png"}, IMAGE),
        ({"type": "audio", "data": "?", "mimeType": "audio/wav"}, AUDIO),
        ({"type": "resource", "resource": {"uri": "a://b", "blob": "?"}}, BINARY),
    ],
)
def test_binary_content_of_prompts_is_text_and_of_tools_a_reading(content: dict[str, Any], sentence: str) -> None:
    for method, result, basis in (
        ("prompts/get", {"messages": [{"role": "user", "content": content}]}, Basis.TEXT),
        ("tools/call", {"content": [content]}, Basis.INTERPRETATION),
    ):
        talk = based()
        answered(talk, steps.FEATURE_CONTENT, method, result)
        found = finding_of(talk.transcript(), "content.base64")
        assert (found.verdict, found.basis, found.gates) == (V, basis, basis is Basis.TEXT)
        assert quoted(talk.transcript(), "content.base64", IMAGE, AUDIO, BINARY) == sentence


def progress(*events: dict[str, Any]) -> Transcript:
    talk = based()
    id = len(talk.exchanges) + 1
    message = {"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"_meta": {"progressToken": "t"}}}
    response = {"jsonrpc": "2.0", "id": id, "result": {}}
    sent = [
        response if not params else {"jsonrpc": "2.0", "method": "notifications/progress", "params": params}
        for params in events
    ]
    talk.say(steps.BASELINE_TOOL, message=message, kind=STREAM, events=tuple(map(message_event, sent)))
    return talk.transcript()


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        (({"progressToken": "t", "progress": 2}, {"progressToken": "t", "progress": 1}), RISES),
        (({"progressToken": "u", "progress": 1},), TOKENS),
        (({}, {"progressToken": "t", "progress": 1}), STOPS),
    ],
)
def test_progress_is_judged_by_the_sentence_that_it_breaks(events: tuple[Any, ...], sentence: str) -> None:
    assert quoted(progress(*events), "progress.rules", RISES, TOKENS, STOPS) == sentence


@pytest.mark.parametrize(("name", "capability"), [("prompts", "prompts"), ("resources", "resources")])
def test_what_is_listed_is_declared_by_the_sentence_of_its_page(name: str, capability: str) -> None:
    talk = based()
    answered(talk, f"{steps.FEATURE_LIST}.{name}", f"{name}/list", {name: [{"name": "a", "uri": "a://b"}]})
    sentences = [
        f"Servers that support {each} MUST declare the {each} capability" for each in ("tools", "prompts", "resources")
    ]
    assert quoted(talk.transcript(), "capability.declared", *sentences) == (
        f"Servers that support {capability} MUST declare the {capability} capability"
    )


@pytest.mark.parametrize(
    ("events", "fault", "duration_s", "expected"),
    [
        ((), None, 0.01, V),
        ((), BodyFault.CLOSED_EARLY, 0.01, V),
        ((), BodyFault.TIMEOUT, 0.01, I),
        ((), BodyFault.TIMEOUT, 10.0, V),
        ((), BodyFault.OPEN, 0.01, I),
        # it may be resumed
        ((SseEvent("message", "", "1"),), None, 0.01, I),
    ],
)
def test_a_stream_without_the_response_breaks_a_should(
    events: tuple[SseEvent, ...], fault: BodyFault | None, duration_s: float, expected: Any
) -> None:
    talk = Talk()
    talk.initialize(steps.BASELINE_INITIALIZE)
    talk.request(steps.BASELINE_REQUEST, kind=STREAM, events=events, fault=fault, duration_s=duration_s)
    found = finding_of(talk.transcript(), "stream.carries-response")
    assert (found.verdict, found.gates) == (expected, False)
    form = finding_of(talk.transcript(), "rpc.response-form")
    assert (form.verdict is V, form.gates) == (expected is V, expected is V)
    if fault in (BodyFault.TIMEOUT, BodyFault.OPEN):
        # one that was not watched for long enough is not satisfied either
        assert form.verdict is expected
    if fault not in (BodyFault.TIMEOUT, BodyFault.OPEN):
        assert finding_of(talk.transcript(), "post.request-sse-or-json").verdict is S


def test_what_a_tool_does_not_answer_blocks_nothing() -> None:
    talk = based()
    talk.request(steps.BASELINE_TOOL, kind=STREAM, events=())
    assert finding_of(talk.transcript(), "stream.carries-response").verdict is V
    assert finding_of(talk.transcript(), "rpc.response-form").verdict is S


def test_streams_that_carry_the_response() -> None:
    talk = Talk()
    talk.initialize(steps.BASELINE_INITIALIZE)
    assert finding_of(talk.transcript(), "stream.carries-response").verdict is I
    talk.request(steps.BASELINE_REQUEST)
    assert finding_of(talk.transcript(), "stream.carries-response").verdict is N
    response = {"jsonrpc": "2.0", "id": len(talk.exchanges) + 1, "result": {}}
    talk.request(steps.BASELINE_OTHER, kind=STREAM, events=(message_event(response),))
    assert finding_of(talk.transcript(), "stream.carries-response").verdict is S


def test_without_sessions_a_stream_that_ends_without_the_response_is_a_reading() -> None:
    talk = Talk(revision=MODERN)
    talk.request(steps.MODERN_CONTROL, kind=STREAM, events=())
    found = next(f for f in findings_of(sessionless(talk)) if f.requirement == "rpc.response-form")
    assert (found.verdict, found.basis, found.gates) == (V, Basis.INTERPRETATION, True)


def findings_of(transcript: Transcript) -> tuple[Any, ...]:
    return judge(transcript, rows(), MCP, page_revision=MODERN)


@pytest.mark.parametrize(("result", "expected"), [({}, S), ({"_meta": {"a": 1}}, S), ({"status": "ok"}, V)])
def test_a_ping_gets_an_empty_result(result: dict[str, Any], expected: Any) -> None:
    talk = based()
    answered(talk, steps.BASELINE_OTHER, "ping", result)
    assert finding_of(talk.transcript(), "ping.answered").verdict is expected


@pytest.mark.parametrize(("code", "basis"), [(-32602, Basis.INTERPRETATION), (-32600, Basis.TEXT)])
def test_the_error_that_the_page_prints_for_an_unknown_version_is_a_reading(code: int, basis: Basis) -> None:
    talk = based()
    error = {"code": code, "message": "Unsupported protocol version"}
    answered(talk, steps.INITIALIZE_UNSUPPORTED, "initialize", error=error, status=400, control=1, session=None)
    found = finding_of(talk.transcript(), "init.version")
    assert (found.verdict, found.basis, found.gates) == (V, basis, basis is Basis.TEXT)
    assert finding_of(talk.transcript(), "init.newest-version").verdict is I


@pytest.mark.parametrize(("session", "basis"), [("A", Basis.INTERPRETATION), (None, Basis.TEXT)])
def test_in_a_session_the_version_is_known_without_its_header(session: str | None, basis: Basis) -> None:
    talk = based()
    control = talk.request(steps.VERSION_CONTROL)
    talk.request(steps.VERSION_ABSENT, 400, control=control, session=session)
    found = finding_of(talk.transcript(negotiated=("2025-03-26", "2025-11-25")), "version.absent-served")
    assert (found.verdict, found.basis) == (V, basis)


def test_that_what_cannot_be_read_is_a_notification_is_a_reading() -> None:
    talk = based()
    error = {"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "no"}}
    talk.say(steps.POST_UNREADABLE, 200, body=str(error).replace("'", '"').replace("None", "null"), kind=JSON)
    found = finding_of(talk.transcript(), "post.refused-status")
    assert (found.verdict, found.basis, found.gates) == (V, Basis.INTERPRETATION, False)


@pytest.mark.parametrize(("code", "basis"), [(-32600, Basis.INTERPRETATION), (-32602, Basis.TEXT)])
def test_the_page_allows_another_code_where_a_task_is_required(code: int, basis: Basis) -> None:
    talk = based()
    control = talk.request(steps.BASELINE_OTHER)
    error = {"code": code, "message": "no"}
    for step in (steps.TASK_REQUIRED, steps.TASK_UNKNOWN):
        answered(talk, step, "tools/call", error=error, control=control)
    found = finding_of(talk.transcript(), "tool.task-required")
    assert (found.verdict, found.basis, found.gates) == (V, basis, basis is Basis.TEXT)


def test_a_tool_that_answers_by_an_error_of_its_own_did_not_serve() -> None:
    talk = based()
    control = talk.request(steps.BASELINE_OTHER)
    for step in (steps.TASK_REQUIRED, steps.TASK_UNKNOWN):
        answered(talk, step, "tools/call", {"isError": True, "content": []}, control=control)
    assert "`isError`" in finding_of(talk.transcript(), "tool.task-required").summary


@pytest.mark.parametrize(("given", "expected"), [(7, V), (None, S)])
def test_a_cancellation_that_names_no_request_cancels_none(given: int | None, expected: Any) -> None:
    talk = based()
    params = {"requestId": given} if given is not None else {}
    notice = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params}
    talk.request(steps.BASELINE_OTHER, kind=STREAM, events=(message_event(notice),))
    assert finding_of(talk.transcript(), "cancel.own-requests").verdict is expected


@pytest.mark.parametrize(
    ("meta", "step", "expected"),
    [({}, steps.MODERN_CONTROL, V), ({f"{META}logLevel": "docprobe"}, steps.MODERN_LOG_LEVEL, S)],
)
def test_a_log_message_for_a_request_that_names_a_level_was_asked_for(
    meta: dict[str, Any], step: str, expected: Any
) -> None:
    talk = Talk(revision=MODERN)
    params = {"_meta": {f"{META}protocolVersion": MODERN, **meta}}
    log = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "x"}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": params}
    response = {"jsonrpc": "2.0", "id": 1, "result": {"tools": []}}
    talk.say(step, message=message, kind=STREAM, events=(message_event(log), message_event(response)))
    assert verdicts_of(sessionless(talk), MODERN)["log.not-asked"] is expected


@pytest.mark.parametrize(("change", "expected"), [("tools", S), ("prompts", V)])
def test_a_subscription_brings_what_was_asked_for(change: str, expected: Any) -> None:
    talk = Talk(revision=MODERN)
    message = {"jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen"}
    message |= {"params": {"notifications": {"toolsListChanged": True}}}
    meta = {"_meta": {f"{META}subscriptionId": 1}}
    methods = ("notifications/subscriptions/acknowledged", f"notifications/{change}/list_changed")
    events = tuple(message_event({"jsonrpc": "2.0", "method": method, "params": meta}) for method in methods)
    talk.say(steps.MODERN_LISTEN, message=message, kind=STREAM, events=events)
    assert verdicts_of(sessionless(talk), MODERN)["listen.acknowledged"] is expected


def declaring(*lists: tuple[str, str, Any]) -> Transcript:
    talk = Talk(revision=MODERN)
    offered = {"tools": {}, "prompts": {}}
    plain(talk, steps.MODERN_DISCOVER, "server/discover", {"supportedVersions": [MODERN], "capabilities": offered})
    for step, method, answer in lists:
        given = {"error": answer} if "code" in answer else {"result": answer}
        plain(talk, step, method, **given)
    return sessionless(talk)


LISTED = (steps.MODERN_CONTROL, "tools/list", {"tools": []})


@pytest.mark.parametrize(
    ("prompts", "expected"),
    [
        (((steps.MODERN_PROMPTS, "prompts/list", {"prompts": []}),), S),
        (((steps.MODERN_PROMPTS, "prompts/list", {"code": -32601, "message": "no"}),), V),
        # tools alone do not show that prompts are listed
        ((), I),
    ],
)
def test_prompts_that_are_declared_are_listed(prompts: tuple[Any, ...], expected: Any) -> None:
    assert verdicts_of(declaring(LISTED, *prompts), MODERN)["capability.listed"] is expected


def test_a_page_without_a_scope_breaks_no_rule_of_ours() -> None:
    talk = Talk(revision=MODERN)
    hints = {"ttlMs": 0, "resultType": "complete"}
    first = plain(talk, steps.MODERN_CONTROL, "tools/list", {"tools": [], "nextCursor": "2", **hints})
    plain(talk, steps.MODERN_PAGE, "tools/list", {"tools": [], **hints}, control=first)
    assert verdicts_of(sessionless(talk), MODERN)["cache.hints"] is V


@pytest.mark.parametrize(("header", "expected"), [(MODERN, V), ("2025-11-25", S)])
def test_an_unsupported_version_is_not_one_that_is_served(header: str, expected: Any) -> None:
    talk = Talk(revision=MODERN)
    plain(talk, steps.MODERN_CONTROL, "tools/list", {"tools": []})
    params = {"_meta": {f"{META}protocolVersion": MODERN}}
    error = {"code": -32022, "message": "no"}
    answered(
        talk, steps.MODERN_PROMPTS, "prompts/list", error=error, status=400, params=params,
        headers=((VERSION_HEADER, header),),
    )  # fmt: skip
    assert verdicts_of(sessionless(talk), MODERN)["error.reserved-codes"] is expected


@pytest.mark.parametrize(
    ("answer", "status", "expected"),
    [
        ({"result": {"protocolVersion": "2025-11-25", "capabilities": {}}}, 200, I),
        ({"error": {"code": -32601, "message": "no"}}, 503, I),
        ({"error": {"code": -32601, "message": "no"}}, 404, V),
        ({"error": {"code": -32601, "message": f"only {MODERN}"}}, 404, S),
    ],
)
def test_only_an_error_to_an_initialize_names_the_versions(answer: dict[str, Any], status: int, expected: Any) -> None:
    talk = Talk(revision=MODERN)
    plain(talk, steps.MODERN_CONTROL, "tools/list", {"tools": []})
    answered(talk, steps.DISCOVER_INITIALIZE, "initialize", answer.get("result"), error=answer.get("error"),
             status=status, revision=None)  # fmt: skip
    assert verdicts_of(sessionless(talk), MODERN)["initialize.names-versions"] is expected


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"$schema": "https://elsewhere.example/dialect", "type": "thing"}, I),
        ({"$schema": ["https://json-schema.org/draft/2020-12/schema"]}, V),
    ],
)
def test_a_dialect_that_is_not_known_decides_nothing(schema: dict[str, Any], expected: Any) -> None:
    talk = Talk()
    talk.initialize(steps.BASELINE_INITIALIZE)
    talk.request(steps.BASELINE_REQUEST, result={"tools": [{"name": "a", "inputSchema": schema}]})
    assert finding_of(talk.transcript(), "tool.schema-valid").verdict is expected


@pytest.mark.parametrize(
    ("structured", "text", "expected"), [([1, 2], "[1, 2]", S), ([1, 2], "one", V), ("a", '"a"', S), (None, "", N)]
)
def test_structured_content_of_any_kind_is_repeated_in_a_text(structured: Any, text: str, expected: Any) -> None:
    talk = based()
    result = {"structuredContent": structured, "content": [{"type": "text", "text": text}]}
    answered(talk, steps.BASELINE_TOOL, "tools/call", result)
    assert finding_of(talk.transcript(), "tool.text-copy").verdict is expected


@pytest.mark.parametrize(("uri", "expected"), [("notes/2024:a", N), ("my_notes://a", V), ("notes://a", S)])
def test_a_relative_reference_has_no_scheme(uri: str, expected: Any) -> None:
    talk = based()
    answered(talk, f"{steps.FEATURE_LIST}.resources", "resources/list", {"resources": [{"uri": uri, "name": "a"}]})
    assert finding_of(talk.transcript(), "resource.uri-scheme").verdict is expected


@pytest.mark.parametrize(
    ("kind", "extensions", "expected"),
    [("complete", {}, S), ("partial", {}, V), ("partial", {"example.com/parts": {}}, S)],
)
def test_a_result_is_of_a_type_of_the_core_protocol_or_of_an_extension(
    kind: str, extensions: dict[str, Any], expected: Any
) -> None:
    talk = Talk(revision=MODERN)
    offered = {"tools": {}, "extensions": extensions}
    discovery = {"supportedVersions": [MODERN], "capabilities": offered, "resultType": "complete"}
    plain(talk, steps.MODERN_DISCOVER, "server/discover", discovery)
    plain(talk, steps.MODERN_CONTROL, "tools/list", {"tools": [], "resultType": kind})
    assert verdicts_of(sessionless(talk), MODERN)["result.type"] is expected


@pytest.mark.parametrize(("name", "expected"), [("example.com/parts", S), ("parts", V), ("-a.b/parts", V)])
def test_an_extension_is_named_with_a_prefix(name: str, expected: Any) -> None:
    talk = Talk(revision=MODERN)
    offered = {"extensions": {name: {}}}
    plain(talk, steps.MODERN_DISCOVER, "server/discover", {"supportedVersions": [MODERN], "capabilities": offered})
    assert verdicts_of(sessionless(talk), MODERN)["meta.key-names"] is expected


@pytest.mark.parametrize(
    ("elicitations", "expected"),
    [
        ([{"mode": "url", "elicitationId": "a", "url": "https://a.example"}], S),
        ([{"mode": "form", "elicitationId": "a"}], V),
        ([{"mode": "url"}], V),
        ([], V),
        (None, V),
    ],
)
def test_an_error_that_asks_for_a_url_says_which(elicitations: Any, expected: Any) -> None:
    talk = based()
    assert finding_of(talk.transcript(), "elicitation.required-error").verdict is N
    error = {"code": -32042, "message": "sign in", "data": {"elicitations": elicitations}}
    answered(talk, steps.BASELINE_TOOL, "tools/call", error=error)
    assert finding_of(talk.transcript(), "elicitation.required-error").verdict is expected
