"""GET on a live session, by conversations made by hand."""

from __future__ import annotations

import pytest

from harness.model import (
    Basis,
    Verdict,
)
from harness.profiles.mcp import steps
from tests.support.transcripts import JSON, STREAM, Talk, based
from tests.support.verdicts import I, S, V, finding_of


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        (200, STREAM, S),
        (405, None, S),
        (200, JSON, V),
        (404, None, V),
        (400, None, V),
        (406, None, V),
        (500, None, V),
        (409, None, I),
        (429, None, I),
        (503, None, I),
    ],
)
def test_get(status: int, kind: str | None, expected: Verdict) -> None:
    talk = Talk()
    talk.initialize(steps.BASELINE_INITIALIZE)
    talk.notification(steps.BASELINE_INITIALIZED)
    talk.request(steps.BASELINE_REQUEST)
    talk.get(steps.BASELINE_GET, status, kind=kind)
    assert finding_of(talk.transcript(), "get.sse-or-405").verdict is expected


@pytest.mark.parametrize(("status", "expected"), [(200, S), (400, S), (404, S), (500, V), (503, I)])
def test_get_with_an_issued_event_id(status: int, expected: Verdict) -> None:
    talk = based()
    talk.get(steps.GET_RESUME_ISSUED, status)
    assert finding_of(talk.transcript(), "get.sse-or-405").verdict is expected


@pytest.mark.parametrize(("status", "expected"), [(200, S), (400, S), (500, V), (503, I)])
def test_get_with_an_invented_event_id(status: int, expected: Verdict) -> None:
    talk = based()
    talk.get(steps.GET_RESUME_INVENTED, status)
    found = finding_of(talk.transcript(), "get.invented-event-id")
    assert (found.verdict, found.basis, found.gates) == (expected, Basis.ADVICE, False)
