"""What a server agreed to at initialize and then does, by conversations made by hand."""

from __future__ import annotations

import pytest

from harness.model import Facts, RevisionFacts, Verdict
from harness.profiles.mcp import steps
from tests.support.transcripts import JSON, NEWEST, Talk, based
from tests.support.verdicts import I, S, V, finding_of

TOOLS = {"tools": [{"name": "echo", "inputSchema": {"type": "object"}}]}


@pytest.mark.parametrize(
    ("initialized", "control", "expected"),
    [(202, None, S), (400, 202, V), (400, 400, I), (400, None, I), (429, 202, I)],
)
def test_a_negotiated_version_is_served(initialized: int, control: int | None, expected: Verdict) -> None:
    talk = Talk()
    talk.initialize(steps.BASELINE_INITIALIZE)
    against = talk.notification(steps.VERSION_NEGOTIATED, control) if control is not None else None
    talk.notification(steps.BASELINE_INITIALIZED, initialized, control=against)
    facts = Facts(revisions={NEWEST: RevisionFacts("it is refused")}) if initialized != 202 else Facts()
    found = finding_of(talk.transcript(facts=facts), "version.negotiated-served")
    assert (found.verdict, found.gates) == (expected, expected is V)


@pytest.mark.parametrize(
    ("status", "code", "expected"), [(200, None, S), (200, -32601, V), (404, -32601, V), (429, -32000, I)]
)
def test_a_ping_is_answered(status: int, code: int | None, expected: Verdict) -> None:
    talk = based()
    answer = {"result": {}} if code is None else {"error": {"code": code, "message": "no"}}
    id = len(talk.exchanges) + 1
    talk.say(
        steps.BASELINE_OTHER,
        status,
        message={"jsonrpc": "2.0", "id": id, "method": "ping"},
        answer={"jsonrpc": "2.0", "id": id, **answer},
        kind=JSON,
    )
    assert finding_of(talk.transcript(), "ping.answered").verdict is expected
