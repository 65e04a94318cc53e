"""One start of an example's command (or of one of its build steps): a container that joins the anchor's namespaces."""

from __future__ import annotations

import signal
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import anyio
from anyio.lowlevel import checkpoint

from harness.base.errors import EngineError
from harness.engine import launch
from harness.engine.api import Api, ConflictError, GoneError
from harness.engine.attach import STDOUT, Attached, attach
from harness.engine.hardening import APP, EXAMPLE_USER, HOME, MIB, ROOT, Share, home, host_config
from harness.engine.protocol import ExitState, Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from anyio.abc import TaskGroup

    from harness.engine.events import Events, Fate
    from harness.engine.logs import LogBook
    from harness.engine.owner import Owner

_PATH: Final = (
    f"{ROOT}/node_modules/.bin:{ROOT}/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
)
_ENVIRONMENT: Final = {
    "PATH": _PATH,
    "HOME": HOME,
    "TMPDIR": "/tmp",
    "LANG": "C.UTF-8",
    "PYTHONUNBUFFERED": "1",
    # there is no network: clients that would ask for packages should fail at once and say so
    "NPM_CONFIG_OFFLINE": "true",
    "NPM_CONFIG_UPDATE_NOTIFIER": "false",
    "UV_OFFLINE": "1",
    "UV_NO_SYNC": "1",
    "UV_PROJECT_ENVIRONMENT": f"{ROOT}/venv",
    "VIRTUAL_ENV": f"{ROOT}/venv",
}
_KILL_FACTOR: Final = 16
"""An example that writes this many times its kept log is killed (Limits.log_bytes)."""
_OOM_GRACE_S: Final = 0.4
"""How long after a death by SIGKILL the engine may take to say that it was for memory."""
_DRAIN_S: Final = 2.0
_KILLED_CODES: Final = (-1, 128 + signal.SIGKILL, 128 + signal.SIGTERM)
_LOST_GRACE_S: Final = 1.0
"""How long after such an end the pod may take to break, if it was the engine that did it."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What all processes of one pod share."""

    api: Api
    events: Events
    owner: Owner
    limits: Limits
    runtime: str | None
    cpus: float
    anchor: str
    """Container id."""
    image: str
    environment: Mapping[str, str]
    logs: LogBook
    stdio: bool
    """Whether stdin and stdout are for the host to speak on."""
    lost: Callable[[], bool]
    """Whether the pod or the engine broke: then how a process ended is not the example's doing."""
    kernel: str = ""
    """Release of the engine's kernel."""
    packages: tuple[str, ...] = ()
    """Names of the packages at the top of ``node_modules``."""


class Process:
    """A started container. :meth:`follow` must run as a task."""

    def __init__(self, setting: Setting, container: str, attached: Attached, fate: Fate, during: str) -> None:
        self._setting = setting
        self._container = container
        self._attached = attached
        self._fate = fate
        self._during = during
        self._killed: tuple[str, str] | None = None
        self._written = 0
        self._stdout: deque[bytes] = deque()
        self._stdout_ended = False
        self._stdout_changed = anyio.Event()
        self.state: ExitState | None = None
        self.ended = anyio.Event()

    async def follow(self) -> None:
        """Take its output and await its end, whatever it does."""
        try:
            async with anyio.create_task_group() as tasks:
                drained = anyio.Event()
                tasks.start_soon(self._drain, drained, tasks)
                await self._fate.ended.wait()
                with anyio.move_on_after(_DRAIN_S):
                    await drained.wait()
                self.state = await self._exit_state()
                tasks.cancel_scope.cancel()
        finally:
            await self.let_go()

    async def let_go(self) -> None:
        """Do not follow it after all: it ends with its pod."""
        self._setting.events.forget(self._container)
        with anyio.CancelScope(shield=True):
            await self._attached.aclose()
        self.ended.set()

    async def kill(self, sentence: str = "stopped by docprobe", limit: str = "") -> None:
        """End it; ``sentence`` and ``limit`` say why. Raises EngineError."""
        if self.ended.is_set():
            return
        self._killed = self._killed or (sentence, limit)
        self._touch_stdout()
        api = self._setting.api
        with suppress(GoneError, ConflictError):
            await api.call("kill the example", api.raw.kill, self._container, "SIGKILL")

    async def write(self, data: bytes) -> None:
        """Write to its stdin. Raises BrokenResourceError if it ended."""
        await self._attached.send(data)

    async def close_stdin(self) -> None:
        """Close its stdin."""
        await self._attached.send_eof()

    async def read(self) -> bytes:
        """Next bytes of its stdout (stdio examples only); empty at the end."""
        while not self._stdout and not self._stdout_ended:
            await self._stdout_changed.wait()
        data = self._stdout.popleft() if self._stdout else b""
        self._touch_stdout()
        return data

    async def _drain(self, drained: anyio.Event, tasks: TaskGroup) -> None:
        """Read all output, always: a container whose output nobody reads cannot die, not even while it is killed."""
        logs, limits = self._setting.logs, self._setting.limits
        said = f"killed: log limit {limits.log_bytes * _KILL_FACTOR // MIB} MiB"
        told = False
        try:
            while True:
                source, data = await self._attached.receive_any()
                self._written += len(data)
                if self._written > limits.log_bytes * _KILL_FACTOR and self._killed is None and not told:
                    told = True
                    tasks.start_soon(self._kill_quietly, said, "log_bytes")
                await checkpoint()  # what comes faster than it is read must not keep the event loop from all else
                if self._setting.stdio and self._during == "run" and source == STDOUT:
                    await self._offer(data)
                else:
                    logs.write("stdout" if source == STDOUT else "stderr", data)
        except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
            pass
        finally:
            logs.end("stdout")
            logs.end("stderr")
            self._stdout_ended = True
            self._touch_stdout()
            drained.set()

    async def _kill_quietly(self, sentence: str, limit: str) -> None:
        with suppress(EngineError):  # the next call says that the engine does not answer
            await self.kill(sentence, limit)

    async def _offer(self, data: bytes) -> None:
        """Hold the stdout of a stdio example for the host. Waits while nobody reads, unless it is being killed."""
        while sum(map(len, self._stdout)) > self._setting.limits.log_bytes and self._killed is None:
            await self._stdout_changed.wait()
        if self._killed is None:
            self._stdout.append(data)
            self._touch_stdout()

    def _touch_stdout(self) -> None:
        self._stdout_changed.set()
        self._stdout_changed = anyio.Event()

    async def _exit_state(self) -> ExitState | None:
        """How it ended; None if that cannot be told, because pod or engine broke."""
        code = -1 if self._fate.exit_code is None else self._fate.exit_code
        if code == 128 + signal.SIGKILL and self._killed is None and not self._fate.out_of_memory:
            await anyio.sleep(_OOM_GRACE_S)
        if self._killed is not None:
            sentence, limit = self._killed
            return ExitState(code, sentence, limit or None, self._during)
        if code == launch.MEMORY_CODE or (self._fate.out_of_memory and code != 0):
            code = 128 + signal.SIGKILL if code == launch.MEMORY_CODE else code
            memory = self._setting.limits.memory_mib
            return ExitState(code, f"killed: memory limit {memory} MiB", "memory_mib", self._during)
        if code in _KILLED_CODES:
            # an engine that stops ends the example first, the anchor next
            with anyio.move_on_after(_LOST_GRACE_S):
                while not self._setting.lost():
                    await anyio.sleep(0.02)
                return None
        return ExitState(code, launch.sentence(code), None, self._during)


async def start(setting: Setting, argv: Sequence[str], cwd: str, *, name: str, during: str = "run") -> Process:
    """Start ``argv`` in ``cwd`` (relative to the example's folder). Raises EngineError; then nothing is left."""
    api, limits = setting.api, setting.limits
    config = host_config(
        api.raw,
        Share(limits.memory_mib, setting.cpus, limits.processes, limits.tmp_mib),
        network=f"container:{setting.anchor}",
        runtime=setting.runtime,
        pid_mode=f"container:{setting.anchor}",
        volumes_from=[setting.anchor],
        tmpfs=home(limits.tmp_mib),
    )
    stdin = setting.stdio and during == "run"
    container = await api.call(
        "create the example's container", api.raw.create_container, setting.image,
        launch.command(f"{APP}/{cwd}", argv),
        name=name, user=EXAMPLE_USER, stdin_open=stdin, host_config=config, labels=setting.owner.labels("example"),
        entrypoint=[], environment={**_ENVIRONMENT, **setting.environment}, working_dir="/", use_config_proxy=False,
    )  # fmt: skip
    identity = str(container["Id"])
    fate = setting.events.watch(identity)
    attached = None
    try:
        attached = await attach(api, identity, stdin=stdin)
        await api.call("start the example", api.raw.start, identity)
    except BaseException:
        setting.events.forget(identity)
        with anyio.CancelScope(shield=True):
            if attached is not None:
                await attached.aclose()
            with suppress(GoneError, ConflictError):
                await api.call("remove the example's container", _remove, api, identity)
        raise
    return Process(setting, identity, attached, fate, during)


def _remove(api: Api, container: str) -> None:
    api.raw.remove_container(container, v=True, force=True)
