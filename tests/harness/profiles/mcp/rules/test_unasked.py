"""What a server asks of its client: the ids of its own requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from extractor.model import ExampleKind
from harness.model import BodyFault, Facts, RevisionFacts, Verdict
from harness.profiles.mcp import steps
from harness.profiles.mcp.messages import EVENT_HEADER, SESSION_HEADER
from tests.support.server_case import MODERN
from tests.support.transcripts import ID, STREAM, Talk, message_event
from tests.support.verdicts import I, N, S, V, finding_of

if TYPE_CHECKING:
    from harness.model import SseEvent

SESSION = ((SESSION_HEADER, ID),)


def ping(id: Any, **params: Any) -> SseEvent:
    message = {"jsonrpc": "2.0", "id": id, "method": "ping", **({"params": params} if params else {})}
    return message_event(message)


def asked(*events: SseEvent, talk: Talk | None = None, **more: Any) -> Talk:
    """A session in which a request is answered by these events, besides its result."""
    talk = talk or Talk()
    if not talk.exchanges:
        talk.baseline()
    answer = {"jsonrpc": "2.0", "id": len(talk.exchanges) + 1, "result": {"tools": []}}
    headers = more.pop("headers", SESSION)
    talk.request(steps.BASELINE_TOOL, kind=STREAM, events=(*events, message_event(answer)), headers=headers, **more)
    return talk


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ((), N),
        ((ping(1), ping("1"), ping(2)), S),
        ((ping(1), ping(1)), V),
        ((ping("a"), ping("a")), V),
        ((ping(None),), V),
        ((ping(1.5),), V),
        ((ping(True),), V),
        # a notification with an id is not a request
        ((message_event({"jsonrpc": "2.0", "id": 1, "method": "notifications/message"}),) * 2, N),
    ],
)
def test_ids_of_one_stream(events: tuple[SseEvent, ...], expected: object) -> None:
    found = finding_of(asked(*events).transcript(), "server.request-ids")
    assert found.verdict is expected
    if expected is V:
        assert len(found.evidence) == 1


def test_ids_of_one_session() -> None:
    talk = asked(ping(1, a=1), talk=asked(ping(1)))
    found = finding_of(talk.transcript(), "server.request-ids")
    assert found.verdict is V
    assert len(found.evidence) == 2
    assert "ping and ping with the id 1 in one session" in found.summary


@pytest.mark.parametrize(
    "second",
    [
        # the same message may have been sent to two streams
        {"events": (ping(1),)},
        # what a resumed stream brings came before
        {"events": (ping(1, a=1),), "headers": (*SESSION, (EVENT_HEADER, "e1"))},
        {"events": (ping(1, a=1),), "headers": ((SESSION_HEADER, "another"),)},
        # without an id it is not known which requests are one session's
        {"events": (ping(1, a=1),), "headers": ()},
    ],
)
def test_what_may_be_another_session_or_the_same_message_is_not_held_against_a_server(second: dict[str, Any]) -> None:
    talk = asked(*second["events"], talk=asked(ping(1)), headers=second.get("headers", SESSION))
    assert finding_of(talk.transcript(), "server.request-ids").verdict is S


def test_a_process_over_stdio_is_one_session() -> None:
    talk = Talk()
    talk.initialize(steps.STDIO_INITIALIZE, method="STDIN")
    for params in ({}, {"a": 1}):
        asked(ping(1, **params), talk=talk, method="STDIN", headers=())
    assert finding_of(talk.transcript(kind=ExampleKind.STDIO_SERVER), "server.request-ids").verdict is V


@pytest.mark.parametrize(("status", "kind", "expected"), [(200, STREAM, V), (503, None, I), (503, STREAM, I)])
def test_an_overloaded_server_opened_no_subscription(status: int, kind: str | None, expected: Verdict) -> None:
    talk = Talk(revision=MODERN)
    control = talk.request(steps.MODERN_CONTROL, session=None)
    talk.say(
        steps.MODERN_LISTEN,
        status,
        message={"jsonrpc": "2.0", "id": 2, "method": "subscriptions/listen"},
        kind=kind,
        fault=BodyFault.OPEN,
        control=control,
        session=None,
        duration_s=1.0,
    )
    transcript = talk.transcript(modern=(MODERN,), facts=Facts(revisions={MODERN: RevisionFacts()}))
    assert finding_of(transcript, "listen.acknowledged").verdict is expected
