"""Every step is there for a verdict: whatever is sent and judged by nothing costs time and says nothing."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import anyio
import pytest

from harness.model import Reply
from harness.profiles.mcp import steps
from tests.support.judged_server import findings, talk
from tests.support.server_case import MODERN, NEWEST, OLDEST, Case

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.model import Finding, Transcript

pytestmark = pytest.mark.loopback
SERVERS = (
    Case("python", "Server", revisions=(OLDEST, NEWEST)),
    Case("python", "Resources"),
    Case("python", "Resumable"),
    Case("python", "Tasks"),
    Case("python", "Adds"),
    Case("python", "ModernFilesLedOut", revisions=(MODERN,)),
    Case("python", "AuthorizedScopes"),
    Case("python", "AuthorizedModern", revisions=(MODERN,)),
    Case("python", "ModernFeatures", revisions=(MODERN,)),
    Case("python", "AuthorizedBaskets", revisions=(MODERN,)),
    Case("python", "ModernAsking", revisions=(MODERN,)),
    Case("python", "ModernRegions", revisions=(MODERN,)),
    Case("python", "ModernRows", revisions=(MODERN,)),
    Case("python", "ModernLevels", revisions=(MODERN,)),
    Case("python", "ModernScopeVaries", revisions=(MODERN,)),
)
TO_GO_ON = {
    steps.DISCOVER_ENDPOINT: "finds the endpoint",
    steps.DISCOVER_INITIALIZE: "tells which revisions are negotiated",
    steps.BASELINE_GET: "tells whether a stream can be held open, and is judged where none can",
    steps.DISCOVER_TOKEN: "finds the audience of the tokens",
    steps.DISCOVER_MODERN_CHECK: "tells a sessionless revision from one that serves anything",
    steps.OPEN_INITIALIZED: "ends the opening of a session, and is judged where it is refused",
    steps.HANDLE_TRIED: "tells which tools give a handle",
    f"{steps.RETRY}.": "sent again",
}
"""Steps, or their beginnings, that the prober itself needs."""


async def held(case: Case) -> Transcript:
    return await talk(case.language, case.name, revisions=case.revisions)


def judged(transcript: Transcript, case: Case) -> list[Finding]:
    """The findings, whatever they count."""
    found = findings(transcript, page_revision=case.revisions[-1])
    return [replace(finding, summary=re.sub(r"\d+", "#", finding.summary)) for finding in found]


def others(transcript: Transcript, step: str) -> Iterator[Transcript]:
    """The conversation without a step, and with another answer to it."""
    left = tuple(exchange for exchange in transcript.exchanges if exchange.step != step)
    numbers = {exchange.number for exchange in left}
    sessions = tuple(session for session in transcript.sessions if session.exchange in numbers)
    yield replace(transcript, exchanges=left, sessions=sessions)
    refusal = Reply(418, (("Content-Type", "text/plain"),), "no", 2)
    refused = [replace(e, reply=refusal, failure=None) if e.step == step else e for e in transcript.exchanges]
    yield replace(transcript, exchanges=tuple(refused))


def unused(transcript: Transcript, case: Case) -> list[str]:
    """The steps without which, and with another answer to which, every finding is the same."""
    whole = judged(transcript, case)
    steps_sent = dict.fromkeys(exchange.step for exchange in transcript.exchanges)
    asked = [step for step in steps_sent if not step.startswith(tuple(TO_GO_ON))]
    return [step for step in asked if all(judged(other, case) == whole for other in others(transcript, step))]


@pytest.mark.parametrize("case", SERVERS, ids=str)
def test_every_step_that_is_sent_decides_something(case: Case) -> None:
    assert unused(anyio.run(held, case), case) == []


def test_a_step_that_no_rule_reads_is_seen() -> None:
    case = Case("python", "Adds")
    transcript = anyio.run(held, case)
    last = transcript.exchanges[-1]
    message = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "docprobe/unread"})
    refusal = Reply(404, (("Content-Type", "text/plain"),), "no", 2)
    unread = replace(last, number=last.number + 1, step="read.by-nobody", body=message, reply=refusal, control=None)
    more = replace(transcript, exchanges=(*transcript.exchanges, unread))
    assert unused(more, case) == ["read.by-nobody"]
