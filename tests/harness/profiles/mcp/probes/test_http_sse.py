from __future__ import annotations

import anyio
import pytest

from harness.profiles.mcp.probes import http_sse
from harness.profiles.mcp.probes.body import BodyReader
from harness.profiles.mcp.probes.exchanges import OpenStream

pytestmark = pytest.mark.anyio


async def test_a_stream_that_has_ended_is_waited_for_no_longer() -> None:
    body = BodyReader(0.0)
    body.ended = True
    with anyio.fail_after(30):
        assert await http_sse._wait_for(60.0, OpenStream(1, None, body), lambda: None) is None
        assert await http_sse._wait_for(60.0, OpenStream(1, None, body), lambda: "its last event") == "its last event"
