"""HTTP/1.1 on asyncio streams: just enough for a small server, and every byte under our control."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Any


class Request:
    """One request, read whole."""

    def __init__(
        self, method: str, target: str, headers: dict[str, str], body: bytes, written: dict[str, str] | None = None
    ) -> None:
        self.method = method
        self.path = target.split("?")[0]
        self.headers = headers
        self.written = written or {}
        """By the header's name as it was written."""
        self.body = body

    def header(self, name: str) -> str | None:
        return self.headers.get(name)


class Reply:
    """The answer to one request. One of the methods, or ``start_stream`` and events, then ``end``."""

    protocol = "HTTP/1.1"

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.streaming = False

    async def head(self, status: int, headers: dict[str, str]) -> None:
        phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Unusual"
        lines = [f"{self.protocol} {status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
        await self.write(("\r\n".join([*lines, "Connection: close"]) + "\r\n\r\n").encode("latin-1"))

    async def write(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def send(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        """A whole answer."""
        await self.head(status, {**(headers or {}), "Content-Length": str(len(body))})
        await self.write(body)

    async def json(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(value, separators=(",", ":")).encode()
        await self.send(status, body, {"Content-Type": "application/json", **(headers or {})})

    async def start_stream(self, headers: dict[str, str] | None = None) -> None:
        """The head of an event stream."""
        self.streaming = True
        await self.head(
            200,
            {
                "Content-Type": "text/event-stream",
                "Cache-Control": "no-cache",
                "Transfer-Encoding": "chunked",
                **(headers or {}),
            },
        )

    async def event(self, data: str, id: str | None = None) -> None:
        lines = [f"id: {id}"] if id is not None else []
        lines.append(f"data: {data}" if data else "data:")
        await self.chunk(("\n".join(lines) + "\n\n").encode())

    async def chunk(self, data: bytes) -> None:
        await self.write(b"%x\r\n%s\r\n" % (len(data), data))

    async def end(self) -> None:
        """The end of a stream."""
        if self.streaming:
            await self.write(b"0\r\n\r\n")

    async def gone(self) -> None:
        """Wait until the client closes the connection."""
        while await self.reader.read(65536):
            pass


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """The next request; None if the client went away or sent no HTTP."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")[:-2]
        method, target, _ = first.split(" ", 2)
        headers, written = {}, {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = written[name.strip()] = value.strip()
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ValueError):
        return None
    return Request(method, target, headers, body, written)
