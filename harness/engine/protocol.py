"""The seam to containers: everything above it is tested with fakes, everything below with a real engine.

No docker import here. ``harness.engine.docker_engine.connect`` gives the real :class:`Engine`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # the configuration holds Limits, and is read by commands that end in a moment and start nothing
    import httpx
    from anyio.abc import ByteStream

    from extractor.model import Bundle
    from harness.model import Image, ListeningSocket, LogLine

Progress = Callable[[str], None]
"""Called with a short present-tense text: ``installing @modelcontextprotocol/sdk, express``."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one example may use. Configuration key ``[limits]``."""

    memory_mib: int = 512
    cpus: float = 1.0
    processes: int = 256
    log_bytes: int = 4 * 1024 * 1024
    """Bytes of stdout and stderr kept; the example is killed at 16 times that."""
    tmp_mib: int = 64
    """Size of each tmpfs (/tmp and the home)."""
    run_s: float = 600.0
    """Life of a pod."""
    start_s: float = 60.0
    """Time to the first listening socket."""
    install_s: float = 300.0
    install_memory_mib: int = 2048
    install_disk_mib: int = 2048
    build_s: float = 120.0


@dataclass(frozen=True, slots=True)
class ExitState:
    """How the example's process ended."""

    code: int
    sentence: str
    """``exited with code 1``, ``killed: memory limit 512 MiB``, ``killed: run time limit 600 s``."""
    limit: str | None = None
    """Which limit of :class:`Limits` was hit, if one was."""
    during: str = "run"
    """``build`` if a build step ended the example before its command was started."""


class Service(Protocol):
    """Something an example expects on a port beside it; served by docprobe's own process through the tunnel."""

    @property
    def port(self) -> int:
        """Port inside the pod, on both loopback addresses."""
        ...

    async def serve(self, stream: ByteStream) -> None:
        """Serve one connection to its end."""
        ...

    def log(self) -> tuple[LogLine, ...]:
        """What the service answered so far; ``at_s`` is ``time.monotonic``."""
        ...


class Pod(Protocol):
    """A running example with its services in one network namespace without a way out."""

    def transport(self) -> httpx.AsyncBaseTransport:
        """HTTP into the pod: connections go to the address and port of the URL inside its namespace."""
        ...

    async def connect(self, host: str, port: int) -> ByteStream:
        """A raw TCP connection inside the pod. OSError if refused."""
        ...

    async def wait_listening(self, timeout_s: float) -> tuple[ListeningSocket, ...]:
        """Wait for the example's first listening socket (services excluded), then 0.2 s for others.

        Returns an empty tuple on timeout or when the example exits; :meth:`exit_state` tells which.
        """
        ...

    def sockets(self) -> tuple[ListeningSocket, ...]:
        """The example's listening sockets as last seen."""
        ...

    def exit_state(self) -> ExitState | None:
        """How the example's process ended; None while it runs."""
        ...

    async def restart(self) -> None:
        """Stop the example's process and start it afresh; namespaces, files and services stay."""
        ...

    async def send_stdin(self, data: bytes) -> None:
        """Write to the example's stdin (stdio examples)."""
        ...

    async def receive_stdout(self) -> bytes:
        """Next bytes of the example's stdout (stdio examples); ``b""`` at the end."""
        ...

    async def close_stdin(self) -> None:
        """Close the example's stdin."""
        ...

    async def wait_exit(self, timeout_s: float) -> ExitState | None:
        """Wait for the example's process to end; None on timeout."""
        ...

    def logs(self) -> tuple[LogLine, ...]:
        """What the example and its services wrote so far, in order of time; ``at_s`` is ``time.monotonic``."""
        ...


class Engine(Protocol):
    """A container engine that makes images and pods."""

    async def install(
        self, bundle: Bundle, *, cutoff: str | None = None, lock: str | None = None, progress: Progress | None = None
    ) -> Image:
        """The bundle's dependencies as an image; found again by key, installed at most once per key at a time.

        Raises InstallError (the docs' fault), RegistryError or EngineError (ours).
        """
        ...

    def pod(
        self, bundle: Bundle, image: Image, services: Sequence[Service] = (), *, progress: Progress | None = None
    ) -> AbstractAsyncContextManager[Pod]:
        """Start the bundle; on leaving, everything of it is removed, also on BaseException.

        Raises EngineError or PodError. A build step or process that fails is the pod's ``exit_state``.
        """
        ...

    async def close(self) -> None:
        """Finish the teardown that was taken off the critical path."""
        ...
