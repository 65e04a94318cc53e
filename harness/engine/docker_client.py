"""docker-py's client, connected to the engine that the user chose: by a UNIX socket, TCP, TLS or ssh."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any, Final

import docker
import docker.tls
import docker.utils
from docker.transport import UnixHTTPAdapter
from docker.transport.unixconn import UnixHTTPConnection, UnixHTTPConnectionPool

from harness.engine.chosen import DockerContext, chosen_context
from harness.engine.ssh import SCHEME, Forward, forward

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

    from harness.base.host import HostEnvironment

SLOW_S: Final = 300.0
"""Deadline of a call that moves an image, in seconds."""
THREADS: Final = 32
"""Calls at once."""
_USUAL_SOCKET: Final = "unix:///var/run/docker.sock"


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


class DockerClient(docker.APIClient):
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


def open_client(host: HostEnvironment) -> DockerClient:
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
        return DockerClient(version="auto", timeout=int(SLOW_S), num_pools=THREADS, **settings)
    forwarding = forward(address, host)
    try:
        client = DockerClient(
            version="auto", timeout=int(SLOW_S), num_pools=THREADS, base_url=forwarding.address
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


def address_of_context(host: HostEnvironment) -> str | None:
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
