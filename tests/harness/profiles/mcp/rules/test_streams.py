"""Which message travels on which stream, by conversations made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.model import (
    BodyFault,
    SseEvent,
    Verdict,
)
from harness.profiles.mcp import steps
from tests.support.transcripts import STREAM, Talk, based, message_event
from tests.support.verdicts import N, S, V, finding_of, verdicts_of

PROGRESS = {"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": 1, "progress": 1}}
NEWS = {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}


def answer(talk: Talk) -> dict[str, Any]:
    """The response to the request that is sent next."""
    return {"jsonrpc": "2.0", "id": len(talk.exchanges) + 1, "result": {}}


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
    seen = verdicts_of(talk.transcript())
    assert (seen["get.no-responses"], seen["stream.no-broadcast"]) == (no_responses, no_broadcast)


@pytest.mark.parametrize(
    ("message", "ids", "expected"), [(NEWS, ("1", "2"), S), (NEWS, ("1", "1"), V), (PROGRESS, ("1", "2"), V)]
)
def test_equal_messages_with_event_ids_of_their_own_are_two(
    message: dict[str, Any], ids: tuple[str, str], expected: Verdict
) -> None:
    talk = based()
    talk.get(steps.GET_STREAM, events=(message_event(message, ids[0]),))
    talk.request(
        steps.GET_WHILE_OPEN, kind=STREAM, events=(message_event(message, ids[1]), message_event(answer(talk)))
    )
    assert finding_of(talk.transcript(), "stream.no-broadcast").verdict is expected


PING = {"jsonrpc": "2.0", "id": "own-1", "method": "ping"}


@pytest.mark.parametrize(("before", "expected"), [((), V), ((PING,), S)])
def test_a_request_whose_id_the_server_uses_again_is_another_one(before: tuple[Any, ...], expected: Verdict) -> None:
    talk = streams(on_a=(PING,), on_b=(PING,))
    talk.request(steps.RESUME_A, kind=STREAM, events=(*map(message_event, before), message_event(answer(talk))))
    assert finding_of(talk.transcript(), "stream.no-broadcast").verdict is expected


def test_equal_notifications_with_the_id_null_are_two() -> None:
    talk = streams(on_a=({**NEWS, "id": None},), on_b=({**NEWS, "id": None},))
    assert finding_of(talk.transcript(), "stream.no-broadcast").verdict is S


def test_servers_without_streams_are_not_asked() -> None:
    talk = based(get=405)
    talk.request(steps.STREAM_TWO_A)
    talk.request(steps.STREAM_TWO_B)
    seen = verdicts_of(talk.transcript())
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
    assert finding_of(talk.transcript(), "stream.end-after-response").verdict is expected


@pytest.mark.parametrize(("fault", "expected"), [(None, S), (BodyFault.OPEN, V)])
def test_a_stream_that_was_resumed_ends_on_its_last_connection(fault: BodyFault | None, expected: Verdict) -> None:
    talk = Talk()
    talk.initialize(steps.BASELINE_INITIALIZE)
    talk.notification(steps.BASELINE_INITIALIZED)
    late = message_event(answer(talk), "s-1")
    number = talk.request(steps.BASELINE_REQUEST, kind=STREAM, events=(SseEvent("message", "", "s-0"),))
    asked = talk.exchanges[-1]
    assert asked.reply is not None
    talk.exchanges[-1] = replace(asked, reply=replace(asked.reply, resumed=(late,)))
    step = f"{steps.POLLED}.{steps.BASELINE_REQUEST}"
    talk.say(step, method="GET", kind=STREAM, events=(late,), fault=fault, control=number, duration_s=2.0)
    assert finding_of(talk.transcript(), "stream.end-after-response").verdict is expected
