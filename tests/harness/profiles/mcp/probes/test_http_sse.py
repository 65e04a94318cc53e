"""The transport of 2024-11-05."""

from __future__ import annotations

import anyio
import pytest

from harness.exchanges.body import BodyReader
from harness.exchanges.recorder import OpenStream
from harness.model import (
    RevisionFacts,
    Transport,
)
from harness.profile import ProbeSettings
from harness.profiles.mcp import steps
from harness.profiles.mcp.probes.converse_http import converse_http
from harness.profiles.mcp.probes.http_sse import _wait_for
from tests.support.local_pod import bundle, local_pod

from .conversations import REVISIONS, TIMEOUT_S
from .mcp_app import http_sse

pytestmark = pytest.mark.anyio


async def test_a_stream_that_has_ended_is_waited_for_no_longer() -> None:
    body = BodyReader(0.0)
    body.ended = True
    with anyio.fail_after(30):
        assert await _wait_for(60.0, OpenStream(1, None, body), lambda: None) is None
        assert await _wait_for(60.0, OpenStream(1, None, body), lambda: "its last event") == "its last event"


async def test_the_transport_of_2024_11_05_is_recognised_and_spoken() -> None:
    async with local_pod(http_sse) as pod:
        transcript = await converse_http(pod, bundle("/sse"), ProbeSettings(REVISIONS, timeout_s=TIMEOUT_S, start_s=60.0), None)
    assert transcript.facts.transport is Transport.HTTP_SSE
    assert transcript.facts.not_served is None
    assert transcript.facts.revisions["2024-11-05"] == RevisionFacts()
    assert transcript.negotiated == ("2024-11-05",)
    assert transcript.endpoint is not None
    assert transcript.endpoint.endswith("/sse")
    streams = [e for e in transcript.exchanges if e.step == steps.DISCOVER_SSE and e.status == 200]
    assert streams[0].reply is not None
    assert [event.event for event in streams[0].reply.events] == ["endpoint", "message", "message"]
    assert not any(e.step.startswith(("live", "origin", "ids")) for e in transcript.exchanges)
