"""The addresses in a pod that a host name of an example means. Pure."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

from extractor.base.loopback import IPV4_LOOPBACK, IPV6_LOOPBACK, is_loopback_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from harness.model import ListeningSocket

_LOOPBACK: Final = {IPV6_LOOPBACK: "::", IPV4_LOOPBACK: "0.0.0.0"}
"""Loopback address to the wildcard that stands for all addresses of its family."""


def addresses_of(host: str, port: int, sockets: Iterable[ListeningSocket], service_names: Collection[str]) -> list[str]:
    """Return the addresses to try for a host, best first: of ``localhost``, the one that has a listener.

    Args:
        host: name or address, as in a URL.
        port: of the connection.
        sockets: what listens in the pod.
        service_names: hosts of docprobe's own services, in lower case, which the pod serves on its loopback.

    Raises:
        OSError: the name does not refer to the pod.
    """
    host = host.strip("[]").lower()
    if host in service_names or is_loopback_name(host):
        listening = {socket.address for socket in sockets if socket.port == port}
        return sorted(_LOOPBACK, key=lambda address: listening.isdisjoint({address, _LOOPBACK[address]}))
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError as error:
        raise OSError(f"{host} does not refer to this pod") from error
