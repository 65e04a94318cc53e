"""A host with something to lose, for hostile pages to look for."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import docker
import pytest

from extractor.docs.corpus import extract
from harness.profiles.registry import MCP
from harness.spec.bind import bind
from harness.spec.bindings_file import load_bindings
from tests.support.engine_client import engine_client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.spec.bind import Bound

CANARY_PORT = 47813
SECRET = "s3cret-of-the-host"
SAMPLE = Path(__file__).parents[2] / "docs-snapshot" / "sample"


@dataclass
class Host:
    """What must not be reached, and whether it was."""

    file: Path
    addresses: tuple[str, ...]
    visitors: list[str] = field(default_factory=list)

    def untouched(self) -> bool:
        return self.file.read_text() == SECRET


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """Canaries: a file, a secret variable, a port on every address, an abstract socket."""
    file = tmp_path_factory.mktemp("host") / "host-canary.txt"
    file.write_text(SECRET)
    canary = Host(file, tuple(_addresses()))
    everywhere = socket.socket(socket.AF_INET6)
    everywhere.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    everywhere.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    everywhere.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    everywhere.bind(("::", CANARY_PORT))
    abstract = socket.socket(socket.AF_UNIX)
    listeners = [everywhere]
    with contextlib.suppress(OSError):  # another test session on this host has the name: it is there all the same
        abstract.bind("\0docprobe-canary")
        listeners.append(abstract)
    for listener in listeners:
        listener.listen()
        threading.Thread(target=_watch, args=(listener, canary.visitors), daemon=True).start()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DOCPROBE_CANARY_SECRET", "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, SECRET)
        yield canary
    for listener in listeners:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _watch(listener: socket.socket, visitors: list[str]) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, address = listener.accept()
            visitors.append(str(address))
            connection.close()


def _addresses() -> Iterator[str]:
    """Addresses of this host that a container with a network could reach."""
    with open("/proc/net/fib_trie") as table:  # noqa: PTH123
        lines = [line.split() for line in table]
    local = {before[-1] for before, line in itertools.pairwise(lines) if line[:2] == ["/32", "host"]}
    yield from sorted(address for address in local if not address.startswith("127."))


@pytest.fixture(scope="session")
def bound() -> Bound:
    """The sample's sentences, for verdicts on servers that speak."""
    corpus = extract(SAMPLE, MCP.layout, jobs=1)
    return bind(corpus.statements, load_bindings(SAMPLE / "bindings.toml", MCP.catalogue), MCP.catalogue.requirements)


@pytest.fixture(scope="session")
def raw() -> Iterator[docker.APIClient]:
    client = engine_client()
    yield client
    client.close()


def left_by(raw: docker.APIClient, run: str) -> list[str]:
    """What of a run is still known to the engine."""
    label = {"label": f"docprobe.run={run}"}
    containers = [c["Id"] for c in raw.containers(all=True, filters=label)]
    volumes = [v["Name"] for v in raw.volumes(filters=label)["Volumes"] or ()]
    networks = [n["Id"] for n in raw.networks(filters=label)]
    images = [i["Id"] for i in raw.images(filters=label)]
    return [*containers, *volumes, *networks, *images]


def temporary_files(state: Path) -> list[str]:
    """Files in the state folder that no finished run may leave."""
    unfinished = ("*.tmp", "*.part", "id.*", "runs/*", "locks/*")
    return [str(path.relative_to(state)) for pattern in unfinished for path in state.rglob(pattern)]


def zombies() -> list[int]:
    """Children of this process that ended and were not waited for."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
                if state == "Z" and int(parent) == os.getpid():
                    found.append(int(entry.name))
    return found
