"""How pods end and start anew: build steps, exit codes, limits, logs, a cancelled or failed caller."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import anyio
import pytest

from extractor.model import SourceFile
from harness.engine.protocol import Limits
from tests.harness.engine.conftest import SERVER, python_bundle

if TYPE_CHECKING:
    from anyio.abc import ByteStream

    from harness.model import LogLine
    from tests.harness.engine.conftest import Open
from tests.support.pods import QUICK, client, ends, leftovers

pytestmark = [pytest.mark.anyio, pytest.mark.engine]


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


class Greeter:
    """A service that says one line."""

    port = 7070

    async def serve(self, stream: ByteStream) -> None:
        await stream.send(b"from beside")
        await stream.aclose()

    def log(self) -> tuple[LogLine, ...]:
        return ()


async def test_restarted_as_another_bundle_it_has_more_files_variables_and_services(open_engine: Open) -> None:
    """From then on: it is started with them again, beside the files that the first process wrote."""
    code = """
import os, pathlib, socket
pathlib.Path("mark").open("a").write("x")
try:
    beside = socket.create_connection(("127.0.0.1", 7070)).recv(100).decode()
except OSError:
    beside = "nobody"
there = sorted(path.name for path in pathlib.Path(".").iterdir() if path.suffix == ".txt")
print(pathlib.Path("mark").read_text(), os.environ.get("GIVEN"), there, beside, flush=True)
"""
    bundle = python_bundle(code + SERVER)
    other = replace(bundle, files=(*bundle.files, SourceFile("more.txt", "more")), environment={"GIVEN": "it"})
    async with open_engine(QUICK) as engine, engine.pod(bundle, await engine.install(bundle)) as pod:
        assert await pod.wait_listening(60)
        await pod.restart_as(other, (Greeter(),))
        assert await pod.wait_listening(60)
        await pod.restart()
        assert await pod.wait_listening(60)
        said = [line.text for line in pod.logs() if line.text.startswith("x")]
    assert said == [
        "x None [] nobody", "xx it ['more.txt'] from beside", "xxx it ['more.txt'] from beside",
    ]  # fmt: skip


async def test_restart_ends_its_children(open_engine: Open) -> None:
    code = "import subprocess, sys\nsubprocess.Popen([sys.executable, 'child.py'], start_new_session=True).wait()"
    bundle = python_bundle(code, files=(SourceFile("child.py", SERVER),))
    async with open_engine(QUICK) as engine, engine.pod(bundle, await engine.install(bundle)) as pod:
        assert await pod.wait_listening(60)
        await pod.restart()
        assert await pod.wait_listening(60)
        assert "Address already in use" not in " ".join(line.text for line in pod.logs())


async def test_build_steps_run_first_and_write_beside_the_files(open_engine: Open) -> None:
    build = (("python3", "-c", "import os; os.mkdir('dist'); open('dist/out.py', 'w').write('print(6 * 7)')"),)
    async with open_engine(QUICK) as engine:
        state, said = await ends(engine, python_bundle("", build=build, command=("python3", "dist/out.py")))
    assert (state.code, state.during, said) == (0, "run", "42")


async def test_without_a_command_nothing_is_started_after_the_build(open_engine: Open) -> None:
    told: list[str] = []
    bundle = python_bundle("", build=(("python3", "-c", "print(6 * 7)"),), command=())
    async with open_engine(QUICK) as engine:
        image = await engine.install(bundle)
        async with engine.pod(bundle, image, progress=told.append) as pod:
            assert [line.text for line in pod.logs()] == ["42"]
            assert pod.exit_state() is None
    assert [text.partition(":")[0] for text in told] == ["building"]


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


async def test_a_build_step_that_listens_is_waited_for_all_the_same(open_engine: Open) -> None:
    code = "import socket, time; socket.create_server(('127.0.0.1', 3000)); time.sleep(1); raise SystemExit(3)"
    async with open_engine(QUICK) as engine:
        state, _ = await ends(engine, python_bundle("print('never')", build=(("python3", "-c", code),)))
    assert (state.code, state.during) == (3, "build")


async def test_a_process_that_is_started_when_the_time_is_over_ends_at_once(open_engine: Open) -> None:
    """As after a build that took longer, or a restart at that moment."""
    bundle = python_bundle("import time\ntime.sleep(100)", build=(("sleep", "2"),))
    async with open_engine(replace(QUICK, run_s=1)) as engine:
        state, _ = await ends(engine, bundle)
    assert (state.limit, state.sentence) == ("run_s", "killed: run time limit 1 s")


async def test_how_a_killed_example_ended_is_waited_for(open_engine: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine the engine takes long to kill, longer than the example had to start."""
    async with open_engine(replace(QUICK, run_s=0.5)) as engine:
        kill = engine.run.api.raw.kill

        def slowly(*arguments: str) -> None:
            time.sleep(1.5)
            kill(*arguments)

        monkeypatch.setattr(engine.run.api.raw, "kill", slowly)
        bundle = python_bundle("import time\ntime.sleep(100)")
        async with engine.pod(bundle, await engine.install(bundle)) as pod:
            assert await pod.wait_listening(1) == ()
            state = pod.exit_state()
    assert state is not None
    assert state.sentence == "killed: run time limit 0.5 s"


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
        with anyio.CancelScope() as whole:
            async with open_engine(QUICK) as engine:
                runs.append(engine.run.owner.run_id)
                # from here on: a busy machine, or Podman, takes seconds to open
                whole.deadline = anyio.current_time() + delay_s + 0.3
                image = await engine.install(bundle)
                with anyio.move_on_after(delay_s):
                    async with engine.pod(bundle, image) as pod:
                        await pod.wait_listening(60)
                        await anyio.sleep(10)
    assert len(runs) == 5
    for run in runs:
        assert leftovers(run) == ([], [])
