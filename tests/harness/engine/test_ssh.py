"""The forwarding with a stand-in for ``ssh``; ``tests/faults/test_remote.py`` has the real one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.base.errors import EngineError
from harness.base.host import HostEnvironment
from harness.engine.api import open_api
from harness.engine.ssh import forward
from tests.harness.engine.test_api import engine_on

pytestmark = [pytest.mark.anyio, pytest.mark.processes]

SSH = f"""#!{sys.executable}
import pathlib, socket, sys, threading

arguments = sys.argv[1:]
pathlib.Path(__file__).with_name("asked").write_text("\\n".join(arguments))
here, there = arguments[arguments.index("-L") + 1].split(":")
listener = socket.socket(socket.AF_UNIX)
listener.bind(here)
listener.listen()

def copy(a, b):
    while data := a.recv(65536):
        b.sendall(data)
    b.shutdown(socket.SHUT_WR)

def serve():
    while True:
        near, _ = listener.accept()
        far = socket.socket(socket.AF_UNIX)
        far.connect(there)
        for pair in ((near, far), (far, near)):
            threading.Thread(target=copy, args=pair, daemon=True).start()

threading.Thread(target=serve, daemon=True).start()
print("docprobe-ready", flush=True)
sys.stdin.buffer.read()
"""


def host_with(folder: Path, script: str, address: str) -> HostEnvironment:
    folder.mkdir(exist_ok=True)
    program = folder / "ssh"
    program.write_text(script)
    program.chmod(0o755)
    return HostEnvironment({"PATH": str(folder), "DOCKER_HOST": address})


async def test_an_engine_is_reached_through_one_ssh(tmp_path: Path) -> None:
    socket_path = tmp_path / "engine.sock"
    host = host_with(tmp_path / "bin", SSH, f"ssh://someone@far.example:2222{socket_path}")
    with engine_on(socket_path):
        api = await open_api(host)
        carried = api.raw.forward
        assert carried is not None
        assert (await api.info()).version == "27.0"
        assert not api.is_local, "Podman's files would be sought on another machine"
        api.raw.close()
    asked = (tmp_path / "bin" / "asked").read_text().split("\n")
    assert asked[asked.index("-l") + 1] == "someone"
    assert asked[asked.index("-p") + 1] == "2222"
    assert asked[-3:-1] == ["--", "far.example"]
    assert "BatchMode=yes" in asked
    assert carried.process.poll() is not None
    assert not carried.folder.exists()


async def test_it_ends_when_its_stdin_does(tmp_path: Path) -> None:
    """As it does when docprobe is killed."""
    host = host_with(tmp_path / "bin", SSH, "")
    carried = forward(f"ssh://far.example{tmp_path}/engine.sock", host)
    assert carried.process.stdin is not None
    carried.process.stdin.close()
    assert carried.process.wait(30) == 0
    carried.close()


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("#!/bin/sh\necho 'me@far.example: Permission denied (publickey).' >&2; exit 255\n", "Permission denied"),
        ("#!/bin/sh\nexit 7\n", "ssh ended with code 7"),
    ],
)
async def test_what_ssh_says_is_reported(tmp_path: Path, script: str, said: str) -> None:
    host = host_with(tmp_path / "bin", script, "ssh://far.example")
    with pytest.raises(EngineError) as caught:
        await open_api(host)
    assert caught.value.message.startswith("no container engine answers at ssh://far.example: ")
    assert said in caught.value.message
    assert "ssh far.example" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "address", ["ssh://", "ssh://me:secret@far.example", "ssh://far.example?x=1", "ssh://far:port"]
)
async def test_an_address_that_names_no_engine(tmp_path: Path, address: str) -> None:
    with pytest.raises(EngineError, match="does not name an engine"):
        await open_api(host_with(tmp_path / "bin", SSH, address))


async def test_no_ssh(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="ssh is not installed here"):
        await open_api(HostEnvironment({"PATH": str(tmp_path), "DOCKER_HOST": "ssh://far.example"}))


async def test_an_ssh_to_a_machine_without_an_engine(tmp_path: Path) -> None:
    host = host_with(tmp_path / "bin", SSH, f"ssh://far.example{tmp_path}/nothing.sock")
    with pytest.raises(EngineError, match=r"no container engine answers at ssh://far\.example") as caught:
        await open_api(host)
    assert "check that the engine's socket is there" in (caught.value.hint or "")


@pytest.mark.parametrize("named", [{"DOCKER_CONTEXT": "build-farm"}, {}])
async def test_a_context_that_does_not_exist(tmp_path: Path, named: dict[str, str]) -> None:
    """The usual engine in its place would be another machine than the user named."""
    (tmp_path / "config.json").write_text('{"currentContext": "build-farm"}')
    with pytest.raises(EngineError, match="the Docker context build-farm does not exist"):
        await open_api(HostEnvironment({"DOCKER_CONFIG": str(tmp_path), **named}))
