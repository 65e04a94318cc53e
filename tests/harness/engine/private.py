"""An engine of the tests' own: may be stopped, hung and filled, and the user's is never touched."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class PrivateEngine:
    """A dockerd with its own socket and folders, below ``folder``."""

    folder: Path
    log: IO[bytes]
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"unix://{self.folder}/d.sock"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = subprocess.Popen(
            [
                # in a network namespace of its own: without a bridge, dockerd removes the docker0 of the host's engine
                "unshare", "--net", "dockerd", "--host", self.address, "--data-root", str(self.folder / "data"),
                "--exec-root", str(self.folder / "exec"), "--pidfile", str(self.folder / "pid"),
                "--bridge=none", "--iptables=false", "--ip6tables=false",
            ],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
        )  # fmt: skip
        until = time.monotonic() + 60
        while True:
            asked = subprocess.run(["docker", "--host", self.address, "version"], capture_output=True, check=False)
            if asked.returncode == 0:
                return
            assert time.monotonic() < until, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.2)

    def signal(self, number: signal.Signals) -> None:
        """Send dockerd a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    def end(self) -> None:
        """Stop dockerd and whatever of its containers a killed one left."""
        if self.process is not None and self.process.poll() is None:
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@contextmanager
def private_engine(folder: Path, disk_mib: int | None = None) -> Iterator[PrivateEngine]:
    """A private engine, on a small disk of its own if ``disk_mib`` is given. Needs root and dockerd."""
    data = folder / "data"
    data.mkdir(parents=True)
    if disk_mib is not None:
        image = folder / "disk"
        with image.open("wb") as file:
            file.truncate(disk_mib << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
        subprocess.run(["mount", "-o", "loop", str(image), str(data)], check=True)
    with (folder / "log").open("wb") as log:
        engine = PrivateEngine(folder, log)
        try:
            engine.start()
            yield engine
        finally:
            engine.end()
            for line in reversed(_mounts()):
                if str(folder) in line:
                    subprocess.run(["umount", "--lazy", line], check=False)
            shutil.rmtree(folder, ignore_errors=True)


def copy_images(source: str | None, target: str, tags: list[str]) -> None:
    """Load images of one engine into another."""
    environment = {**os.environ, **({"DOCKER_HOST": source} if source else {})}
    with subprocess.Popen(["docker", "save", *tags], stdout=subprocess.PIPE, env=environment) as saving:
        subprocess.run(
            ["docker", "--host", target, "load", "--quiet"], stdin=saving.stdout, check=True, capture_output=True
        )
    assert saving.returncode == 0


def _mounts() -> list[str]:
    return [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
