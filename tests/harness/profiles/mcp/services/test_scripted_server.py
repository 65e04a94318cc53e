"""The server that client examples talk to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest

from harness.base.codec import to_json
from harness.profiles.mcp.services.scripted_server import ScriptedServer
from tests.support.client_program import served

if TYPE_CHECKING:
    pass

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n[[[[",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n[]",
        b'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 39\r\n\r\n{"method":"initialize","params":"hello"}'[:-1],
        b'POST / HTTP/1.1\r\nHost: x\r\nMcp-Session-Id: \xff\r\nContent-Length: 13\r\n\r\n{"method": 3}',
        b"GET /%ff?x=%00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
async def test_whatever_a_client_sends_is_answered_below_500(request_bytes: bytes) -> None:
    script = ScriptedServer()
    async with served(script) as port:
        stream = await anyio.connect_tcp("127.0.0.1", port)
        await stream.send(request_bytes)
        with anyio.fail_after(30):
            head = await stream.receive()
        await stream.aclose()
    assert head[:9] == b"HTTP/1.1 "
    assert int(head[9:12]) < 500
    to_json(tuple(script.exchanges))
