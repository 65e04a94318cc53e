"""Which TCP sockets listen in this network namespace.

Runs inside the container with Python 3.9 or newer and the standard library.
"""

from __future__ import annotations

import errno
import socket
import struct

TCP_LISTEN = 10
NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20
DUMP = 0x301
"""NLM_F_REQUEST and NLM_F_DUMP."""
NLMSG_DONE = 3
NETLINK_HEADER = struct.Struct("=IHHII")
DIAG_REQUEST = struct.Struct("=BBxxI48x")
DIAG_MESSAGE = struct.Struct("=BxxxH2x16s44xI")
"""Family, source port (network order), source address, inode."""


def listening(own: set[int]) -> set[tuple[str, int]]:
    """Address and port of every TCP socket that listens and whose inode is not in ``own``."""
    families = (socket.AF_INET, socket.AF_INET6)
    try:
        found = [entry for family in families for entry in diagnose(family)]
    except OSError:  # a kernel without socket diagnosis
        found = [entry for table in ("/proc/net/tcp", "/proc/net/tcp6") for entry in read_table(table)]
    return {(address, port) for address, port, inode in found if inode not in own}


def diagnose(family: int) -> list[tuple[str, int, int]]:
    """Listening sockets as the kernel's socket diagnosis tells them (linux/inet_diag.h): address, port, inode.

    It looks at listening sockets only. /proc/net/tcp walks the whole table of connections, which takes the kernel
    milliseconds however few there are. Raises OSError where there is no such thing.
    """
    request = DIAG_REQUEST.pack(family, socket.IPPROTO_TCP, 1 << TCP_LISTEN)
    found: list[tuple[str, int, int]] = []
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, NETLINK_SOCK_DIAG) as kernel:
        kernel.send(NETLINK_HEADER.pack(NETLINK_HEADER.size + len(request), SOCK_DIAG_BY_FAMILY, DUMP, 1, 0) + request)
        while True:
            data = kernel.recv(65536)
            offset = 0
            while offset < len(data):
                length, kind, _, _, _ = NETLINK_HEADER.unpack_from(data, offset)
                if kind == NLMSG_DONE:
                    return found
                if kind != SOCK_DIAG_BY_FAMILY:
                    raise OSError(errno.EPROTO, "socket diagnosis refused")
                of, port, address, inode = DIAG_MESSAGE.unpack_from(data, offset + NETLINK_HEADER.size)
                text = socket.inet_ntop(of, address[: 4 if of == socket.AF_INET else 16])
                found.append((text, socket.ntohs(port), inode))
                offset += (length + 3) & ~3


def read_table(table: str) -> list[tuple[str, int, int]]:
    """The same from /proc/net/tcp or tcp6."""
    found: list[tuple[str, int, int]] = []
    try:
        with open(table) as file:
            next(file)
            for line in file:
                fields = line.split()
                if int(fields[3], 16) == TCP_LISTEN:
                    address, port = fields[1].split(":")
                    found.append((readable_address(address), int(port, 16), int(fields[9])))
    except FileNotFoundError:  # no IPv6 in this kernel
        pass
    return found


def readable_address(text: str) -> str:
    """An address of /proc/net/tcp (32-bit words in the machine's own order) as people write it."""
    words = [int(text[i : i + 8], 16) for i in range(0, len(text), 8)]
    packed = struct.pack(f"={len(words)}I", *words)
    return socket.inet_ntop(socket.AF_INET if len(words) == 1 else socket.AF_INET6, packed)
