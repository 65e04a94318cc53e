"""The tunnel against the real anchor program, run as a local process."""

from __future__ import annotations

import errno
import os
import random
import socket
import socketserver
import sys
import threading
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import anyio
import httpx
import pytest

from harness.base.errors import PodError
from harness.engine import inside
from harness.engine.inside import program
from harness.engine.tunnel.frames import WINDOW, Kind, encode
from harness.engine.tunnel.transport import PodTransport
from tests.harness.engine.tunnel.anchored import anchored

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from anyio.abc import ByteStream

    from harness.engine.tunnel.channel import Channel
    from harness.engine.tunnel.tunnel import Tunnel

pytestmark = [pytest.mark.anyio, pytest.mark.processes]
SELDOM = "module.POLL_S = module.SETTLED_POLL_S = 3600.0\nmodule.main()"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


async def echo(stream: ByteStream) -> None:
    async for data in stream:
        await stream.send(data)
    await stream.send_eof()


async def read_all(stream: ByteStream) -> bytes:
    parts = []
    try:
        while True:
            parts.append(await stream.receive())
    except anyio.EndOfStream:
        return b"".join(parts)


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with suppress(ConnectionError):
            while data := self.request.recv(65536):
                self.request.sendall(data)


@pytest.fixture
def echo_port() -> Iterator[int]:
    """A TCP server beside the anchor, as an example would be."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        server.request_queue_size = 128
        server.socket.listen(128)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


async def test_what_is_sent_first_goes_with_the_request_for_a_connection(tmp_path: Path, echo_port: int) -> None:
    async with anchored(tmp_path) as (tunnel, _):
        channels = [tunnel.open("127.0.0.1", echo_port) for _ in range(3)]
        assert all(channel.connecting for channel in channels)
        for number, channel in enumerate(channels):
            await channel.send(f"hello {number}".encode())
        assert [await channel.receive() for channel in channels] == [b"hello 0", b"hello 1", b"hello 2"]
        assert not any(channel.connecting for channel in channels)
        await channels[0].aclose()
        unused = tunnel.open("127.0.0.1", echo_port)
        await unused.aclose()
        await tunnel.sync()
        assert tunnel.failure is None


async def test_a_refusal_of_what_is_not_waited_for_breaks_the_channel(tmp_path: Path) -> None:
    async with anchored(tmp_path) as (tunnel, _):
        for address, code in (("127.0.0.1", errno.ECONNREFUSED), ("not an address", None)):
            channel = tunnel.open(address, free_port())
            assert channel.refusal is None
            await channel.send(b"hello")
            with pytest.raises(anyio.BrokenResourceError):
                await channel.receive()
            assert channel.refusal is not None
            assert code in (None, channel.refusal.errno)
            await channel.aclose()


async def test_a_request_is_one_frame_and_a_refused_connection_is_said_to_be_one(
    tmp_path: Path, echo_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Kind] = []

    async def open_in(tunnel: Tunnel, host: str, port: int) -> ByteStream:
        return tunnel.open(host, port)

    async with anchored(tmp_path) as (tunnel, _):
        send = tunnel.send

        async def counted(kind: Kind, channel: int = 0, payload: bytes = b"") -> None:
            sent.append(kind)
            await send(kind, channel, payload)

        monkeypatch.setattr(tunnel, "send", counted)
        async with httpx.AsyncClient(transport=PodTransport(partial(open_in, tunnel), kept=0)) as client:
            with pytest.raises(httpx.ConnectError):
                await client.post(f"http://127.0.0.1:{free_port()}/", content=b"x" * 1000)
            assert sent.count(Kind.DATA) == 1
            with pytest.raises(httpx.RemoteProtocolError):  # an echo is no HTTP, but the whole request got there
                await client.post(f"http://127.0.0.1:{echo_port}/", content=b"x" * 1000)
            assert sent.count(Kind.DATA) == 2


async def test_bytes_go_both_ways(tmp_path: Path, echo_port: int) -> None:
    async with anchored(tmp_path) as (tunnel, _):
        channel = await tunnel.connect("127.0.0.1", echo_port)
        await channel.send(b"hello")
        assert await channel.receive() == b"hello"
        await channel.send_eof()
        with pytest.raises(anyio.EndOfStream):
            await channel.receive()
        await channel.aclose()
        with pytest.raises(anyio.ClosedResourceError):
            await channel.send(b"x")


async def test_more_than_any_buffer(tmp_path: Path, echo_port: int) -> None:
    data = random.Random(1).randbytes(8 * WINDOW + 17)
    async with anchored(tmp_path) as (tunnel, _):
        channel = await tunnel.connect("127.0.0.1", echo_port)

        async def write() -> None:
            await channel.send(data)
            await channel.send_eof()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(write)
            assert await read_all(channel) == data


async def test_many_at_once(tmp_path: Path, echo_port: int) -> None:
    async with anchored(tmp_path) as (tunnel, _):

        async def one(number: int) -> None:
            channel = await tunnel.connect("127.0.0.1", echo_port)
            text = f"connection {number} ".encode() * 500
            await channel.send(text)
            await channel.send_eof()
            assert await read_all(channel) == text
            await channel.aclose()

        async with anyio.create_task_group() as tasks:
            for number in range(100):
                tasks.start_soon(one, number)


async def test_one_that_is_not_read_holds_up_no_other(tmp_path: Path, echo_port: int) -> None:
    async with anchored(tmp_path) as (tunnel, _):
        stuck = await tunnel.connect("127.0.0.1", echo_port)
        with anyio.move_on_after(0.5) as full:
            await stuck.send(bytes(64 * 1024 * 1024))
        assert full.cancelled_caught, "64 MiB went where nobody reads"
        other = await tunnel.connect("127.0.0.1", echo_port)
        with anyio.fail_after(30):
            await other.send(b"still here")
            assert await other.receive() == b"still here"


async def test_refused(tmp_path: Path) -> None:
    async with anchored(tmp_path) as (tunnel, _):
        with pytest.raises(ConnectionRefusedError):
            await tunnel.connect("127.0.0.1", free_port())
        with pytest.raises(OSError, match="Errno"):
            await tunnel.connect("not an address", 80)
        assert tunnel.failure is None


async def test_a_reset_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        async with anchored(tmp_path) as (tunnel, _):
            channel = await tunnel.connect("127.0.0.1", server.getsockname()[1])
            accepted, _ = server.accept()
            accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            accepted.close()
            with pytest.raises(anyio.BrokenResourceError) as caught:
                await channel.receive()
            assert isinstance(caught.value.__cause__, OSError)
            assert caught.value.__cause__.errno == errno.ECONNRESET
            assert tunnel.failure is None


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_services(tmp_path: Path, host: str) -> None:
    port = free_port()
    async with anchored(tmp_path) as (tunnel, _):
        await tunnel.listen(port, echo)
        async with await anyio.connect_tcp(host, port) as client:
            await client.send(b"to the service")
            assert await client.receive() == b"to the service"
            await client.send_eof()
            with pytest.raises(anyio.EndOfStream):
                await client.receive()


async def test_a_service_that_closes_after_much_data(tmp_path: Path) -> None:
    """Everything that was sent before the close arrives."""
    port, data = free_port(), bytes(WINDOW // 2)

    async def blurt(stream: ByteStream) -> None:
        await stream.send(data)

    async with anchored(tmp_path) as (tunnel, _):
        await tunnel.listen(port, blurt)
        async with await anyio.connect_tcp("127.0.0.1", port) as client:
            assert await read_all(client) == data


async def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        async with anchored(tmp_path) as (tunnel, _):
            with pytest.raises(PodError, match="in use"):
                await tunnel.listen(server.getsockname()[1], echo)


async def test_sockets_are_reported_and_the_services_are_not(tmp_path: Path) -> None:
    port = free_port()
    async with anchored(tmp_path) as (tunnel, _):
        await tunnel.listen(port, echo)
        with socket.create_server(("127.0.0.1", 0)) as server:
            theirs = ("127.0.0.1", server.getsockname()[1])
            with anyio.fail_after(30):
                while theirs not in {(s.address, s.port) for s in tunnel.sockets()}:
                    await tunnel.changed().wait()
            assert port not in {s.port for s in tunnel.sockets()}
        with anyio.fail_after(30):
            while theirs in {(s.address, s.port) for s in tunnel.sockets()}:
                await tunnel.changed().wait()


async def test_after_a_sync_the_sockets_are_those_of_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # an anchor that looks by itself once, and then never again
    monkeypatch.setattr(inside, "_BOOTSTRAP", inside._BOOTSTRAP.replace("module.main()", SELDOM))
    async with anchored(tmp_path) as (tunnel, _):
        await tunnel.sync()
        with socket.create_server(("127.0.0.1", 0)) as server:
            theirs = ("127.0.0.1", server.getsockname()[1])
            await tunnel.sync()
            assert theirs in {(s.address, s.port) for s in tunnel.sockets()}
        await tunnel.sync()
        assert theirs not in {(s.address, s.port) for s in tunnel.sockets()}


async def test_files_and_links(tmp_path: Path) -> None:
    big = random.Random(2).randbytes(100_000)
    async with anchored(tmp_path / "app") as (tunnel, _):
        await tunnel.stage("server.ts", "naïve\n".encode())
        await tunnel.stage("deep/er/big.bin", big)
        await tunnel.stage("empty", b"")
        await tunnel.stage("bin/tool", b"#!/bin/sh\n")
        await tunnel.link("node_modules", "../node_modules")
        await tunnel.sync()
    assert (tmp_path / "app/server.ts").read_text("utf-8") == "naïve\n"
    assert (tmp_path / "app/deep/er/big.bin").read_bytes() == big
    assert (tmp_path / "app/empty").read_bytes() == b""
    assert os.access(tmp_path / "app/bin/tool", os.X_OK)
    assert not (tmp_path / "app/server.ts").stat().st_mode & 0o111
    assert (tmp_path / "app/node_modules").readlink().as_posix() == "../node_modules"


@pytest.mark.parametrize("path", ["../escaped", "/tmp/docprobe-escaped", "a/../../escaped", ".."])
async def test_files_that_would_escape(tmp_path: Path, path: str) -> None:
    (tmp_path / "app").mkdir()
    async with anchored(tmp_path / "app") as (tunnel, _):
        await tunnel.stage(path, b"x")
        with pytest.raises(PodError, match="leaves the example"):
            await tunnel.sync()
    assert [p.name for p in tmp_path.rglob("*")] == ["app"]


async def test_the_anchor_ends_with_its_stdin(tmp_path: Path) -> None:
    """The dead-man switch."""
    async with anchored(tmp_path) as (_, process):
        assert process.stdin is not None
        await process.stdin.aclose()
        with anyio.fail_after(10):  # without it the anchor would end after FIRST_WORD_S, 15 s
            assert await process.wait() == 0


async def test_the_anchor_ends_when_nobody_ever_speaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where docprobe died at a moment at which the engine never ends stdin."""
    argv = program("anchor", str(tmp_path), "0", python=sys.executable)
    for constant in ("FIRST_WORD_S = 15.0", "SILENCE_S = 90.0"):
        assert constant in argv[5]
        argv[5] = argv[5].replace(constant, f"{constant.split()[0]} = 0.3")
    for said in (b"", encode(Kind.PING, 0, b"12345678")):
        started = time.monotonic()
        async with await anyio.open_process(argv) as process:
            assert process.stdin is not None
            await process.stdin.send(said)
            with anyio.fail_after(30):
                assert await process.wait() == 0
        assert time.monotonic() - started > 0.3


async def test_the_end_of_the_anchor_ends_everything(tmp_path: Path, echo_port: int) -> None:
    async with anchored(tmp_path) as (tunnel, process):
        channel = await tunnel.connect("127.0.0.1", echo_port)
        failures: list[BaseException] = []

        async def read(channel: Channel) -> None:
            try:
                await channel.receive()
            except PodError as error:
                failures.append(error)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read, channel)
            await anyio.sleep(0.1)
            process.kill()
        assert len(failures) == 1
        with pytest.raises(PodError, match="anchor ended"):
            await tunnel.connect("127.0.0.1", echo_port)
        with pytest.raises(PodError):
            await tunnel.sync()


async def test_a_cancelled_connect_leaves_no_channel(tmp_path: Path, echo_port: int) -> None:
    async with anchored(tmp_path) as (tunnel, _):
        for _ in range(50):
            with anyio.move_on_after(random.random() * 0.002):
                await (await tunnel.connect("127.0.0.1", echo_port)).aclose()
        await tunnel.sync()
        channel = await tunnel.connect("127.0.0.1", echo_port)
        await channel.send(b"alive")
        assert await channel.receive() == b"alive"
        assert tunnel.failure is None
