"""The agent that is asked: where it is, what its card says, and how a message is sent to it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from extractor.base.loopback import is_local
from harness.exchanges.http_exchange import LINGER_S, ProbeRequest
from harness.profiles.a2a.steps import REVISION, VERSION_HEADER

if TYPE_CHECKING:
    from harness.base.jsonrpc import Message
    from harness.exchanges.http_exchange import ProbeAnswer
    from harness.exchanges.recorder import Recorder


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request goes."""

    ip: str
    """IP address to connect to, IPv6 in brackets."""
    port: int
    path: str
    """Path and query."""
    host: str = "localhost"
    """The host that requests name."""

    @property
    def url(self) -> str:
        """Where the connection goes."""
        return f"http://{self.ip}:{self.port}{self.path}"

    @property
    def public_url(self) -> str:
        """The URL as a client has it."""
        return f"http://{self.host}:{self.port}{self.path}"


def place_of(url: str, near: Place, ports: frozenset[int]) -> tuple[Place, bool] | None:
    """Return where a declared URL leads in the pod, and whether it leads there as it stands.

    Args:
        url: of an interface; untrusted.
        near: where the card is. A URL of another machine (the place that the agent will have once it is deployed) is
            taken for the same path there.
        ports: on which the example listens.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not path.isascii() or not path.isprintable() or " " in path:
        return None
    if is_local(host) and parts.scheme == "http" and port in ports:
        return replace(near, port=port, path=path, host=host if host not in ("0.0.0.0", "::") else near.host), True
    return replace(near, path=path), False


class Agent:
    """Sends JSON-RPC to one place. Each request is right but for what its caller changes."""

    def __init__(self, recorder: Recorder, place: Place, headers: tuple[tuple[str, str], ...]) -> None:
        """Ask at ``place``; every request carries ``headers``, which the page states."""
        self._recorder = recorder
        self.place = place
        self._headers = headers

    async def get(self, step: str, place: Place) -> ProbeAnswer:
        """Send a GET."""
        headers = (
            ("Host", f"{place.host}:{place.port}"), ("Accept", "application/json"), *self._headers,
            ("Connection", "close"),
        )  # fmt: skip
        return await self._recorder.send(ProbeRequest(step, "GET", place.url, headers, revision=REVISION))

    async def call(
        self,
        step: str,
        method: str,
        params: Any = None,
        *,
        version: str | None = REVISION,
        control: int | None = None,
        stream_s: float | None = None,
        place: Place | None = None,
    ) -> ProbeAnswer:
        """Send one request of JSON-RPC.

        Args:
            step: its name.
            method: of JSON-RPC.
            params: None for none.
            version: value of A2A-Version; None for no such header.
            control: the right request that this one differs from.
            stream_s: time to listen to a stream of responses; None if one response is expected.
            place: instead of the agent's own.
        """
        place = place or self.place
        rpc_id = self._recorder.rpc_id()
        message: Message = {"jsonrpc": "2.0", "id": rpc_id, "method": method}
        if params is not None:
            message["params"] = params
        headers = (
            ("Host", f"{place.host}:{place.port}"),
            ("Accept", "application/json, text/event-stream"),
            ("Content-Type", "application/json"),
            *(((VERSION_HEADER, version),) if version is not None else ()),
            *self._headers,
            ("Connection", "close"),
        )
        return await self._recorder.send(
            ProbeRequest(
                step,
                "POST",
                place.url,
                headers,
                json.dumps(message, separators=(",", ":")).encode(),
                # a stream carries many responses with one id: none of them is its end
                rpc_id=rpc_id if stream_s is None else None,
                revision=REVISION,
                control=control,
                listen_s=LINGER_S if stream_s is None else stream_s,
            )
        )
