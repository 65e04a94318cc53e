"""Connections that break before the response, by conversations made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.model import BodyFault, SseEvent, Verdict
from harness.profiles.mcp import steps
from tests.support.transcripts import STREAM, Talk, based, message_event
from tests.support.verdicts import I, N, S, V, finding_of, verdicts_of

PRIMED = SseEvent("message", "", "s-0")


@pytest.mark.parametrize(
    ("events", "fault", "expected"),
    [
        ((PRIMED,), None, V),
        ((PRIMED,), BodyFault.RESET, V),
        ((PRIMED, SseEvent("message", "", retry_ms=100)), None, S),
        # docprobe stopped reading
        ((PRIMED,), BodyFault.TIMEOUT, N),
        # without an id nothing can be asked for again: stream.carries-response
        ((replace(PRIMED, id=None),), None, N),
    ],
)
def test_a_retry_field_comes_before_an_early_close(
    events: tuple[SseEvent, ...], fault: BodyFault | None, expected: Verdict
) -> None:
    talk = based()
    talk.request(steps.BASELINE_TOOL, kind=STREAM, events=events, fault=fault)
    assert finding_of(talk.transcript(), "stream.retry-before-close").verdict is expected


def test_a_response_that_was_fetched_is_judged_and_does_not_hide_the_early_close() -> None:
    talk = based()
    number = talk.request(steps.BASELINE_TOOL, kind=STREAM, events=(PRIMED,))
    asked = talk.exchanges[-1]
    assert asked.reply is not None
    late = message_event({"jsonrpc": "2.0", "id": number, "result": {"tools": []}}, "s-1")
    talk.exchanges[-1] = replace(asked, reply=replace(asked.reply, resumed=(late,)))
    found = verdicts_of(talk.transcript())
    assert (found["stream.retry-before-close"], found["stream.carries-response"]) == (V, S)


@pytest.mark.parametrize(
    ("event", "cursor", "ping", "origin"),
    [
        # the response comes to a GET with the event's id
        (PRIMED, I, I, I),
        # it cannot be asked for
        (replace(PRIMED, id=None), V, V, S),
    ],
)
def test_a_response_that_is_still_to_be_polled_for_decides_nothing(
    event: SseEvent, cursor: Verdict, ping: Verdict, origin: Verdict
) -> None:
    talk = based()
    control = talk.request(steps.ORIGIN_CONTROL_REQUEST)
    talk.request(steps.FEATURE_CURSOR, kind=STREAM, events=(event,), control=control)
    talk.request(steps.ORIGIN_FOREIGN_REQUEST, kind=STREAM, events=(event,), control=control)
    asked = {"jsonrpc": "2.0", "id": len(talk.exchanges) + 1, "method": "ping"}
    talk.say(steps.BASELINE_OTHER, message=asked, kind=STREAM, events=(event,))
    found = verdicts_of(talk.transcript())
    assert (found["page.invalid-cursor"], found["ping.answered"]) == (cursor, ping)
    assert found["http.origin-validate"] is origin


def cut(
    *, replays: bool = True, early: bool = True, resumed: int | None = 200, response: bool = False, late: bool = False
) -> Talk:
    """A request whose connection was closed, and what came when its rest was asked for."""
    talk = based()
    own = talk.get(
        steps.RESUME_OWN, events=(message_event({"jsonrpc": "2.0", "id": 9, "result": {}}),) if replays else ()
    )
    rest = message_event({"jsonrpc": "2.0", "id": len(talk.exchanges) + 1, "result": {}}, "s-1")
    events = (PRIMED,) if early else (PRIMED, rest)
    number = talk.request(steps.STREAM_CUT, kind=STREAM, events=events, fault=BodyFault.OPEN, control=own)
    if late:
        talk.get(steps.STREAM_CUT_RESUMED, control=number)
    if resumed is not None:
        talk.get(steps.STREAM_CUT_RESUMED, resumed, events=(rest,) if response else (), control=number)
    return talk


@pytest.mark.parametrize(
    ("talk", "expected"),
    [
        (cut(response=True), S),
        (cut(response=True, late=True), S),
        (cut(late=True), V),
        (cut(), V),
        (cut(replays=False), I),
        (cut(early=False, resumed=None), I),
        (cut(resumed=400), I),
        (based(), N),
    ],
)
def test_a_lost_connection_does_not_cancel(talk: Talk, expected: Verdict) -> None:
    assert finding_of(talk.transcript(), "disconnect.not-cancel").verdict is expected


@pytest.mark.parametrize(("stalled_s", "expected"), [(1.0, V), (4.0, I)])
def test_a_response_that_came_while_docprobe_stood_still_is_not_called_cancelled(
    stalled_s: float, expected: Verdict
) -> None:
    talk = cut(late=True)
    talk.exchanges[-1] = replace(talk.exchanges[-1], duration_s=10.0, stalled_s=stalled_s)
    assert finding_of(talk.transcript(), "disconnect.not-cancel").verdict is expected
