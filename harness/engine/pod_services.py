"""The services that docprobe runs in a pod, such as the authorization server that the example expects."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import anyio

from harness.base.errors import PodError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from anyio.abc import ByteStream

    from harness.engine.logs import LogBook
    from harness.engine.protocol import Service
    from harness.engine.tunnel.tunnel import Tunnel
    from harness.model import LogLine


class PodServices:
    """Serves connections of the example, each by the service of its port."""

    def __init__(self, tunnel: Tunnel, logs: LogBook) -> None:
        """``logs`` are those of the pod: a service that fails is noted there."""
        self._tunnel = tunnel
        self._logs = logs
        self._running: list[Service] = []

    async def add(self, services: Iterable[Service]) -> None:
        """Begin to serve. Raises PodError if a port is taken."""
        for service in services:
            await self._tunnel.listen(service.port, partial(self._serve, service))
            self._running.append(service)

    def log(self) -> Iterator[LogLine]:
        """Yield what the services answered so far."""
        for service in self._running:
            yield from service.log()

    async def _serve(self, service: Service, stream: ByteStream) -> None:
        """Serve one connection. A service that fails is logged, and closes that connection only."""
        try:
            await service.serve(stream)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream, PodError):
            pass  # the example closed the connection
        except Exception as error:
            self._logs.line("docprobe", f"the service on port {service.port} failed: {error!r}")
