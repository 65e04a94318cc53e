"""What leads back to the same machine: the one definition of loopback."""

from __future__ import annotations

import ipaddress
from typing import Final

IPV4_LOOPBACK: Final = "127.0.0.1"
IPV6_LOOPBACK: Final = "::1"
URL_HOST: Final = r"(?:localhost|127\.0\.0\.1|\[::1\])"
"""Regular expression for the usual spellings of a loopback host in a URL."""


def is_loopback_name(host: str) -> bool:
    """Return whether a host name means loopback: ``localhost`` and all names below it (RFC 6761, section 6.3)."""
    name = host.lower().removesuffix(".")
    return name == "localhost" or name.endswith(".localhost")


def is_loopback(host: str) -> bool:
    """Return whether a host name or IP address means loopback: such a name, 127.0.0.0/8 or ::1.

    An IPv6 address may have the brackets that it has in a URL.
    """
    address = _address(host)
    return address.is_loopback if address is not None else is_loopback_name(host)


def is_local(host: str) -> bool:
    """Return whether connecting to ``host`` reaches the same machine: loopback, or the wildcards 0.0.0.0 and ::."""
    address = _address(host)
    return is_loopback(host) or (address is not None and address.is_unspecified)


def loopback_for(bound: str) -> str:
    """Return the loopback address that reaches a socket bound to ``bound`` (any address for the wildcards)."""
    if bound == "::":
        return f"[{IPV6_LOOPBACK}]"
    if bound in ("0.0.0.0", ""):
        return IPV4_LOOPBACK
    return f"[{bound}]" if ":" in bound else bound


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address; of an IPv4 one in the form of IPv6, as a JVM binds it (``::ffff:127.0.0.1``), the IPv4 one."""
    try:
        address = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
