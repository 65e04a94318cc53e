"""Pods on a real engine: one behaviour per test."""

from __future__ import annotations

import json
import time
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
from tests.support.engine_client import engine_client

if TYPE_CHECKING:
    from anyio.abc import ByteStream

    from harness.engine.docker_engine import DockerEngine
    from harness.engine.protocol import ExitState, Pod
    from tests.harness.engine.conftest import Open

pytestmark = [pytest.mark.anyio, pytest.mark.engine]

PROGRAMS = Path(__file__).parents[2] / "fixtures" / "programs"
QUICK = Limits(tmp_mib=8, work_mib=8, memory_mib=128, processes=64, run_s=60, log_bytes=64 * 1024)


def client(pod: Pod) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=pod.transport(), trust_env=False, timeout=10)


async def ends(engine: DockerEngine, bundle: Bundle, timeout_s: float = 120) -> tuple[ExitState, str]:
    """Run a bundle to its end; how it ended and all it said."""
    image = await engine.install(bundle)
    async with engine.pod(bundle, image) as pod:
        state = await pod.wait_exit(timeout_s)
        assert state is not None, f"still runs: {pod.logs()}"
        return state, "\n".join(line.text for line in pod.logs())


def leftovers(run: str) -> tuple[list[object], list[object]]:
    """What the engine still has of a run once it is through with what it says it is removing (10 s at most)."""
    raw = engine_client()
    label = f"docprobe.run={run}"
    until = time.monotonic() + 10.0
    try:
        while True:
            containers = raw.containers(all=True, filters={"label": label})
            volumes = raw.volumes(filters={"label": label})["Volumes"] or []
            removing = any(container["State"] == "removing" for container in containers)
            if not (removing and time.monotonic() < until):
                return containers, volumes
            time.sleep(0.1)
    finally:
        raw.close()


async def line_of(pod: Pod) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        piece = await pod.receive_stdout()
        assert piece, f"stdout ended after {line!r}"
        line += piece
    return line


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


async def test_restart_is_a_fresh_process_beside_the_same_files(open_engine: Open) -> None:
    count = """
import pathlib
count = pathlib.Path("count")
count.write_text((count.read_text() if count.exists() else "") + "x")
print(count.read_text(), flush=True)
"""
    bundle = python_bundle(count + SERVER)
    async with open_engine(QUICK) as made, made.pod(bundle, await made.install(bundle)) as pod, client(pod) as http:
        await pod.wait_listening(60)
        before = (await http.get("http://localhost:3000/")).json()["pid"]
        await pod.restart()
        assert pod.exit_state() is None
        assert await pod.wait_listening(60)
        assert (await http.get("http://localhost:3000/")).json()["pid"] != before
        assert [line.text for line in pod.logs() if set(line.text) == {"x"}] == ["x", "xx"]


async def test_restart_ends_its_children(open_engine: Open) -> None:
    code = "import subprocess, sys\nsubprocess.Popen([sys.executable, 'child.py'], start_new_session=True).wait()"
    bundle = python_bundle(code, files=(SourceFile("child.py", SERVER),))
    async with open_engine(QUICK) as engine, engine.pod(bundle, await engine.install(bundle)) as pod:
        assert await pod.wait_listening(60)
        await pod.restart()
        assert await pod.wait_listening(60)
        assert "Address already in use" not in " ".join(line.text for line in pod.logs())


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


async def test_build_steps_run_first_and_write_beside_the_files(open_engine: Open) -> None:
    build = (("python3", "-c", "import os; os.mkdir('dist'); open('dist/out.py', 'w').write('print(6 * 7)')"),)
    async with open_engine(QUICK) as engine:
        state, said = await ends(engine, python_bundle("", build=build, command=("python3", "dist/out.py")))
    assert (state.code, state.during, said) == (0, "run", "42")


async def test_a_build_step_that_fails_is_the_exit_state(open_engine: Open) -> None:
    build = (("python3", "-c", "import sys; print('type error'); sys.exit(3)"),)
    async with open_engine(QUICK) as engine:
        bundle = python_bundle("print('never')", build=build)
        async with engine.pod(bundle, await engine.install(bundle)) as pod:
            assert await pod.wait_listening(5) == ()
            state = pod.exit_state()
            assert state is not None
            assert (state.code, state.during) == (3, "build")
            assert state.sentence.startswith("build step `python3 -c")
            assert state.sentence.endswith("exited with code 3")
            assert [line.text for line in pod.logs()] == ["type error"]


async def test_a_build_step_that_never_ends(open_engine: Open) -> None:
    bundle = python_bundle("", build=(("sleep", "100"),))
    async with open_engine(Limits(build_s=1)) as engine:
        state, _ = await ends(engine, bundle)
    assert (state.limit, state.sentence) == ("build_s", "build step `sleep 100` killed: build time limit 1 s")


@pytest.mark.parametrize(
    ("command", "code", "sentence", "said"),
    [
        (("no-such-program",), 127, "exited with code 127", "not found"),
        (("python3", "-c", "raise SystemExit(7)"), 7, "exited with code 7", ""),
        (("python3", "-c", "import os; os.abort()"), 134, "ended by signal SIGABRT", ""),
        (("python3", "missing.py"), 2, "exited with code 2", "No such file"),
    ],
)
async def test_ends_are_told(open_engine: Open, command: tuple[str, ...], code: int, sentence: str, said: str) -> None:
    async with open_engine(QUICK) as engine:
        state, log = await ends(engine, python_bundle("", command=command))
    assert (state.code, state.sentence, state.limit) == (code, sentence, None)
    assert said in log


@pytest.mark.parametrize(
    ("code", "limit", "sentence"),
    [
        ("x = []\nwhile True: x.append(bytearray(1 << 20))", "memory_mib", "killed: memory limit 128 MiB"),
        ("while True: print('x' * 1000)", "log_bytes", "killed: log limit 1 MiB"),
        ("import time\ntime.sleep(100)", "run_s", "killed: run time limit 3 s"),
        ("while True: pass", "run_s", "killed: run time limit 3 s"),
    ],
    ids=["memory", "log", "sleep", "spin"],
)
async def test_limits_are_named(open_engine: Open, code: str, limit: str, sentence: str) -> None:
    limits = Limits(tmp_mib=8, memory_mib=128, processes=64, run_s=3 if limit == "run_s" else 60, log_bytes=64 * 1024)
    async with open_engine(limits) as engine:
        state, log = await ends(engine, python_bundle(code))
    assert (state.limit, state.sentence) == (limit, sentence)
    assert len(log) <= limits.log_bytes + 100


async def test_the_first_and_the_last_of_a_long_log_are_kept(open_engine: Open) -> None:
    code = "for n in range(20000): print('line', n)"
    async with open_engine(QUICK) as engine:
        state, log = await ends(engine, python_bundle(code))
    lines = log.splitlines()
    assert state.code == 0
    assert lines[0] == "line 0"
    assert lines[-1] == "line 19999"
    assert any("lines left out" in line for line in lines)


async def test_exit_ends_the_wait_for_sockets(open_engine: Open) -> None:
    async with open_engine(QUICK) as engine:
        bundle = python_bundle("raise ImportError('cannot import name')")
        async with engine.pod(bundle, await engine.install(bundle)) as pod:
            started = time.monotonic()
            assert await pod.wait_listening(60) == ()
            assert time.monotonic() - started < 10
            assert pod.exit_state() is not None
            assert "cannot import name" in pod.logs()[-1].text


async def test_never_listens(open_engine: Open) -> None:
    async with open_engine(QUICK) as engine:
        bundle = python_bundle("import time\ntime.sleep(100)")
        async with engine.pod(bundle, await engine.install(bundle)) as pod:
            assert await pod.wait_listening(1) == ()
            assert pod.exit_state() is None
            assert await pod.wait_exit(0.1) is None


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


async def test_a_body_error_comes_through_as_it_is(open_engine: Open) -> None:
    class OurError(Exception):
        pass

    async with open_engine(QUICK) as engine:
        run = engine.run.owner.run_id
        with pytest.raises(OurError):
            async with engine.pod(python_bundle(SERVER), await engine.install(python_bundle(SERVER))):
                raise OurError
    with pytest.raises(OurError):
        async with open_engine(QUICK):
            raise OurError
    assert leftovers(run) == ([], [])


async def test_cancelled_in_the_middle(open_engine: Open) -> None:
    bundle = python_bundle(SERVER)
    runs = []
    for delay_s in (0.01, 0.1, 0.25, 0.4, 0.8):
        with anyio.move_on_after(delay_s + 0.3):
            async with open_engine(QUICK) as engine:
                runs.append(engine.run.owner.run_id)
                image = await engine.install(bundle)
                with anyio.move_on_after(delay_s):
                    async with engine.pod(bundle, image) as pod:
                        await pod.wait_listening(60)
                        await anyio.sleep(10)
    assert runs
    for run in runs:
        assert leftovers(run) == ([], [])


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
    async with open_engine(limits, host=HostEnvironment(host)) as engine:
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
