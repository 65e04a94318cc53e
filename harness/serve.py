"""Keep one example up: ``docprobe run``. The host's loopback is forwarded into the pod, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import anyio

from harness.attempt import serving
from harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from anyio.abc import ByteStream, SocketStream

    from extractor.model import Bundle
    from harness.config import Config
    from harness.engine.protocol import Engine, Pod

LOOPBACK: Final = "127.0.0.1"
CHUNK: Final = 65536


@dataclass(frozen=True, slots=True)
class Served:
    """An example that is up."""

    url: str
    """On the host."""
    inside: str
    """The same endpoint as the example sees it: its Host header must name this one if it validates hosts."""
    token: str | None
    """A bearer token it accepts, if it demands one."""


async def serve(
    engine: Engine,
    bundle: Bundle,
    config: Config,
    *,
    date: str | None,
    port: int | None,
    doing: Callable[[str], None],
    ready: Callable[[Served, Pod], None],
) -> None:
    """Start ``bundle`` and forward ``port`` of the host's loopback to it until cancelled.

    Args:
        engine: where to run it.
        bundle: an HTTP server.
        config: of the run.
        date: cutoff of the packages; None for today's.
        port: host port; None takes the example's own, so that the Host header fits.
        doing: progress.
        ready: called once, when connections are accepted.

    Raises:
        UsageError: it does not serve (with its reason), or the port is taken.
    """
    async with serving(engine, bundle, config, date=date, doing=doing) as up:
        socket = up.socket
        try:
            listener = await anyio.create_tcp_listener(local_host=LOOPBACK, local_port=port or socket.port)
        except OSError as error:
            raise UsageError(f"port {port or socket.port} of this machine is taken", "name another: --port N") from error
        local = listener.extra(anyio.abc.SocketAttribute.local_port)
        path = up.path
        host = f"[{socket.address}]" if ":" in socket.address else socket.address
        served = Served(f"http://localhost:{local}{path}", f"http://{host}:{socket.port}{path}", up.token)

        async def forward(outside: SocketStream) -> None:
            async with outside:
                try:
                    inside = await up.pod.connect(socket.address, socket.port)
                except OSError:
                    return
                async with inside, anyio.create_task_group() as tasks:
                    tasks.start_soon(_pump, outside, inside)
                    await _pump(inside, outside)

        ready(served, up.pod)
        await listener.serve(forward)


async def _pump(source: ByteStream, sink: ByteStream) -> None:
    try:
        async for chunk in _chunks(source):
            await sink.send(chunk)
        await sink.send_eof()
    except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
        return


async def _chunks(source: ByteStream) -> AsyncIterator[bytes]:
    while True:
        try:
            yield await source.receive(CHUNK)
        except anyio.EndOfStream:
            return
