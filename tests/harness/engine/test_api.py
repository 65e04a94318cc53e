from __future__ import annotations

import json
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer, UnixStreamServer
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import anyio
import docker.errors
import pytest
import requests

from harness.base.errors import EngineError
from harness.base.host import HostEnvironment
from harness.engine import api as apis
from harness.engine.api import Api, ConflictError, GoneError, SilentError, open_api
from harness.engine.events import ContainerEvents
from tests.support.docker_contexts import write_context

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.anyio


def raising(error: Exception) -> Any:
    def call() -> None:
        raise error

    return call


def api_error(status: int, words: str = "the daemon's own words") -> docker.errors.APIError:
    response = requests.Response()
    response.status_code = status
    return docker.errors.APIError("no", response=response, explanation=words)


def api() -> Api:
    return Api(SimpleNamespace())  # type: ignore[arg-type]


async def test_a_call_that_never_returns_is_named() -> None:
    free = threading.Event()
    try:
        with pytest.raises(SilentError) as caught:
            await api().call_within(0.05, "start an anchor", free.wait)
    finally:
        free.set()
    assert caught.value.message == "the engine did not start an anchor within 0.05 s: it does not answer"
    assert "restart the engine" in (caught.value.hint or "")
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (docker.errors.NotFound("x", response=requests.Response(), explanation="no such image"), GoneError, "no such"),
        (api_error(409), ConflictError, "the daemon's own words"),
        (api_error(500, "removing: container state improper"), ConflictError, "state improper"),
        (api_error(500, "container 1 has dependent containers which must be removed"), ConflictError, "dependent"),
        (api_error(500), EngineError, "could not create a container: the daemon's own words"),
        (requests.ConnectionError("refused"), EngineError, "broke while it was asked to create a container"),
        (ConnectionResetError(104, "Connection reset"), EngineError, "connection to the engine broke"),
    ],
)
async def test_errors_are_ours_and_say_what_was_asked(error: Exception, kind: type[EngineError], said: str) -> None:
    with pytest.raises(kind) as caught:
        await api().call("create a container", raising(error))
    assert said in caught.value.message
    assert caught.value.hint


async def test_a_call_that_was_begun_is_waited_for() -> None:
    done = threading.Event()

    def slow() -> str:
        threading.Event().wait(0.2)
        done.set()
        return "made"

    with anyio.move_on_after(0.01) as scope:
        assert await api().call("create a container", slow) == "made"
        await anyio.sleep(1)
    assert scope.cancelled_caught
    assert done.is_set()


async def test_no_engine() -> None:
    with pytest.raises(EngineError, match=r"no container engine answers at unix:///nowhere\.sock: No such") as caught:
        await open_api(HostEnvironment({"DOCKER_HOST": "unix:///nowhere.sock"}))
    assert "docprobe doctor" in (caught.value.hint or "")


@pytest.mark.parametrize("named", ["by the client's configuration", "by the environment"])
async def test_the_context_names_the_engine_as_on_a_desktop(tmp_path: Path, named: str) -> None:
    """Docker Desktop's socket is in the user's home, and only a context says so."""
    socket_path = tmp_path / "desktop.sock"
    by_file = named == "by the client's configuration"
    write_context(tmp_path, "desktop-linux", f"unix://{socket_path}", current=by_file)
    by_environment = {} if by_file else {"DOCKER_CONTEXT": "desktop-linux"}
    host = HostEnvironment({"DOCKER_CONFIG": str(tmp_path), **by_environment})
    with pytest.raises(EngineError, match=r"no container engine answers at unix://.*desktop\.sock"):
        await open_api(host)
    with engine_on(socket_path):
        connected = await open_api(host)
        assert connected.is_local
        assert (await connected.info()).version == "27.0"
        connected.raw.close()


@contextmanager
def engine_on(path: Path) -> Iterator[None]:
    """An engine that only describes itself."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"ApiVersion": "1.45", "ServerVersion": "27.0", "Version": "27.0"}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def address_string(self) -> str:
            return "local"

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingUnixStreamServer):
        daemon_threads = True

    with Server(str(path), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield
        server.shutdown()
        thread.join()


async def test_an_engine_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apis, "CALL_S", 0.3)
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener:
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        with pytest.raises(SilentError):
            await open_api(HostEnvironment({"DOCKER_HOST": f"tcp://127.0.0.1:{port}"}))


class FakeStream:
    """An event stream that gives what it is told, then waits to be closed."""

    def __init__(self, events: list[dict[str, Any]]) -> None:
        self.events = events
        self.closed = threading.Event()

    def __iter__(self) -> Any:
        yield from self.events
        self.closed.wait(5)

    def close(self) -> None:
        self.closed.set()


def event(action: str, container: str, **attributes: str) -> dict[str, Any]:
    return {"Action": action, "Actor": {"ID": container, "Attributes": attributes}}


async def test_exits() -> None:
    stream = FakeStream(
        [
            event("start", "a"), event("die", "stranger", exitCode="1"), event("oom", "a"),
            event("die", "a", exitCode="137"), event("destroy", "a"), event("die", "b", exitCode="0"), {},
        ]
    )  # fmt: skip
    asked: dict[str, Any] = {}

    def subscribe(**options: Any) -> FakeStream:
        asked.update(options)
        return stream

    events = ContainerEvents(Api(SimpleNamespace(events=subscribe)), "run1")  # type: ignore[arg-type]
    await events.open()
    assert asked["filters"] == {"type": "container", "label": "docprobe.run=run1"}
    first, second = events.watch("a"), events.watch("b")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(events.follow)
        with anyio.fail_after(30):
            await first.removed.wait()
            await second.ended.wait()
        assert (first.code, first.out_of_memory) == (137, True)
        assert (second.code, second.out_of_memory, second.removed.is_set()) == (0, False, False)
        assert not events.broken.is_set()
        events.close()
        with anyio.fail_after(30):
            await events.broken.wait()
        tasks.cancel_scope.cancel()


class Daemon(BaseHTTPRequestHandler):
    """As much of an engine as a client needs to be opened."""

    def do_GET(self) -> None:
        body = b'{"ApiVersion": "1.44"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        return "a UNIX socket"

    def log_message(self, format: str, *args: Any) -> None:
        pass


async def test_sockets_that_a_dead_engine_refuses_are_closed(tmp_path: Path) -> None:
    """docker-py leaves them to the garbage collector, which finds them in whatever test runs then."""
    path = tmp_path / "engine.sock"
    server = UnixStreamServer(str(path), Daemon)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        opened = await open_api(HostEnvironment({"DOCKER_HOST": f"unix://{path}"}))
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    before = open_sockets()
    with pytest.raises(EngineError, match="the connection to the engine broke"):
        await opened.info()
    assert open_sockets() == before
    opened.raw.close()


def open_sockets() -> set[str]:
    """Return the sockets of this process, by their inodes."""
    links = set()
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            links.add(str(entry.readlink()))
    return {link for link in links if link.startswith("socket:")}
