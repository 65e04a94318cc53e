"""A server that the user runs at an address, in the place of a pod."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import anyio
import httpx

from extractor.base.loopback import is_loopback
from harness.base.errors import NoRestartError, PodError, UsageError
from harness.model import ListeningSocket

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anyio.abc import ByteStream

    from harness.engine.protocol import ExitState
    from harness.model import LogLine

_SCHEMES: Final = {"http": 80, "https": 443}
_LAST_PORT: Final = 65_535


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where a running server is asked."""

    url: httpx.URL
    ip: str
    """The IP address that its host name has; connections go to no other."""

    @property
    def port(self) -> int:
        """Its TCP port."""
        return self.url.port or _SCHEMES[self.url.scheme]

    @property
    def authority(self) -> str:
        """What the Host header of an ordinary request says."""
        return self.url.netloc.decode("ascii")

    @property
    def target(self) -> str:
        """Path and query."""
        return self.url.raw_path.decode("ascii")


def server_address(text: str, *, remote: bool) -> ServerAddress:
    """Return the address that a URL names, resolved once.

    Args:
        text: the URL of the endpoint, as the user wrote it.
        remote: whether it may be on another machine.

    Raises:
        UsageError: it is not an HTTP URL, its host is unknown, or it is on another machine and may not be.
    """
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise UsageError(f"{text} is not a URL: {error}", "write it as http://localhost:3000/mcp") from error
    if url.scheme not in _SCHEMES or not url.host:
        likely = "http://localhost:3000/mcp" if "://" in text else f"http://{text}"
        raise UsageError(f"{text} is not an HTTP URL", f"write it as {likely}")
    if url.port is not None and not 0 < url.port <= _LAST_PORT:
        raise UsageError(f"{text}: {url.port} is not a valid port", f"a port is a number from 1 to {_LAST_PORT}")
    if url.userinfo:
        raise UsageError("the URL names a user", "give a token with --token, or headers with --header-file")
    try:
        found = socket.getaddrinfo(url.host, url.port or _SCHEMES[url.scheme], type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"the host {url.host} is unknown: {reason}", "check the URL") from error
    ips = sorted({str(address[4][0]) for address in found}, key=lambda ip: (":" in ip, ip))
    if not remote and not all(is_loopback(ip) for ip in ips):
        raise UsageError(
            f"{url.host} is not this machine",
            "docprobe sends faulty requests: add --remote if the server is yours to test",
        )
    return ServerAddress(url, _listening(ips, url.port or _SCHEMES[url.scheme]))


def _listening(ips: Sequence[str], port: int) -> str:
    """Return the first address that accepts a connection: ``localhost`` may be two. Raises UsageError if none does."""
    problem: OSError | None = None
    for ip in ips:
        try:
            with socket.create_connection((ip, port), timeout=5.0):
                return ip
        except OSError as error:
            problem = error
    reason = problem.strerror if problem and problem.strerror else str(problem)
    raise UsageError(
        f"nothing answers at port {port} of {ips[0]}: {reason}", "start the server first, and check the port of the URL"
    )


class _Transport(httpx.AsyncBaseTransport):
    """Sends each request to one server and nowhere else, and not more of them a second than allowed."""

    def __init__(self, address: ServerAddress, per_second: float) -> None:
        self._address = address
        self._pause_s = 1 / per_second
        self._next = 0.0
        # nothing of the environment: a proxy would be the one that is judged
        self._inner = httpx.AsyncHTTPTransport(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        now = anyio.current_time()
        self._next = max(self._next, now) + self._pause_s
        await anyio.sleep(self._next - self._pause_s - now)
        url = self._address.url
        request.url = request.url.copy_with(scheme=url.scheme, host=self._address.ip, port=self._address.port)
        request.extensions = {**request.extensions, "sni_hostname": url.host}
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


class RunningServer:
    """An HTTP server at an address, as a :class:`harness.engine.protocol.Pod`."""

    def __init__(self, address: ServerAddress, per_second: float) -> None:
        """``per_second`` is the most requests that are sent in a second."""
        self._address = address
        self._per_second = per_second

    def transport(self) -> httpx.AsyncBaseTransport:
        """Return a transport that reaches this server only."""
        return _Transport(self._address, self._per_second)

    async def connect(self, host: str, port: int) -> ByteStream:
        """Open a TCP connection to the server, whatever is asked for."""
        return await anyio.connect_tcp(self._address.ip, self._address.port)

    async def wait_listening(self, timeout_s: float) -> tuple[ListeningSocket, ...]:
        """Return its one socket."""
        return self.sockets()

    def sockets(self) -> tuple[ListeningSocket, ...]:
        """Return its one socket, as it is reached: what it is bound to is not known."""
        return (ListeningSocket(self._address.ip, self._address.port),)

    def exit_state(self) -> ExitState | None:
        """Return None: whether its process lives is not known."""
        return None

    async def restart(self) -> None:
        """Raise NoRestartError: it is not docprobe's."""
        raise NoRestartError("a server that docprobe did not start is not restarted")

    async def send_stdin(self, data: bytes) -> None:
        """Raise PodError: it is asked over HTTP."""
        raise PodError("a server at an address has no input")

    async def receive_stdout(self) -> bytes:
        """Return the end of an output that it does not have."""
        return b""

    async def close_stdin(self) -> None:
        """Do nothing."""

    async def wait_exit(self, timeout_s: float) -> ExitState | None:
        """Return None, without waiting."""
        return None

    def logs(self) -> tuple[LogLine, ...]:
        """Return nothing: its log is the user's."""
        return ()
