"""Three workers, each with an engine of its own, one of them killed in the middle: the result is that of one machine."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import anyio
import pytest

from harness.engine.docker_engine import connect
from harness.results.document import TIMES
from tests.faults.own_engine import OwnEngine, own_engine, why_not
from tests.support.docprobe_process import start, until_nothing_is_left, until_one_runs, write_docs
from tests.support.host import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.soak, pytest.mark.engine]
WORKERS = 3
PAGES = 3


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[OwnEngine]]:
    """Engines with a data root, a socket and a network namespace each."""
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)

    async def base() -> str:
        async with connect(state=tmp_path_factory.mktemp("state"), host=HOST) as users:
            return (await users.base("python")).tag

    image = anyio.run(base)
    with ExitStack() as stack:
        yield [stack.enter_context(own_engine(tmp_path_factory.mktemp("engine"), image)) for _ in range(WORKERS)]


@contextmanager
def running(*command: str, environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *command], stdout=file, stderr=file, env=environment, cwd=log.parent
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def without_times(text: str) -> str:
    """Return the bytes of a result file with its times set to nothing, all else as it is."""
    return re.sub("|".join(rf'(?<="{key}": )[^,\n]+' for key in TIMES), "0", text)


def checked(docs: Path, out: Path, state: Path, environment: dict[str, str]) -> str:
    out.parent.mkdir()
    with start(docs, state, out, "--no-cache", environment=environment) as process:
        said = process.communicate(timeout=600)[0]
    assert process.returncode in (0, 1), said
    return out.read_text("utf-8")


def test_one_of_three_workers_is_killed(engines: list[OwnEngine], tmp_path: Path) -> None:
    docs = write_docs(tmp_path / "docs", PAGES)
    nowhere = {**os.environ, "DOCKER_HOST": "unix:///nonexistent/engine.sock"}
    alone = checked(docs, tmp_path / "alone" / "out.json", tmp_path / "state", engines[0].environment)
    states = [tmp_path / f"worker{number}" for number in range(WORKERS)]
    file = tmp_path / "scheduler.json"
    with ExitStack() as stack:
        at = ("--host", "127.0.0.1", "--no-dashboard", "--dashboard-address", ":0")
        lead = ("scheduler", *at, "--port", "0", "--scheduler-file", str(file))
        stack.enter_context(running(*lead, environment=nowhere, log=tmp_path / "scheduler.log"))
        until = time.monotonic() + 120
        while not file.exists():
            assert time.monotonic() < until, (tmp_path / "scheduler.log").read_text()
            time.sleep(0.1)
        address = json.loads(file.read_text())["address"]
        processes = [
            stack.enter_context(
                running(
                    "worker",
                    address,
                    *at,
                    "--no-nanny",
                    "--nthreads",
                    "1",
                    "--name",
                    f"worker{number}",
                    environment={**engine.environment, "DOCPROBE_STATE": str(states[number])},
                    log=tmp_path / f"worker{number}.log",
                )
            )
            for number, engine in enumerate(engines)
        ]
        out = tmp_path / "together" / "out.json"
        out.parent.mkdir()
        options = ("--no-cache", "--scheduler", address)
        raw = engines[1].client()
        with start(docs, tmp_path / "leader", out, *options, environment=nowhere) as leader:
            until_one_runs(raw, states[1], leader)
            processes[1].kill()
            said = leader.communicate(timeout=600)[0]
        until_nothing_is_left(raw, states[1], within_s=60)
        raw.close()
    assert leader.returncode in (0, 1), said
    together = out.read_text("utf-8")
    assert {example["status"] for example in json.loads(together)["examples"]} == {"judged"}, said
    assert without_times(together).splitlines() == without_times(alone).splitlines()
    for number in (0, 2):
        assert any((states[number]).iterdir()), "this worker took part"
