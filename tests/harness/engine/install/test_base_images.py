"""Where a toolchain comes from: the first source that works. The engine is made up."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import docker.errors
import pytest

from extractor.languages.toolchains import TOOLCHAINS
from extractor.model import Source, Toolchain
from harness.base.errors import EngineError, RegistryError, UsageError
from harness.base.host import HostEnvironment
from harness.engine.api import Api
from harness.engine.hardening import ROOT_USER
from harness.engine.install import base_images
from harness.engine.install.base_images import BaseImages, source_file
from harness.engine.install.image_builder import ImageBuilder, Job, JobResult
from harness.engine.install.settings import BASE_IMAGE_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.harness.engine.conftest import Open

pytestmark = pytest.mark.anyio
FIRST = "registry.example/debian:1"
MADE_UP = Toolchain(
    "made-up",
    "Made-up",
    (
        Source("the image made/up:1", (("from", "image"),), image="made/up:1"),
        Source("packages", (("from", "packages"),)),
        Source(
            "the folder that DOCPROBE_MADE_UP names",
            (("from", "folder"),),
            folder="DOCPROBE_MADE_UP",
            target="/opt/x",
            parts=("bin",),
        ),
    ),
)


@dataclass
class Engine:
    """Has images, pulls those of ``pulled``, and fails jobs whose steps begin with ``broken``."""

    images: set[str] = field(default_factory=lambda: {FIRST})
    pulled: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    jobs: list[tuple[str, Job]] = field(default_factory=list)

    def inspect_image(self, tag: str) -> dict[str, str]:
        if tag not in self.images:
            raise docker.errors.NotFound(tag)
        return {"Id": f"sha256:{tag}"}

    def tag(self, image: str, repository: str, version: str) -> None:
        self.images.add(f"{repository}:{version}")

    def pull(self, repository: str, version: str) -> None:
        if f"{repository}:{version}" not in self.pulled:
            raise docker.errors.APIError("no such host")
        self.images.add(f"{repository}:{version}")

    async def build(
        self, image: str, job: Job, tags: Callable[[JobResult], tuple[str, ...]], role: str, *, purpose: str
    ) -> JobResult:
        self.jobs.append((image, job))
        if job.steps[0][1:] and job.steps[0][1] in self.broken:
            return JobResult(1, ("it failed",))
        result = JobResult(0, ())
        self.images.update(tags(result))
        return result


async def made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, engine: Engine, toolchain: str = "made-up", **variables: str
) -> tuple[str, list[str]]:
    """Make the image; return what it was added to, and what was said."""
    monkeypatch.setitem(TOOLCHAINS, "made-up", MADE_UP)
    host = HostEnvironment({BASE_IMAGE_VARIABLE: FIRST, **variables})
    builder = SimpleNamespace(run=SimpleNamespace(api=Api(cast("Any", engine))), build=engine.build)
    said: list[str] = []
    image = await BaseImages(cast("ImageBuilder", builder), tmp_path, host).get(toolchain, said.append)
    assert image.tag in engine.images
    return engine.jobs[-1][0], said


async def test_an_official_image_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    engine = Engine(pulled=("made/up:1",))
    below, said = await made(monkeypatch, tmp_path, engine)
    assert below == "made/up:1"
    assert len(engine.jobs) == 1, "nothing else was made for it"
    assert "the image made/up:1" in said[-1]


async def test_packages_where_nothing_can_be_pulled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    engine = Engine()
    below, said = await made(monkeypatch, tmp_path, engine)
    assert below.startswith("docprobe/base:python-")
    assert "(packages)" in said[-1]
    assert source_file("made-up") in engine.jobs[-1][1].steps[-1][-1], "the image says where it is from"


async def test_where_a_folder_of_the_host_is_of_no_use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "sdk"
    folder.mkdir()
    engine = Engine(broken=("folder",))
    _, said = await made(monkeypatch, tmp_path, engine, DOCPROBE_MADE_UP=str(folder))
    job = next(job for _, job in engine.jobs if job.folder is not None)
    assert (job.folder, job.folder_target) == (folder, "/opt/x")
    assert any(text.startswith("the folder that DOCPROBE_MADE_UP names: ") for text in said), "why it was not taken"
    assert "(packages)" in said[-1]


async def test_a_folder_that_the_user_names_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    engine = Engine(pulled=("made/up:1",))
    _, unnamed = await made(monkeypatch, tmp_path, engine)
    _, said = await made(monkeypatch, tmp_path, engine, DOCPROBE_MADE_UP=str(tmp_path))
    assert "DOCPROBE_MADE_UP" in said[-1], "what was made without it is not taken in its place"
    assert "DOCPROBE_MADE_UP" not in unnamed[-1]
    assert engine.jobs[-1][1].folder_parts == ("bin",)


async def test_packages_of_debian_beneath_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    compiled = Toolchain("compiled", "Compiled", (Source("packages", (("compiler", "--version"),), debian=("gcc",)),))
    monkeypatch.setitem(TOOLCHAINS, "compiled", compiled)
    engine = Engine()
    await made(monkeypatch, tmp_path, engine, toolchain="compiled")
    image, job = engine.jobs[-1]
    assert image.startswith("docprobe/base:python-")
    assert "apt-get install" in " ".join(job.steps[0]), "an image that the user names has apt"
    assert "gcc" in job.steps[0]


async def test_a_debian_of_docprobes_is_made_with_the_packages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    compiled = Toolchain("compiled", "Compiled", (Source("packages", (("compiler", "--version"),), debian=("gcc",)),))
    monkeypatch.setitem(TOOLCHAINS, "compiled", compiled)
    engine, imported = Engine(), []

    def import_debian(raw: Any, host: HostEnvironment, packages: tuple[str, ...]) -> str:
        imported.append(packages)
        return "sha256:debian"

    monkeypatch.setattr(base_images, "_import_debian", import_debian)
    monkeypatch.setattr(HostEnvironment, "program", lambda self, name: f"/usr/bin/{name}")
    await made(monkeypatch, tmp_path, engine, toolchain="compiled", DOCPROBE_BASE_IMAGE="")
    assert imported == [("gcc",)]
    assert engine.jobs[-1][1].steps[0] == ("compiler", "--version")


async def test_no_source_says_what_would_help(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises((EngineError, RegistryError)) as caught:
        await made(monkeypatch, tmp_path, Engine(broken=("packages",)))
    assert "DOCPROBE_MADE_UP" in (caught.value.hint or "")


async def test_a_folder_that_is_none_is_wrong_use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="DOCPROBE_MADE_UP"):
        await made(monkeypatch, tmp_path, Engine(broken=("packages",)), DOCPROBE_MADE_UP=str(tmp_path / "none"))


async def test_what_is_there_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    engine = Engine()
    await made(monkeypatch, tmp_path, engine)
    before = len(engine.jobs)
    await made(monkeypatch, tmp_path, engine)
    assert len(engine.jobs) == before


@pytest.mark.engine
async def test_a_folder_of_the_host_is_there_before_the_first_step(open_engine: Open, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    tool = tmp_path / "bin" / "tool"
    tool.write_text("#!/bin/sh\necho it runs\n")
    tool.chmod(0o755)
    (tmp_path / "link").symlink_to("bin/tool")
    (tmp_path / "docs").mkdir()
    async with open_engine() as engine:
        base = await engine.base("python")
        job = Job(
            (("/opt/x/link",), ("test", "!", "-e", "/opt/x/docs")), user=ROOT_USER, cwd="/", folder=tmp_path,
            folder_target="/opt/x", folder_parts=("bin", "link"), network=False,
        )  # fmt: skip
        result = await engine.builder.build(base.tag, job, lambda _: (), "", purpose="folder")
    assert (result.code, result.log) == (0, ("it runs",))
