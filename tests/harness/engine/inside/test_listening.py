"""Which ports listen, told by trying them, as where a kernel shows a container its own sockets only."""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from harness.engine.inside import listening as module
from harness.engine.inside.listening import Scan, connects, listening, taken

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def sockets() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def listener(sockets: ExitStack, address: str) -> socket.socket:
    return sockets.enter_context(socket.create_server((address, 0)))


def port_of(sock: socket.socket) -> int:
    return int(sock.getsockname()[1])


def looked_for(scan: Scan, port: int, services: frozenset[int] = frozenset()) -> set[str]:
    """Addresses at which the port is found, when its turn has come."""
    scan.next = port
    return {address for address, found in scan.step(set(services)) if found == port}


def test_a_port_is_found_and_its_address_told(sockets: ExitStack) -> None:
    local, everywhere = listener(sockets, "127.0.0.1"), listener(sockets, "0.0.0.0")
    scan = Scan()
    assert looked_for(scan, port_of(local)) == {"127.0.0.1"}
    assert looked_for(scan, port_of(everywhere)) == {"0.0.0.0"}
    # it stays found when its turn is over, until it is gone
    port = port_of(local)
    assert ("127.0.0.1", port) in scan.step(set())
    local.close()
    assert port not in {found for _, found in scan.step(set())}


def test_what_only_holds_a_port_does_not_listen(sockets: ExitStack) -> None:
    server = listener(sockets, "127.0.0.1")
    client = sockets.enter_context(socket.create_connection(server.getsockname()))
    bound = sockets.enter_context(socket.socket())
    bound.bind(("127.0.0.1", 0))
    for sock in (client, bound):
        assert taken("127.0.0.1", port_of(sock))
        assert not connects(port_of(sock))
        assert looked_for(Scan(), port_of(sock)) == set()


def test_our_own_ports_are_not_tried(sockets: ExitStack) -> None:
    port = port_of(listener(sockets, "127.0.0.1"))
    assert looked_for(Scan(), port, frozenset({port})) == set()


def test_every_port_has_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: set[int] = set()
    monkeypatch.setattr(module, "taken", lambda address, port: bool(tried.add(port)))
    scan = Scan()
    for _ in range(65536 // module.MANY + 1):
        scan.step(set())
    assert tried == set(range(1, 65536))


def test_a_kernel_that_shows_sockets_is_not_scanned(sockets: ExitStack) -> None:
    class Never(Scan):
        def step(self, services: set[int]) -> set[tuple[str, int]]:
            raise AssertionError("scanned")

    mine, other = listener(sockets, "127.0.0.1"), listener(sockets, "127.0.0.1")
    found = listening({os.fstat(mine.fileno()).st_ino}, set(), Never())
    assert ("127.0.0.1", port_of(other)) in found
    assert ("127.0.0.1", port_of(mine)) not in found


def test_a_kernel_without_diagnosis_is(sockets: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(family: int) -> list[tuple[str, int, int]]:
        raise OSError(93, "Protocol not supported")

    other = listener(sockets, "127.0.0.1")
    monkeypatch.setattr(module, "diagnose", refused)
    monkeypatch.setattr(module, "read_table", lambda table: [("127.0.0.1", 8080, 1)])
    scan = Scan()
    scan.next = port_of(other)
    assert ("127.0.0.1", port_of(other)) in listening(set(), {8080}, scan)
    # the table shows the anchor's own service only, which no inode tells here
    assert ("127.0.0.1", 8080) not in scan.found
