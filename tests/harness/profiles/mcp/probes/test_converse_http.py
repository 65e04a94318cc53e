"""The whole conversation with servers of different manners: what is asked, in which order, against which control."""

from __future__ import annotations

import pytest

from extractor.model import Note, NoteKind, Origin
from harness.base.codec import from_json, to_json
from harness.exchanges.http_exchange import StoppedError
from harness.exchanges.recorder import Recorder
from harness.model import (
    BodyFault,
    Incident,
    Transcript,
)
from harness.profiles.mcp import steps
from harness.profiles.mcp.probe import McpProbe
from harness.profiles.mcp.probes.converse_http import address_added
from tests.support.local_pod import bundle

from .conversations import NEWEST, REVISIONS, by_step, hold, status
from .mcp_app import Manners

pytestmark = [pytest.mark.anyio, pytest.mark.long]
SENT = 20
"""Exchanges before a conversation is out of time: the baseline and some more."""


@pytest.fixture(scope="module")
async def json_server() -> Transcript:
    """A right server with JSON answers."""
    return await hold(Manners(revisions=(NEWEST,)))


@pytest.fixture(scope="module")
async def stream_server() -> Transcript:
    """A right server of two revisions with event streams and event ids."""
    return await hold(Manners(revisions=(NEWEST, "2025-06-18"), sse=True, event_ids=True))


async def test_one_revision_of_a_right_server(json_server: Transcript) -> None:
    transcript = json_server
    assert transcript.negotiated == (NEWEST,)
    assert transcript.modern == ()
    assert transcript.facts.not_served is None
    assert transcript.facts.revisions[NEWEST].not_served is None
    assert McpProbe(bundle()).serves(transcript)
    assert transcript.endpoint is not None
    assert transcript.endpoint.startswith("http://localhost:")
    assert transcript.endpoint.endswith("/mcp")
    found = by_step(transcript)
    expected = {"post-request": 200, "post-notification": 202, "get": 200}
    for leg, good in expected.items():
        assert found[f"live.{leg}"].status == good
        for group, bad in (("missing", 400), ("unknown", 404), ("terminated", 404)):
            assert found[f"{group}.{leg}"].status == bad
    assert status(transcript, "terminated.before", "terminated.end", "terminated.delete") == [200, 200, 404]
    assert status(transcript, "missing.delete", "unknown.delete") == [400, 404]
    assert status(transcript, "version.control", "version.unsupported") == [200, 400]
    assert status(transcript, "isolation.before-b", "isolation.end-a", "isolation.request-b") == [200, 200, 200]
    assert status(transcript, "survives.initialize", "survives.request") == [200, 200]
    assert [e.process for e in transcript.exchanges if e.step == steps.IDS_RESTART] == [1, 1, 1]
    assert len([e for e in transcript.exchanges if e.step == steps.IDS_INITIALIZE]) == 20
    assert found["baseline.tool"].status == 200
    assert found["get.stream"].reply is not None
    assert found["get.stream"].reply.fault is BodyFault.OPEN
    last = transcript.exchanges[-1]
    # some seconds; a busy machine may take more, and a wait that decides nothing would take minutes
    assert last.started_s + last.duration_s < 60


async def test_numbers_controls_sessions_and_json(stream_server: Transcript) -> None:
    transcript = stream_server
    assert [e.number for e in transcript.exchanges] == list(range(1, len(transcript.exchanges) + 1))
    known = {e.number: e for e in transcript.exchanges}
    for exchange in transcript.exchanges:
        if exchange.control is not None:
            control = known[exchange.control]
            assert control.revision == exchange.revision
            assert control.process == exchange.process
            assert control.method == exchange.method or exchange.step.startswith("hijack.alive")
    labels = [session.label for session in transcript.sessions]
    assert len(set(labels)) == len(labels)
    for session in transcript.sessions:
        reply = known[session.exchange].reply
        assert reply is not None
        assert reply.header("mcp-session-id") == session.id
    assert {e.session for e in transcript.exchanges} <= {None, "unknown", *labels}
    ids = [e.body for e in transcript.exchanges if '"id"' in e.body and '"method"' in e.body]
    shared = {e.body for e in transcript.exchanges if e.step in (steps.RESUME_A, steps.RESUME_B)}
    rpc_ids = [body.split('"id":')[1].split(",")[0] for body in ids if body not in shared and not body.startswith("[")]
    assert len(rpc_ids) == len(set(rpc_ids))
    assert from_json(to_json(transcript), Transcript) == transcript


@pytest.mark.parametrize("group", ["missing", "unknown", "terminated", "version.unsupported", "origin.foreign"])
async def test_a_fault_differs_from_its_control_by_one_header(group: str, json_server: Transcript) -> None:
    transcript = json_server
    known = {e.number: e for e in transcript.exchanges}
    headers = {"missing": "Mcp-Session-Id", "unknown": "Mcp-Session-Id", "version.unsupported": "MCP-Protocol-Version"}
    checked = 0
    for fault in transcript.exchanges:
        if not fault.step.startswith(group) or fault.control is None:
            continue
        control = known[fault.control]
        differing = {name for name, _ in set(fault.headers) ^ set(control.headers)} - {"Content-Length"}
        expected = {"terminated": set(), "origin.foreign": {"Origin"}}.get(group, {headers.get(group)})
        if fault.step == steps.ORIGIN_FOREIGN_DELETE:
            # a session can be ended once
            differing.remove("Mcp-Session-Id")
        assert differing == expected, fault.step
        assert fault.target == control.target
        checked += 1
    assert checked >= 1


async def test_every_request_is_a_careful_clients(stream_server: Transcript) -> None:
    transcript = stream_server
    port = transcript.sockets[0].port
    for exchange in transcript.exchanges:
        sent = dict(exchange.headers)
        assert len(sent) == len(exchange.headers)
        assert sent["Host"] == f"localhost:{port}"
        assert ("Origin" in sent) == exchange.step.startswith(("origin.foreign", "origin.local-looking", "origin.own"))
        if exchange.method == "POST":
            assert sent["Accept"] == "application/json, text/event-stream"
        if exchange.method == "GET":
            assert sent["Accept"] == "text/event-stream"
        if exchange.session not in (None, "unknown") and exchange.step not in {
            steps.VERSION_UNSUPPORTED,
            steps.VERSION_ABSENT,
        }:
            assert sent["MCP-Protocol-Version"] == exchange.revision


async def test_each_revision_is_asked_for_and_2024_11_05_has_no_session_probes() -> None:
    transcript = await hold(Manners())
    assert transcript.negotiated == REVISIONS[:4]
    assert "terminated.end" in by_step(transcript, "2025-03-26")
    old = by_step(transcript, "2024-11-05")
    assert "origin.foreign-request" in old
    assert "terminated.end" not in old
    assert [e.revision for e in transcript.exchanges if e.step == steps.BATCH] == ["2025-03-26"]
    assert {e.revision for e in transcript.exchanges if e.step == steps.VERSION_UNSUPPORTED} == {NEWEST, "2025-06-18"}


async def test_resumption_is_asked_on_both_sessions(stream_server: Transcript) -> None:
    found = by_step(stream_server, NEWEST)
    first = found["resume.a"].reply
    assert first is not None
    assert [event.data == "" for event in first.events] == [True, False]
    last_event_id = dict(found["resume.own"].headers)["Last-Event-ID"]
    assert last_event_id == dict(found["resume.cross"].headers)["Last-Event-ID"] == first.events[0].id
    assert found["resume.own"].session == "B"
    assert found["resume.cross"].session == "C"
    own = found["resume.own"].reply
    assert own is not None
    assert [event.id for event in own.events] == [first.events[1].id]


async def test_out_of_time_the_transcript_records_it_and_keeps_what_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def check_time(recorder: Recorder) -> None:
        if len(recorder.exchanges) == SENT:
            raise StoppedError("out of time")

    monkeypatch.setattr(Recorder, "_check_time", check_time)
    transcript = await hold(Manners(revisions=(NEWEST,)))
    assert transcript.facts.stopped == Incident(len(transcript.exchanges), "out of time")
    assert transcript.facts.not_served is None
    assert len(transcript.exchanges) == SENT


async def test_the_same_server_gives_the_same_transcript(stream_server: Transcript) -> None:
    def shape(transcript: Transcript) -> list[tuple[object, ...]]:
        return [(e.step, e.revision, e.status, e.session, e.control, e.process) for e in transcript.exchanges]

    again = await hold(Manners(revisions=(NEWEST, "2025-06-18"), sse=True, event_ids=True, crlf=True))
    assert shape(again) == shape(stream_server)


async def test_the_conversation_so_far_is_told_before_sessions_end_and_after_the_first_revision() -> None:
    told: list[Transcript] = []
    whole = await hold(Manners(revisions=(NEWEST, "2025-06-18")), heard=told.append)
    read, first = (by_step(transcript) for transcript in told)
    assert "origin.foreign-request" in read
    assert "terminated.end" not in read
    assert "terminated.end" in first
    for transcript in told:
        assert "2025-06-18" not in {e.revision for e in transcript.exchanges}
        assert transcript.exchanges == whole.exchanges[: len(transcript.exchanges)]


async def test_a_conversation_says_what_docprobe_added_about_where_it_listens() -> None:
    note = Note(NoteKind.ADAPTER, Origin.INFERRED, "serve.ts", ", which serves the default export on port 3000")
    manners = Manners(revisions=(NEWEST,))
    assert (await hold(manners)).facts.listens_as_added is None
    assert (await hold(manners, notes=(note,))).facts.listens_as_added == note.what


@pytest.mark.parametrize(
    ("kind", "name", "added"),
    [
        (NoteKind.COMMAND, "python -m uvicorn app:app --host 127.0.0.1 --port 8000", True),
        (NoteKind.COMMAND, "gunicorn app:app --bind 0.0.0.0:8000", True),
        (NoteKind.ENVIRONMENT, "PORT, HOST", True),
        (NoteKind.VALUE, "BIND_ADDRESS", True),
        (NoteKind.COMMAND, "python localhost_server.py", False),
        (NoteKind.ENVIRONMENT, "HOSTING_KEY", False),
        (NoteKind.FILE_NAME, "host.ts", False),
    ],
)
def test_which_guesses_decide_where_it_listens(kind: NoteKind, name: str, added: bool) -> None:
    note = Note(kind, Origin.INFERRED, name)
    assert address_added((note,)) == (note.what if added else None)
