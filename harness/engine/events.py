"""What happens to this run's containers, from the engine's event stream: exits, memory kills, removals.

Containers are removed by the engine as they end, so nothing is left to inspect; the stream is how the reason is known.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import anyio
from anyio import from_thread, to_thread

from harness.engine.owner import RUN_LABEL

if TYPE_CHECKING:
    from harness.engine.api import Api


@dataclass(slots=True)
class ContainerExit:
    """How one container ended; filled in as its events arrive."""

    code: int | None = None
    """Exit code; None while it runs, and if the engine reported none."""
    out_of_memory: bool = False
    """Whether a process of it was killed for its memory."""
    ended: anyio.Event = field(default_factory=anyio.Event)
    removed: anyio.Event = field(default_factory=anyio.Event)


class ContainerEvents:
    """The events of one run's containers. :meth:`follow` must run as a task."""

    def __init__(self, api: Api, run_id: str) -> None:
        self._api = api
        self._run_id = run_id
        self._watched: dict[str, ContainerExit] = {}
        self._stream: Any = None
        self._closed = threading.Event()
        self.broken = anyio.Event()
        """Set when the stream broke: the engine stopped, or the connection to it."""

    def watch(self, container: str) -> ContainerExit:
        """Return the exit of a container (full id), kept up to date until :meth:`forget`."""
        exit = self._watched[container] = ContainerExit()
        return exit

    def forget(self, container: str) -> None:
        """Stop watching a container."""
        self._watched.pop(container, None)

    async def open(self) -> None:
        """Subscribe. Raises EngineError."""
        filters = {"type": "container", "label": f"{RUN_LABEL}={self._run_id}"}
        self._stream = await self._api.call("report its events", self._api.raw.events, decode=True, filters=filters)

    async def follow(self) -> None:
        """Read events until :meth:`close` or until the stream breaks."""
        try:
            await to_thread.run_sync(self._read, abandon_on_cancel=True, limiter=anyio.CapacityLimiter(1))
        finally:
            self.broken.set()

    def close(self) -> None:
        """End the stream."""
        self._closed.set()
        if self._stream is not None:
            self._stream.close()  # shuts the connection down, which ends a read in the thread
            response = getattr(self._stream, "_response", None)
            if response is not None:
                response.close()

    def _read(self) -> None:
        try:
            for event in self._stream:
                if self._closed.is_set():
                    return
                from_thread.run_sync(self._take, event)
        except Exception:
            # whatever a broken stream raises (urllib3, http.client, requests, OSError) means the same
            return

    def _take(self, event: dict[str, Any]) -> None:
        actor = event.get("Actor", {})
        exit = self._watched.get(actor.get("ID", ""))
        if exit is None:
            return
        match event.get("Action"):
            case "oom":
                exit.out_of_memory = True
            case "die":
                exit.code = int(actor.get("Attributes", {}).get("exitCode", -1))
                exit.ended.set()
            case "destroy":
                exit.removed.set()
                exit.ended.set()
            case _:
                pass
