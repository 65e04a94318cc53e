"""Replies that break HTTP, JSON or patience: each probe ends in bounded time and memory, and the next one works."""

from __future__ import annotations

import resource
import time
from typing import TYPE_CHECKING

import anyio
import pytest

from harness.base.codec import to_json
from harness.model import Transcript, Verdict
from harness.profiles.mcp import steps
from tests.support.judged_server import findings, is_busy, talk, violated, violated_or_late
from tests.support.verdicts import NEWEST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.model import Finding

pytestmark = [pytest.mark.loopback, pytest.mark.attack("replies of servers")]
TIMEOUT_S = 2.0
AT_ONCE = 6
LONGEST_S = 48.0
"""The budget of one conversation: 24 times its timeout."""
MOST_MIB = 200
"""Of all conversations side by side."""
MOST_JSON_BYTES = 4 * 1024 * 1024

ANSWERED = {
    "Truncated": 200,
    "EndlessBody": 200,
    "EndlessDrip": 200,
    "EndlessEvents": 200,
    "EndlessLine": 200,
    "GzipBomb": 200,
    "TwoGigabytes": 200,
    "BadChunks": 200,
    "ShortLength": 200,
    "HeadOnly": 200,
    "RedirectsElsewhere": 302,
    "RedirectsInCircles": 307,
    "InvalidUtf8": 200,
    "InvalidJson": 200,
    "DeepJson": 200,
    "HugeNumber": 200,
}
"""A status came, and it is the server's answer."""
NO_ANSWER = ("NeverAnswers", "HalfHead", "ClosesEarly", "Resets")
"""Nothing came, and the server lived on: no answer is not the right one."""
STREAMS = ("EndlessEvents", "EndlessLine")
"""What came is an event stream without the response."""
UNREADABLE = ("ManyHeaders100k", "Garbage")
"""What came is nothing that our HTTP parser reads: decides nothing."""


def conversations(names: tuple[str, ...], where: str) -> dict[str, Transcript]:
    """The conversation with each server; fails if one takes too long, too much memory or too much text."""
    found: dict[str, Transcript] = {}
    took_s: dict[str, float] = {}

    async def one(name: str, limiter: anyio.CapacityLimiter) -> None:
        async with limiter:
            began = time.monotonic()
            found[name] = await talk("python", f"{name}@{where}", timeout_s=TIMEOUT_S)
            took_s[name] = time.monotonic() - began

    async def run() -> None:
        limiter = anyio.CapacityLimiter(AT_ONCE)
        async with anyio.create_task_group() as tasks:
            for name in names:
                tasks.start_soon(one, name, limiter)

    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    anyio.run(run)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib < MOST_MIB * 1024
    if not is_busy():
        assert {name: s for name, s in took_s.items() if s > LONGEST_S} == {}
    assert [name for name, transcript in found.items() if len(to_json(transcript)) > MOST_JSON_BYTES] == []
    return found


def verdict_unless_late(found: Sequence[Finding], id: str) -> Verdict:
    """The verdict on a requirement that is satisfied, also where a busy machine left it open."""
    verdict = next(finding.verdict for finding in found if finding.requirement == id)
    return Verdict.SATISFIED if verdict is Verdict.INCONCLUSIVE and is_busy() else verdict


ALL = (*ANSWERED, *NO_ANSWER, *UNREADABLE)


def test_one_bad_reply_spoils_one_verdict() -> None:
    """The request with an unknown version is answered badly; everything before and after it is judged as usual."""
    for name, transcript in conversations(ALL, "version").items():
        found = findings(transcript)
        expected = set() if name in UNREADABLE else {"version.unsupported-400"}
        assert (name, violated_or_late(found, expected)) == (name, expected)
        assert (name, verdict_unless_late(found, "session.terminated-404")) == (name, Verdict.SATISFIED)
        asked = next(e for e in transcript.exchanges if e.step == steps.VERSION_UNSUPPORTED)
        late = asked.status is None and is_busy()
        assert (name, ANSWERED.get(name) if late else asked.status) == (name, ANSWERED.get(name))


def test_a_bad_baseline_accuses_of_that_only() -> None:
    """Every tools/list is answered badly: that is the finding, and sessions are judged by the pings that are served."""
    undecided = (*UNREADABLE, "RedirectsElsewhere", "RedirectsInCircles")
    for name, transcript in conversations(ALL, "request").items():
        found = findings(transcript)
        expected = set() if name in undecided else {"post.request-sse-or-json"}
        if name in STREAMS:
            expected = {"stream.carries-response", "rpc.response-form"}
        assert (name, violated_or_late(found, expected)) == (name, expected)
        assert (name, verdict_unless_late(found, "session.terminated-404")) == (name, Verdict.SATISFIED)


def test_a_server_that_answers_nothing_well_is_not_judged() -> None:
    names = ("EndlessBody", "GzipBomb", "NeverAnswers", "ManyHeaders100k", "RedirectsElsewhere")
    for name, transcript in conversations(names, "everything").items():
        assert (name, transcript.negotiated) == (name, ())
        assert (name, violated(findings(transcript, page_revision=NEWEST))) == (name, set())
