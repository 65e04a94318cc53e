"""An engine of the tests' own, to be stopped, hung and filled: own socket, own network namespace, own small disk.

The user's engine is only asked for the base image.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import docker

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DISK_MIB = 1200
RUNTIME = "written-down"
"""Name of an OCI runtime that the engine knows beside the usual one."""
GVISOR = "gvisor"
"""The same for gVisor; of use where ``runsc`` is installed."""
_START_S = 60.0
_HANDED_OVER = ("sh", "-c", 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@" 3<&0 </dev/null', "sh")
"""Hands a socket over as systemd does."""


def why_not() -> str | None:
    """Why this machine cannot run an engine of its own; None if it can."""
    if os.geteuid() != 0:
        return "needs root, to run an engine of its own"
    missing = [name for name in ("dockerd", "mkfs.ext4", "mount", "runc", "unshare") if shutil.which(name) is None]
    return f"needs {', '.join(missing)}" if missing else None


@dataclass
class OwnEngine:
    """A dockerd and its disk."""

    folder: Path
    sockets: Path
    """Of a short name: the path of a UNIX socket has 108 bytes."""
    process: subprocess.Popen[bytes] | None = None
    listener: socket.socket | None = None
    """Of this machine's loopback, on which it listens with TLS; it is in another network namespace itself."""
    tls: Sequence[str] = ()
    """Options with the engine's own certificate, and the CA of its clients."""

    @property
    def host(self) -> str:
        return f"unix://{self.sockets / 'engine.sock'}"

    @property
    def environment(self) -> dict[str, str]:
        """As the caller's, with this engine."""
        return {**os.environ, "DOCKER_HOST": self.host}

    def start(self) -> None:
        """Start it and wait until it answers."""
        folder = self.folder
        (folder / "engine.pid").unlink(missing_ok=True)
        handed = _HANDED_OVER if self.listener is not None else ()
        remote = ["--host", "fd://", *self.tls] if self.listener is not None else []
        with (folder / "engine.log").open("ab") as log:
            self.process = subprocess.Popen(
                # in a network namespace of its own: an engine with `--bridge none` deletes a docker0 that it finds
                ["unshare", "--net", *handed, "dockerd", *remote, "--host", self.host, "--data-root", str(folder / "disk"),
                 "--exec-root", str(self.sockets / "exec"), "--pidfile", str(folder / "engine.pid"), "--bridge", "none",
                 "--iptables=false", "--ip6tables=false", "--add-runtime", f"{RUNTIME}={self._runtime()}",
                 "--add-runtime", f"{GVISOR}={self._gvisor()}"],
                stdin=self.listener or subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        until = time.monotonic() + _START_S
        while time.monotonic() < until:
            asked = subprocess.run(["docker", "--host", self.host, "version"], capture_output=True, check=False)
            if asked.returncode == 0:
                return
            time.sleep(0.1)
        raise AssertionError((folder / "engine.log").read_text()[-2000:])

    def _runtime(self) -> Path:
        """A runtime other than the usual one, that writes down what it is asked to do."""
        script = self.folder / "runtime"
        script.write_text(f'#!/bin/sh\necho "$@" >>{self.folder / "runtime.log"}\nexec runc "$@"\n')
        script.chmod(0o755)
        return script

    def _gvisor(self) -> Path:
        """gVisor as docprobe needs it: the pod's own empty network, and not one for each container."""
        script = self.folder / "gvisor"
        options = "--platform=ptrace --network=host --ignore-cgroups"  # wherever this runs, also in a container
        script.write_text(f'#!/bin/sh\nexec runsc {options} "$@"\n')
        script.chmod(0o755)
        return script

    def made_by_runtime(self) -> set[str]:
        """Ids of the containers that RUNTIME made."""
        log = self.folder / "runtime.log"
        calls = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
        return {call[-1] for call in calls if "create" in call}

    def signal(self, number: signal.Signals) -> None:
        """To the engine itself."""
        assert self.process is not None
        self.process.send_signal(number)

    def stop(self) -> None:
        """End it as its administrator would."""
        if self.process is not None:
            self.signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    def die(self) -> None:
        """Kill it."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process = None

    def fill(self) -> None:
        """Fill its disk to the last block."""
        for size in ("1M", "4k"):
            filler = f"of={self.folder / 'disk' / f'filler-{size}'}"
            subprocess.run(["dd", "if=/dev/zero", filler, f"bs={size}"], capture_output=True, check=False)

    def unfill(self) -> None:
        """Undo :meth:`fill`."""
        for filler in (self.folder / "disk").glob("filler-*"):
            filler.unlink()

    def client(self) -> docker.APIClient:
        return docker.APIClient(base_url=self.host, version="auto")


@contextmanager
def own_engine(
    folder: Path, image: str, listener: socket.socket | None = None, tls: Sequence[str] = ()
) -> Iterator[OwnEngine]:
    """An engine that has ``image`` of the user's engine, for the length of the block.

    With a listener it is reached through it as well, by TLS; ``tls`` has its options for that.
    """
    disk = folder / "disk"
    disk.mkdir()
    file = folder / "disk.ext4"
    with file.open("wb") as made:
        made.truncate(DISK_MIB << 20)
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(file)], check=True, capture_output=True)
    subprocess.run(["mount", "-o", "loop", str(file), str(disk)], check=True)
    engine = OwnEngine(folder, Path(tempfile.mkdtemp(prefix="engine-")), listener=listener, tls=tls)
    before = bridges()
    try:
        engine.start()
        assert bridges() == before, "the own engine touched the host's network"
        with subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE) as saving:
            load = ["docker", "--host", engine.host, "load", "--quiet"]
            subprocess.run(load, stdin=saving.stdout, check=True, capture_output=True)
        assert saving.returncode == 0
        yield engine
    finally:
        engine.stop()
        _end_containerd(engine.sockets)
        subprocess.run(["umount", "--lazy", str(disk)], check=False)
        shutil.rmtree(engine.sockets, ignore_errors=True)


def bridges() -> set[str]:
    """The host's bridges, which belong to the user's engine."""
    return {path.parent.name for path in Path("/sys/class/net").glob("*/bridge")}


def _end_containerd(sockets: Path) -> None:
    """A killed engine leaves its containerd and shims; they are known by their folder."""
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                with open(f"{entry.path}/cmdline", "rb") as file:  # noqa: PTH123
                    line = file.read()
                if str(sockets / "exec").encode() in line:
                    os.kill(int(entry.name), signal.SIGKILL)
            except OSError:
                continue
