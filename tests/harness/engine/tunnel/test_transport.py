"""HTTP over any byte stream, against a scripted server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio
import httpx
import pytest

from harness.base.errors import PodError
from harness.engine.tunnel.transport import PodTransport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from anyio.abc import ByteStream

pytestmark = pytest.mark.anyio

Serve = Callable[["ByteStream"], Awaitable[None]]
Dialled = list[tuple[str, int]]


@asynccontextmanager
async def talking_to(
    serve: Serve, read_s: float = 30, kept: int = 40
) -> AsyncIterator[tuple[httpx.AsyncClient, Dialled]]:
    """A client whose every connection is served by ``serve``; and what it connected to."""
    dialled: Dialled = []
    async with anyio.create_task_group() as tasks:

        async def connect(host: str, port: int) -> ByteStream:
            dialled.append((host, port))
            listener = await anyio.create_unix_listener(path)
            server_side: list[ByteStream] = []

            async def handle(stream: ByteStream) -> None:
                server_side.append(stream)
                async with stream:
                    await serve(stream)

            async def accept() -> None:
                async with listener:
                    await listener.serve(handle)

            tasks.start_soon(accept)
            return await anyio.connect_unix(path)

        async with anyio.TemporaryDirectory() as folder:
            path = f"{folder}/socket"
            transport = PodTransport(connect, kept=kept)
            async with httpx.AsyncClient(
                transport=transport, trust_env=False, timeout=httpx.Timeout(30, read=read_s)
            ) as client:
                yield client, dialled
            tasks.cancel_scope.cancel()


def answering(*answers: bytes) -> tuple[Serve, list[bytes]]:
    """A server that reads a request head and gives the next answer; and the heads it read."""
    heads: list[bytes] = []
    left = list(answers)

    async def serve(stream: ByteStream) -> None:
        while left:
            head = b""
            while b"\r\n\r\n" not in head:
                head += await stream.receive()
            heads.append(head)
            await stream.send(left.pop(0))

    return serve, heads


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Thing: a\r\nX-Thing: b\r\n\r\nok"


async def test_url_and_host_header_stay_as_inside_the_pod() -> None:
    serve, heads = answering(OK)
    async with talking_to(serve) as (client, dialled):
        reply = await client.get("http://localhost:3000/mcp?x=1")
    assert (reply.status_code, reply.text) == (200, "ok")
    assert reply.headers.get_list("x-thing") == ["a", "b"]
    assert dialled == [("localhost", 3000)]
    assert heads[0].startswith(b"GET /mcp?x=1 HTTP/1.1\r\n")
    assert b"\r\nHost: localhost:3000\r\n" in heads[0]


async def test_connections_are_kept() -> None:
    serve, _ = answering(OK, OK, OK)
    async with talking_to(serve) as (client, dialled):
        for _ in range(3):
            await client.post("http://[::1]:80/", json={})
    assert dialled == [("::1", 80)]


async def test_each_request_has_a_connection_of_its_own_where_none_is_kept() -> None:
    """Without a word about it: see ``harness.profiles.mcp.messages.headers``."""

    async def one(stream: ByteStream) -> None:
        await answering(OK)[0](stream)

    async with talking_to(one, kept=0) as (client, dialled):
        for _ in range(2):
            await client.post("http://localhost/", json={})
    assert len(dialled) == 2


async def test_a_stream_is_read_as_it_comes() -> None:
    more = anyio.Event()

    async def serve(stream: ByteStream) -> None:
        await stream.receive()
        await stream.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
        await more.wait()
        await stream.send(b"data: 2\n\n")

    async with talking_to(serve) as (client, _), client.stream("GET", "http://localhost/") as reply:
        parts = reply.aiter_raw()
        assert await anext(parts) == b"data: 1\n\n"
        more.set()
        assert await anext(parts) == b"data: 2\n\n"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", httpx.RemoteProtocolError),
        (b"", httpx.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", httpx.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", httpx.RemoteProtocolError),
    ],
)
async def test_garbage_is_httpx_error(answer: bytes, error: type[Exception]) -> None:
    serve, _ = answering(answer)
    async with talking_to(serve) as (client, _):
        with pytest.raises(error):
            await client.get("http://localhost/")


async def test_silence_is_a_timeout() -> None:
    async def serve(stream: ByteStream) -> None:
        await anyio.sleep_forever()

    async with talking_to(serve, read_s=0.1) as (client, _):
        with pytest.raises(httpx.ReadTimeout):
            await client.get("http://localhost/")


async def never(host: str, port: int) -> ByteStream:
    await anyio.sleep_forever()
    raise AssertionError


async def refused(host: str, port: int) -> ByteStream:
    raise ConnectionRefusedError(111, "Connection refused")


async def broken(host: str, port: int) -> ByteStream:
    raise PodError("the pod's anchor ended")


@pytest.mark.parametrize(
    ("connect", "error"),
    [(never, httpx.ConnectTimeout), (refused, httpx.ConnectError), (broken, PodError)],
)
async def test_no_connection(connect: Callable[[str, int], Awaitable[ByteStream]], error: type[Exception]) -> None:
    async with httpx.AsyncClient(transport=PodTransport(connect), timeout=0.1) as client:
        with pytest.raises(error):
            await client.get("http://localhost:3000/")
