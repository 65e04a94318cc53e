"""The engine's multiplexed stream over a socket pair."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING

import anyio
import pytest

from harness.base.errors import EngineError
from harness.engine.attach import STDERR, STDOUT, Attached, _socket_of

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.anyio


def chunk(source: int, data: bytes) -> bytes:
    return struct.pack("!BxxxI", source, len(data)) + data


@pytest.fixture
def pair() -> Iterator[tuple[Attached, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours, theirs:
        yield Attached(ours, ours), theirs


async def test_streams_are_told_apart_however_they_are_cut(pair: tuple[Attached, socket.socket]) -> None:
    attached, engine = pair
    data = chunk(STDOUT, b"one") + chunk(STDERR, b"") + chunk(STDERR, b"two") + chunk(STDOUT, b"three")
    got: list[tuple[int, bytes]] = []

    async def read() -> None:
        try:
            while True:
                got.append(await attached.receive_any())
        except anyio.EndOfStream:
            pass

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read)
        for byte in data:
            engine.send(bytes([byte]))
            await anyio.sleep(0)
        engine.shutdown(socket.SHUT_WR)
    assert b"".join(text for source, text in got if source == STDOUT) == b"onethree"
    assert b"".join(text for source, text in got if source == STDERR) == b"two"
    await attached.aclose()


async def test_what_came_together_is_read_at_once_and_large_pieces_whole(
    pair: tuple[Attached, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    attached, engine = pair
    asked: list[int] = []
    read = attached._read

    async def counted(count: int) -> bytes:
        asked.append(count)
        return await read(count)

    monkeypatch.setattr(attached, "_read", counted)
    engine.send(chunk(STDOUT, b"one") + chunk(STDERR, b"two") + chunk(STDOUT, b"three"))
    assert [await attached.receive_any() for _ in range(3)] == [(STDOUT, b"one"), (STDERR, b"two"), (STDOUT, b"three")]
    assert len(asked) == 1
    large = bytes(100_000)
    engine.send(chunk(STDOUT, large))
    got = b""
    while len(got) < len(large):
        got += (await attached.receive_any())[1]
    assert got == large
    assert max(asked) > len(large) / 2
    await attached.aclose()
    with pytest.raises(anyio.ClosedResourceError):
        await attached.receive_any()


async def test_much_is_sent_while_nobody_reads_at_first(pair: tuple[Attached, socket.socket]) -> None:
    attached, engine = pair
    engine.setblocking(False)
    data = bytes(range(256)) * 20_000
    got = bytearray()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(attached.send, data)
        await anyio.sleep(0.05)
        while len(got) < len(data):
            await anyio.wait_readable(engine)
            got += engine.recv(65536)
    assert got == data
    await attached.aclose()


async def test_closing_frees_who_reads(pair: tuple[Attached, socket.socket]) -> None:
    attached, engine = pair

    async def read() -> None:
        with pytest.raises((anyio.ClosedResourceError, anyio.EndOfStream)):
            await attached.receive()

    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read)
            await anyio.sleep(0.05)
            await attached.aclose()
    assert engine.recv(10) == b""
    with pytest.raises(anyio.ClosedResourceError):
        await attached.send(b"x")
    await attached.aclose()


async def test_the_other_side_is_gone(pair: tuple[Attached, socket.socket]) -> None:
    attached, engine = pair
    engine.close()
    with pytest.raises(anyio.BrokenResourceError):
        await attached.send(bytes(10_000_000))
    await attached.aclose()


def test_a_way_that_cannot_carry_a_pod() -> None:
    with pytest.raises(EngineError) as caught:
        _socket_of(object())
    assert "unix, ssh or tcp" in (caught.value.hint or "")
