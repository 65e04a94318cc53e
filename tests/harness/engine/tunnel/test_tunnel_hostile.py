"""The host's end against an anchor that does not keep to the protocol."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import anyio
import pytest
from anyio.abc import ByteStream

from harness.base.errors import PodError
from harness.engine.received import Received
from harness.engine.tunnel import tunnel as tunnels
from harness.engine.tunnel.frames import ACCEPTED_FROM, MAX_PAYLOAD, WINDOW, Decoder, Kind, encode
from harness.engine.tunnel.tunnel import Tunnel

if TYPE_CHECKING:
    from harness.engine.tunnel.channel import Channel

pytestmark = [pytest.mark.anyio, pytest.mark.attack("anchors")]

ACCEPTED = ACCEPTED_FROM + 1


class Pipe(ByteStream):
    """What the pod says is put in by the test; what the host says is kept."""

    def __init__(self) -> None:
        self.pod, self._incoming = anyio.create_memory_object_stream[bytes](10_000)
        self.said = bytearray()
        self.stalled = False
        self.closed = anyio.Event()

    async def receive(self, max_bytes: int = 65536) -> bytes:
        return await self._incoming.receive()

    async def send(self, item: bytes) -> None:
        self.said += item
        if self.stalled:
            await self.closed.wait()
            raise anyio.ClosedResourceError

    async def send_eof(self) -> None: ...

    async def aclose(self) -> None:
        self.closed.set()
        self.pod.close()
        self._incoming.close()

    def frames(self) -> list[tuple[Kind, int, bytes]]:
        return [tuple(frame) for frame in Decoder().feed(bytes(self.said))]


@pytest.fixture
async def running():  # type: ignore[no-untyped-def]
    pipe = Pipe()
    tunnel = Tunnel(pipe)
    async with anyio.create_task_group() as tasks:
        await tasks.start(tunnel.run)
        yield tunnel, pipe
        tasks.cancel_scope.cancel()
    await tunnel.aclose()


async def ended(tunnel: Tunnel) -> PodError:
    with anyio.fail_after(30):
        while tunnel.failure is None:
            await anyio.sleep(0.001)
    return tunnel.failure


async def ignore(stream: ByteStream) -> None:
    await anyio.sleep_forever()


@pytest.mark.parametrize(
    "said",
    [
        b"Traceback (most recent call last):\n",
        encode(Kind.DATA, 7, b"x"),
        encode(Kind.OPENED, 7),
        encode(Kind.CLOSED, 7),
        encode(Kind.CREDIT, 1, b""),
        encode(Kind.OPEN, 1, b"127.0.0.1\x0080"),
        encode(Kind.PING, 0),
        encode(Kind.PONG, 0, b"12345678"),
        encode(Kind.LISTENING, 0, b"80"),
        encode(Kind.FAILED, 0, b"eighty"),
        encode(Kind.ACCEPTED, ACCEPTED, b"9999"),
        encode(Kind.ACCEPTED, 5, b"8080"),
        encode(Kind.ACCEPTED, ACCEPTED, b"8080") * 2,
        encode(Kind.SOCKETS, 0, b"not json"),
        encode(Kind.SOCKETS, 0, b"{}"),
        encode(Kind.SOCKETS, 0, b'[["127.0.0.1", "80"]]'),
        encode(Kind.SOCKETS, 0, b'[["127.0.0.1", 99999]]'),
        encode(Kind.SOCKETS, 0, b'[["' + b"1" * 100 + b'", 80]]'),
        encode(Kind.SOCKETS, 0, b"[" * 20_000),
        b"\xff" * 100,
    ],
)
async def test_a_broken_protocol_ends_the_tunnel(running: tuple[Tunnel, Pipe], said: bytes) -> None:
    tunnel, pipe = running
    tunnel._handlers[8080] = ignore
    await pipe.pod.send(said)
    failure = await ended(tunnel)
    assert "protocol" in failure.message
    assert failure.hint


@pytest.mark.parametrize("key", ["conversation-mib", "received-mib"])
async def test_a_budget_that_is_used_up_ends_the_tunnel_by_its_name(key: str) -> None:
    conversation, run = Received("this conversation", "conversation-mib", 2), Received(limit_mib=2)
    (run if key == "conversation-mib" else conversation).limit_mib = 100
    pipe = Pipe()
    tunnel = Tunnel(pipe, (conversation, run))
    async with anyio.create_task_group() as tasks:
        await tasks.start(tunnel.run)
        tasks.start_soon(opened, pipe)
        channel = await tunnel.connect("127.0.0.1", 80)
        tasks.start_soon(read_all, channel)
        for _ in range(2 * 1024 * 1024 // MAX_PAYLOAD):
            await pipe.pod.send(encode(Kind.DATA, 1, b"x" * MAX_PAYLOAD))
            await anyio.sleep(0)
        await anyio.sleep(0.05)
        assert tunnel.failure is None
        await pipe.pod.send(encode(Kind.DATA, 1, b"x"))
        failure = await ended(tunnel)
        tasks.cancel_scope.cancel()
    assert "has received more than 2 MiB" in failure.message
    assert key in (failure.hint or "")
    await tunnel.aclose()


async def opened(pipe: Pipe) -> None:
    while not any(kind is Kind.OPEN for kind, _, _ in pipe.frames()):
        await anyio.sleep(0.001)
    await pipe.pod.send(encode(Kind.OPENED, 1))


async def read_all(channel: Channel) -> None:
    with suppress(PodError):
        while True:
            await channel.receive()


async def test_garbage_as_bytes_never_raises(running: tuple[Tunnel, Pipe]) -> None:
    tunnel, pipe = running
    await pipe.pod.send(encode(Kind.READY))
    await tunnel.ready(1)
    await pipe.pod.send(bytes(range(256)) * 50)
    await ended(tunnel)


async def open_one(tunnel: Tunnel, pipe: Pipe) -> Channel:
    opened: list[Channel] = []

    async def open_it() -> None:
        opened.append(await tunnel.connect("127.0.0.1", 80))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(open_it)
        await anyio.wait_all_tasks_blocked()
        await pipe.pod.send(encode(Kind.OPENED, 1))
    return opened[0]


async def test_more_data_than_was_allowed(running: tuple[Tunnel, Pipe]) -> None:
    tunnel, pipe = running
    channel = await open_one(tunnel, pipe)
    for _ in range(WINDOW // MAX_PAYLOAD):
        await pipe.pod.send(encode(Kind.DATA, 1, bytes(MAX_PAYLOAD)))
    await anyio.wait_all_tasks_blocked()
    assert tunnel.failure is None
    await pipe.pod.send(encode(Kind.DATA, 1, b"x"))
    assert "more data than was granted" in (await ended(tunnel)).message
    assert channel.readable


async def test_data_after_the_end(running: tuple[Tunnel, Pipe]) -> None:
    tunnel, pipe = running
    await open_one(tunnel, pipe)
    await pipe.pod.send(encode(Kind.END, 1) + encode(Kind.DATA, 1, b"x"))
    await ended(tunnel)


async def test_credit_out_of_nothing(running: tuple[Tunnel, Pipe]) -> None:
    tunnel, pipe = running
    await open_one(tunnel, pipe)
    await pipe.pod.send(encode(Kind.CREDIT, 1, b"\xff\xff\xff\xff"))
    assert "credit" in (await ended(tunnel)).message


async def test_frames_for_a_channel_that_was_just_closed_are_dropped(running: tuple[Tunnel, Pipe]) -> None:
    tunnel, pipe = running
    channel = await open_one(tunnel, pipe)
    await channel.aclose()
    await pipe.pod.send(encode(Kind.DATA, 1, b"late") + encode(Kind.END, 1) + encode(Kind.CLOSED, 1))
    await anyio.wait_all_tasks_blocked()
    assert tunnel.failure is None
    assert pipe.frames()[-1][:2] == (Kind.CLOSE, 1)
    await pipe.pod.send(encode(Kind.DATA, 1, b"later than its last"))
    await ended(tunnel)


async def test_connections_without_end(running: tuple[Tunnel, Pipe], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tunnels, "MAX_CHANNELS", 20)
    tunnel, pipe = running
    tunnel._handlers[8080] = ignore
    for number in range(21):
        await pipe.pod.send(encode(Kind.ACCEPTED, ACCEPTED + number, b"8080"))
    assert "more than 20 connections" in (await ended(tunnel)).message


async def test_faults_are_bounded_and_told(running: tuple[Tunnel, Pipe]) -> None:
    tunnel, pipe = running
    for _ in range(100):
        await pipe.pod.send(encode(Kind.FAULT, 0, b"\x1b[31mno space" + b"!" * 5000))
    await anyio.wait_all_tasks_blocked()
    with pytest.raises(PodError) as caught:
        tunnel._raise_faults()
    assert len(caught.value.message) < 5000
    assert "\x1b" not in caught.value.message


async def test_an_anchor_that_stops_answering(running: tuple[Tunnel, Pipe], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tunnels, "PING_EVERY_S", 0.05)
    monkeypatch.setattr(tunnels, "PING_DEADLINE_S", 0.2)
    pipe = Pipe()
    tunnel = Tunnel(pipe)
    async with anyio.create_task_group() as tasks:
        await tasks.start(tunnel.run)
        failure = await ended(tunnel)
    assert failure.message == "the pod has not answered for 0.2 s"


async def test_an_anchor_that_stops_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Writes block; the deadline frees who waits."""
    monkeypatch.setattr(tunnels, "PING_EVERY_S", 0.05)
    monkeypatch.setattr(tunnels, "PING_DEADLINE_S", 0.2)
    pipe = Pipe()
    pipe.stalled = True
    tunnel = Tunnel(pipe)
    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            await tasks.start(tunnel.run)
            with pytest.raises(PodError):
                await tunnel.connect("127.0.0.1", 80)


async def test_never_ready(running: tuple[Tunnel, Pipe]) -> None:
    tunnel, _ = running
    with pytest.raises(PodError, match=r"did not answer within 0\.05 s"):
        await tunnel.ready(0.05)
