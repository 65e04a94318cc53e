"""Keep one example running: ``docprobe run``. The host's loopback is forwarded into the pod, and nothing else."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import anyio
from anyio.abc import SocketAttribute

from extractor.base.loopback import IPV4_LOOPBACK
from harness.base.errors import NotServingError, UsageError
from harness.judge.start_failure import describe_start
from harness.model import StartOutcome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from anyio.abc import ByteStream, SocketStream

    from extractor.model import Bundle
    from harness.engine.protocol import Engine, Pod
    from harness.model import LogLine
    from harness.profile import Probe, ProbeSettings, ReadyEndpoint

CHUNK: Final = 65536
FOLLOW_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Served:
    """An example that is running."""

    url: str
    """On the host."""
    inside: str
    """The same endpoint as the example sees it: its Host header must name this one if it validates hosts."""
    token: str | None
    """A bearer token that it accepts, if it demands one."""
    headers: tuple[tuple[str, str], ...] = ()
    """What requests carry because the page states it."""


async def serve(
    engine: Engine,
    bundle: Bundle,
    probe: Probe,
    settings: ProbeSettings,
    *,
    date: str | None,
    port: int | None,
    progress: Callable[[str], None],
    ready: Callable[[Served], None],
    log: Callable[[LogLine], None],
) -> None:
    """Start ``bundle`` and forward a port of the host's loopback to it, until cancelled or until it ends.

    Args:
        engine: where to run it.
        bundle: an HTTP server.
        probe: made for the bundle.
        settings: of the probe.
        date: cutoff of the packages, ISO; None for today's.
        port: host port; None takes the example's own, so that the Host header fits.
        progress: called when something begins.
        ready: called once, when connections are accepted.
        log: called for each line the example and its services write.

    Raises:
        InstallError: its packages cannot be installed.
        NotServingError: it does not serve, with its reason.
        UsageError: the port is taken.
    """
    image = await engine.install(bundle, cutoff=date, progress=progress)
    progress("starting")
    async with engine.pod(bundle, image, probe.services, progress=progress) as pod:
        endpoint = await _find_endpoint(pod, bundle, probe, settings, progress)
        try:
            listener = await anyio.create_tcp_listener(local_host=IPV4_LOOPBACK, local_port=port or endpoint.port)
        except OSError as error:
            message = f"port {port or endpoint.port} of this machine is in use"
            raise UsageError(message, "choose another with --port") from error
        local = listener.extra(SocketAttribute.local_port)

        async def forward(outside: SocketStream) -> None:
            async with outside:
                try:
                    inside = await pod.connect(endpoint.address, endpoint.port)
                except OSError:
                    return
                async with inside, anyio.create_task_group() as tasks:
                    tasks.start_soon(_pump, outside, inside)
                    await _pump(inside, outside)

        async with listener, anyio.create_task_group() as tasks:
            tasks.start_soon(listener.serve, forward)
            ready(Served(f"http://localhost:{local}{endpoint.path}", endpoint.url, endpoint.token, endpoint.headers))
            await _follow(pod, log)
            tasks.cancel_scope.cancel()


async def _find_endpoint(
    pod: Pod, bundle: Bundle, probe: Probe, settings: ProbeSettings, progress: Callable[[str], None]
) -> ReadyEndpoint:
    """Return where the example serves. Raises NotServingError if it does not."""
    sockets = await pod.wait_listening(settings.start_s)
    if not sockets:
        state = pod.exit_state()
        outcome = StartOutcome.EXITED if state else StartOutcome.NEVER_LISTENED
        how = state.sentence if state else ""
        raise NotServingError(
            f"{bundle.example_id}: {describe_start(outcome, how, pod.logs())}",
            f"see its log: docprobe check --select {shlex.quote(bundle.example_id)}",
        )
    progress("looking for the endpoint")
    return await probe.find_endpoint(pod, settings)


async def _follow(pod: Pod, log: Callable[[LogLine], None]) -> None:
    """Pass on log lines until the example ends."""
    seen = 0
    while True:
        lines = pod.logs()
        for line in lines[seen:]:
            log(line)
        seen = len(lines)
        if pod.exit_state() is not None:
            return
        await anyio.sleep(FOLLOW_S)


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
