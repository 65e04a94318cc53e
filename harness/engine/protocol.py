"""The seam to containers: everything above it is tested with fakes, everything below with a real engine.

Nothing of docker is imported here. ``harness.engine.docker_engine.connect`` gives the real :class:`Engine`.
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
"""Called with what is being done: ``installing @modelcontextprotocol/sdk, express``."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one example, one page and one run may use. Configuration key ``[limits]``."""

    memory_mib: int = 512
    cpus: float = 1.0
    processes: int = 256
    log_bytes: int = 4 * 1024 * 1024
    """Bytes of stdout and stderr that are kept; the example is killed at 16 times that."""
    tmp_mib: int = 64
    """Size of each tmpfs (/tmp and the home)."""
    work_mib: int = 512
    """Size of the folder with the example's files, where its build steps put what they make: memory, as it is used."""
    run_s: float = 600.0
    """Life of a pod."""
    start_s: float = 60.0
    """Time to the first listening socket."""
    install_s: float = 300.0
    install_memory_mib: int = 2048
    install_disk_mib: int = 2048
    build_s: float = 120.0
    compile_s: float = 900.0
    """Time to compile the packages of one dependency set, without a network; it is done once."""
    build_memory_mib: int = 2048
    """Memory of a build step, and of a tool that looks at the example's code."""
    example_s: float = 180.0
    """Time for one example, start and conversation; installs and build steps have limits of their own."""
    check_s: float = 1200.0
    """Time for a whole run of ``docprobe check``."""
    exchange_mib: int = 8
    """What is read of one reply."""
    conversation_mib: int = 64
    """What is read of one example in all."""
    received_mib: int = 1024
    """What is read of all examples of a run together, their logs included."""
    state_mib: int = 2048
    """Size of the state folder; above it the files that were not used for longest are removed."""
    page_s: float = 5.0
    """Processor time for reading one page, and for finding its examples."""


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
        """Return what the service answered so far; ``at_s`` is ``time.monotonic``."""
        ...


class Pod(Protocol):
    """A running example with its services, in one network namespace that leads nowhere else."""

    def transport(self) -> httpx.AsyncBaseTransport:
        """Return an HTTP transport whose connections go to the URL's address and port inside the pod."""
        ...

    async def connect(self, host: str, port: int) -> ByteStream:
        """Open a TCP connection inside the pod. Raises OSError if it is refused, PodError if the pod broke."""
        ...

    async def wait_listening(self, timeout_s: float) -> tuple[ListeningSocket, ...]:
        """Wait for the example's first listening socket (services excluded), then 0.2 s for others.

        After a restart what listened before is known: when all of that listens again, nothing more is waited for.

        Args:
            timeout_s: how long to wait, in seconds.

        Returns:
            The sockets; empty on timeout or when the example exits: see :meth:`exit_state`.

        Raises:
            PodError: the pod broke, or its runtime does not show which ports listen.
        """
        ...

    def sockets(self) -> tuple[ListeningSocket, ...]:
        """Return the example's listening sockets as last seen."""
        ...

    def exit_state(self) -> ExitState | None:
        """Return how the example's process ended; None while it runs."""
        ...

    async def restart(self) -> None:
        """Stop the example's process and start it again; namespaces, files and services stay."""
        ...

    async def send_stdin(self, data: bytes) -> None:
        """Write to the example's stdin (stdio examples). Raises PodError if it is closed."""
        ...

    async def receive_stdout(self) -> bytes:
        """Return the next bytes of the example's stdout (stdio examples); ``b""`` at the end."""
        ...

    async def close_stdin(self) -> None:
        """Close the example's stdin."""
        ...

    async def wait_exit(self, timeout_s: float) -> ExitState | None:
        """Wait for the example's process to end, and return how it did; None on timeout."""
        ...

    def logs(self) -> tuple[LogLine, ...]:
        """Return what the example and its services wrote so far, in order of time; ``at_s`` is ``time.monotonic``."""
        ...


class EnginePod(Pod, Protocol):
    """A pod of docprobe's own engine, whose example can be started otherwise."""

    async def restart_as(self, bundle: Bundle, services: Sequence[Service] = ()) -> None:
        """Restart the example as another bundle, which it is from now on, :meth:`restart` included.

        Args:
            bundle: the same example, built already, with more files or other variables.
            services: what it finds beside it from now on, besides what is there.

        Raises:
            EngineError: the engine failed.
            PodError: the pod broke, or the files cannot be written.
        """
        ...


class Engine(Protocol):
    """A container engine that makes images and pods."""

    async def image_ids(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return each name with the id of the image that it names now, if the engine has one. Raises EngineError."""
        ...

    async def install(
        self, bundle: Bundle, *, cutoff: str | None = None, lock: str | None = None, progress: Progress | None = None
    ) -> Image:
        """Return the bundle's dependencies as an image: found again by key, or installed, once per key at a time.

        Args:
            bundle: names dependencies, package manager and toolchain.
            cutoff: ISO date; packages published later are not considered. None for today's.
            lock: packages to install instead of resolving, from an earlier ``Image.lock``.
            progress: called with what is being done.

        Raises:
            InstallError: the dependencies cannot be installed, which is the docs' fault.
            RegistryError: a registry does not answer.
            EngineError: the engine, or one of docprobe's limits, prevents it.
        """
        ...

    def pod(
        self,
        bundle: Bundle,
        image: Image,
        services: Sequence[Service] = (),
        *,
        followed: bool = False,
        progress: Progress | None = None,
    ) -> AbstractAsyncContextManager[EnginePod]:
        """Start the bundle; on leaving, everything of it is removed, also on BaseException.

        Args:
            bundle: files, build steps, command and environment.
            image: from :meth:`install`.
            services: served on their ports inside the pod.
            followed: another pod is likely to be wanted next; what it needs is made ready meanwhile.
            progress: called with what is being done.

        Raises:
            EngineError: the engine failed.
            PodError: the pod broke. A build step or command that fails is the pod's ``exit_state``.
        """
        ...

    async def close(self) -> None:
        """Wait until everything that ended in the background is gone."""
        ...
