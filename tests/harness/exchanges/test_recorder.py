"""One exchange per call, recorded as it was; and nothing that a server does makes a call long, large or fatal."""

from __future__ import annotations

import asyncio
import gzip
import socket
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import anyio
import pytest

from harness.base.codec import from_json, to_json
from harness.exchanges.http_exchange import BRIEF_S, LINGER_S, ProbeRequest, StoppedError
from harness.exchanges.recorder import Recorder, listening_s
from harness.model import Answered, BodyFault, Exchange, Failure, FailureKind
from harness.profiles.mcp import steps
from tests.support.local_pod import local_pod
from tests.support.memory import in_new_process, resident_memory, traced_memory
from tests.support.soak import sizes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

pytestmark = pytest.mark.anyio
TIMEOUT_S = 30.0
"""More than a busy machine needs for anything that ends by itself."""
SILENCE_S = 300.0
MOST_MIB = 48
"""That an exchange may take at its peak, or many do whose replies are long."""
SHORT_S = 0.4
"""For what ends by the timeout only."""
Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter
JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
SSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
GOOD = b'{"jsonrpc":"2.0","id":1,"result":{}}'


class Nasty:
    """Answers `/ok` properly and everything else with the behaviour under test. Keeps what it received."""

    def __init__(self, behave: Callable[[Writer], Awaitable[None]]) -> None:
        self.behave = behave
        self.requests: list[bytes] = []

    async def __call__(self, reader: Reader, writer: Writer) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.requests.append(head)
            if head.startswith(b"POST /ok"):
                writer.write(JSON + b"Content-Length: %d\r\n\r\n" % len(GOOD) + GOOD)
                await writer.drain()
            else:
                await self.behave(writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def talk(
    nasty: Nasty, *, budget_s: float = 60.0, timeout_s: float = TIMEOUT_S
) -> AsyncIterator[tuple[Recorder, str]]:
    async with local_pod(raw=nasty) as pod:
        recorder = Recorder(pod.transport, timeout_s=timeout_s, budget_s=budget_s)
        yield recorder, f"http://127.0.0.1:{pod.sockets()[0].port}"
        await recorder.close()


def ask(url: str, path: str = "/bad", **more: object) -> ProbeRequest:
    fields: dict[str, object] = {
        "step": "test",
        "method": "POST",
        "url": f"{url}{path}",
        "headers": (("Host", "localhost:1"), ("Accept", "application/json"), ("Connection", "close")),
        "body": b'{"jsonrpc":"2.0","id":1,"method":"ping"}',
        "rpc_id": 1,
    }
    return ProbeRequest(**{**fields, **more})  # type: ignore[arg-type]


def sends(*pieces: bytes, pause_s: float = 0.0, forever: bool = False) -> Callable[[Writer], Awaitable[None]]:
    async def behave(writer: Writer) -> None:
        while True:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(pause_s)
            if not forever:
                return

    return behave


def after(first: bytes, then: Callable[[Writer], Awaitable[None]]) -> Callable[[Writer], Awaitable[None]]:
    async def behave(writer: Writer) -> None:
        writer.write(first)
        await then(writer)

    return behave


async def silent(writer: Writer) -> None:
    await asyncio.sleep(SILENCE_S)


async def resets(writer: Writer) -> None:
    writer.transport.abort()


CHUNKED = JSON + b"Transfer-Encoding: chunked\r\n\r\n"
MANY_HEADERS = b"HTTP/1.1 200 OK\r\n" + b"".join(b"x-%d: y\r\n" % n for n in range(100_000)) + b"\r\n"
BOMB = gzip.compress(b"\x00" * 300_000_000, compresslevel=1)
LARGE = JSON + b"Content-Length: 2147483648\r\n\r\n"
EVENT = b'data: {"jsonrpc":"2.0","method":"notifications/message"}\n\n'

NO_REPLY = {
    "never answers": (silent, "timeout"),
    "closes at once": (sends(), "closed"),
    "resets at once": (resets, ("closed", "reset")),
    "no HTTP": (sends(b"SSH-2.0-OpenSSH_9\r\n\r\n"), "malformed"),
    "100,000 headers": (sends(MANY_HEADERS), "malformed"),
    "a head that drips": (after(b"HTTP/1.1 200 OK\r\n", sends(b"x: y\r\n", pause_s=0.02, forever=True)), "timeout"),
    "an endless header": (after(b"HTTP/1.1 200 OK\r\nx: ", sends(b"y" * 65536, forever=True)), "malformed"),
    "two different lengths": (sends(JSON + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"), "malformed"),
    "a negative length": (sends(JSON + b"Content-Length: -1\r\n\r\n"), "malformed"),
}
BAD_BODY = {
    "a body that never comes": (after(JSON + b"Content-Length: 10\r\n\r\n", silent), "timeout"),
    "a body that drips": (after(JSON + b"\r\n", sends(b" ", pause_s=0.02, forever=True)), "timeout"),
    "a truncated body": (sends(JSON + b"Content-Length: 100\r\n\r\n", GOOD), "closed-early"),
    "an unfinished chunk": (sends(CHUNKED + b"40\r\nabc"), "closed-early"),
    "a bad chunk": (sends(CHUNKED + b"zz\r\nabc\r\n"), "bad-chunk"),
    "an endless body": (after(JSON + b"\r\n", sends(b"x" * 65536, forever=True)), "too-large"),
    "two gigabytes": (after(LARGE, sends(b"x" * 65536, forever=True)), "too-large"),
    "a gzip bomb": (
        sends(JSON + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB), BOMB),
        "too-large",
    ),
    "broken gzip": (sends(JSON + b"Content-Encoding: gzip\r\n\r\nno gzip at all"), "bad-encoding"),
    "an unknown encoding": (sends(JSON + b"Content-Encoding: rot13\r\n\r\n" + GOOD), "bad-encoding"),
    "invalid UTF-8": (sends(JSON + b'\r\n{"a":"\xff\xfe"}'), "invalid-utf8"),
    "invalid JSON": (sends(JSON + b"\r\n{nope"), "invalid-json"),
    "deep JSON": (sends(JSON + b"\r\n" + b"[" * 100_000), "invalid-json"),
    "a million values": (sends(JSON + b"\r\n[" + b"{}," * 1_000_000 + b"1]"), "too-large"),
    "a million values in events": (sends(SSE + (b"data: [" + b"[]," * 2_000 + b"1]\n\n") * 500), "too-large"),
    "endless events": (after(SSE, sends(EVENT * 100, forever=True)), "too-large"),
    "an event without end": (after(SSE, sends(b"data: " + b"x" * 65536, forever=True)), "too-large"),
    "comments for ever": (after(SSE, sends(b": still here\n\n", pause_s=0.02, forever=True)), "timeout"),
}
LONG = frozenset({"an event without end"})
"""Those that take seconds: megabytes are read, piece by piece."""


@pytest.mark.parametrize("name", NO_REPLY)
async def test_without_a_usable_head_there_is_a_failure(name: str) -> None:
    behave, expected = NO_REPLY[name]
    await check_bounded(behave, lambda e: str(e.failure or ""), expected)


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.long) if n in LONG else n for n in BAD_BODY])
async def test_a_body_that_is_wrong_is_a_fault(name: str) -> None:
    behave, expected = BAD_BODY[name]
    await check_bounded(behave, lambda e: (e.reply.fault if e.reply else None) or "", expected)


async def check_bounded(
    behave: Callable[[Writer], Awaitable[None]], described: Callable[[Exchange], str], expected: str | tuple[str, ...]
) -> None:
    timeout_s = SHORT_S if expected == "timeout" else TIMEOUT_S
    nasty = Nasty(behave)
    with traced_memory() as peak_mib:
        async with talk(nasty, timeout_s=timeout_s) as (recorder, url):
            with anyio.fail_after(2 * TIMEOUT_S):
                exchange = (await recorder.send(ask(url))).exchange
        assert peak_mib() < MOST_MIB
    async with talk(nasty) as (recorder, url):
        following = await recorder.send(ask(url, "/ok"))
    assert described(exchange).startswith(expected), exchange
    assert following.served
    assert from_json(to_json(exchange), Exchange) == exchange
    if exchange.reply is not None:
        assert len(exchange.reply.body) <= 4 * 64 * 1024
        assert len(exchange.reply.events) <= 1000


@pytest.mark.long
@pytest.mark.parametrize("times", sizes(12, soak=40))
def test_a_flood_of_notifications_costs_little_and_hides_no_answer(times: int) -> None:
    """2 MB of notifications before the right answer, again and again: what is kept of a conversation is bounded."""
    answered, kept_bytes, took_mib = in_new_process(flooded, times)
    assert answered == times
    assert kept_bytes < 8 * 1024 * 1024
    assert took_mib < MOST_MIB


def flooded(times: int) -> tuple[int, int, float]:
    """Return how many requests a flood let be answered, how much is kept of it, and the memory that took, in MiB."""
    with resident_memory() as peak_mib:
        exchanges = anyio.run(exchanges_with_a_flood, times)
        kept_bytes = len(to_json(exchanges))
        took_mib = peak_mib()
    return sum(exchange.answered == Answered(error=False) for exchange in exchanges), kept_bytes, took_mib


async def exchanges_with_a_flood(times: int) -> Sequence[Exchange]:
    notice = b'data: {"jsonrpc":"2.0","method":"notifications/message","params":{"data":"%s"}}\n\n' % (b"x" * 20_000)
    flood = SSE + notice * 100 + b"data: " + GOOD + b"\n\n"
    async with talk(Nasty(sends(flood))) as (recorder, url):
        # an answer that is held keeps all that came with it
        served = [(await recorder.send(ask(url))).served for _ in range(times)]
    assert all(served)
    return recorder.exchanges


async def test_the_limit_of_a_reply_is_set_by_the_caller() -> None:
    async with local_pod(raw=Nasty(sends(JSON + b"\r\n" + b"x" * 3_000))) as pod:
        recorder = Recorder(pod.transport, timeout_s=TIMEOUT_S, budget_s=60.0, exchange_bytes=2_000)
        reply = (await recorder.send(ask(f"http://127.0.0.1:{pod.sockets()[0].port}"))).reply
        await recorder.close()
    assert reply is not None
    assert (reply.fault, len(reply.body)) == (BodyFault.TOO_LARGE, 2_000)


async def test_a_refused_connection() -> None:
    with socket.socket() as bound:
        # bound and not listening: the port refuses, and nobody else can take it
        bound.bind(("127.0.0.1", 0))
        async with talk(Nasty(silent)) as (recorder, _):
            answer = await recorder.send(ask(f"http://127.0.0.1:{bound.getsockname()[1]}"))
    assert answer.exchange.failure == Failure(FailureKind.REFUSED)


async def test_the_request_is_exactly_what_was_asked_for() -> None:
    nasty = Nasty(silent)
    async with talk(nasty) as (recorder, url):
        exchange = (await recorder.send(ask(url, "/ok"))).exchange
    lines = nasty.requests[0].decode().split("\r\n")
    assert lines[0] == "POST /ok HTTP/1.1"
    assert lines[1:5] == ["Host: localhost:1", "Accept: application/json", "Connection: close", "Content-Length: 40"]
    assert [f"{k}: {v}" for k, v in exchange.headers] == lines[1:5]


async def test_redirects_and_cookies_are_left_alone() -> None:
    reply = b"HTTP/1.1 302 Found\r\nLocation: /ok\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
    nasty = Nasty(sends(reply))
    async with talk(nasty) as (recorder, url):
        assert (await recorder.send(ask(url))).status == 302
        await recorder.send(ask(url, "/ok"))
    assert len(nasty.requests) == 2
    assert b"ookie" not in nasty.requests[1]


async def test_a_stream_is_left_open_only_as_long_as_asked() -> None:
    answer = b'data: {"jsonrpc":"2.0","id":1,"result":{}}\n\n'
    async with talk(Nasty(after(SSE + answer, silent))) as (recorder, url):
        exchange = (await recorder.send(ask(url, linger_s=0.1))).exchange
    assert exchange.reply is not None
    assert exchange.reply.fault is BodyFault.OPEN
    assert not exchange.reply.complete
    assert 0.1 <= exchange.duration_s < SILENCE_S


@pytest.mark.parametrize("listen_s", [None, 0.1])
async def test_of_a_stream_that_owes_nothing_what_comes_with_its_head_is_heard(listen_s: float | None) -> None:
    """Also where only the status is asked for; then no longer than that needs."""
    asked = {"method": "GET", "body": b"", "rpc_id": None, "listen_s": listen_s}
    async with talk(Nasty(after(SSE + b"data: first\n\n", silent))) as (recorder, url):
        exchange = (await recorder.send(ask(url, **asked))).exchange
    assert exchange.reply is not None
    assert [event.data for event in exchange.reply.events] == ["first"]
    assert exchange.reply.fault is BodyFault.OPEN
    assert (listen_s or BRIEF_S) <= exchange.duration_s < SILENCE_S


@pytest.mark.parametrize(("head_s", "listened_s"), [(0.001, BRIEF_S), (0.02, 0.04), (3.0, LINGER_S)])
def test_a_stream_whose_head_took_longer_is_heard_longer(head_s: float, listened_s: float) -> None:
    request = ask("http://127.0.0.1:1", method="GET", rpc_id=None)
    assert listening_s(request, head_s) == listened_s
    assert listening_s(replace(request, listen_s=1.0), head_s) == 1.0


async def test_a_held_stream_sees_what_arrives_while_others_talk() -> None:
    events = after(SSE, sends(b"data: 1\n\n", pause_s=0.02, forever=True))
    async with talk(Nasty(events)) as (recorder, url):
        async with recorder.hold(ask(url, method="GET", body=b"", rpc_id=None)) as held:
            assert held.open
            assert (await recorder.send(ask(url, "/ok"))).served
            with anyio.fail_after(TIMEOUT_S):
                while len(held.body.events) < 2:
                    await asyncio.sleep(0.01)
        numbers = [exchange.number for exchange in recorder.exchanges]
        stream = recorder.exchanges[0]
    assert numbers == [1, 2]
    assert stream.reply is not None
    assert stream.reply.fault is BodyFault.OPEN
    assert len(stream.reply.events) >= 2


async def test_out_of_time_nothing_is_sent_and_the_reason_comes_out_bare() -> None:
    nasty = Nasty(silent)
    async with talk(nasty, budget_s=0.0) as (recorder, url):
        with pytest.raises(StoppedError, match="out of time"):
            await recorder.send(ask(url, "/ok"))
        with pytest.raises(StoppedError):
            async with recorder.hold(ask(url)):
                pass
    assert nasty.requests == []


async def test_long_replies_are_cut_and_say_whether_they_answered() -> None:
    body = b'{"jsonrpc":"2.0","id":1,"result":{"x":"%s"}}' % (b"y" * 100_000)
    async with talk(Nasty(sends(JSON + b"\r\n" + body))) as (recorder, url):
        answer = await recorder.send(ask(url))
    reply = answer.exchange.reply
    assert reply is not None
    assert (reply.truncated, len(reply.body), reply.body_bytes) == (True, 65536, len(body))
    assert answer.exchange.answered == Answered(error=False)
    assert answer.served


async def test_while_the_endpoint_is_looked_for_less_is_read_of_each_reply() -> None:
    """A dozen addresses that answer without end must not use up the budget before one is found to be wrong."""
    endless = Nasty(after(JSON + b"\r\n", sends(b"x" * 65536, forever=True)))
    async with talk(endless) as (recorder, url):
        looking = (await recorder.send(ask(url, step=steps.DISCOVER_ENDPOINT))).reply
        asking = (await recorder.send(ask(url))).reply
    assert looking is not None
    assert asking is not None
    assert looking.fault == asking.fault == BodyFault.TOO_LARGE
    assert looking.body_bytes < 3 * 1024 * 1024 < 8 * 1024 * 1024 <= asking.body_bytes


async def test_what_a_peer_asks_on_a_stream_is_answered_while_it_is_read() -> None:
    async def behave(writer: Writer) -> None:
        writer.write(SSE + b'data: {"jsonrpc":"2.0","id":"x","method":"ping"}\n\n')
        with anyio.fail_after(TIMEOUT_S):
            while not any(request.startswith(b"POST /ok") for request in nasty.requests):
                await anyio.sleep(0.01)
        writer.write(b"data: " + GOOD + b"\n\n")

    nasty = Nasty(behave)
    async with talk(nasty) as (recorder, url):
        recorder.answer_to = lambda request, headers, message: (
            ask(url, "/ok", step=headers["content-type"]) if message.get("method") == "ping" else None
        )
        answer = await recorder.send(ask(url))
        assert answer.served
        assert answer.result == {}
        assert [exchange.step for exchange in recorder.exchanges] == ["test", "text/event-stream"]
        assert [e.reply.body for e in recorder.exchanges[1:] if e.reply is not None] == [GOOD.decode()]


async def test_a_wait_in_which_the_loop_stood_still_is_recorded_so() -> None:
    timeout_s = 5 * SHORT_S

    async def stall(writer: Writer) -> None:
        time.sleep(timeout_s)
        await anyio.sleep(SILENCE_S)

    async with talk(Nasty(stall), timeout_s=timeout_s) as (recorder, url):
        late = (await recorder.send(ask(url))).exchange
    assert late.timed_out
    assert late.stood_still
    assert late.waited_s == 0
