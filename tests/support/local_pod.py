"""Servers inside the test process: an ASGI app or a raw byte handler on the host's loopback, behind the Pod seam."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import uvicorn

from extractor.model import Bundle, ExampleKind, Manager
from harness.model import ListeningSocket, LogLine

if TYPE_CHECKING:
    import socket

    from anyio.abc import ByteStream

    from harness.engine.protocol import ExitState

RawHandler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
AppFactory = Callable[[], Any]


class LocalPod:
    """A Pod whose process is a coroutine. ``restart`` makes a new app from the factory."""

    def __init__(self, app: AppFactory | None = None, raw: RawHandler | None = None) -> None:
        self._app, self._raw = app, raw
        self._port = 0
        self._close: Callable[[], Awaitable[None]] | None = None
        self.restarts = 0
        self.lines: tuple[LogLine, ...] = ()
        self.crash: ExitState | None = None

    async def start(self) -> None:
        if self._raw is not None:
            server = await asyncio.start_server(self._raw, "127.0.0.1", self._port)
            self._port = server.sockets[0].getsockname()[1]

            async def close() -> None:
                server.close()

            self._close = close
            return
        assert self._app is not None
        config = uvicorn.Config(
            self._app(), port=self._port, log_level="critical", http="h11", lifespan="off", ws="none"
        )
        sock = config.bind_socket()
        self._port = sock.getsockname()[1]
        server = _Server(config)
        task = asyncio.create_task(server.serve(sockets=[sock]))
        while not server.started:
            await asyncio.sleep(0.001)

        async def close() -> None:
            server.should_exit = server.force_exit = True
            server.stopping.set()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            sock.close()

        self._close = close

    async def stop(self) -> None:
        if self._close is not None:
            await self._close()
            self._close = None

    def transport(self) -> httpx.AsyncBaseTransport:
        # plain HTTP; without this httpx would load the certificates of the web for each process
        return httpx.AsyncHTTPTransport(trust_env=False, verify=False)

    async def connect(self, host: str, port: int) -> ByteStream:
        return await anyio.connect_tcp(host, port)

    async def wait_listening(self, timeout_s: float) -> tuple[ListeningSocket, ...]:
        return self.sockets()

    def sockets(self) -> tuple[ListeningSocket, ...]:
        return (ListeningSocket("127.0.0.1", self._port),)

    def exit_state(self) -> ExitState | None:
        return self.crash

    async def restart(self) -> None:
        self.restarts += 1
        self.crash = None
        await self.stop()
        await self.start()

    async def send_stdin(self, data: bytes) -> None:
        raise NotImplementedError

    async def receive_stdout(self) -> bytes:
        raise NotImplementedError

    async def close_stdin(self) -> None:
        raise NotImplementedError

    async def wait_exit(self, timeout_s: float) -> ExitState | None:
        return self.crash

    def logs(self) -> tuple[LogLine, ...]:
        return self.lines


class _Server(uvicorn.Server):
    """Stops when told, not at its next look at the clock, and says good-bye to nobody."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.stopping = asyncio.Event()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self.stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in tuple(self.server_state.connections):
            connection.transport.abort()
        for task in tuple(self.server_state.tasks):
            task.cancel()

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield


@asynccontextmanager
async def local_pod(app: AppFactory | None = None, raw: RawHandler | None = None) -> AsyncIterator[LocalPod]:
    pod = LocalPod(app, raw)
    await pod.start()
    try:
        yield pod
    finally:
        await pod.stop()


def bundle(*paths: str, kind: ExampleKind = ExampleKind.HTTP_SERVER) -> Bundle:
    return Bundle(
        example_id="test",
        language="python",
        kind=kind,
        toolchain="python",
        files=(),
        manager=Manager.PYPI,
        dependencies=(),
        command=("true",),
        endpoint_paths=paths,
    )
