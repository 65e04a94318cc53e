"""What a POST is answered, by conversations made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from harness.model import (
    BodyFault,
    Failure,
    FailureKind,
    SseEvent,
    Verdict,
)
from harness.profiles.mcp import steps
from tests.support.transcripts import JSON, STREAM, Talk, based
from tests.support.verdicts import I, S, V, finding_of


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
    assert finding_of(talk.transcript(), "post.notification-202").verdict is expected


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
        # what it has to carry is stream.carries-response
        ({"kind": STREAM, "body": "", "events": ()}, S),
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
    assert finding_of(talk.transcript(), "post.request-sse-or-json").verdict is expected


@pytest.mark.parametrize(
    "late",
    [
        {"status": None, "failure": Failure(FailureKind.TIMEOUT)},
        {"kind": STREAM, "events": (), "fault": BodyFault.TIMEOUT},
    ],
)
@pytest.mark.parametrize("others_first", [True, False])
def test_a_request_that_may_just_be_slow_is_not_excused_by_others(late: dict[str, Any], others_first: bool) -> None:
    talk = based()
    steps_ = [steps.BASELINE_OTHER, steps.BASELINE_REQUEST]
    for step in steps_ if others_first else steps_[::-1]:
        if step == steps.BASELINE_OTHER:
            talk.request(step)
        else:
            talk.request(
                step, late.get("status", 200), **{k: v for k, v in late.items() if k != "status"}, duration_s=0.01
            )
    finding = finding_of(talk.transcript(), "post.request-sse-or-json")
    assert finding.verdict is I
    assert "not answered in time" in finding.summary


def test_a_tool_may_take_its_time() -> None:
    talk = based()
    talk.request(steps.BASELINE_TOOL, None, failure=Failure(FailureKind.TIMEOUT), duration_s=10.0)
    talk.request(steps.BASELINE_TOOL, kind=STREAM, events=(), fault=BodyFault.TIMEOUT, duration_s=10.0)
    assert finding_of(talk.transcript(), "post.request-sse-or-json").verdict is S


@pytest.mark.parametrize(("status", "expected"), [(400, S), (404, V), (200, V), (401, V), (429, I)])
def test_version(status: int, expected: Verdict) -> None:
    talk = based()
    control = talk.request(steps.VERSION_CONTROL)
    talk.request(steps.VERSION_UNSUPPORTED, status, control=control)
    assert finding_of(talk.transcript(), "version.unsupported-400").verdict is expected


def test_a_parser_that_refuses_strange_bytes_decides_nothing() -> None:
    talk = based()
    control = talk.request(steps.VERSION_CONTROL)
    talk.request(steps.VERSION_UNSUPPORTED, 400, control=control, headers=(("MCP-Protocol-Version", "\x01"),))
    assert finding_of(talk.transcript(), "version.unsupported-400").verdict is I
