"""The proxy that installs go through: it connects to the registries in use and to nothing else."""

from __future__ import annotations

import base64
import re
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import pytest

from extractor.model import Dependency, Manager
from harness.base.errors import UsageError
from harness.base.host import HostEnvironment
from harness.engine.inside import go_modules, program
from harness.engine.install import gomod
from harness.engine.install import silence as silences
from harness.engine.install import way_out as ways
from harness.engine.install.settings import InstallSettings
from harness.engine.install.silence import Silence
from harness.engine.install.way_out import MOST_REFUSED, USUAL, WayOut, _environment, _Proxy, registries

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from anyio.abc import SocketStream

pytestmark = pytest.mark.anyio

NOBODY = HostEnvironment()


@asynccontextmanager
async def listening(serve: Callable[[SocketStream], Awaitable[None]]) -> AsyncIterator[int]:
    """A server on loopback; its port."""
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, serve)
        yield listener.extra(anyio.abc.SocketAttribute.local_port)
        tasks.cancel_scope.cancel()


class Registry:
    """Answers whatever comes with what it received."""

    def __init__(self) -> None:
        self.received = b""

    async def __call__(self, stream: SocketStream) -> None:
        async with stream:
            self.received += await stream.receive()
            await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")


async def asked(
    request: bytes,
    allowed: set[tuple[str, int]],
    host: HostEnvironment = NOBODY,
    then: bytes = b"",
    way: WayOut | None = None,
    silence: Silence | None = None,
    said: list[str] | None = None,
) -> tuple[bytes, list[str]]:
    """What the proxy answers, and what it refused."""
    way = way or WayOut("none", {})
    refused = way.refused
    progress = said.append if said is not None else None
    proxy = _Proxy(frozenset(allowed), host, way, silence or Silence(), progress)

    async def serve(stream: SocketStream) -> None:
        async with stream:
            await proxy.serve(stream)

    answer = b""
    async with listening(serve) as port, await anyio.connect_tcp("127.0.0.1", port) as stream:
        await stream.send(request)
        with anyio.fail_after(30):
            try:
                if then:
                    answer += await stream.receive()
                    await stream.send(then)
                while True:
                    answer += await stream.receive()
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                return answer, refused
    return answer, refused


async def test_a_tunnel_to_a_registry_carries_what_both_say() -> None:
    registry = Registry()
    async with listening(registry) as port:
        answer, refused = await asked(
            f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
            {("127.0.0.1", port)},
            then=b"secret hello",
        )
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"\r\n\r\nok")
    assert registry.received == b"secret hello"
    assert refused == []


async def test_a_registry_without_tls_gets_the_request_that_it_expects() -> None:
    registry = Registry()
    async with listening(registry) as port:
        request = f"GET http://127.0.0.1:{port}/simple/x/?a=b HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX: y\r\n\r\n"
        answer, _ = await asked(request.encode(), {("127.0.0.1", port)})
    assert answer.endswith(b"ok")
    assert registry.received == f"GET /simple/x/?a=b HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX: y\r\n\r\n".encode()


@pytest.mark.parametrize(
    ("request_line", "named"),
    [
        ("CONNECT 169.254.169.254:80 HTTP/1.1", "169.254.169.254:80"),
        ("CONNECT registry.example:22 HTTP/1.1", "registry.example:22"),
        ("CONNECT evil.registry.example:443 HTTP/1.1", "evil.registry.example:443"),
        ("CONNECT registry.example.:443 HTTP/1.1", "registry.example.:443"),
        ("CONNECT [::1]:443 HTTP/1.1", "::1:443"),
        ("GET http://172.17.0.1/latest/meta-data HTTP/1.1", "172.17.0.1:80"),
        ("GET http://registry.example/ HTTP/1.1", "registry.example:80"),
        ("GET http://registry.example@10.0.0.1:443/ HTTP/1.1", "10.0.0.1:443"),
    ],
)
async def test_whatever_is_not_a_registry_in_use_is_refused_and_named(request_line: str, named: str) -> None:
    answer, refused = await asked(f"{request_line}\r\n\r\n".encode(), {("registry.example", 443)})
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert refused == [named]


@pytest.mark.parametrize(
    "head",
    [
        b"SSH-2.0-x\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"CONNECT x HTTP/2\r\n\r\n", b"CONNECT x:y HTTP/1.1\r\n\r\n",
        b"GET https://registry.example/ HTTP/1.1\r\n\r\n", b"CONNECT :443 HTTP/1.1\r\n\r\n", b"\xff\xfe\r\n\r\n",
        b"GET file:///etc/passwd HTTP/1.1\r\n\r\n",
    ],
)  # fmt: skip
async def test_what_is_no_request_to_a_proxy_is_answered_400(head: bytes) -> None:
    answer, refused = await asked(head, {("registry.example", 443)})
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert refused == []


async def test_a_head_without_end_is_dropped() -> None:
    assert await asked(b"x" * 200_000, set()) == (b"", [])


async def test_a_registry_that_does_not_answer_is_a_502() -> None:
    async with listening(Registry()) as port:
        pass
    answer, refused = await asked(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode(), {("127.0.0.1", port)})
    assert answer.startswith(b"HTTP/1.1 502 ")
    assert refused == []


async def test_why_no_registry_is_reached_is_noted_until_one_is() -> None:
    way = WayOut("none", {})
    async with listening(Registry()) as closed:
        pass
    await asked(f"CONNECT 127.0.0.1:{closed} HTTP/1.1\r\n\r\n".encode(), {("127.0.0.1", closed)}, way=way)
    assert way.outage is not None
    assert re.match(rf"no connection to 127\.0\.0\.1:{closed}: .*[Cc]onnect", way.outage)
    async with listening(Registry()) as port:
        request = f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode()
        await asked(request, {("127.0.0.1", port)}, then=b"x", way=way)
    assert (way.outage, way.reached) == (None, {f"127.0.0.1:{port}"})


async def never_answers(stream: SocketStream) -> None:
    async with stream:
        with suppress(anyio.EndOfStream, anyio.BrokenResourceError):
            while True:
                await stream.receive()


async def test_a_registry_that_accepts_connections_and_sends_nothing_is_waited_for_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(silences, "SILENT_S", 1.0)
    monkeypatch.setattr(ways, "_SAID_AFTER_S", 0.2)
    silence, said, outages, took = Silence(), list[str](), [], []
    async with listening(never_answers) as port:
        address = f"127.0.0.1:{port}"
        request = f"CONNECT {address} HTTP/1.1\r\n\r\n".encode()

        async def install() -> None:
            began, way = anyio.current_time(), WayOut("none", {})
            await asked(request, {("127.0.0.1", port)}, then=b"hello", way=way, silence=silence, said=said)
            took.append(anyio.current_time() - began)
            outages.append(way.outage)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(install)
            tasks.start_soon(install)
        answer, _ = await asked(request, {("127.0.0.1", port)}, silence=silence)
    silent = f"no answer from {address}: it accepts connections and sends nothing (waited 1 s)"
    assert outages == [silent, silent]
    assert min(took) >= 1.0
    assert answer.startswith(b"HTTP/1.1 502 ")
    assert silent.encode() in answer, "the next one is not let wait"
    assert set(said) == {f"waiting for {address}, which accepts connections and has sent nothing yet"}


async def test_a_connection_that_nothing_is_asked_on_is_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client may open one more than it uses, and a registry that answers others is not given up."""
    monkeypatch.setattr(silences, "SILENT_S", 0.3)
    silence, way = Silence(), WayOut("none", {})
    async with listening(never_answers) as port:
        request = f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode()
        with anyio.move_on_after(1.5) as patience:
            await asked(request, {("127.0.0.1", port)}, way=way, silence=silence)
    assert patience.cancelled_caught, "the connection is left alone"
    silence.check(f"127.0.0.1:{port}")
    assert way.unreachable == {}


@pytest.mark.parametrize(("said_after_s", "known"), [(0.1, True), (60.0, False)])
async def test_a_registry_is_silent_once_it_was_waited_for_and_not_where_an_install_ended_at_once(
    monkeypatch: pytest.MonkeyPatch, said_after_s: float, known: bool
) -> None:
    """An install whose own time is up says that, and stops no other one."""
    monkeypatch.setattr(ways, "_SAID_AFTER_S", said_after_s)
    way = WayOut("none", {})
    async with listening(never_answers) as port:
        request = f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode()
        with anyio.move_on_after(0.6):
            await asked(request, {("127.0.0.1", port)}, then=b"hello", way=way)
    assert (way.outage is not None) is known


async def test_an_install_that_ended_before_a_registry_was_given_up_says_who_is_silent() -> None:
    way = WayOut("none", {}, waiting={"a.example:443": None})
    assert way.outage == "no answer from a.example:443: it accepts connections and sends nothing"
    way.reached.add("b.example:443")
    assert way.outage is None


async def test_a_registry_that_was_given_up_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silences, "SILENT_S", 0.05)
    silence = Silence()
    await silence.wait("a:1")
    with pytest.raises(OSError, match="sends nothing"):
        silence.check("a:1")
    silence.check("b:1")
    monkeypatch.setattr(silences, "AGAIN_S", 0.0)
    silence.check("a:1")
    monkeypatch.setattr(silences, "AGAIN_S", 120.0)
    silence.check("a:1")
    await silence.wait("a:1")
    silence.broken("a:1")
    silence.check("a:1")


async def test_of_a_proxy_that_is_not_there_the_reason_names_it() -> None:
    way = WayOut("none", {})
    async with listening(Registry()) as closed:
        pass
    host = HostEnvironment({"HTTPS_PROXY": f"http://user:secret@127.0.0.1:{closed}"})
    await asked(b"CONNECT registry.example:443 HTTP/1.1\r\n\r\n", {("registry.example", 443)}, host, way=way)
    assert way.outage is not None
    assert way.outage.startswith(f"no connection to registry.example:443: the proxy 127.0.0.1:{closed}: ")
    assert "secret" not in way.outage


class Upstream:
    """A proxy of the host, which answers a CONNECT with 200 and everything after it with what it received."""

    def __init__(self, status: bytes = b"200") -> None:
        self.status = status
        self.head = b""
        self.rest = b""

    async def __call__(self, stream: SocketStream) -> None:
        async with stream:
            self.head = await stream.receive()
            await stream.send(b"HTTP/1.1 " + self.status + b" x\r\n\r\n")
            if self.head.startswith(b"CONNECT") and self.status == b"200":
                self.rest = await stream.receive()
                await stream.send(b"ok")


async def test_the_hosts_proxy_is_gone_through_with_its_password_out_of_the_containers_sight() -> None:
    upstream = Upstream()
    async with listening(upstream) as port:
        host = HostEnvironment({"https_proxy": f"http://us%40er:secret@127.0.0.1:{port}", "NO_PROXY": "elsewhere"})
        request = b"CONNECT registry.example:443 HTTP/1.1\r\n\r\n"
        answer, _ = await asked(request, {("registry.example", 443)}, host, then=b"hello")
    assert answer == b"HTTP/1.1 200 Connection established\r\n\r\nok"
    login = base64.b64encode(b"us@er:secret").decode()
    assert upstream.head.decode().split("\r\n")[:3] == [
        "CONNECT registry.example:443 HTTP/1.1",
        "Host: registry.example:443",
        f"Proxy-Authorization: Basic {login}",
    ]
    assert upstream.rest == b"hello"
    assert "secret" not in str(_environment())


async def test_a_registry_without_tls_is_asked_for_through_the_hosts_proxy() -> None:
    upstream = Upstream()
    async with listening(upstream) as port:
        host = HostEnvironment({"HTTP_PROXY": f"http://u:p@127.0.0.1:{port}"})
        request = b"GET http://registry.example/x HTTP/1.1\r\nHost: registry.example\r\n\r\n"
        await asked(request, {("registry.example", 80)}, host)
    assert upstream.head.startswith(b"GET http://registry.example/x HTTP/1.1\r\nProxy-Authorization: Basic ")
    assert upstream.head.endswith(b"\r\nHost: registry.example\r\n\r\n")


async def test_a_proxy_that_refuses_is_a_502_with_its_words() -> None:
    async with listening(Upstream(b"407")) as port:
        host = HostEnvironment({"ALL_PROXY": f"127.0.0.1:{port}"})
        answer, _ = await asked(b"CONNECT registry.example:443 HTTP/1.1\r\n\r\n", {("registry.example", 443)}, host)
    assert answer.startswith(b"HTTP/1.1 502 ")
    assert b"answers HTTP/1.1 407 x" in answer


async def test_a_flood_of_addresses_is_recorded_in_part() -> None:
    way = WayOut("none", {})
    proxy = _Proxy(frozenset(), NOBODY, way)

    async def serve(stream: SocketStream) -> None:
        async with stream:
            await proxy.serve(stream)

    async with listening(serve) as port:
        for number in range(MOST_REFUSED + 5):
            async with await anyio.connect_tcp("127.0.0.1", port) as stream:
                await stream.send(f"CONNECT a{number}.example:1 HTTP/1.1\r\n\r\n".encode())
                await stream.receive()
    assert len(way.refused) == MOST_REFUSED


def test_the_registries_in_use_are_the_usual_ones_and_those_that_the_users_files_name() -> None:
    files = {
        "/tmp/docprobe/ca.pem": "http://not-a-registry.example",
        "/tmp/docprobe/uv.toml": '[[index]]\nurl = "https://user:pw@pypi.corp.example:8443/simple"\n',
        "/tmp/docprobe/npmrc": "registry=http://npm.corp.example/\n@a:registry=https://[fd00::1]/x\n",
    }
    host = HostEnvironment({"DOCPROBE_REGISTRY_HOSTS": "cdn.example, files.example:8080"})
    found = registries(Manager.PYPI, InstallSettings({}, files), host)
    assert found == USUAL[Manager.PYPI] | {
        ("pypi.corp.example", 8443), ("npm.corp.example", 80), ("fd00::1", 443), ("cdn.example", 443),
        ("files.example", 8080),
    }  # fmt: skip
    assert registries(Manager.NPM, InstallSettings(), NOBODY) == {("registry.npmjs.org", 443)}
    with pytest.raises(UsageError, match="DOCPROBE_REGISTRY_HOSTS"):
        registries(Manager.NPM, InstallSettings(), HostEnvironment({"DOCPROBE_REGISTRY_HOSTS": "http://x/"}))


def test_every_package_manager_has_its_registries() -> None:
    assert set(USUAL) == set(Manager)


def test_only_go_reaches_the_storage_of_its_registry() -> None:
    """It holds other people's files as well: while it can be reached, nothing but ``go`` fetching runs."""
    storage = ("storage.googleapis.com", 443)
    assert [manager for manager in Manager if storage in registries(manager, InstallSettings(), NOBODY)] == [Manager.GO]
    plan = gomod.plan([Dependency("example.com/x", "v1")], cutoff=None, lock=None, allow_scripts=True)
    assert plan.compile, "what runs code of a module has no network"
    (fetch,) = plan.steps
    assert fetch[: len(program("go_modules"))] == tuple(program("go_modules"))
    code = Path(go_modules.__file__).read_text("utf-8")
    verbs = set(re.findall(r'\bgo\(\s*"(\w+)"|\["go", "(\w+)"', code))
    assert {"".join(verb) for verb in verbs} == {"mod", "get", "env"}
