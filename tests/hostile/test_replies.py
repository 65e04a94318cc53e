"""Replies that are nearly right, byte by byte: whatever comes, an exchange is recorded and the next one works."""

from __future__ import annotations

import asyncio
import random
import re

import anyio
import pytest

from harness.base.codec import from_json, to_json
from harness.exchanges.http_exchange import ProbeRequest
from harness.exchanges.recorder import Recorder
from harness.model import Exchange
from tests.support.figures import FIGURES
from tests.support.local_pod import local_pod
from tests.support.soak import tries

pytestmark = pytest.mark.anyio

REPLIES = tries(60, soak=1_500)
GOOD = b'{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"a","inputSchema":{"type":"object"}}]}}'
WHOLE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(GOOD) + GOOD,
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nMcp-Session-Id: abc\r\n\r\nid: 1\nevent: message\ndata: "
    + GOOD
    + b"\n\nid: 2\ndata: x\n\n",
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    + b"%x\r\n" % len(GOOD) + GOOD + b"\r\n0\r\n\r\n",
    b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer resource_metadata=\"http://x\"\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 429 Too Many\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n",
)  # fmt: skip
PIECES = (
    b"\x00", b"\r", b"\n", b"\r\n\r\n", b"\xff\xfe", b"\xed\xa0\x80", b"9" * 5_000, b"-1", b"[" * 2_000, b"{" * 500,
    b": x\n", b"data: ", b"\n\n", b'"\\ud800"', b"1e999", b"\x1b]0;t\x07", b"::error::x", b"HTTP/1.1 100 Continue\r\n\r\n",
    b"Content-Length: 5\r\n", b"Content-Encoding: gzip\r\n", b"Location: http://169.254.169.254/\r\n", b"A" * 70_000,
    b"Set-Cookie: a=b\r\n", b"Transfer-Encoding: gzip, chunked\r\n", b"ffffffffffffffff\r\n",
)  # fmt: skip


def fuzzed(chance: random.Random) -> bytes:
    """A reply with some pieces put in, left out, doubled or swapped."""
    reply = bytearray(chance.choice(WHOLE))
    for _ in range(chance.randint(1, 5)):
        at = chance.randrange(len(reply) + 1)
        until = min(len(reply), at + chance.choice((0, 0, 1, 5, 40)))
        reply[at:until] = chance.choice((*PIECES, bytes(reply[at:until]) * 2, bytes([chance.randrange(256)])))
    return bytes(reply[: chance.choice((len(reply), len(reply), chance.randrange(len(reply) + 1)))])


async def test_a_reply_that_is_nearly_right() -> None:
    chance = random.Random(7)
    replies = [fuzzed(chance) for _ in range(REPLIES)]
    served = iter(replies)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if length := re.search(rb"(?i)content-length: (\d+)", head):
                await reader.readexactly(int(length[1]))
            writer.write(WHOLE[0] if b"/ok" in head.split(b"\r\n")[0] else next(served))
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async with local_pod(raw=answer) as pod:
        url = f"http://127.0.0.1:{pod.sockets()[0].port}"
        recorder = Recorder(pod.transport, timeout_s=5.0, budget_s=3_600.0)
        headers = (("Host", "localhost"), ("Accept", "application/json, text/event-stream"))
        for number in range(REPLIES):
            request = ProbeRequest("fuzz", "POST", f"{url}/mcp", headers, body=b"{}", rpc_id=1)
            with FIGURES.attack("replies", repr(replies[number][:60])), anyio.fail_after(60):
                exchange = (await recorder._exchange(request, recorder._reader("fuzz"))).exchange
                assert from_json(to_json(exchange), Exchange) == exchange
            if number % 20 == 0:
                right = ProbeRequest("ok", "POST", f"{url}/ok", headers, body=b"{}", rpc_id=1)
                assert (await recorder.send(right)).served
        await recorder.close()
