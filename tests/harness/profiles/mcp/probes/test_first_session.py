"""The first session of a revision: what it is asked, and what follows if it is not served."""

from __future__ import annotations

import statistics

import pytest

from harness.model import (
    BodyFault,
)
from harness.profile import ProbeSettings
from harness.profiles.mcp import steps
from harness.profiles.mcp.probes import first_session
from harness.profiles.mcp.probes.converse_http import converse_http
from tests.support.local_pod import bundle, local_pod

from .conversations import NEWEST, REVISIONS, TIMEOUT, by_step, hold, status
from .mcp_app import Manners, make

pytestmark = [pytest.mark.anyio, pytest.mark.long]


async def test_no_get_and_no_delete_are_choices() -> None:
    transcript = await hold(Manners(get=False, delete=False, revisions=(NEWEST,)))
    found = by_step(transcript)
    assert found["baseline.get"].status == 405
    assert "get.stream" not in found
    assert "get.resume-invented" not in found
    assert found["stream.two-a"].status == 200
    assert found["terminated.end"].status == 405
    assert "terminated.post-request" not in found


@pytest.mark.parametrize(
    ("manners", "method"),
    [
        (Manners(ping=False, declares_tools=False, revisions=(NEWEST,)), "tools/list"),
        (Manners(ping=False, revisions=(NEWEST,)), "tools/list"),
        (Manners(declares_tools=False, revisions=(NEWEST,)), "ping"),
        (Manners(tools=False, lists_tools=False, revisions=(NEWEST,)), "ping"),
        (Manners(lists_tools=False, revisions=(NEWEST,)), "ping"),
    ],
)
async def test_one_of_two_ordinary_requests_is_enough_to_run(manners: Manners, method: str) -> None:
    transcript = await hold(manners)
    assert transcript.facts.not_served is None
    found = by_step(transcript, NEWEST)
    other = "ping" if method == "tools/list" else "tools/list"
    assert f'"{method}"' in found["baseline.request"].body
    assert f'"{method}"' in found["terminated.post-request"].body
    assert f'"{other}"' in found["baseline.other"].body


async def test_a_get_without_an_answer_is_not_sent_again() -> None:
    manners = Manners(get_hangs=True, revisions=(NEWEST,))
    async with local_pod(lambda: make(manners)) as pod:
        transcript = await converse_http(pod, bundle(), ProbeSettings(REVISIONS, timeout_s=3.0, start_s=60.0), None)
    gets = [e for e in transcript.exchanges if e.method == "GET"]
    assert [(e.step, e.failure) for e in gets] == [(steps.BASELINE_GET, TIMEOUT)]
    assert status(transcript, "terminated.post-request", "terminated.delete") == [404, 404]


async def test_a_stream_left_open_after_the_response_is_watched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert first_session.WATCH_END_S == 2.0
    monkeypatch.setattr(first_session, "WATCH_END_S", 0.6)
    transcript = await hold(Manners(sse=True, stay_open=True, revisions=(NEWEST,)))
    watched = by_step(transcript)["baseline.request"]
    assert watched.reply is not None
    assert watched.reply.fault is BodyFault.OPEN
    assert watched.duration_s >= 0.6
    later = [e for e in transcript.exchanges if e.method == "POST" and e.number > watched.number]
    assert statistics.median(e.duration_s for e in later) < watched.duration_s


async def test_a_failing_baseline_ends_the_revision() -> None:
    transcript = await hold(Manners(revisions=(NEWEST,), broken_requests=True))
    assert transcript.negotiated == (NEWEST,)
    assert transcript.facts.why_not_served(NEWEST) == "tools/list is answered 500, “oops”"
    assert transcript.facts.not_served == f"{NEWEST}: tools/list is answered 500, “oops”"
    steps_seen = {e.step for e in transcript.exchanges}
    assert not any(step.startswith(("live", "version", "origin", "ids")) for step in steps_seen)
