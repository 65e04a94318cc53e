"""An engine that stops, dies, hangs or is full, in the middle of a run. On an engine of the tests' own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import pytest

from harness.engine import api as apis
from harness.engine.client import connect
from harness.engine.images import ours
from harness.engine.protocol import Limits
from harness.engine.reaper import containers, volumes
from harness.engine.workshop import Job, Outcome
from harness.errors import BlockedError, EngineError, PodError
from tests.harness.engine.conftest import SERVER, python_bundle
from tests.harness.engine.private import PrivateEngine, copy_images, private_engine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from harness.engine.protocol import Pod

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.engine,
    pytest.mark.skipif(
        os.geteuid() != 0 or shutil.which("dockerd") is None, reason="needs root and dockerd for an engine of its own"
    ),
    # docker-py drops the socket of a connection that is refused without closing it
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

LIMITS = Limits(tmp_mib=8, memory_mib=128)
BUNDLE = python_bundle(SERVER)


@pytest.fixture(scope="module")
async def base_tag(engine_state: Path) -> str:
    async with connect(state=engine_state) as engine:
        return (await engine.base("python")).tag


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def own_engine(base_tag: str) -> Iterator[PrivateEngine]:
    folder = Path(f"/tmp/docprobe-test-{os.getpid()}")  # short: the path of a UNIX socket has 108 characters at most
    with private_engine(folder) as engine:
        copy_images(None, engine.address, [base_tag])
        yield engine


def environment(engine: PrivateEngine) -> dict[str, str]:
    return {**os.environ, "DOCKER_HOST": engine.address}


async def works(engine: PrivateEngine, state: Path) -> None:
    """A run on that engine works, and nothing of any run is left before or after it."""
    async with connect(state=state, limits=LIMITS, environment=environment(engine)) as made:
        assert await containers(made.api) == []
        assert await volumes(made.api) == []
        async with made.pod(BUNDLE, await made.install(BUNDLE)) as pod:
            assert await pod.wait_listening(60)
        api = made.api
        del api
    async with connect(state=state, environment=environment(engine)) as made:
        assert await containers(made.api) == []
        assert await volumes(made.api) == []


async def until_it_fails(pod: Pod) -> None:
    while True:
        with suppress(ConnectionRefusedError):  # the example may end before the rest
            await (await pod.connect("localhost", 3000)).aclose()
        assert pod.exit_state() is None, "the engine's end is not the example's"
        await anyio.sleep(0.05)


@asynccontextmanager
async def serving(own: PrivateEngine, state: Path) -> AsyncIterator[Pod]:
    """A pod that serves, on that engine."""
    async with (
        connect(state=state, limits=LIMITS, environment=environment(own)) as engine,
        engine.pod(BUNDLE, await engine.install(BUNDLE)) as pod,
    ):
        assert await pod.wait_listening(60), pod.logs()
        yield pod


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_the_engine_ends_in_the_middle(own_engine: PrivateEngine, tmp_path: Path, number: signal.Signals) -> None:
    started = time.monotonic()
    with pytest.raises((PodError, EngineError)) as caught:
        async with serving(own_engine, tmp_path) as pod:
            own_engine.signal(number)
            started = time.monotonic()
            with anyio.fail_after(60):
                await until_it_fails(pod)
    assert time.monotonic() - started < 60
    assert caught.value.exit_code == 3
    assert caught.value.hint
    assert own_engine.process is not None
    own_engine.process.wait(60)
    own_engine.start()
    await works(own_engine, tmp_path)


async def test_the_engine_hangs(
    own_engine: PrivateEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apis, "CALL_S", 2.0)
    started = time.monotonic()
    with pytest.raises(BlockedError) as caught:
        async with serving(own_engine, tmp_path) as pod:
            own_engine.signal(signal.SIGSTOP)
            started = time.monotonic()
            await pod.restart()
    assert "the engine does not answer: asked to kill the example" in caught.value.message
    assert time.monotonic() - started < 40
    with pytest.raises(EngineError, match="does not answer"):
        async with connect(state=tmp_path, environment=environment(own_engine)):
            pass
    own_engine.signal(signal.SIGCONT)
    with anyio.fail_after(60):
        while True:  # what waited in the hung engine is done first
            async with connect(state=tmp_path, environment=environment(own_engine)) as engine:
                if not await containers(engine.api):
                    break
            await anyio.sleep(0.5)
    await works(own_engine, tmp_path)


async def test_the_disk_is_full(base_tag: str, tmp_path: Path) -> None:
    """An install that fills the engine's disk is told as such; no image is half there, and what was there works."""
    folder = Path(f"/tmp/docprobe-full-{os.getpid()}")
    with private_engine(folder, disk_mib=700) as own:
        copy_images(None, own.address, [base_tag])
        filler = folder / "data" / "filler"
        with filler.open("wb") as file:
            space = os.statvfs(folder / "data")
            os.posix_fallocate(file.fileno(), 0, space.f_bfree * space.f_frsize - (40 << 20))
        async with connect(state=tmp_path, limits=LIMITS, environment=environment(own)) as engine:
            workshop = replace(engine.workshop, network="none")

            async def write(size_mib: int) -> Outcome:
                code = f"import os; f = open('/example/x', 'wb'); f.write(os.urandom({size_mib} << 20))"
                job = Job((("python3", "-c", code),))
                tags = ("docprobe/deps:full",)
                return await workshop.make(base_tag, job, lambda _: tags, "deps", name="docprobe-full")

            outcome = await write(60)
            assert outcome.code == 1
            assert "No space left on device" in outcome.log[-1]
            with pytest.raises(EngineError, match=r"could not commit an image: .*no space left"):
                await write(25)
            assert {tag for image in await ours(engine.api) for tag in image["RepoTags"]} == {base_tag}
        filler.unlink()
        await works(own, tmp_path)


def test_the_users_engine_was_not_touched(base_tag: str) -> None:
    listed = subprocess.run(["docker", "images", "--quiet", base_tag], capture_output=True, check=True, text=True)
    assert listed.stdout.strip()
