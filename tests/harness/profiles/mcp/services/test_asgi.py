"""An ASGI app over byte streams: keep-alive, streaming, early ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import httpcore
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from harness.profiles.mcp.services.asgi import AsgiServer

if TYPE_CHECKING:
    from anyio.abc import SocketStream
    from starlette.requests import Request

pytestmark = pytest.mark.anyio


async def hello(request: Request) -> Response:
    return PlainTextResponse(f"hello {request.headers['host']} {len(await request.body())}")


async def endless(request: Request) -> Response:
    async def pieces():
        while True:
            yield b"piece\n"
            await anyio.sleep(0.005)

    return StreamingResponse(pieces(), media_type="text/plain")


def make() -> AsgiServer:
    return AsgiServer(Starlette(routes=[Route("/hello", hello, methods=["GET", "POST"]), Route("/endless", endless)]))


async def drain(stream: SocketStream) -> None:
    while True:
        await stream.receive()


class Relay:
    """A loopback listener that hands every connection to the server under test: stands for the pod's tunnel."""

    def __init__(self, server: AsgiServer) -> None:
        self.server = server
        self.ended = 0

    async def handle(self, stream: SocketStream) -> None:
        await self.server.serve(stream)
        self.ended += 1


async def test_two_requests_on_one_connection_and_a_large_body() -> None:
    relay = Relay(make())
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(anyio.abc.SocketAttribute.local_port)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, relay.handle)
        async with httpcore.AsyncConnectionPool(max_connections=1) as pool:
            first = await pool.request("POST", f"http://127.0.0.1:{port}/hello", content=b"x" * 3_000_000)
            second = await pool.request("GET", f"http://127.0.0.1:{port}/hello")
            assert (first.status, first.content) == (200, f"hello 127.0.0.1:{port} 3000000".encode())
            assert second.content.endswith(b" 0")
        with anyio.fail_after(30):
            while not relay.ended:
                await anyio.sleep(0.005)
        assert relay.ended == 1
        tasks.cancel_scope.cancel()
    await listener.aclose()


async def test_a_client_that_leaves_ends_an_endless_reply() -> None:
    relay = Relay(make())
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(anyio.abc.SocketAttribute.local_port)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, relay.handle)
        stream = await anyio.connect_tcp("127.0.0.1", port)
        await stream.send(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200 OK" in await stream.receive()
        await stream.aclose()
        with anyio.fail_after(30):
            while not relay.ended:
                await anyio.sleep(0.005)
        tasks.cancel_scope.cancel()
    await listener.aclose()


async def test_garbage_is_answered_400_and_ends_the_connection() -> None:
    relay = Relay(make())
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(anyio.abc.SocketAttribute.local_port)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, relay.handle)
        stream = await anyio.connect_tcp("127.0.0.1", port)
        await stream.send(b"\x00\x01garbage\r\n\r\n")
        assert b"400" in await stream.receive()
        with pytest.raises(anyio.EndOfStream), anyio.fail_after(30):
            await drain(stream)
        await stream.aclose()
        tasks.cancel_scope.cancel()
    await listener.aclose()


async def test_a_client_that_asks_for_http2_is_answered_and_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    relay = Relay(make())
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(anyio.abc.SocketAttribute.local_port)
    # as Java's own client does (RFC 7540, 3.2)
    headers = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAEAAEAA"}
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, relay.handle)
        async with httpcore.AsyncConnectionPool() as pool:
            reply = await pool.request("POST", f"http://127.0.0.1:{port}/hello", headers=headers, content=b"12345")
        with anyio.fail_after(30):
            while not relay.ended:
                await anyio.sleep(0.005)
        tasks.cancel_scope.cancel()
    await listener.aclose()
    assert reply.status == 200
    assert caplog.records == []
