"""The scripted server over stdio, for clients that start their server: a relay brings each line, one message a line.

Sentences: transports page (2026-07-28: stdio page), "stdio". Nothing is refused: faults are recorded and judged.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import anyio

from harness.base import jsonrpc
from harness.model import KEPT_BYTES, Exchange, LogLine, Reply
from harness.profiles.mcp import steps
from harness.profiles.mcp.messages import encode, initialize_version
from harness.profiles.mcp.services.scripted_answers import (
    LISTEN,
    acknowledged,
    reply_in_session,
    sessionless_version,
)
from harness.profiles.mcp.services.scripted_server import what_was_sent

if TYPE_CHECKING:
    from anyio.abc import ByteStream

    from harness.base.jsonrpc import Message
    from harness.profiles.mcp.services.scripted_server import ScriptedServer

MOST_BYTES: Final = 1024 * 1024
"""Of one line; a longer one ends the connection."""
STDIN: Final = "STDIN"


class ScriptedStdio:
    """The scripted server on the port to which relays connect: a connection is a started server."""

    def __init__(self, script: ScriptedServer, port: int) -> None:
        self.port = port
        self._script = script

    async def serve(self, stream: ByteStream) -> None:
        """Answer one client until it closes the server's stdin."""
        waiting = b""
        agreed: str | None = None
        async with stream:
            while len(waiting) <= MOST_BYTES:
                try:
                    waiting += await stream.receive()
                except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
                    return
                *lines, waiting = waiting.split(b"\n")
                for line in lines:
                    if line.strip():
                        answer, agreed = _answer(self._script, line, agreed)
                        if answer is not None:
                            await stream.send(answer + b"\n")

    def log(self) -> tuple[LogLine, ...]:
        """Return nothing: what was received is in the exchanges."""
        return ()


def _answer(script: ScriptedServer, line: bytes, agreed: str | None) -> tuple[bytes | None, str | None]:
    """Record a line; return what answers it, None for nothing, and the version that the handshake agreed to."""
    began = time.monotonic()
    script.heard()
    parsed = jsonrpc.messages(line) or ()
    message = parsed[0] if len(parsed) == 1 else None
    version = sessionless_version(message, {})
    reply = None if message is None else _reply(script, message, version)
    if reply is not None and version is None and (opened := initialize_version(reply)):
        agreed = opened
        script.over_stdio.add(opened)
        script.negotiated.add(opened)
    body = None if reply is None else encode(reply)
    number = len(script.exchanges) + 1
    script.keep(
        Exchange(
            number=number,
            step=f"{steps.CLIENT}.{number}.{what_was_sent(STDIN, message)}",
            revision=version or agreed,
            process=script.process,
            method=STDIN,
            target="",
            headers=(),
            body=line[:KEPT_BYTES].decode("utf-8", "backslashreplace"),
            reply=None if body is None else Reply(200, (), body.decode(), len(body)),
            failure=None,
            started_s=round(began - script.started, 4),
            duration_s=round(time.monotonic() - began, 4),
        )
    )
    return body, agreed


def _reply(script: ScriptedServer, message: Message, version: str | None) -> Message | None:
    """The response to a request; None for a notification or a response."""
    method = message.get("method")
    if "id" not in message or not isinstance(method, str):
        return None
    if version is None:
        return reply_in_session(message, method)
    if method == LISTEN and not script.refuses(version):
        return acknowledged(message)
    return script.reply_sessionless(message, version)
