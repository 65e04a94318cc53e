"""Images from a real registry: by digest from the first pull on, and renewed only when asked for."""

from __future__ import annotations

import shutil
import subprocess
import time
from typing import TYPE_CHECKING

import anyio
import pytest

from harness.base.host import HostEnvironment
from harness.engine.docker_engine import connect
from harness.engine.install.pulled import read_digests
from harness.engine.install.settings import IMAGES_LOCK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults.own_engine import OwnEngine

pytestmark = [pytest.mark.engine]
IMAGE = "127.0.0.1:5000/own/python:1"
_CONFIG = """
version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: ROOT}}
http: {addr: "127.0.0.1:5000"}
"""


@pytest.fixture
def registry(engine: OwnEngine, tmp_path: Path) -> Iterator[None]:
    """A registry on the loopback of the engine's own network namespace."""
    program = shutil.which("docker-registry")
    if program is None:
        pytest.skip("needs docker-registry")
    assert engine.process is not None
    inside = ["nsenter", f"--net=/proc/{engine.process.pid}/ns/net"]
    subprocess.run([*inside, "ip", "link", "set", "lo", "up"], check=True)
    config = tmp_path / "registry.yml"
    config.write_text(_CONFIG.replace("ROOT", str(tmp_path / "registry")))
    with subprocess.Popen([*inside, program, "serve", str(config)], stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + 60
        ask = [*inside, "bash", "-c", ": </dev/tcp/127.0.0.1/5000"]
        while subprocess.run(ask, capture_output=True, check=False).returncode and time.monotonic() < until:
            time.sleep(0.1)
        try:
            yield
        finally:
            process.terminate()


def push(engine: OwnEngine, version: str) -> None:
    """Make another image of the engine's base image, push it under IMAGE, and forget it."""
    raw = engine.client()
    base = next(tag for image in raw.images() for tag in image["RepoTags"] or () if tag.startswith("docprobe/base:"))
    container = raw.create_container(base, "true")["Id"]
    repository, _, tag = IMAGE.rpartition(":")
    raw.commit(container, repository, tag, changes=f"LABEL version={version}")
    raw.remove_container(container)
    answer = str(raw.push(repository, tag))
    assert "digest" in answer, answer
    raw.remove_image(IMAGE)
    raw.close()


def version_of(engine: OwnEngine, reference: str) -> str:
    raw = engine.client()
    labels = raw.inspect_image(reference)["Config"]["Labels"]
    raw.close()
    return str(labels["version"])


@pytest.mark.usefixtures("registry")
def test_a_tag_that_moves_changes_nothing_until_it_is_renewed(engine: OwnEngine, state: Path, tmp_path: Path) -> None:
    host = HostEnvironment.of(engine.environment)

    async def first_layer(lock: Path | None = None, folder: Path = state) -> str:
        async with connect(state=folder, host=host, images={"python": IMAGE}, images_lock=lock) as users:
            return await users.bases.first.get((), lambda _: None)

    async def renewed() -> dict[str, str]:
        async with connect(state=state, host=host) as users:
            return await users.bases.first.pulled.renew((IMAGE,), lambda _: None)

    push(engine, "one")
    reference = anyio.run(first_layer)
    written = read_digests(state / IMAGES_LOCK)
    assert reference == f"{IMAGE.rpartition(':')[0]}@{written[IMAGE]}"
    assert version_of(engine, reference) == "one"

    push(engine, "two")
    assert anyio.run(first_layer) == reference, "what was pulled first stays"
    project = tmp_path / "project.toml"
    project.write_bytes((state / IMAGES_LOCK).read_bytes())
    other = tmp_path / "other"
    other.mkdir()
    assert anyio.run(first_layer, project, other) == reference, "the project's digest counts on another machine too"
    assert version_of(engine, reference) == "one"

    assert anyio.run(renewed)[IMAGE] != written[IMAGE]
    assert version_of(engine, anyio.run(first_layer)) == "two"
    assert anyio.run(first_layer, project) == reference, "and still before what docprobe wrote itself"
