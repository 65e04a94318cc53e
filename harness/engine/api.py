"""Calls to the container engine: in threads, each with a deadline, and with errors that a user can act on."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

import anyio
import docker
import docker.errors
import docker.tls
import docker.utils
import requests
from anyio import to_thread
from docker.transport import UnixHTTPAdapter
from docker.transport.unixconn import UnixHTTPConnection, UnixHTTPConnectionPool

from extractor.base.text import printable
from harness.base.errors import EngineError
from harness.engine.chosen import DockerContext, chosen_context
from harness.engine.ssh import SCHEME, SOCKET, Forward, forward

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.base.host import HostEnvironment

P = ParamSpec("P")
T = TypeVar("T")

CALL_S: Final = 30.0
"""Deadline of an ordinary call, in seconds."""
SLOW_S: Final = 300.0
"""Deadline of a call that moves an image, in seconds."""
_SILENT_S: Final = 2.0
"""Deadline of calls to an engine that did not answer the call before, in seconds."""
_THREADS: Final = 32
_USUAL_SOCKET: Final = "unix:///var/run/docker.sock"
_RESTART: Final = "restart the engine (on Debian: `service docker restart`), then run docprobe again"
_DOCTOR: Final = "run `docprobe doctor` to see what is missing, or `docprobe doctor --fix` to set it up"
_ELSEWHERE: Final = {
    "tcp://": "check that the engine listens there; for TLS set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to the folder"
    " with ca.pem, cert.pem and key.pem",
    "ssh://": f"check that the engine's socket is there: {SOCKET}, unless the address ends with another path",
}
"""What to look at if an engine on another machine does not answer, by the beginning of its address."""
_LIMITS: Final = {"MemoryLimit": "memory", "CpuCfsQuota": "CPU", "PidsLimit": "processes"}


class SilentError(EngineError):
    """The engine is there and does not answer."""


class GoneError(EngineError):
    """The object of the call does not exist, or no longer."""


class ConflictError(EngineError):
    """The object of the call is in use, or in a state that does not allow it."""


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What an engine reports about itself."""

    system: str
    """Operating system of its machine."""
    version: str
    cgroup: str
    """Version of the control groups: ``1`` or ``2``."""
    storage: str
    """Name of its storage driver."""
    kernel: str
    """Release of its machine's kernel."""
    cpus: float
    runtimes: tuple[str, ...]
    """OCI runtimes that are registered with it, sorted."""
    seccomp: bool
    unlimited: tuple[str, ...]
    """Resources that it cannot limit: ``memory``, ``CPU``, ``processes``."""
    root: str | None
    """Folder of its data, on its machine."""
    podman: bool = False
    """It is Podman, which serves the same API with differences."""

    @classmethod
    def of(cls, answer: Mapping[str, Any], version: Mapping[str, Any] = MappingProxyType({})) -> EngineInfo:
        """Read the engine's answers to ``GET /info`` and ``GET /version``."""
        podman = any("podman" in str(part.get("Name")).lower() for part in version.get("Components") or ())
        options = [str(option) for option in answer.get("SecurityOptions") or ()]
        # Podman says that it can limit what a rootless one cannot with control groups of version 1
        powerless = podman and bool(answer.get("Rootless")) and str(answer.get("CgroupVersion")) == "1"
        return cls(
            system=str(answer.get("OperatingSystem") or "?"),
            version=str(answer.get("ServerVersion") or "?"),
            cgroup=str(answer.get("CgroupVersion") or "1"),
            storage=str(answer.get("Driver") or "?"),
            kernel=str(answer.get("KernelVersion") or ""),
            cpus=float(answer.get("NCPU") or 1),
            runtimes=tuple(sorted(answer.get("Runtimes") or {})),
            seccomp=any("seccomp" in option for option in options),
            unlimited=tuple(name for key, name in _LIMITS.items() if powerless or answer.get(key) is False),
            root=str(answer["DockerRootDir"]) if answer.get("DockerRootDir") else None,
            podman=podman,
        )


class Api:
    """The engine's API. ``raw`` is docker-py's low-level client; call it through :meth:`call` only."""

    def __init__(self, raw: docker.APIClient, *, forwarded: bool = False) -> None:
        """``forwarded``: the socket is one of this machine that leads to another."""
        self.raw = raw
        self._forwarded = forwarded
        self._limiter = anyio.CapacityLimiter(_THREADS)
        self._silent = False

    @property
    def is_local(self) -> bool:
        """Whether the engine is reached through its own UNIX socket on this machine."""
        return str(self.raw.base_url).startswith("http+docker://") and not self._forwarded

    async def info(self) -> EngineInfo:
        """Return what the engine reports about itself. Raises EngineError."""
        what = "describe itself"
        return EngineInfo.of(await self.call(what, self.raw.info), await self.call(what, self.raw.version))

    async def call(self, what: str, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``function(*args, **kwargs)`` in a thread and return its result; at most CALL_S seconds.

        A call that was begun is waited for even when the caller is cancelled, so that nothing is created unnoticed.

        Args:
            what: completes "the engine could not …" in errors: ``create a container``.
            function: a method of ``raw``, or a function that calls several.
            args: its arguments.
            kwargs: its keyword arguments.

        Raises:
            GoneError: the object of the call does not exist.
            ConflictError: it is in use.
            SilentError: there was no answer in time.
            EngineError: anything else went wrong.
        """
        return await self.call_within(CALL_S, what, function, *args, **kwargs)

    async def call_within(
        self, deadline_s: float, what: str, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As :meth:`call`, with another deadline in seconds."""
        if self._silent:  # it did not answer before: do not wait as long for every further call
            deadline_s = min(deadline_s, _SILENT_S)
        with anyio.move_on_after(deadline_s, shield=True):
            try:
                result = await to_thread.run_sync(
                    partial(function, *args, **kwargs), abandon_on_cancel=True, limiter=self._limiter
                )
                self._silent = False
                return result
            except docker.errors.NotFound as error:
                raise GoneError(f"the engine could not {what}: {_explanation(error)}", _DOCTOR) from error
            except docker.errors.APIError as error:
                kind = ConflictError if error.status_code == 409 or _is_ending(error) else EngineError
                raise kind(f"the engine could not {what}: {_explanation(error)}", _DOCTOR) from error
            except (requests.RequestException, docker.errors.DockerException, OSError) as error:
                raise EngineError(
                    f"the connection to the engine broke while it was asked to {what}: {error}", _DOCTOR
                ) from error
        self._silent = True
        raise SilentError(f"the engine did not {what} within {deadline_s:g} s: it does not answer", _RESTART)


async def open_api(host: HostEnvironment) -> Api:
    """Connect to the engine that the host's environment names (DOCKER_HOST, the docker context), or the usual one.

    Raises:
        SilentError: it does not answer.
        EngineError: there is none, or this user may not reach it.
    """
    try:
        with anyio.fail_after(CALL_S):
            client = await to_thread.run_sync(partial(_client, host), abandon_on_cancel=True)
            return Api(client, forwarded=client.forward is not None)
    except TimeoutError as error:
        raise SilentError(f"the container engine does not answer within {CALL_S:g} s", _RESTART) from error
    except (docker.errors.DockerException, requests.RequestException, OSError) as error:
        where = host.get("DOCKER_HOST") or _address_of_context(host) or "its usual socket"
        cause = _root_cause(error)
        permit = "let this user reach the engine's socket (group docker), or run docprobe as root"
        hint = next((hint for scheme, hint in _ELSEWHERE.items() if where.startswith(scheme)), _DOCTOR)
        raise EngineError(
            f"no container engine answers at {where}: {_reason(cause)}",
            permit if isinstance(cause, PermissionError) else hint,
        ) from error


class _Connection(UnixHTTPConnection):
    """docker-py's, but a socket that the engine refuses is closed at once, not by the garbage collector."""

    def connect(self) -> None:
        """Connect to the engine's socket. Raises OSError."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(self.timeout)
            connection.connect(self.unix_socket)
        except OSError:
            connection.close()
            raise
        self.sock = connection


class _Connections(UnixHTTPConnectionPool):
    def _new_conn(self) -> Any:
        return _Connection(self.base_url, self.socket_path, int(SLOW_S))


class _Adapter(UnixHTTPAdapter):
    def get_connection(self, url: str | bytes, proxies: Mapping[str, str] | None = None) -> UnixHTTPConnectionPool:
        """Return the connections to a URL of the engine."""
        with self.pools.lock:
            pool: UnixHTTPConnectionPool | None = self.pools.get(url)
            if pool is None:
                pool = _Connections(str(url), self.socket_path, self.timeout, maxsize=self.max_pool_size)
                self.pools[url] = pool
            return pool


class _Client(docker.APIClient):
    """docker-py's client without the environment: REQUESTS_CA_BUNDLE would replace the CA of an engine's own TLS."""

    forward: Forward | None = None
    """What carries its connections, if the engine is on a machine that ssh reaches; it ends with the client."""

    def close(self) -> None:
        """Close all connections."""
        super().close()
        if self.forward is not None:
            self.forward.close()

    def mount(self, prefix: str | bytes, adapter: requests.adapters.BaseAdapter) -> None:
        """Use an adapter for the URLs with a prefix; sockets go through connections that are always closed."""
        if isinstance(adapter, UnixHTTPAdapter):
            adapter = _Adapter(adapter.socket_path, timeout=adapter.timeout, max_pool_size=adapter.max_pool_size)
            self._custom_adapter = adapter
        super().mount(prefix, adapter)

    @property
    def trust_env(self) -> bool:
        """Whether requests reads proxies, CA bundles and netrc from the environment."""
        return False

    @trust_env.setter
    def trust_env(self, value: bool) -> None:
        pass


def _client(host: HostEnvironment) -> _Client:
    """Return a client that has talked to its engine once. The API version is negotiated, never pinned."""
    context = chosen_context(host)
    if context is None:
        settings: dict[str, Any] = {**docker.utils.kwargs_from_env(environment=dict(host.variables))}
    else:
        # on a desktop the current context names the socket, which is in the user's home
        settings = _settings_of_context(context)
    address = str(settings.get("base_url") or _USUAL_SOCKET)
    if not address.startswith(f"{SCHEME}://"):
        _probe_socket(address)
        return _Client(version="auto", timeout=int(SLOW_S), num_pools=_THREADS, **settings)
    forwarding = forward(address, host)
    try:
        client = _Client(
            version="auto", timeout=int(SLOW_S), num_pools=_THREADS, base_url=forwarding.address
        )  # fmt: skip
    except BaseException:
        forwarding.close()
        raise
    client.forward = forwarding
    return client


def _settings_of_context(context: DockerContext) -> dict[str, Any]:
    """Return docker-py's arguments for the engine of a context. Raises EngineError if the context cannot be used."""
    settings: dict[str, Any] = {"base_url": address} if (address := context.address()) is not None else {}
    tls = context.tls()
    if tls is not None:
        (ca, certificate, key), verify = tls
        pair = (certificate, key) if certificate is not None and key is not None else None
        settings["tls"] = docker.tls.TLSConfig(client_cert=pair, ca_cert=ca, verify=verify)
    return settings


def _address_of_context(host: HostEnvironment) -> str | None:
    """Return the address that the docker context in use names; None if it is the usual one."""
    context = chosen_context(host)
    address = context.address() if context is not None else None
    return None if address == _USUAL_SOCKET else address


def _probe_socket(address: str) -> None:
    """Connect once to a UNIX socket, to raise the OSError that docker-py would hide."""
    scheme, _, path = address.partition("://")
    if scheme in ("unix", "http+unix") and path:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.connect(path)


def _is_ending(error: docker.errors.APIError) -> bool:
    """Return whether Podman says, with status 500, that it removes the container itself, or another one needs it."""
    said = str(error.explanation)
    return error.status_code == 500 and ("state improper" in said or "has dependent containers" in said)


def _explanation(error: docker.errors.APIError) -> str:
    return printable(str(error.explanation or error))[:500]


def _reason(error: BaseException) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)[:300]


def _root_cause(error: BaseException) -> BaseException:
    """Return the innermost cause: docker-py and requests wrap it several times."""
    cause: BaseException = error
    for _ in range(10):
        inner = cause.__cause__ or cause.__context__
        inner = inner or next((arg for arg in cause.args if isinstance(arg, BaseException)), None)
        inner = inner or getattr(cause, "reason", None)
        if not isinstance(inner, BaseException):
            break
        cause = inner
    return cause
