"""Every hostile page, the whole way: extracted, assembled, run in the engine, conversed with, judged, reported."""

from __future__ import annotations

import os
import time
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import pytest

from harness.config import Config
from harness.engine.docker_engine import connect
from harness.judge.exit_code import with_exit_code
from harness.judge.results import Ruleset, result_of_recording
from harness.model import Report, StartOutcome, Status, Verdict
from harness.profiles.registry import MCP
from harness.report.formats import BY_NAME as FORMATS
from harness.report.formats import render
from harness.run.attempt import record
from tests.harness.engine.conftest import python_bundle
from tests.hostile.conftest import SECRET, Host, left_by, temporary_files, zombies
from tests.hostile.corpus import NAMES, Attack, attacks
from tests.support.github_runner import obeys
from tests.support.host import HOST

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    import docker

    from extractor.model import Bundle
    from harness.engine.docker_engine import DockerEngine
    from harness.engine.protocol import Pod, Service
    from harness.model import ExampleResult, Image, LogLine
    from harness.spec.bind import Bound

pytestmark = [pytest.mark.anyio, pytest.mark.engine, pytest.mark.attack("pages run in the engine")]

AT_MOST_S = 90.0
"""A page may hold the gate up no longer than this, whatever it does."""


class Watched:
    """An engine that keeps the whole log of its last pod; a report has the last lines only."""

    def __init__(self, engine: DockerEngine) -> None:
        self._engine = engine
        self.logs: tuple[LogLine, ...] = ()

    async def install(self, bundle: Bundle, **more: object) -> Image:
        return await self._engine.install(bundle, **more)  # type: ignore[arg-type]

    @asynccontextmanager
    async def pod(
        self, bundle: Bundle, image: Image, services: Sequence[Service] = (), **more: object
    ) -> AsyncIterator[Pod]:
        async with self._engine.pod(bundle, image, services, **more) as pod:  # type: ignore[arg-type]
            try:
                yield pod
            finally:
                self.logs = pod.logs()

    async def close(self) -> None: ...


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="session")
def pages(host: Host) -> Mapping[str, Attack]:
    """Every page, assembled once."""
    return attacks({"CANARY_HOSTS": ",".join(host.addresses)})


@asynccontextmanager
async def neighbour(engine: DockerEngine) -> AsyncIterator[None]:
    """A pod beside the hostile one, with all that it could look for."""
    code = (
        "import socket, time\nopen('/dev/shm/neighbours', 'w').close()\n"
        "unix = socket.socket(socket.AF_UNIX)\nunix.bind('\\0docprobe-neighbour')\nunix.listen()\n"
        "port = socket.create_server(('127.0.0.1', 3999))\ntime.sleep(60)\n"
    )
    bundle = python_bundle(code, command=("python3", "neighbour.py"))
    bundle = replace(bundle, files=(replace(bundle.files[0], path="neighbour.py"),))
    async with engine.pod(bundle, await engine.install(bundle)) as pod:
        assert await pod.wait_listening(20)
        yield


@pytest.mark.parametrize("name", NAMES)
async def test_contained(
    name: str, pages: Mapping[str, Attack], host: Host, state: Path, bound: Bound, raw: docker.APIClient
) -> None:
    attack = pages[name]
    bundle = attack.example.bundle
    assert bundle is not None
    config = Config(
        docs=Path("pages"), layout=MCP.layout, profile=MCP, limits=attack.limits, state=state, timeout_s=0.5
    )
    steps: list[str] = []
    began = time.monotonic()
    with anyio.fail_after(AT_MOST_S * 2):
        async with connect(state=state, host=HOST, limits=attack.limits) as engine:
            watched = Watched(engine)
            async with neighbour(engine) if name == "other-pods" else nullcontext():
                recording = await record(watched, bundle, config, date=None, locks={}, progress=steps.append)
            run = engine.run.owner.run_id
    assert time.monotonic() - began < AT_MOST_S

    # what it tried did not work
    said = [line.text for line in watched.logs]
    assert [line for line in said if line.startswith("REACHED")] == []
    missing = [start for start in attack.says if not any(line.startswith(start) for line in said)]
    assert missing == [], said
    assert host.visitors == []
    assert host.untouched()
    assert SECRET not in str(recording)

    # it was not mistaken for a failure of ours, and the report says how it ended
    if attack.blocked is None:
        assert recording.blocked is None
    else:
        assert recording.blocked is not None
        assert attack.blocked in recording.blocked
    result = result_of_recording(
        attack.example, (attack.example,), recording, Ruleset(config.profile, bound), cached=False
    )
    if attack.ends is not None:
        assert result.reason is not None
        assert attack.ends in recording.runs[-1].sentence
        assert attack.ends in result.reason
    if attack.blocked is not None:
        assert (result.status, result.findings) == (Status.BLOCKED, ())
    elif attack.violates is None:
        assert result.status is Status.NOT_RUNNING
        assert recording.runs[-1].outcome is not StartOutcome.SERVING
    else:
        assert result.status is Status.JUDGED
        violated = {finding.requirement for finding in result.findings if finding.verdict is Verdict.VIOLATED}
        assert set(attack.violates) <= violated
    written_safely(result)
    assert all(step.isprintable() for step in steps)

    # and nothing of it is left
    assert left_by(raw, run) == []
    assert temporary_files(state) == []
    assert zombies() == []
    assert processes_named("docprobe-hostile-daemon") == []


def written_safely(result: ExampleResult) -> None:
    """No output format lets what the example said or answered through to a terminal or a CI runner."""
    report = with_exit_code(
        Report(
            version="0", started="2026-01-01T00:00:00Z", duration_s=0.0, docs_root="pages", commit=None, snapshot=None,
            examples=(result,),
        )
    )  # fmt: skip
    assert report.exit_code != 0, "a hostile page passed"
    for form in FORMATS:
        text = render(form, report)
        assert SECRET not in text
        assert {char for char in text if not char.isprintable()} <= {"\n", "\u200c", "\u200d"}, form
        ours = [line for line in text.split("\n") if obeys(line)]
        # GitHub's own format is made of commands, each about one finding of ours
        assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in ours), form
        assert not ours or form == "github"
        assert "<script>alert" not in text or form != "html"


def processes_named(mark: str) -> list[str]:
    """Processes of the host whose command line holds ``mark``."""
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                line = Path(entry.path, "cmdline").read_bytes()
            except OSError:
                continue
            if mark.encode() in line:
                found.append(entry.name)
    return found
