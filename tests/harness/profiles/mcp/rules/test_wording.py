"""What findings say, pinned in one file that is read as a whole: tests of behaviour assert verdicts and facts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from extractor.model import ExampleKind
from harness.judge.judge import judge
from harness.model import BodyFault, Facts, Failure, FailureKind, Incident, ListeningSocket, RevisionFacts, SseEvent
from harness.profiles.mcp import steps
from harness.profiles.registry import MCP
from tests.support.golden import check_golden
from tests.support.printed_pages import INITIALIZE, RIGHT, transcript_of_page
from tests.support.scripted_client import Client, right_client
from tests.support.transcripts import JSON, STREAM, Talk, based, lived, message_event
from tests.support.verdicts import NEWEST, rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.model import Transcript

MODERN = "2026-07-28"
TIMEOUT = Failure(FailureKind.TIMEOUT)
FOREIGN = (("Origin", "http://evil.example"),)
NEWS = {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}


def test_what_findings_say() -> None:
    summaries: dict[str, dict[str, None]] = {}
    for title, transcript, page in conversations():
        for finding in judge(transcript, rows(), MCP, page_revision=page):
            line = f"{finding.verdict.value:15} {finding.summary}"
            summaries.setdefault(finding.requirement, {}).setdefault(line)
        assert title
    order = [id for id in MCP.catalogue.ids if id in summaries]
    text = "\n".join(f"{id}\n" + "".join(f"  {line}\n" for line in sorted(summaries[id])) for id in order)
    check_golden("mcp/summaries.txt", text)


def test_what_a_summary_says_was_expected_is_a_value_for_each_wrong_exchange() -> None:
    said = 0
    for title, transcript, page in conversations():
        statuses = {exchange.number: exchange.status for exchange in transcript.exchanges}
        for finding in judge(transcript, rows(), MCP, page_revision=page):
            nothing_came = "an error that nothing caught" in finding.summary
            assert bool(finding.expected) == ("; expected " in finding.summary and not nothing_came), (title, finding)
            assert finding.expected.keys() <= {str(number) for number in finding.evidence}, (title, finding)
            for number, expected in finding.expected.items():
                said += 1
                assert f"; expected {expected}." in finding.summary
                assert str(statuses[int(number)]) != expected, (title, finding)
    assert said > 100


def conversations() -> Iterator[tuple[str, Transcript, str]]:
    """Conversations with right and wrong examples, of every kind."""
    yield from ((f"session {life}", lived(**life).transcript(), NEWEST) for life in LIVES)
    yield from ((title, talk.transcript(), NEWEST) for title, talk in servers())
    yield from ((title, talk.transcript(**more), NEWEST) for title, talk, more in facts())
    yield from ((title, sessionless(talk), MODERN) for title, talk in modern_servers())
    yield from ((title, talk.transcript(kind=ExampleKind.STDIO_SERVER), NEWEST) for title, talk in stdio_servers())
    yield from ((title, client.talk.transcript(kind=ExampleKind.CLIENT), NEWEST) for title, client in clients())
    yield from ((f"page {old}", transcript_of_page(RIGHT.replace(old, new)), NEWEST) for old, new in PRINTED)
    yield "sessionless page", transcript_of_page(INITIALIZE, MODERN), MODERN


PRINTED = (
    ("404", "404"),
    ("404 Not Found", "400 Bad Request"),
    ("202 Accepted", "200 OK"),
    ("    Mcp-Session-Id: 1868a90c-5f3e-4c0c\n", ""),
    ("Mcp-Session-Id: 1868a90c-5f3e-4c0c", "Mcp-Session-Id: another-one"),
    ("    MCP-Protocol-Version: 2025-11-25\n", ""),
    ("Accept: application/json, text/event-stream", "Accept: application/json"),
    (
        "Mcp-Session-Id: 1868a90c...\n    MCP-Protocol-Version: 2025-11-25\n\n    {",
        "MCP-Protocol-Version: 2025-11-25\n\n    {",
    ),
)
"""What a right page prints, and what a wrong one prints instead."""


LIVES: tuple[dict[str, Any], ...] = (
    {},
    {"end": 405},
    {"end": 500},
    {"terminated": (400, 400, 400, 400)},
    {"terminated": (404, 404, 400, 404)},
    {"terminated": (200, 202, 200, 200)},
    {"terminated": (503, 503, 503, 503)},
    {"terminated": (None, 404, 404, 404), "failure": TIMEOUT, "duration_s": 10.0},
    {"missing": (404, 400, 400, 400)},
    {"missing": (200, 202, 200, 200)},
    {"missing": (429, 429, 429, 429)},
    {"unknown": (400, 400, 400, 400)},
    {"unknown": (200, 202, 200, 200)},
)


def servers() -> Iterator[tuple[str, Talk]]:
    """Servers with sessions."""
    talk = Talk()
    talk.baseline(id=None, get=405)
    yield "stateless", talk
    talk = lived()
    talk.initialize(steps.TERMINATED_FRESH, status=404)
    yield "dead after DELETE", talk
    talk = Talk()
    talk.baseline(id="caf\u00e9 1")
    talk.initialize(steps.OPEN_INITIALIZE, label="B", id="caf\u00e9 1")
    yield "odd ids", talk
    talk = based()
    for number in range(24):
        talk.initialize(steps.OPEN_INITIALIZE, label=str(number), id=f"{number * 0x9E3779B97F4A7C15 % 2**64:032x}")
    yield "many ids", talk
    for status, body in ((200, ""), (202, "{}"), (400, "")):
        talk = Talk()
        talk.initialize(steps.BASELINE_INITIALIZE)
        talk.notification(steps.BASELINE_INITIALIZED, status, body=body)
        talk.request(steps.BASELINE_REQUEST, kind="text/plain" if body else JSON, body="" if status == 400 else None)
        talk.get(steps.BASELINE_GET, 404)
        yield f"notification {status}", talk
    talk = based()
    talk.notification(steps.LIVE_RESPONSE, None, failure=TIMEOUT, duration_s=10.0)
    talk.request("live.post-request", kind=STREAM, events=(), fault=BodyFault.CLOSED_EARLY)
    yield "silent and cut", talk
    for initialize, request in ((403, 403), (200, 200), (400, 500), (503, 503)):
        talk = based()
        control = talk.request(steps.ORIGIN_CONTROL_INITIALIZE)
        talk.request(steps.ORIGIN_FOREIGN_INITIALIZE, initialize, headers=FOREIGN, control=control)
        control = talk.request(steps.ORIGIN_CONTROL_REQUEST)
        talk.request(steps.ORIGIN_FOREIGN_REQUEST, request, headers=FOREIGN, control=control)
        control = talk.request(steps.VERSION_CONTROL)
        talk.request(steps.VERSION_UNSUPPORTED, request, control=control)
        yield f"origin {initialize} {request}", talk
    for status in (200, 400, 500):
        talk = based()
        talk.get(steps.GET_RESUME_ISSUED, status)
        talk.get(steps.GET_RESUME_INVENTED, status)
        yield f"event ids {status}", talk
    for on_get, on_both in (((), ()), (({"jsonrpc": "2.0", "id": 6, "result": {}},), ()), ((NEWS,), (NEWS,))):
        talk = based()
        talk.get(steps.GET_STREAM, events=tuple(map(message_event, on_get)))
        for step in (steps.STREAM_TWO_A, steps.STREAM_TWO_B):
            answer = {"jsonrpc": "2.0", "id": len(talk.exchanges) + 1, "result": {}}
            talk.request(step, kind=STREAM, events=(*map(message_event, on_both), message_event(answer)))
        yield f"streams {on_get} {on_both}", talk
    for left_open in (False, True):
        talk = Talk()
        talk.initialize(steps.BASELINE_INITIALIZE)
        answer = {"jsonrpc": "2.0", "id": 2, "result": {}}
        fault = BodyFault.OPEN if left_open else None
        talk.request(steps.BASELINE_REQUEST, kind=STREAM, events=(message_event(answer),), fault=fault, duration_s=2.0)
        yield f"left open: {left_open}", talk
    for own, cross in ((("mine",), ()), (("mine",), ("mine",)), (("theirs",), ()), ((), ())):
        yield f"resumed {own} {cross}", resumed(own, cross)
    for after in (200, 404):
        talk = lived()
        talk.request(steps.ISOLATION_BEFORE_B, session="J")
        talk.delete(steps.ISOLATION_END_A, session="I")
        talk.request(steps.ISOLATION_REQUEST_B, after, session="J")
        talk.initialize(steps.SURVIVES_INITIALIZE, label="Z", id="e" * 40)
        talk.request(steps.SURVIVES_REQUEST, after)
        yield f"two sessions {after}", talk


def resumed(own: tuple[str, ...], cross: tuple[str, ...]) -> Talk:
    """Two sessions with one event id each, and what they get when they resume."""
    results = {"mine": {"jsonrpc": "2.0", "id": 9, "result": {"of": 1}}, "theirs": {"jsonrpc": "2.0", "id": 9}}
    talk = based()
    for label, step, name in (("B", steps.RESUME_A, "mine"), ("C", steps.RESUME_B, "theirs")):
        talk.initialize(steps.OPEN_INITIALIZE, label=label, id=label * 32)
        events = (SseEvent("message", "", "1_0"), message_event(results[name], "1_1"))
        talk.request(step, kind=STREAM, events=events, session=label)
    for label, step, names in (("B", steps.RESUME_OWN, own), ("C", steps.RESUME_CROSS, cross)):
        events = tuple(message_event(results[name], "1_1") for name in names)
        talk.get(step, session=label, events=events, headers=(("Last-Event-ID", "1_0"),))
    return talk


def facts() -> Iterator[tuple[str, Talk, dict[str, Any]]]:
    """Servers of which more is known than their exchanges show."""
    yield "not served", based(), {"facts": Facts(revisions={NEWEST: RevisionFacts("tools/list returned 500")})}
    yield "crashed", based(), {"facts": Facts(crashed=Incident(4, "exited with code 1"))}
    yield "another revision", based(), {"negotiated": ("2025-06-18",)}
    talk = based()
    talk.request(steps.ORIGIN_FOREIGN_REQUEST, 200, control=talk.request(steps.ORIGIN_CONTROL_REQUEST))
    yield "bound anywhere", talk, {"sockets": (ListeningSocket("0.0.0.0", 3000),)}
    for status in (401, 500, 200):
        talk = lived()
        control = talk.request("auth.valid")
        for token in ("inactive", "expired", "wrong-audience", "audience-list", "audience-list-reversed"):
            talk.request(f"{steps.AUTH}.{token}", status, control=control)
        for group in (steps.HIJACK_NO_TOKEN, steps.HIJACK_USER2):
            talk.request(f"{group}.post-request", status, control=control)
            talk.delete(f"{group}.delete", status, control=control)
        yield f"tokens {status}", talk, {"demands_token": True}
    batched = Talk(revision="2025-03-26")
    batched.baseline()
    control = batched.request("batch.control")
    batch = [{"jsonrpc": "2.0", "id": id, "method": "ping"} for id in (1, 2)]
    batched.say(steps.BATCH, 400, message=batch, control=control)
    yield "batch", batched, {}


def modern_servers() -> Iterator[tuple[str, Talk]]:
    """Servers without sessions."""
    for status in (400, 404, 405, 200):
        talk = Talk(revision=MODERN)
        control = talk.request(steps.MODERN_CONTROL, session=None)
        for step in (
            steps.MODERN_UNSUPPORTED,
            steps.MODERN_MISMATCH,
            steps.MODERN_MISMATCH_HEADER,
            steps.MODERN_MISSING_HEADER,
            steps.MODERN_MISSING_META,
            steps.MODERN_MISSING_META_VERSION,
            steps.MODERN_UNKNOWN_METHOD,
            f"{steps.MODERN_REMOVED}.ping",
            steps.MODERN_MISMATCH_METHOD,
            steps.MODERN_MISSING_METHOD,
            steps.MODERN_METHOD_CASE,
            steps.MODERN_LAST_EVENT_ID,
            steps.MODERN_HEADER_CASE,
            steps.RESOURCE_MISSING,
            steps.MODERN_LISTEN,
        ):
            talk.request(step, status, control=control, session=None)
        called = talk.request(steps.MODERN_TOOL, session=None)
        for step in (steps.MODERN_TOOL_NAME, steps.MODERN_TOOL_NAMELESS, steps.MODERN_TOOL_ENCODED):
            talk.request(step, status, control=called, session=None)
        for step in steps.MODERN_NAME_OF.values():
            read = talk.request(steps.FEATURE_CONTENT, session=None)
            talk.request(step, status, control=read, session=None)
        with_parameter = talk.request(steps.MODERN_PARAM, session=None)
        for step in PARAMETER_STEPS[status % 2 :]:
            talk.request(step, status, control=with_parameter, session=None)
        issued = (("Mcp-Session-Id", "echoed"),) if status == 404 else ()
        asked = 400 if status == 405 else 200
        talk.request(steps.MODERN_SESSION_ID, asked, control=control, session=None, reply_headers=issued)
        talk.get(steps.MODERN_GET, status, control=control, session=None)
        talk.delete(steps.MODERN_DELETE, status, control=control, session=None)
        yield f"all {status}", talk
    yield "handles", with_handles()
    yield from asking()


PARAMETER_STEPS = (
    steps.MODERN_PARAM_CHARACTERS,
    steps.MODERN_PARAM_WRONG,
    steps.MODERN_PARAM_MISSING,
    steps.MODERN_PARAM_ENCODED,
    steps.MODERN_PARAM_NUMBER,
)


def asking() -> Iterator[tuple[str, Talk]]:
    """A tool that asks for input, and what it does with other input than that."""
    refused = {"jsonrpc": "2.0", "error": {"code": -32602, "message": "no"}}
    unable = {"jsonrpc": "2.0", "error": {"code": -32021, "message": "no"}}
    done: dict[str, Any] = {"resultType": "complete", "content": []}
    question = {"resultType": "input_required", "requestState": "s"}
    for name, other in (("takes all", {"result": done}), ("refuses all", {"answer": refused})):
        talk = Talk(revision=MODERN)
        talk.request(steps.MODERN_CONTROL, session=None)
        asked = talk.request(steps.MODERN_ASKS, session=None, result=question)
        talk.request(steps.MODERN_UNABLE, session=None, control=asked, **({"answer": unable} if "all" in name else {}))
        answered = talk.request(steps.MODERN_ANSWERED, session=None, control=asked, result=done)
        for step in (steps.MODERN_STATE_CHANGED, steps.MODERN_ANSWERS_MISSING, steps.MODERN_ANSWERS_MORE):
            talk.request(step, session=None, control=answered, **other)
        yield name, talk


def with_handles() -> Talk:
    """A server whose tools give out counted handles."""
    talk = Talk(revision=MODERN)
    for number in range(3):
        at = talk.request(steps.HANDLE_MINT, session=None, result={"content": []})
        talk.exchanges[at - 1] = replace(talk.exchanges[at - 1], handle=f"basket-{number}")
    talk.request(steps.HANDLE_USE, session=None, result={"content": []})
    talk.request(steps.HANDLE_UNKNOWN, session=None, result={"content": [], "isError": True})
    return talk


def sessionless(talk: Talk) -> Transcript:
    """The conversation with a server of the sessionless revision only."""
    return talk.transcript(modern=(MODERN,), facts=Facts(revisions={MODERN: RevisionFacts()}))


def stdio_servers() -> Iterator[tuple[str, Talk]]:
    """Servers on standard input and output."""
    for noise, failure in (((), None), (("Server running",), TIMEOUT), (("one", "two"), Failure(FailureKind.RESET))):
        talk = Talk()
        talk.say(steps.STDIO_INITIALIZE, 200, method="STDIN", revision=None)
        for text in noise:
            talk.say(steps.STDIO_NOISE, None, method="STDOUT", body=text, revision=None)
        talk.say(steps.STDIO_CLOSE, None, method="CLOSE", failure=failure, duration_s=10.0, revision=None)
        yield f"noise {noise}", talk


def clients() -> Iterator[tuple[str, Client]]:
    """Clients, by what a scripted server received of them."""
    yield "right", right_client()
    yield "silent", Client().opened()
    for wrong in ({"id": None}, {"id": "made-up"}, {"version": None}, {"accept": JSON}):
        client = Client().opened()
        client.send("tools/list", status=200, **wrong)
        yield f"wrong {wrong}", client
    for again in ({"status": 404}, {"status": 200}):
        client = Client().opened()
        client.send("notifications/initialized")
        client.send("tools/list", status=404)
        client.send("initialize" if again["status"] == 200 else "tools/list", **again)
        yield f"after 404 {again}", client
