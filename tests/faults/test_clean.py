"""``docprobe doctor --clean`` removes what is docprobe's and nothing else. In an engine of the tests' own."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import anyio
import pytest
from anyio import to_thread

from harness.base.host import HostEnvironment
from harness.engine.docker_engine import connect
from harness.engine.protocol import Limits
from tests.harness.engine.conftest import SERVER, python_bundle
from tests.support.docprobe_process import ENDS_S, PROGRAM

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.own_engine import OwnEngine

pytestmark = pytest.mark.engine


def clean(engine: OwnEngine, state: Path) -> str:
    done = subprocess.run(
        [*PROGRAM, "doctor", "--clean", "--state", str(state)], capture_output=True, text=True, check=False,
        env=engine.environment, timeout=ENDS_S,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_what_is_ours_goes_and_what_is_not_stays(engine: OwnEngine, state: Path) -> None:
    raw = engine.client()
    ours = raw.images(filters={"label": "docprobe"})[0]["Id"]
    # a stranger's: a container, a volume and an image of the same names and layers, without our label
    stranger = raw.create_container(ours, ["true"], name="docprobe-lookalike", labels={"app": "docprobe"})
    raw.create_volume("docprobe-lookalike", labels={"not.docprobe": "1"})
    raw.commit(stranger["Id"], "lookalike", "1", conf={"Labels": {"docprobe": ""}})
    foreign = raw.import_image_from_data(empty_tar(), repository="docprobe-lookalike", tag="1")
    assert foreign
    # ours: what a run of another state folder left, created and never started
    leftover = raw.create_container(
        ours, ["true"], labels={"docprobe": "example", "docprobe.run": "dead", "docprobe.state": "elsewhere"}
    )
    raw.create_volume("left", labels={"docprobe": "work", "docprobe.run": "dead"})

    said = clean(engine, state)

    containers = {c["Id"] for c in raw.containers(all=True)}
    assert leftover["Id"] not in containers, said
    assert {v["Name"] for v in raw.volumes()["Volumes"] or ()} == {"docprobe-lookalike"}
    tags = {tag for image in raw.images() for tag in image["RepoTags"] or ()}
    assert "docprobe-lookalike:1" in tags
    assert stranger["Id"] in containers, said
    assert "lookalike:1" in tags
    assert not any(tag.startswith("docprobe/deps") for tag in tags)
    raw.close()


def test_a_living_run_is_left_alone(engine: OwnEngine, tmp_path: Path) -> None:
    async def run() -> None:
        bundle = python_bundle(SERVER)
        limits = Limits(tmp_mib=8, memory_mib=128)
        async with (
            connect(state=tmp_path, host=HostEnvironment.of(engine.environment), limits=limits) as ours,
            ours.pod(bundle, await ours.install(bundle)) as pod,
        ):
            assert await pod.wait_listening(30)
            await to_thread.run_sync(clean, engine, tmp_path / "other")
            assert pod.exit_state() is None
            stream = await pod.connect("localhost", 3000)
            await stream.aclose()

    anyio.run(run)


def empty_tar() -> bytes:
    return bytes(10240)
