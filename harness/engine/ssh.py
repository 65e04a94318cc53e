"""An engine on a machine that ssh reaches: its socket, forwarded to one of this machine.

One ``ssh`` process carries every connection. It is OpenSSH's own client, so that the user's configuration, keys, agent
and known hosts count, and it is never asked for a password. Its remote command reads stdin, which ends with docprobe,
however docprobe ends: the forwarding ends with it.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from extractor.base.text import printable
from harness.base.errors import EngineError

if TYPE_CHECKING:
    from harness.base.host import HostEnvironment

SCHEME: Final = "ssh"
SOCKET: Final = "/var/run/docker.sock"
_READY: Final = b"docprobe-ready"
_REMOTE_COMMAND: Final = f"echo {_READY.decode()} && exec cat >/dev/null"
_CONNECT_S: Final = 20
_END_S: Final = 5.0
_OPTIONS: Final = (
    "BatchMode=yes", "ExitOnForwardFailure=yes", f"ConnectTimeout={_CONNECT_S}", "ServerAliveInterval=10",
    "ServerAliveCountMax=3", "ControlMaster=no", "ControlPath=none", "ForwardAgent=no", "LogLevel=ERROR",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Forward:
    """A running ``ssh`` that forwards an engine's socket."""

    folder: Path
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def address(self) -> str:
        """What a client of the engine connects to."""
        return f"unix://{self.folder / 'engine.sock'}"

    def close(self) -> None:
        """End it. Does not raise."""
        process = self.process
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def forward(address: str, host: HostEnvironment) -> Forward:
    """Forward the engine's socket at ``ssh://[USER@]HOST[:PORT][/SOCKET]``, and return when connections go through.

    Args:
        address: as in DOCKER_HOST or a docker context. Without a path, the engine's usual socket.
        host: its PATH has ``ssh``, which is run with this environment.

    Raises:
        EngineError: ssh is not installed, or cannot log in or forward; the message quotes it.
    """
    program = host.program(SCHEME)
    if program is None:
        raise EngineError(f"{printable(address)}: ssh is not installed here", "install OpenSSH's client")
    target, arguments, path = _parsed(address)
    # of a short name: the path of a UNIX socket has 108 bytes
    folder = Path(tempfile.mkdtemp(prefix="docprobe-"))
    options = [part for option in _OPTIONS for part in ("-o", option)]
    process = subprocess.Popen(
        [program, *options, "-T", "-L", f"{folder / 'engine.sock'}:{path}", *arguments, "--", target, _REMOTE_COMMAND],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(host.variables),
        start_new_session=True,  # Ctrl-C must not end it before what runs on the engine is removed
    )  # fmt: skip
    made = Forward(folder, process)
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        if _READY in process.stdout.readline():
            return made
        said = process.stderr.read(64 * 1024).decode("utf-8", "replace").strip().splitlines()
    except BaseException:
        made.close()
        raise
    made.close()
    raise EngineError(
        f"no container engine answers at {printable(address)}: "
        + (printable(said[-1])[:300] if said else f"ssh ended with code {process.returncode}"),
        f"make `ssh {printable(target)}` work without prompting: set up a key, and add the host to known_hosts",
    )


def _parsed(address: str) -> tuple[str, list[str], str]:
    """Return the host, ssh's arguments for user and port, and the path of the socket there. Raises EngineError."""
    try:
        parts = urlsplit(address)
        name, port = parts.hostname, parts.port
    except ValueError:
        name = port = None
    if not name or parts.password or parts.query or parts.fragment:
        raise EngineError(f"{printable(address)} does not name an engine", "write ssh://[USER@]HOST[:PORT][/SOCKET]")
    user = ["-l", unquote(parts.username)] if parts.username else []
    return name, [*user, *(["-p", str(port)] if port else [])], unquote(parts.path.rstrip("/")) or SOCKET
