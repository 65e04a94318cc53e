"""The only way out of a container that installs: a proxy in docprobe's own process that connects to registries.

The container is in the network namespace of an anchor, which has no network but loopback; the proxy listens there,
through the anchor's tunnel. It connects to the registries in use, by name and port, and to nothing else: not to the
engine's bridge, not to other machines of this network, not to a cloud's metadata service. A proxy of this host is gone
through here, so that its password does not reach the container.
"""

from __future__ import annotations

import base64
import re
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

import anyio
from anyio.streams.buffered import BufferedByteReceiveStream

from extractor.base.text import printable
from extractor.model import Manager
from harness.base.errors import UsageError
from harness.engine.install.outages import Outages
from harness.engine.install.settings import HOSTS_VARIABLE
from harness.engine.install.silence import Silence, reason

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
    from urllib.parse import SplitResult

    from anyio.abc import ByteStream

    from harness.base.host import HostEnvironment
    from harness.engine.anchors import Anchors
    from harness.engine.install.settings import InstallSettings

PORT: Final = 3128
"""Where the proxy listens inside the container."""
USUAL: Final[Mapping[Manager, frozenset[tuple[str, int]]]] = {
    Manager.NPM: frozenset({("registry.npmjs.org", 443)}),
    Manager.PYPI: frozenset({("pypi.org", 443), ("files.pythonhosted.org", 443)}),
    Manager.CARGO: frozenset({("index.crates.io", 443), ("static.crates.io", 443)}),
    Manager.GO: frozenset({("proxy.golang.org", 443), ("sum.golang.org", 443), ("storage.googleapis.com", 443)}),
    Manager.MAVEN: frozenset({("repo.maven.apache.org", 443), ("repo1.maven.org", 443)}),
}
"""The registries that package clients use by themselves."""
MOST_REFUSED: Final = 20
"""Refused addresses that are recorded."""
_URL: Final = re.compile(
    r"(?P<scheme>https?)://(?:[^\s/@\"']*@)?(?P<host>[\w.-]+|\[[0-9a-fA-F:]+\])(?::(?P<port>\d{1,5}))?"
)
_HEAD_BYTES: Final = 64 * 1024
_CONNECT_S: Final = 30.0
_MAX_REASON: Final = 240
_SAID_AFTER_S: Final = 5.0
"""After this long it is said that a registry sends nothing."""
_PIECE: Final = 64 * 1024
_PORTS: Final = {"http": 80, "https": 443}
_BROKEN: Final = (
    OSError,
    TimeoutError,
    anyio.EndOfStream,
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
    anyio.IncompleteRead,
    anyio.DelimiterNotFound,
)


@dataclass(frozen=True, slots=True)
class WayOut:
    """What a container that installs is given."""

    network: str
    """The engine's network mode: the namespace of an anchor."""
    environment: Mapping[str, str]
    """Names the proxy, for every client."""
    refused: list[str] = field(default_factory=list)
    """``host:port`` of everything that was asked for and is not a registry in use. Untrusted."""
    reached: set[str] = field(default_factory=set)
    """``host:port`` of the registries that sent something."""
    unreachable: dict[str, str] = field(default_factory=dict)
    """Of the others that were asked for, a clause that says what went wrong, with the words of a proxy of this host."""
    waiting: dict[str, None] = field(default_factory=dict)
    """``host:port`` of the registries that have sent nothing for a while after they were asked, in order."""

    @property
    def outage(self) -> str | None:
        """Why no registry answered, as a clause; None if one did, or none was asked for."""
        if self.reached:
            return None
        silent = (f"no answer from {address}: it accepts connections and sends nothing" for address in self.waiting)
        return next(iter(self.unreachable.values()), next(silent, None))


@dataclass(frozen=True, slots=True)
class RegistryGate:
    """Opens ways out."""

    anchors: Anchors
    image: Callable[[], Awaitable[str]]
    """Gives the image that anchors run in."""
    settings: InstallSettings
    host: HostEnvironment
    outages: Outages = field(default_factory=Outages)
    """By package manager."""
    silence: Silence = field(default_factory=Silence)

    @asynccontextmanager
    async def open(self, manager: Manager, progress: Callable[[str], None] | None = None) -> AsyncIterator[WayOut]:
        """Give a way to the registries of a package manager for the length of the block.

        Args:
            manager: the package manager.
            progress: called with what is waited for.

        Raises:
            EngineError: the anchor could not be started.
            PodError: it did not answer.
        """
        anchor = await self.anchors.take(await self.image(), frozenset())
        try:
            way = WayOut(f"container:{anchor.id}", _environment())
            allowed = registries(manager, self.settings, self.host)
            await anchor.tunnel.listen(PORT, _Proxy(allowed, self.host, way, self.silence, progress).serve)
            yield way
        finally:
            self.anchors.retire(anchor)


def registries(manager: Manager, settings: InstallSettings, host: HostEnvironment) -> frozenset[tuple[str, int]]:
    """Return host and port of the registries in use: the usual ones, and those that the user's files name."""
    found = {
        (match["host"].strip("[]").lower(), int(match["port"] or _PORTS[match["scheme"]]))
        for path, text in settings.files.items()
        if not path.endswith(".pem")
        for match in _URL.finditer(text)
    }
    for word in (host.get(HOSTS_VARIABLE) or "").replace(",", " ").split():
        name, _, port = word.partition(":")
        if not re.fullmatch(r"[\w.-]+", name) or not re.fullmatch(r"\d{0,5}", port):
            raise UsageError(f"{HOSTS_VARIABLE}: {printable(word)} is not HOST or HOST:PORT", "correct it, or unset it")
        found.add((name.lower(), int(port or 443)))
    return USUAL[manager] | found


def _environment() -> dict[str, str]:
    address = f"http://127.0.0.1:{PORT}"
    names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
    clients = ("NPM_CONFIG_PROXY", "NPM_CONFIG_HTTPS_PROXY", "PIP_PROXY")
    # a proxy that the user's client configuration names cannot be reached from here
    return {**dict.fromkeys((*names, *clients), address), "NO_PROXY": "", "no_proxy": "", "NPM_CONFIG_NOPROXY": ""}


@dataclass(frozen=True, slots=True)
class _Request:
    """The head of a request to the proxy."""

    method: str
    host: str
    port: int
    head: bytes
    """To be sent on; for a server, with the target that it expects."""
    to_proxy: bytes
    """The same as it came, for a proxy."""

    @property
    def is_tunnel(self) -> bool:
        return self.method == "CONNECT"


@dataclass(frozen=True, slots=True)
class _Proxy:
    """Serves one install."""

    allowed: frozenset[tuple[str, int]]
    host: HostEnvironment
    way: WayOut
    silence: Silence = field(default_factory=Silence)
    progress: Callable[[str], None] | None = None

    async def serve(self, stream: ByteStream) -> None:
        """Serve one connection from the container."""
        buffered = BufferedByteReceiveStream(stream)
        try:
            request = _parsed(await buffered.receive_until(b"\r\n\r\n", _HEAD_BYTES))
        except _BROKEN:
            return
        if request is None:
            await stream.send(_answer("400 Bad Request", "docprobe's proxy takes CONNECT and absolute http addresses"))
            return
        address = f"{request.host}:{request.port}"
        if (request.host, request.port) not in self.allowed:
            if address not in self.way.refused and len(self.way.refused) < MOST_REFUSED:
                self.way.refused.append(printable(address)[:300])
            await stream.send(_answer("403 Forbidden", f"docprobe: {address} is not a registry in use"))
            return
        try:
            self.silence.check(address)
        except OSError as error:
            await self._fail(stream, address, f"no answer from {address}: {error}")
            return
        try:
            with anyio.fail_after(_CONNECT_S):
                server, head = await self._connected(request)
        except _BROKEN as error:
            why = printable(str(error))[:_MAX_REASON] or f"no answer within {_CONNECT_S:g} s"
            await self._fail(stream, address, f"no connection to {address}: {why}")
            return
        async with server, anyio.create_task_group() as tasks:
            if request.is_tunnel:
                await stream.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            asked, silent = anyio.Event(), anyio.CancelScope()
            if first := head + buffered.buffer:
                await server.send(first)
                asked.set()
            tasks.start_soon(self._give_up, address, asked, silent, tasks.cancel_scope)

            def heard() -> None:
                silent.cancel()
                self.silence.broken(address)
                self.way.reached.add(address)

            await _relay(stream, server, asked.set, heard)
            tasks.cancel_scope.cancel()

    async def _fail(self, stream: ByteStream, address: str, clause: str) -> None:
        self.way.unreachable.setdefault(address, clause)
        await stream.send(_answer("502 Bad Gateway", f"docprobe: {clause}"))

    async def _give_up(
        self, address: str, asked: anyio.Event, silent: anyio.CancelScope, connection: anyio.CancelScope
    ) -> None:
        """End a connection on which a registry was asked and sends nothing, unless the first scope is cancelled."""
        with silent:
            await asked.wait()
            with anyio.move_on_after(_SAID_AFTER_S) as said:
                await self.silence.wait(address)
            if said.cancelled_caught:
                self.way.waiting[address] = None
                if self.progress is not None:
                    self.progress(f"waiting for {address}, which accepts connections and has sent nothing yet")
                await self.silence.wait(address)
            self.way.unreachable.setdefault(address, f"no answer from {address}: {reason()}")
            connection.cancel()

    async def _connected(self, request: _Request) -> tuple[ByteStream, bytes]:
        """Return a connection for a request, and what to send on it first."""
        upstream = self._upstream(request)
        if upstream is None:
            return await anyio.connect_tcp(request.host, request.port), b"" if request.is_tunnel else request.head
        port = upstream.port or _PORTS[upstream.scheme]
        server: ByteStream
        try:
            if upstream.scheme == "https":
                server = await anyio.connect_tcp(upstream.hostname or "", port, tls=True, tls_standard_compatible=False)
            else:
                server = await anyio.connect_tcp(upstream.hostname or "", port)
        except OSError as error:
            raise OSError(f"the proxy {upstream.hostname}:{port}: {error}") from error
        login = ""
        if upstream.username is not None:
            pair = f"{unquote(upstream.username)}:{unquote(upstream.password or '')}"
            login = f"Proxy-Authorization: Basic {base64.b64encode(pair.encode()).decode()}\r\n"
        if not request.is_tunnel:
            line, _, rest = request.to_proxy.partition(b"\r\n")
            return server, line + b"\r\n" + login.encode() + rest
        target = f"[{request.host}]" if ":" in request.host else request.host
        address = f"{target}:{request.port}"
        await server.send(f"CONNECT {address} HTTP/1.1\r\nHost: {address}\r\n{login}\r\n".encode())
        head = await BufferedByteReceiveStream(server).receive_until(b"\r\n\r\n", _HEAD_BYTES)
        status = head.split(b"\r\n", 1)[0].split(b" ")
        if len(status) < 2 or status[1] != b"200":
            await server.aclose()
            answered = printable(b" ".join(status).decode("latin-1"))
            raise OSError(f"the proxy {upstream.hostname} answers {answered}")
        return server, b""

    def _upstream(self, request: _Request) -> SplitResult | None:
        """The proxy of this host that a request goes through; None without one. Raises OSError for one of SOCKS."""
        names = ("HTTPS_PROXY", "ALL_PROXY") if request.is_tunnel else ("HTTP_PROXY", "ALL_PROXY")
        value = next((v for name in names if (v := self.host.get(name) or self.host.get(name.lower()))), None)
        if value is None:
            return None
        without = self.host.get("NO_PROXY") or self.host.get("no_proxy") or ""
        if without and proxy_bypass_environment(f"{request.host}:{request.port}", {"no": without}):
            return None
        upstream = urlsplit(value if "://" in value else f"http://{value}")
        if upstream.scheme not in _PORTS or not upstream.hostname:
            raise OSError("docprobe supports only http and https proxies")
        return upstream


def _parsed(head: bytes) -> _Request | None:
    """The request with this head (without its last blank line); None if it is none that a proxy serves."""
    first, _, rest = head.partition(b"\r\n")
    words = first.decode("latin-1").split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        return None
    method, target, version = words
    try:
        parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    scheme = "https" if method == "CONNECT" else parts.scheme
    if not host or scheme not in ({"https"} if method == "CONNECT" else {"http"}):
        return None
    origin = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    tail = b"\r\n" + rest + b"\r\n\r\n" if rest else b"\r\n\r\n"
    to_server = f"{method} {origin} {version}".encode("latin-1") + tail
    return _Request(method, host.lower(), port or _PORTS[scheme], to_server, first + tail)


def _answer(status: str, text: str) -> bytes:
    body = (printable(text)[:500] + "\n").encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


async def _relay(one: ByteStream, other: ByteStream, asked: Callable[[], None], heard: Callable[[], None]) -> None:
    """Carry bytes both ways until one side ends; ``asked`` and ``heard`` are called at the first ones of each."""
    async with anyio.create_task_group() as tasks:

        async def carry(source: ByteStream, sink: ByteStream, begun: Callable[[], None]) -> None:
            with suppress(*_BROKEN):
                data = await source.receive(_PIECE)
                begun()
                while True:
                    await sink.send(data)
                    data = await source.receive(_PIECE)
            with suppress(*_BROKEN):
                await sink.send_eof()

        async def answer() -> None:
            await carry(other, one, heard)
            tasks.cancel_scope.cancel()  # nothing more will be answered

        tasks.start_soon(answer)
        await carry(one, other, asked)
