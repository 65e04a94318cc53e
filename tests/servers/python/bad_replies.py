"""Conforming servers that misbehave on the wire, where ``where`` says: ``NAME@version`` (a request with an unknown
version), ``NAME@request`` (tools/list) or ``NAME@everything``.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import TYPE_CHECKING

import conforming

if TYPE_CHECKING:
    from wire import Reply, Request

BIG = 2 * 1024**3
PIECE = b"x" * 65536


class BadReplies(conforming.Server):
    """The base of them."""

    where = "version"
    status = 200

    def concerns(self, request: Request) -> bool:
        match self.where:
            case "version":
                return request.header("mcp-protocol-version") not in (None, *self.versions)
            case "request":
                return b'"tools/list"' in request.body
            case _:
                return True

    async def handle(self, request: Request, reply: Reply) -> None:
        if self.concerns(request):
            await self.misbehave(request, reply)
        else:
            await super().handle(request, reply)

    async def misbehave(self, request: Request, reply: Reply) -> None:
        raise NotImplementedError

    async def raw(self, reply: Reply, *lines: str, body: bytes = b"") -> None:
        head = "\r\n".join([f"HTTP/1.1 {self.status} Some", *lines]) + "\r\n\r\n"
        await reply.write(head.encode("latin-1") + body)


class Truncated(BadReplies):
    """Fewer bytes than announced."""

    async def misbehave(self, request: Request, reply: Reply) -> None:
        await self.raw(reply, "Content-Type: application/json", "Content-Length: 500", body=b'{"jsonrpc": "2.0", ')


class EndlessBody(BadReplies):
    """A body that never ends."""

    async def misbehave(self, request: Request, reply: Reply) -> None:
        await self.raw(reply, "Content-Type: application/json")
        while True:
            await reply.write(PIECE)


class EndlessDrip(BadReplies):
    """A body that never ends, a byte at a time."""

    async def misbehave(self, request: Request, reply: Reply) -> None:
        await self.raw(reply, "Content-Type: application/json")
        while True:
            await reply.write(b" ")
            await asyncio.sleep(0.05)


class EndlessEvents(BadReplies):
    """An event stream that never gives the response."""

    async def misbehave(self, request: Request, reply: Reply) -> None:
        await self.raw(reply, "Content-Type: text/event-stream")
        news = {"jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": {"_meta": {"x": "x" * 1000}}}
        while True:
            await reply.write(f"data: {json.dumps(news)}\n\n".encode())


class EndlessLine(BadReplies):
    """An event stream of one endless line."""

    async def misbehave(self, request: Request, reply: Reply) -> None:
        await self.raw(reply, "Content-Type: text/event-stream", body=b"data: ")
        while True:
            await reply.write(PIECE)


class GzipBomb(BadReplies):
    """200 MB of zeros in less than 1 MB, unasked."""

    def __init__(self) -> None:
        super().__init__()
        self.bomb = gzip.compress(b"0" * 200_000_000, compresslevel=1)

    async def misbehave(self, request: Request, reply: Reply) -> None:
        length = f"Content-Length: {len(self.bomb)}"
        await self.raw(reply, "Content-Type: application/json", "Content-Encoding: gzip", length, body=self.bomb)


class ManyHeaders100k(BadReplies):
    """100,000 headers."""

    async def misbehave(self, request: Request, reply: Reply) -> None:
        await self.raw(reply, *(f"X-Header-{at}: {at}" for at in range(100_000)), "Content-Length: 0")


class TwoGigabytes(BadReplies):
    """A body of 2 GB, as announced."""

    async def misbehave(self, request: Request, reply: Reply) -> None:
        await self.raw(reply, "Content-Type: application/json", f"Content-Length: {BIG}")
        for _ in range(BIG // len(PIECE)):
            await reply.write(PIECE)


class BadChunks(BadReplies):
    """An invalid chunk size."""

    async def misbehave(self, request: Request, reply: Reply) -> None:
        await self.raw(
            reply, "Content-Type: application/json", "Transfer-Encoding: chunked", body=b"zz\r\n{}\r\n0\r\n\r\n"
        )


class ShortLength(BadReplies):
    """More bytes than announced."""

    async def misbehave(self, request: Request, reply: Reply) -> None:
        body = b'{"jsonrpc": "2.0", "id": 1, "result": {}}'
        await self.raw(reply, "Content-Type: application/json", "Content-Length: 5", body=body)


class NeverAnswers(BadReplies):
    """Nothing at all."""

    async def misbehave(self, request: Request, reply: Reply) -> None:
        await asyncio.sleep(3600)


class HeadOnly(BadReplies):
    """A head, and then nothing."""

    async def misbehave(self, request: Request, reply: Reply) -> None:
        await self.raw(reply, "Content-Type: application/json", "Content-Length: 100")
        await asyncio.sleep(3600)


class HalfHead(BadReplies):
    """Half a head, and then nothing."""

    async def misbehave(self, request: Request, reply: Reply) -> None:
        await reply.write(b"HTTP/1.1 200 OK\r\nContent-Ty")
        await asyncio.sleep(3600)


class ClosesEarly(BadReplies):
    """Closes the connection without a word."""

    async def misbehave(self, request: Request, reply: Reply) -> None:
        reply.writer.close()


class Resets(BadReplies):
    """Resets the connection."""

    async def misbehave(self, request: Request, reply: Reply) -> None:
        reply.writer.transport.abort()


class Garbage(BadReplies):
    """Answers in another protocol."""

    async def misbehave(self, request: Request, reply: Reply) -> None:
        await reply.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")


class RedirectsElsewhere(BadReplies):
    """Sends the client to another host."""

    status = 302

    async def misbehave(self, request: Request, reply: Reply) -> None:
        await self.raw(reply, "Location: http://169.254.169.254/latest/meta-data/", "Content-Length: 0")


class RedirectsInCircles(BadReplies):
    """Sends the client back to the same place."""

    status = 307

    async def misbehave(self, request: Request, reply: Reply) -> None:
        await self.raw(reply, "Location: /mcp", "Content-Length: 0")


class InvalidUtf8(BadReplies):
    """Bytes that are not UTF-8."""

    async def misbehave(self, request: Request, reply: Reply) -> None:
        await reply.send(
            200, b'{"jsonrpc": "2.0", "id": 1, "result": "\xff\xfe"}', {"Content-Type": "application/json"}
        )


class InvalidJson(BadReplies):
    """Text that is not JSON."""

    async def misbehave(self, request: Request, reply: Reply) -> None:
        await reply.send(200, b"{'jsonrpc': 2.0}", {"Content-Type": "application/json"})


class DeepJson(BadReplies):
    """JSON nested a hundred thousand deep."""

    async def misbehave(self, request: Request, reply: Reply) -> None:
        await reply.send(200, b"[" * 100_000 + b"]" * 100_000, {"Content-Type": "application/json"})


class HugeNumber(BadReplies):
    """A JSON number of a million digits."""

    async def misbehave(self, request: Request, reply: Reply) -> None:
        await reply.send(200, b'{"id": ' + b"9" * 1_000_000 + b"}", {"Content-Type": "application/json"})
