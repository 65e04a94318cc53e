"""What a resumed stream may replay, by conversations made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from harness.model import (
    SseEvent,
    Verdict,
)
from harness.profiles.mcp import steps
from tests.support.transcripts import STREAM, Talk, based, message_event
from tests.support.verdicts import I, S, V, finding_of

MINE = {"jsonrpc": "2.0", "id": 9, "result": {"tools": []}}
THEIRS = {"jsonrpc": "2.0", "id": 9, "result": {}}


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
    assert finding_of(talk.transcript(), "resume.no-cross-stream").verdict is expected


@pytest.mark.parametrize(("greeting_id", "expected"), [("3_7", S), ("2_0", V)])
def test_a_greeting_with_an_event_id_of_its_own_is_not_a_replay(greeting_id: str, expected: Verdict) -> None:
    hello = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "welcome"}}
    talk = based()
    talk.initialize(steps.OPEN_INITIALIZE, label="B", id="b" * 32)
    talk.initialize(steps.OPEN_INITIALIZE, label="C", id="c" * 32)
    talk.get(steps.GET_STREAM, session="B", events=(message_event(hello, "2_0"),))
    for step, label, message in ((steps.RESUME_A, "B", MINE), (steps.RESUME_B, "C", THEIRS)):
        talk.request(step, kind=STREAM, events=(message_event(message, f"{label}_1"),), session=label)
    replayed = (message_event(MINE, "B_1"), message_event(hello, greeting_id))
    talk.get(steps.RESUME_OWN, session="B", events=replayed, headers=(("Last-Event-ID", "B_0"),))
    talk.get(steps.RESUME_CROSS, 400, session="C", headers=(("Last-Event-ID", "B_0"),))
    assert finding_of(talk.transcript(), "resume.no-cross-stream").verdict is expected


def test_event_ids_are_shared_between_sessions_but_not_between_streams() -> None:
    assert finding_of(resumed((MINE,), ()).transcript(), "resume.id-unique").verdict is I
    talk = resumed((MINE,), ())
    talk.request("live.post-request", kind=STREAM, events=(SseEvent("message", "", "1_0"),), session="B")
    assert finding_of(talk.transcript(), "resume.id-unique").verdict is V
    talk = resumed((MINE,), ())
    talk.request("live.post-request", kind=STREAM, events=(SseEvent("message", "", "2_0"),), session="B")
    assert finding_of(talk.transcript(), "resume.id-unique").verdict is S


@pytest.mark.parametrize("cross", [(), (MINE,)])
def test_the_later_stream_of_the_session_is_evidence(cross: tuple[Any, ...]) -> None:
    later = {"jsonrpc": "2.0", "id": 10, "result": {}}
    talk = resumed((MINE,), cross)
    number = talk.request(steps.RESUME_AFTER, kind=STREAM, events=(message_event(later, "2_0"),), session="B")
    assert number in finding_of(talk.transcript(), "resume.no-cross-stream").evidence
