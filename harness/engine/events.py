"""What happens to this run's containers, from the engine's event stream: exits, memory kills, removals.

Containers are removed by the engine as they end, so nothing is left to inspect; the stream is how we learn why.
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
class Fate:
    """What became of one container."""

    exit_code: int | None = None
    out_of_memory: bool = False
    """Some process of it was killed for its memory."""
    ended: anyio.Event = field(default_factory=anyio.Event)
    removed: anyio.Event = field(default_factory=anyio.Event)


class Events:
    """The fates of one run's containers."""

    def __init__(self, api: Api, run: str) -> None:
        self._api = api
        self._run = run
        self._fates: dict[str, Fate] = {}
        self._stream: Any = None
        self._closed = threading.Event()
        self.lost = anyio.Event()
        """Set when the stream broke: the engine stopped or went away."""

    def watch(self, container: str) -> Fate:
        """The fate of a container (full id), followed until :meth:`forget`."""
        fate = self._fates[container] = Fate()
        return fate

    def forget(self, container: str) -> None:
        """Follow it no longer."""
        self._fates.pop(container, None)

    async def open(self) -> None:
        """Subscribe. Raises EngineError."""
        filters = {"type": "container", "label": f"{RUN_LABEL}={self._run}"}
        self._stream = await self._api.call("report its events", self._api.raw.events, decode=True, filters=filters)

    async def follow(self) -> None:
        """Take events until :meth:`close` or until the stream breaks."""
        try:
            await to_thread.run_sync(self._read, abandon_on_cancel=True, limiter=anyio.CapacityLimiter(1))
        finally:
            self.lost.set()

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
                from_thread.run_sync(self._note, event)
        except Exception:
            # whatever a broken stream raises (urllib3, http.client, requests, OSError) means the same: it is lost
            return

    def _note(self, event: dict[str, Any]) -> None:
        actor = event.get("Actor", {})
        fate = self._fates.get(actor.get("ID", ""))
        if fate is None:
            return
        match event.get("Action"):
            case "oom":
                fate.out_of_memory = True
            case "die":
                fate.exit_code = int(actor.get("Attributes", {}).get("exitCode", -1))
                fate.ended.set()
            case "destroy":
                fate.removed.set()
                fate.ended.set()
            case _:
                pass
