"""The whole conversation with servers of different manners: what is asked, in which order, against which control."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

import pytest

from harness.base.codec import from_json, to_json
from harness.engine.protocol import ExitState
from harness.judge.judge import judge
from harness.model import (
    BodyFault,
    Failure,
    FailureKind,
    Incident,
    RevisionFacts,
    Transcript,
    Transport,
    Verdict,
)
from harness.profiles.mcp import steps
from harness.profiles.mcp.conversation import McpProbe
from harness.profiles.mcp.probes import first_session
from harness.profiles.mcp.probes.converse_http import converse_http
from harness.profiles.mcp.probes.exchanges import StoppedError
from harness.profiles.mcp.probes.recorder import Recorder
from harness.profiles.registry import MCP
from tests.support.judged_server import rows

from .local import LocalPod, bundle, local_pod
from .mcp_app import Manners, http_sse, make

if TYPE_CHECKING:
    from harness.model import Exchange

pytestmark = pytest.mark.anyio
REVISIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28", "draft")
TIMEOUT_S = 20.0
"""More than a busy machine needs."""
TIMEOUT = Failure(FailureKind.TIMEOUT)
NEWEST = "2025-11-25"
SENT = 20
"""Exchanges before a conversation is out of time: the baseline and some more."""


async def hold(manners: Manners, *paths: str, pod: LocalPod | None = None) -> Transcript:
    async with local_pod(lambda: make(manners)) as local:
        return await converse_http(pod or local, bundle(*paths), revisions=REVISIONS, tokens=None, timeout_s=TIMEOUT_S)


@pytest.fixture(scope="module")
async def json_server() -> Transcript:
    """A right server with JSON answers."""
    return await hold(Manners(revisions=(NEWEST,)))


@pytest.fixture(scope="module")
async def stream_server() -> Transcript:
    """A right server of two revisions with event streams and event ids."""
    return await hold(Manners(revisions=(NEWEST, "2025-06-18"), sse=True, event_ids=True))


def by_step(transcript: Transcript, revision: str | None = None) -> dict[str, Exchange]:
    return {e.step: e for e in transcript.exchanges if revision is None or e.revision == revision}


def judged(transcript: Transcript) -> dict[str, Verdict]:
    """Under the newest revision. That these servers take every Origin is all that is wrong with them."""
    found = judge(transcript, rows(), MCP, page_revision=NEWEST)
    return {f.requirement: f.verdict for f in found if f.revision == NEWEST}


def status(transcript: Transcript, *names: str) -> list[int | None]:
    found = by_step(transcript)
    return [found[name].status for name in names]


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
    assert last.started_s + last.duration_s < 6.0


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
        assert ("Origin" in sent) == exchange.step.startswith("origin.foreign")
        if exchange.method == "POST":
            assert sent["Accept"] == "application/json, text/event-stream"
        if exchange.method == "GET":
            assert sent["Accept"] == "text/event-stream"
        if exchange.session not in (None, "unknown") and exchange.step != "version.unsupported":
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


async def test_the_version_a_server_falls_back_to_is_negotiated_too() -> None:
    transcript = await hold(Manners(revisions=("2025-03-26",)))
    assert transcript.negotiated == ("2025-03-26",)


async def test_a_server_of_one_session_is_started_afresh_for_each() -> None:
    transcript = await hold(Manners(single=True, revisions=(NEWEST, "2025-06-18")))
    assert transcript.facts.single_session
    assert transcript.negotiated == ("2025-06-18", NEWEST)
    found = by_step(transcript, NEWEST)
    for step in ("live.post-request", "terminated.post-request", "get.stream", "origin.foreign-initialize"):
        assert found[step].status is not None
    assert found["terminated.post-request"].status == 404
    assert "isolation.end-a" not in found
    per_process: dict[int, int] = {}
    for exchange in transcript.exchanges:
        if '"initialize"' in exchange.body and exchange.status == 200:
            per_process[exchange.process] = per_process.get(exchange.process, 0) + 1
    assert set(per_process.values()) == {1}
    assert found["survives.initialize"].status == 400


@pytest.mark.parametrize("most", [1, 2, 3])
async def test_a_server_that_is_full_is_started_afresh_and_did_not_die(most: int) -> None:
    transcript = await hold(Manners(most_sessions=most, revisions=(NEWEST, "2025-06-18"), sse=True, event_ids=True))
    assert McpProbe(bundle()).serves(transcript)
    assert transcript.negotiated == ("2025-06-18", NEWEST)
    assert [transcript.facts.why_not_served(revision) for revision in (NEWEST, "2025-06-18")] == [None, None]
    facts = transcript.facts
    assert (facts.died, facts.crashed, facts.stopped) == (None, None, None)
    assert by_step(transcript, NEWEST)["terminated.post-request"].status == 404
    verdicts = judged(transcript)
    assert {id for id, verdict in verdicts.items() if verdict is Verdict.VIOLATED} <= {"http.origin-validate"}
    assert verdicts["session.terminated-404"] is Verdict.SATISFIED


@pytest.mark.parametrize("left", [1, 2, 5])
async def test_a_server_that_served_and_then_refuses_for_load_runs_and_the_rest_stays_open(left: int) -> None:
    transcript = await hold(Manners(initializes_left=left, revisions=(NEWEST,)))
    assert McpProbe(bundle()).serves(transcript)
    verdicts = judged(transcript)
    assert {id for id, verdict in verdicts.items() if verdict is Verdict.VIOLATED} <= {"http.origin-validate"}
    assert verdicts["session.terminated-404"] is Verdict.INCONCLUSIVE


async def test_a_server_that_is_never_free_does_not_run() -> None:
    assert not McpProbe(bundle()).serves(await hold(Manners(initializes_left=0, revisions=(NEWEST,))))


async def test_a_stateless_server_has_no_session_probes() -> None:
    transcript = await hold(Manners(stateless=True, revisions=(NEWEST,)))
    found = by_step(transcript)
    assert transcript.sessions == ()
    assert found["baseline.request"].status == 200
    assert not any(step.startswith(("live", "missing", "unknown", "terminated")) for step in found)
    assert "ids.restart" not in found


async def test_no_get_and_no_delete_are_choices() -> None:
    transcript = await hold(Manners(get=False, delete=False, revisions=(NEWEST,)))
    found = by_step(transcript)
    assert found["baseline.get"].status == 405
    assert "get.stream" not in found
    assert "get.resume-invented" not in found
    assert found["stream.two-a"].status == 200
    assert found["terminated.end"].status == 405
    assert "terminated.post-request" not in found


async def test_a_get_without_an_answer_is_not_sent_again() -> None:
    manners = Manners(get_hangs=True, revisions=(NEWEST,))
    async with local_pod(lambda: make(manners)) as pod:
        transcript = await converse_http(pod, bundle(), revisions=REVISIONS, tokens=None, timeout_s=3.0)
    gets = [e for e in transcript.exchanges if e.method == "GET"]
    assert [(e.step, e.failure) for e in gets] == [(steps.BASELINE_GET, TIMEOUT)]
    assert status(transcript, "terminated.post-request", "terminated.delete") == [404, 404]


async def test_a_stream_left_open_after_the_response_is_watched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert first_session.WATCH_END_S == 2.0
    monkeypatch.setattr(first_session, "WATCH_END_S", 0.6)
    transcript = await hold(Manners(sse=True, stay_open=True, revisions=(NEWEST,)))
    watched = by_step(transcript)["baseline.request"]
    assert watched.reply is not None
    assert watched.reply.fault is BodyFault.OPEN
    assert watched.duration_s >= 0.6
    later = [e for e in transcript.exchanges if e.method == "POST" and e.number > watched.number]
    assert statistics.median(e.duration_s for e in later) < watched.duration_s


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


async def test_a_server_of_the_sessionless_revision_only() -> None:
    transcript = await hold(Manners(revisions=(), modern=True))
    assert transcript.negotiated == transcript.modern == ("2026-07-28",)
    expected = {
        "modern.control": 200,
        "modern.session-id": 200,
        "modern.get": 405,
        "modern.delete": 405,
        "modern.unsupported": 400,
        "modern.mismatch": 400,
        "modern.missing-header": 400,
        "modern.unknown-method": 404,
        "modern.missing-meta": 400,
        "modern.notification": 202,
    }
    found = by_step(transcript)
    assert {step: found[step].status for step in expected} == expected


async def test_both_eras_on_one_endpoint() -> None:
    transcript = await hold(Manners(revisions=(NEWEST,), modern=True))
    assert transcript.negotiated == (NEWEST, "2026-07-28")
    assert transcript.modern == ("2026-07-28",)
    assert "terminated.end" in by_step(transcript, NEWEST)
    assert "modern.control" in by_step(transcript, "2026-07-28")


async def test_a_stateless_server_that_serves_any_request_is_not_modern() -> None:
    transcript = await hold(Manners(stateless=True, any_version=True, revisions=(NEWEST,)))
    found = by_step(transcript)
    assert found["discover.modern"].status == 200
    assert found["discover.modern-check"].status == 200
    assert transcript.modern == ()


async def test_the_documented_path_comes_first_and_redirects_are_followed() -> None:
    transcript = await hold(Manners(path="/deep/mcp/", redirect_from="/deep/mcp", revisions=(NEWEST,)), "/deep/mcp")
    first, second = transcript.exchanges[:2]
    assert (first.step, first.status, first.note) == (steps.DISCOVER_REDIRECT, 307, "followed")
    assert (second.step, second.target) == (steps.DISCOVER_INITIALIZE, "/deep/mcp/")


async def test_no_endpoint_anywhere_is_said_with_what_was_seen() -> None:
    transcript = await hold(Manners(path="/somewhere/else"))
    assert transcript.negotiated == ()
    assert transcript.negotiated == ()
    assert "404" in (transcript.facts.not_served or "")
    assert {e.step for e in transcript.exchanges} == {steps.DISCOVER_ENDPOINT, steps.DISCOVER_SSE}


async def test_the_transport_of_2024_11_05_is_recognised_and_spoken() -> None:
    async with local_pod(http_sse) as pod:
        transcript = await converse_http(pod, bundle("/sse"), revisions=REVISIONS, tokens=None, timeout_s=TIMEOUT_S)
    assert transcript.facts.transport is Transport.HTTP_SSE
    assert transcript.facts.not_served is None
    assert transcript.facts.revisions["2024-11-05"] == RevisionFacts()
    assert transcript.negotiated == ("2024-11-05",)
    assert transcript.endpoint is not None
    assert transcript.endpoint.endswith("/sse")
    streams = [e for e in transcript.exchanges if e.step == steps.DISCOVER_SSE and e.status == 200]
    assert streams[0].reply is not None
    assert [event.event for event in streams[0].reply.events] == ["endpoint", "message", "message"]
    assert not any(e.step.startswith(("live", "origin", "ids")) for e in transcript.exchanges)


async def test_a_server_that_answers_nothing_is_not_asked_for_long() -> None:
    async with local_pod(lambda: make(Manners(delay_s=60))) as pod:
        transcript = await converse_http(pod, bundle(), revisions=REVISIONS, tokens=None, timeout_s=0.3, start_s=0.3)
    assert transcript.facts.not_served == "no path answers an initialize (POST /mcp: by nothing (timeout))"
    assert [e.failure for e in transcript.exchanges].count(TIMEOUT) == 2


async def test_a_failing_baseline_ends_the_revision() -> None:
    transcript = await hold(Manners(revisions=(NEWEST,), broken_requests=True))
    assert transcript.negotiated == (NEWEST,)
    assert transcript.facts.why_not_served(NEWEST) == "tools/list is answered 500"
    assert transcript.facts.not_served == f"{NEWEST}: tools/list is answered 500"
    steps_seen = {e.step for e in transcript.exchanges}
    assert not any(step.startswith(("live", "version", "origin", "ids")) for step in steps_seen)


async def test_a_crash_is_found_recorded_and_survived() -> None:
    manners = Manners(revisions=(NEWEST,))
    async with local_pod(lambda: make(manners)) as pod:

        def dies() -> None:
            pod.crash = ExitState(137, "killed: memory limit 512 MiB", "memory_mib")

        manners.on_delete = dies
        manners.dead_after_delete = True
        transcript = await converse_http(pod, bundle(), revisions=REVISIONS, tokens=None, timeout_s=TIMEOUT_S)
    assert transcript.facts.crashed is not None
    assert "memory limit" in transcript.facts.crashed.sentence
    assert not transcript.facts.single_session
    assert "isolation.end-a" in by_step(transcript)


async def test_a_server_that_dies_with_its_first_deleted_session() -> None:
    transcript = await hold(Manners(revisions=(NEWEST,), dead_after_delete=True))
    assert transcript.facts.died is not None
    assert transcript.facts.died.sentence == "initialize answered 404"
    assert not transcript.facts.single_session
    assert "isolation.request-b" in by_step(transcript)


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
