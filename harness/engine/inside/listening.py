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

LOOPBACK, OTHER, EVERYWHERE = "127.0.0.1", "127.0.0.2", "0.0.0.0"
USUAL = (3000, 3001, 4000, 5000, 5173, 6274, 7071, 8000, 8001, 8080, 8081, 8787, 8888, 9000)
MANY, FEW = 1024, 32
"""Ports that are tried at a time: until one is found, and from then on."""
CONNECT_S = 0.2


def listening(own: set[int], services: set[int], scan: Scan) -> set[tuple[str, int]]:
    """Return address and port of every TCP socket that listens, except the anchor's own.

    Args:
        own: inodes of the anchor's listeners.
        services: their ports.
        scan: for kernels that show a container no sockets but its own.
    """
    families = (socket.AF_INET, socket.AF_INET6)
    try:
        entries = [entry for family in families for entry in diagnose(family)]
    except OSError:  # a kernel without socket diagnosis
        entries = [entry for table in ("/proc/net/tcp", "/proc/net/tcp6") for entry in read_table(table)]
        shown = {(address, port) for address, port, inode in entries if inode not in own and port not in services}
        return shown or scan.step(services)
    return {(address, port) for address, port, inode in entries if inode not in own}


class Scan:
    """Finds ports that listen by trying them: for kernels (gVisor's) that show a container no sockets but its own."""

    def __init__(self) -> None:
        self.next = 1
        self.found: set[tuple[str, int]] = set()

    def step(self, services: set[int]) -> set[tuple[str, int]]:
        """Try the usual ports, those that listened before, and the next few of all; return what is known to listen."""
        few = FEW if self.found else MANY
        ports = {*USUAL, *(port for _, port in self.found), *range(self.next, min(self.next + few, 65536))}
        self.next = self.next + few if self.next + few < 65536 else 1
        for port in ports - services:
            before = {entry for entry in self.found if entry[1] == port}
            if not taken(LOOPBACK, port):
                self.found -= before
            elif not before and connects(port):
                # a socket on every address holds the port on the other loopback addresses as well
                self.found.add((EVERYWHERE if taken(OTHER, port) else LOOPBACK, port))
        return set(self.found)


def taken(address: str, port: int) -> bool:
    """Return whether somebody holds the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        try:
            trial.bind((address, port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False


def connects(port: int) -> bool:
    """Return whether a port that is held listens; it may be one end of a connection."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        trial.settimeout(CONNECT_S)
        return trial.connect_ex((LOOPBACK, port)) == 0


def diagnose(family: int) -> list[tuple[str, int, int]]:
    """Return listening sockets by the kernel's socket diagnosis (linux/inet_diag.h): address, port, inode.

    It looks at listening sockets only. /proc/net/tcp walks the whole table of connections, which takes the kernel
    milliseconds however few there are. Raises OSError where the kernel has no socket diagnosis.
    """
    request = DIAG_REQUEST.pack(family, socket.IPPROTO_TCP, 1 << TCP_LISTEN)
    entries: list[tuple[str, int, int]] = []
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, NETLINK_SOCK_DIAG) as kernel:
        kernel.send(NETLINK_HEADER.pack(NETLINK_HEADER.size + len(request), SOCK_DIAG_BY_FAMILY, DUMP, 1, 0) + request)
        while True:
            data = kernel.recv(65536)
            offset = 0
            while offset < len(data):
                length, kind, _, _, _ = NETLINK_HEADER.unpack_from(data, offset)
                if kind == NLMSG_DONE:
                    return entries
                if kind != SOCK_DIAG_BY_FAMILY:
                    raise OSError(errno.EPROTO, "socket diagnosis refused")
                of, port, address, inode = DIAG_MESSAGE.unpack_from(data, offset + NETLINK_HEADER.size)
                text = socket.inet_ntop(of, address[: 4 if of == socket.AF_INET else 16])
                entries.append((text, socket.ntohs(port), inode))
                offset += (length + 3) & ~3


def read_table(table: str) -> list[tuple[str, int, int]]:
    """Return the same from /proc/net/tcp or tcp6."""
    entries: list[tuple[str, int, int]] = []
    try:
        with open(table) as file:
            next(file)
            for line in file:
                fields = line.split()
                if int(fields[3], 16) == TCP_LISTEN:
                    address, port = fields[1].split(":")
                    entries.append((readable_address(address), int(port, 16), int(fields[9])))
    except FileNotFoundError:  # no IPv6 in this kernel
        pass
    return entries


def readable_address(text: str) -> str:
    """Return an address of /proc/net/tcp (32-bit words in the machine's byte order) in its usual form."""
    words = [int(text[i : i + 8], 16) for i in range(0, len(text), 8)]
    packed = struct.pack(f"={len(words)}I", *words)
    return socket.inet_ntop(socket.AF_INET if len(words) == 1 else socket.AF_INET6, packed)
