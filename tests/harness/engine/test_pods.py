"""Pods on a real engine: one behaviour per test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import httpx
import pytest

from extractor.model import Bundle, ExampleKind, Manager, ServiceRequest, SourceFile
from harness.base.host import HostEnvironment
from harness.engine.protocol import Limits
from harness.model import LogLine
from tests.harness.engine.conftest import SERVER, python_bundle
from tests.support.host import HOST
from tests.support.pods import QUICK, client, ends, leftovers, line_of

if TYPE_CHECKING:
    from anyio.abc import ByteStream

    from harness.engine.docker_engine import DockerEngine
    from tests.harness.engine.conftest import Open

pytestmark = [pytest.mark.anyio, pytest.mark.engine]

PROGRAMS = Path(__file__).parents[2] / "fixtures" / "programs"


class Greeter:
    """A service that says hello and what it got."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.lines: list[LogLine] = []

    async def serve(self, stream: ByteStream) -> None:
        got = await stream.receive()
        self.lines.append(LogLine(0.0, "authorization", got.decode()))
        await stream.send(b"hello " + got)

    def log(self) -> tuple[LogLine, ...]:
        return tuple(self.lines)


async def test_http_with_the_examples_own_host_and_port(open_engine: Open) -> None:
    bundle = python_bundle(SERVER, environment={"PORT": "3210"})
    async with open_engine(QUICK) as engine:
        image = await engine.install(bundle)
        async with engine.pod(bundle, image) as pod:
            sockets = await pod.wait_listening(60)
            assert [(s.address, s.port, s.loopback) for s in sockets] == [("127.0.0.1", 3210, True)]
            async with client(pod) as http:
                reply = await http.get("http://localhost:3210/a?b=c")
                assert reply.json()["host"] == "localhost:3210"
                assert reply.json()["path"] == "/a?b=c"
                with pytest.raises(httpx.ConnectError):
                    await http.get("http://localhost:3211/")
                with pytest.raises(httpx.ConnectError):
                    await http.get("http://example.invalid:3210/")
            assert pod.exit_state() is None
            assert "listening soon" in [line.text for line in pod.logs() if line.source == "stdout"]
        run = engine.run.owner.run_id
    assert leftovers(run) == ([], [])


async def test_a_pod_that_another_follows_has_the_next_anchor_made_ready(open_engine: Open) -> None:
    bundle = python_bundle(SERVER)
    async with open_engine(QUICK) as engine:
        image = await engine.install(bundle)
        async with engine.pod(bundle, image) as pod:
            await pod.wait_listening(60)
            assert [engine._anchors._ready, engine._anchors._preparing] == [None, None]
        async with engine.pod(bundle, image, followed=True) as pod:
            assert engine._anchors._preparing is not None
            listening = await pod.wait_listening(60)
        async with engine.pod(bundle, image) as pod:
            assert await pod.wait_listening(60) == listening
        named = python_bundle(SERVER, services=(ServiceRequest("authorization", "issuer.test", 8080, {}),))
        async with engine.pod(named, image, followed=True):
            assert [engine._anchors._ready, engine._anchors._preparing] == [None, None]
        run = engine.run.owner.run_id
    assert leftovers(run) == ([], [])


async def test_privileged_port_and_ipv6(open_engine: Open) -> None:
    code = """
import socket, time
server = socket.create_server(("::1", 80), family=socket.AF_INET6)
server.accept()[0].sendall(b"six")
time.sleep(60)
"""
    async with open_engine(QUICK) as engine:
        bundle = python_bundle(code)
        async with engine.pod(bundle, await engine.install(bundle)) as pod:
            assert [(s.address, s.port) for s in await pod.wait_listening(60)] == [("::1", 80)]
            stream = await pod.connect("localhost", 80)
            assert await stream.receive() == b"six"
            await stream.aclose()


async def test_services_on_both_loopback_addresses_and_under_their_name(open_engine: Open) -> None:
    code = """
import socket
for host in ("127.0.0.1", "::1", "localhost", "auth.example"):
    with socket.create_connection((host, 8080)) as s:
        s.sendall(host.encode())
        print(s.recv(100).decode(), flush=True)
try:
    socket.create_server(("127.0.0.1", 8080), reuse_port=True)
except OSError as error:
    print("cannot take it over:", error)
"""
    service = Greeter(8080)
    bundle = python_bundle(code, services=(ServiceRequest("authorization", "auth.example", 8080),))
    async with open_engine(QUICK) as engine, engine.pod(bundle, await engine.install(bundle), [service]) as pod:
        assert (await pod.wait_exit(60)) is not None
        assert pod.sockets() == ()
        said = [line.text for line in pod.logs() if line.source == "stdout"]
        assert said[:4] == ["hello 127.0.0.1", "hello ::1", "hello localhost", "hello auth.example"]
        assert said[4].startswith("cannot take it over")
        assert "::1" in [line.text for line in pod.logs() if line.source == "authorization"]


async def test_a_service_that_fails_is_told(open_engine: Open) -> None:
    class Broken(Greeter):
        async def serve(self, stream: ByteStream) -> None:
            raise ValueError("no such realm")

    code = "import socket\nwith socket.create_connection(('localhost', 8080)) as s: print('got', s.recv(10))"
    async with open_engine(QUICK) as engine:
        bundle = python_bundle(code)
        async with engine.pod(bundle, await engine.install(bundle), [Broken(8080)]) as pod:
            state = await pod.wait_exit(60)
            assert state is not None
            said = [line.text for line in pod.logs()]
            assert "got b''" in said
            assert any("no such realm" in text for text in said)


async def test_stdio(open_engine: Open) -> None:
    code = """
import sys
print("noise", file=sys.stderr, flush=True)
for line in sys.stdin:
    print("echo", line.strip(), flush=True)
print("bye", flush=True)
"""
    bundle = python_bundle(code, kind=ExampleKind.STDIO_SERVER)
    async with open_engine(QUICK) as engine, engine.pod(bundle, await engine.install(bundle)) as pod:
        await pod.send_stdin(b"one\n")
        assert await line_of(pod) == b"echo one\n"
        await pod.close_stdin()
        assert await line_of(pod) == b"bye\n"
        state = await pod.wait_exit(10)
        assert state is not None
        assert (state.code, state.sentence) == (0, "exited with code 0")
        assert await pod.receive_stdout() == b""
        assert [(line.source, line.text) for line in pod.logs()] == [("stderr", "noise")]


async def test_package_with_relative_imports_and_environment(open_engine: Open) -> None:
    files = (
        SourceFile("app/pkg/__init__.py", ""),
        SourceFile("app/pkg/other.py", "import os\nname = os.environ['NAME']"),
        SourceFile("app/pkg/__main__.py", "from .other import name\nprint('I am', name)"),
    )
    bundle = python_bundle(
        "", files=files, command=("python3", "-m", "pkg"), cwd="app", environment={"NAME": "Ünïcode $HOME"}
    )
    async with open_engine(QUICK) as engine:
        state, said = await ends(engine, bundle)
    assert state.code == 0
    assert said == "I am Ünïcode $HOME"


async def test_python_without_packages_goes_by_the_name_that_docs_use(open_engine: Open) -> None:
    async with open_engine() as engine:
        made = python_bundle("print('ran')", command=("python", "main.py"))
        image = await engine.install(made)
        async with engine.pod(made, image) as pod:
            state = await pod.wait_exit(20)
            assert state is not None
            assert (state.code, [line.text for line in pod.logs() if line.source == "stdout"]) == (0, ["ran"])


async def test_node_finds_nothing_to_install(open_engine: Open) -> None:
    code = "import http from 'node:http'; http.createServer((q, r) => r.end(q.headers.host)).listen(3000, 'localhost');"
    bundle = Bundle(
        example_id="test#javascript",
        language="javascript",
        kind=ExampleKind.HTTP_SERVER,
        toolchain="node",
        files=(SourceFile("server.mjs", code),),
        manager=Manager.NPM,
        dependencies=(),
        command=("node", "server.mjs"),
    )
    async with open_engine(QUICK) as made, made.pod(bundle, await made.install(bundle)) as pod, client(pod) as http:
        (socket,) = await pod.wait_listening(60)
        assert socket.loopback
        assert (await http.get("http://localhost:3000/")).text == "localhost:3000"


async def test_proxies_of_the_docker_client_reach_no_example(
    open_engine: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """docker-py would put them into every container it makes."""
    proxies = {"proxies": {"default": {"httpProxy": "http://user:hunter2@proxy.invalid:1"}}}
    (tmp_path / "config.json").write_text(json.dumps(proxies))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    async with open_engine(QUICK) as engine:
        assert engine.run.api.raw._proxy_configs.http  # the client has read it
        state, said = await ends(engine, python_bundle("import os; print(sorted(os.environ))"))
    assert state.code == 0
    assert "proxy" not in said.lower()


async def test_four_pods_at_once(open_engine: Open) -> None:
    bundle = python_bundle(SERVER)
    answers = []

    async def one(engine: DockerEngine) -> None:
        async with engine.pod(bundle, await engine.install(bundle)) as pod, client(pod) as http:
            assert await pod.wait_listening(60)
            answers.append((await http.get("http://localhost:3000/")).json()["host"])

    async with open_engine(QUICK) as engine:
        async with anyio.create_task_group() as tasks:
            for _ in range(4):
                tasks.start_soon(one, engine)
        run = engine.run.owner.run_id
    assert answers == ["localhost:3000"] * 4
    assert leftovers(run) == ([], [])


async def test_what_the_pod_may_not(open_engine: Open) -> None:
    """One program that tries everything, so that one pod answers for many attacks."""
    code = (PROGRAMS / "tries_everything.py").read_text()
    limits = Limits(tmp_mib=8, work_mib=8, memory_mib=256, processes=64, log_bytes=64 * 1024)
    host = {"AWS_SECRET_ACCESS_KEY": "hunter2", "HTTPS_PROXY": "http://user:hunter2@proxy.invalid:1"}
    async with open_engine(QUICK) as engine:
        await engine.base("python")  # with the host's own proxies
    engine_named = {name: value for name in ("DOCKER_HOST",) if (value := HOST.get(name)) is not None}
    async with open_engine(limits, host=HostEnvironment(host | engine_named)) as engine:
        state, said = await ends(engine, python_bundle(code, environment={"EXAMPLES_OWN": "1"}))
    assert state.code == 0, said
    found = json.loads(said.splitlines()[-1])
    refused = {"EPERM", "EACCES"}
    expected: dict[str, set[str]] = {
        "vsock": refused, "alg": refused, "packet": refused, "bluetooth": refused, "raw": refused,
        "internet": {"ENETUNREACH"}, "metadata": {"ENETUNREACH"}, "bridge": {"ENETUNREACH"},
        "dns": {"[Errno -3] Temporary failure in name resolution"},
        "interfaces": {"['lo']"}, "root": {"EROFS"}, "deps": {"EROFS"}, "docker": {"ENOENT"},
        "setuid": refused, "chroot": refused, "mknod": refused, "mount": refused, "unshare": refused,
        "io_uring": refused, "keyctl": refused, "ptrace": refused, "bpf": refused, "module": refused,
        "kill anchor": refused, "read anchor": refused, "anchor's stdin": refused, "anchor's environment": refused,
        "kernel log": {"ENOENT", "EPERM", "EACCES"}, "disks": {"[]"}, "uid": {"65534"},
        "fill work": {"ENOSPC"}, "fill tmp": {"ENOSPC"}, "fill home": {"ENOSPC"}, "forks": {"EAGAIN"},
    }  # fmt: skip
    wrong = {name: found[name] for name, allowed in expected.items() if found[name] not in allowed}
    assert not wrong
    assert set(found["capabilities"]) == {"0"}
    assert (found["no new privileges"], found["seccomp"]) == ("1", "2")
    assert "EXAMPLES_OWN" in found["environment"]
    assert not {"AWS_SECRET_ACCESS_KEY", "HTTPS_PROXY", "https_proxy", "SSL_CERT_FILE"} & set(found["environment"])
