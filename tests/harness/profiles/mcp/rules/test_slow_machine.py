"""A deadline decides only next to requests that were answered in a fraction of it: load changes no verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import anyio
import pytest

from extractor.model import ExampleKind
from harness.judge.judge import judge
from harness.model import BodyFault, Facts, Failure, FailureKind, RevisionFacts, SseEvent, Transcript, Verdict
from harness.profiles.mcp import steps
from harness.profiles.registry import MCP
from tests.support.judged_server import findings, talk, violated
from tests.support.loaded import polled, under_load
from tests.support.transcripts import JSON, MODERN, STREAM, Talk, message_event
from tests.support.verdicts import NEWEST, rows

V, I = Verdict.VIOLATED, Verdict.INCONCLUSIVE  # noqa: E741
TIMEOUT = Failure(FailureKind.TIMEOUT)
WAITED_S = 10.0
QUICK_S, SLOW_S = 0.1, 4.0
"""What ordinary requests took: a small part of the wait, or so much of it that silence says nothing."""


def verdict(transcript: Transcript, requirement: str) -> Verdict:
    found = judge(transcript, rows(), MCP, page_revision=NEWEST)
    return next(finding.verdict for finding in found if finding.requirement == requirement)


def based(took_s: float) -> Talk:
    talk = Talk()
    talk.initialize(steps.BASELINE_INITIALIZE)
    talk.notification(steps.BASELINE_INITIALIZED)
    talk.request(steps.VERSION_CONTROL, duration_s=took_s)
    return talk


def silent_request(took_s: float) -> Transcript:
    talk = based(took_s)
    talk.request(steps.BASELINE_REQUEST, None, failure=TIMEOUT, duration_s=WAITED_S)
    return talk.transcript()


def unfinished_stream(took_s: float) -> Transcript:
    talk = based(took_s)
    talk.request(steps.BASELINE_REQUEST, kind=STREAM, body="", fault=BodyFault.TIMEOUT, duration_s=WAITED_S)
    return talk.transcript()


def unfinished_stream_with_ids(took_s: float) -> Transcript:
    talk = based(took_s)
    events = (SseEvent("message", "", "1"),)
    talk.request(steps.BASELINE_REQUEST, kind=STREAM, events=events, fault=BodyFault.TIMEOUT, duration_s=WAITED_S)
    return talk.transcript()


def unfinished_json(took_s: float) -> Transcript:
    talk = based(took_s)
    talk.request(steps.BASELINE_REQUEST, kind=JSON, body='{"jsonr', fault=BodyFault.TIMEOUT, duration_s=WAITED_S)
    return talk.transcript()


def silent_notification(took_s: float) -> Transcript:
    talk = based(took_s)
    talk.notification(f"{steps.LIVE}.post-notification", None, failure=TIMEOUT, duration_s=WAITED_S)
    return replaced_without(talk, steps.BASELINE_INITIALIZED)


def replaced_without(talk: Talk, step: str) -> Transcript:
    talk.exchanges = [exchange for exchange in talk.exchanges if exchange.step != step]
    return talk.transcript()


def open_stream(took_s: float) -> Transcript:
    talk = based(took_s)
    answer = {"jsonrpc": "2.0", "id": len(talk.exchanges) + 1, "result": {"tools": []}}
    event = message_event(answer)
    talk.request(steps.BASELINE_REQUEST, kind=STREAM, events=(event,), fault=BodyFault.OPEN, duration_s=WAITED_S)
    return talk.transcript()


def silent_on_a_dead_session(took_s: float) -> Transcript:
    talk = Talk()
    talk.baseline()
    talk.request(steps.VERSION_CONTROL, duration_s=took_s)
    talk.life(terminated=(None, None, None, None), failure=TIMEOUT, duration_s=WAITED_S)
    return talk.transcript()


def silent_at_the_end(took_s: float) -> Transcript:
    talk = based(took_s)
    talk.baseline()
    talk.initialize(steps.SURVIVES_INITIALIZE, status=None, failure=TIMEOUT, duration_s=WAITED_S)
    return talk.transcript()


def stays_after_its_input_ended(took_s: float) -> Transcript:
    talk = Talk()
    talk.say(steps.STDIO_INITIALIZE, 200, method="STDIN", revision=None, duration_s=took_s)
    talk.say(steps.STDIO_CLOSE, None, method="CLOSE", failure=TIMEOUT, duration_s=WAITED_S, revision=None)
    return talk.transcript(kind=ExampleKind.STDIO_SERVER)


DECIDED = (
    (silent_request, "post.request-sse-or-json"),
    (unfinished_stream, "stream.carries-response"),
    (unfinished_stream_with_ids, "stream.carries-response"),
    (unfinished_json, "post.request-sse-or-json"),
    (silent_notification, "post.notification-202"),
    (open_stream, "stream.end-after-response"),
    (silent_on_a_dead_session, "session.terminated-404"),
    (silent_at_the_end, "server.survives"),
    (stays_after_its_input_ended, "stdio.exit-on-close"),
)
"""What a silence decides, and of which requirement."""


@pytest.mark.parametrize(("made", "requirement"), DECIDED)
def test_silence_decides_beside_quick_answers_only(made: Callable[[float], Transcript], requirement: str) -> None:
    assert verdict(made(QUICK_S), requirement) is V
    assert verdict(made(SLOW_S), requirement) is I


@pytest.mark.parametrize(("made", "requirement"), DECIDED)
def test_a_wait_in_which_docprobe_stood_still_decides_nothing(
    made: Callable[[float], Transcript], requirement: str
) -> None:
    def stalled(share: float) -> Transcript:
        whole = made(QUICK_S)
        exchanges = (
            replace(e, stalled_s=share * e.duration_s if e.duration_s == WAITED_S else 0.0) for e in whole.exchanges
        )
        return replace(whole, exchanges=tuple(exchanges))

    assert verdict(stalled(0.1), requirement) is V
    assert verdict(stalled(0.3), requirement) is I


@pytest.mark.loopback
@pytest.mark.long
@pytest.mark.parametrize(
    "name",
    [
        "Server",
        "Authorized",
        "AuthorizedModern",
        "ModernFeatures",
        "ModernBaskets",
        "ModernFilesOfTheMachine",
        "OneInitialize",
        "ModernEmptyResource",
    ],
)
def test_load_accuses_a_right_server_of_nothing(name: str) -> None:
    """Each answer of a whole conversation in turn: it does not come in time, does not end, says overload, or is polled for."""
    whole = anyio.run(partial(talk, "python", name, revisions=(MODERN, NEWEST)))
    accused = violated(findings(whole))
    for step, loaded in (*under_load(whole), *polled(whole)):
        assert (step, violated(findings(loaded)) - accused) == (step, set())


@pytest.mark.loopback
@pytest.mark.parametrize(
    ("name", "requirement", "step"),
    [
        ("EndedRequestError200", "session.terminated-404", "terminated.before"),
        ("MissingError200", "session.missing-400", "live.post-request"),
        ("ProgressOnAllRequests", "stream.no-broadcast", "stream.two-a"),
        ("ModernMismatchCode", "header.error-code", "modern.control"),
        ("ModernParameterInLatin1", "param.header-match", "modern.param-characters"),
        ("ModernExpectsParameter", "param.header-match", "modern.param-absent"),
        ("ModernScopeVaries", "cache.hints", "modern.page"),
        ("HiddenPrompts", "capability.declared", "feature.list.prompts"),
        ("ResumeIssued500", "get.sse-or-405", "get.resume-issued"),
        ("TasksRise", "tasks.lifecycle", "task.read"),
        ("OriginServedAtDelete", "http.origin-validate", "isolation.end-a"),
        ("RefusedDeleteEnds", "hijack.bind-user", "hijack.alive.user2"),
        ("TasksResultTooSoon", "tasks.result", "task.ended"),
        ("ReplaysOtherSessions", "resume.no-cross-stream", "resume.cross"),
        ("Response200", "post.notification-202", "live.post-response"),
        ("ReplaysWholeSession", "resume.no-cross-stream", "resume.after"),
        ("TasksReadRelated", "tasks.unrelated-meta", "task.read"),
    ],
)
def test_load_acquits_a_wrong_server_of_nothing(name: str, requirement: str, step: str) -> None:
    """Of requests that show a fault only together, one is left open."""
    revision = MODERN if name.startswith("Modern") else NEWEST
    whole = anyio.run(partial(talk, "python", name, revisions=(revision,)))

    def verdicts(transcript: Transcript) -> set[Verdict]:
        found = findings(transcript, page_revision=revision)
        return {finding.verdict for finding in found if finding.requirement == requirement}

    assert verdicts(whole) == {V}
    left = {v for of, loaded in (*under_load(whole), *polled(whole)) if of == step for v in verdicts(loaded)}
    assert left
    assert left <= {I, V}


def test_the_first_request_of_a_sessionless_server_is_compared_with_the_others() -> None:
    for took_s, expected in ((QUICK_S, V), (SLOW_S, I)):
        talk = Talk(revision="2026-07-28")
        answer = {"jsonrpc": "2.0", "id": 1, "result": {"tools": []}}
        events = (message_event(answer),)
        talk.request(steps.MODERN_CONTROL, kind=STREAM, events=events, fault=BodyFault.OPEN, duration_s=WAITED_S)
        talk.request(steps.MODERN_UNSUPPORTED, 400, duration_s=took_s)
        transcript = talk.transcript(modern=("2026-07-28",), facts=Facts(revisions={"2026-07-28": RevisionFacts()}))
        assert verdict(transcript, "stream.end-after-response") is expected


def test_a_revision_that_was_not_answered_in_time_is_not_one_that_the_server_refuses() -> None:
    talk = Talk(revision="2025-06-18")
    talk.baseline()
    refused = Talk("2025-06-18", list(talk.exchanges), list(talk.sessions))
    refused.say(steps.DISCOVER_INITIALIZE, 400, revision=None)
    assert verdict(refused.transcript(), "revision.match") is V
    talk.say(steps.DISCOVER_INITIALIZE, None, failure=TIMEOUT, duration_s=WAITED_S, revision=None)
    assert verdict(talk.transcript(), "revision.match") is I


def test_tools_may_be_slow() -> None:
    talk = based(QUICK_S)
    talk.request(steps.BASELINE_TOOL, duration_s=SLOW_S)
    talk.request(steps.BASELINE_REQUEST, None, failure=TIMEOUT, duration_s=WAITED_S)
    assert verdict(talk.transcript(), "post.request-sse-or-json") is V
