"""Where a toolchain comes from: the first source that works. The engine is made up."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import anyio
import docker.errors
import pytest

from extractor.languages.toolchains import TOOLCHAINS
from extractor.model import Source, Toolchain
from harness.base.errors import EngineError, RegistryError, UsageError
from harness.base.host import HostEnvironment
from harness.engine.api import Api
from harness.engine.hardening import ROOT_USER
from harness.engine.install import first_layer
from harness.engine.install.base_images import BaseImages, source_file
from harness.engine.install.first_layer import OFFICIAL_IMAGE, FirstLayer
from harness.engine.install.image_builder import ImageBuilder, Job, JobResult
from harness.engine.install.outages import AGAIN_S
from harness.engine.install.pulled import PulledImages, read_digests
from harness.engine.install.settings import BASE_IMAGE_VARIABLE, IMAGES_LOCK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
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


def digest(image: str) -> str:
    """The digest that the made-up registry has of an image."""
    return "sha256:" + hashlib.sha256(image.encode()).hexdigest()


@dataclass
class Engine:
    """Has images, pulls those of ``pulled``, and fails jobs whose steps begin with ``broken``."""

    images: set[str] = field(default_factory=lambda: {FIRST})
    pulled: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    jobs: list[tuple[str, Job]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """What was pulled."""
    labels: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def inspect_image(self, tag: str) -> dict[str, Any]:
        if tag not in self.images:
            raise docker.errors.NotFound(tag)
        repository = tag.partition("@")[0].rpartition(":")[0] or tag.partition("@")[0]
        digests = [f"{repository}@{digest(tag)}"] if tag in self.pulled else []
        return {"Id": f"sha256:{tag}", "RepoDigests": digests, "Config": {"Labels": self.labels.get(tag)}}

    def tag(self, image: str, repository: str, version: str) -> None:
        self.images.add(f"{repository}:{version}")

    def pull(self, repository: str, version: str) -> None:
        if f"{repository}:{version}" not in self.pulled:
            raise docker.errors.APIError("no such host")
        self.images |= {f"{repository}:{version}", f"{repository}@{digest(f'{repository}:{version}')}"}
        self.asked.append(f"{repository}:{version}")

    async def build(
        self, image: str, job: Job, tags: Callable[[JobResult], tuple[str, ...]], role: str, *, purpose: str,
        labels: Callable[[JobResult], Mapping[str, str]],
    ) -> JobResult:  # fmt: skip
        self.jobs.append((image, job))
        if job.steps[0][1:] and job.steps[0][1] in self.broken:
            return JobResult(1, ("it failed",))
        result = JobResult(0, (), reports=dict.fromkeys(job.reports, '{"python": "3.13.5"}'))
        self.images.update(tags(result))
        self.labels |= dict.fromkeys(tags(result), labels(result))
        return result


def base_images(
    monkeypatch: pytest.MonkeyPatch, state: Path, engine: Engine, named: Iterable[tuple[str, str]] = (), **variables: str
) -> BaseImages:
    monkeypatch.setitem(TOOLCHAINS, "made-up", MADE_UP)
    host = HostEnvironment({BASE_IMAGE_VARIABLE: FIRST, **variables})
    api = Api(cast("Any", engine))
    builder = SimpleNamespace(run=SimpleNamespace(api=api), build=engine.build)
    first = FirstLayer(api, PulledImages(api, state), host, dict(named))
    return BaseImages(cast("ImageBuilder", builder), state, host, first)


async def made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, engine: Engine, toolchain: str = "made-up",
    named: Iterable[tuple[str, str]] = (), **variables: str,
) -> tuple[str, list[str]]:  # fmt: skip
    """Make the image; return what it was added to, and what was said."""
    images, said = base_images(monkeypatch, tmp_path, engine, named, **variables), list[str]()
    image = await images.get(toolchain, said.append)
    assert image.tag in engine.images
    assert image.tools == {"python": "3.13.5", "image": await images.first.tag()}, "as the finished image says"
    return engine.jobs[-1][0], said


async def test_an_official_image_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    engine = Engine(pulled=("made/up:1",))
    below, said = await made(monkeypatch, tmp_path, engine)
    assert below == f"made/up@{digest('made/up:1')}"
    assert len(engine.jobs) == 1, "nothing else was made for it"
    assert "the image made/up:1" in said[-1]


async def test_the_official_python_is_beneath_all_where_it_can_be_pulled(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    engine = Engine(pulled=(OFFICIAL_IMAGE,))
    below, said = await made(monkeypatch, tmp_path, engine, toolchain="python", DOCPROBE_BASE_IMAGE="")
    assert below == f"python@{digest(OFFICIAL_IMAGE)}"
    assert f"pulling {OFFICIAL_IMAGE}" in said
    assert read_digests(tmp_path / IMAGES_LOCK) == {OFFICIAL_IMAGE: digest(OFFICIAL_IMAGE)}
    before = len(engine.jobs)
    await made(monkeypatch, tmp_path, engine, toolchain="python", DOCPROBE_BASE_IMAGE="")
    assert len(engine.jobs) == before, "what was made of it is found again"
    assert engine.asked == [OFFICIAL_IMAGE]


async def test_what_is_written_down_is_pulled_and_not_what_the_tag_means_today(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    written = "sha256:" + "5" * 64
    (tmp_path / IMAGES_LOCK).write_text(f'[images]\n"{OFFICIAL_IMAGE}" = "{written}"\n')
    engine = Engine(pulled=(OFFICIAL_IMAGE, f"python:{written}"))
    monkeypatch.setattr(engine, "images", set())

    def pull(repository: str, version: str) -> None:
        engine.images.add(f"{repository}@{version}" if version.startswith("sha256:") else f"{repository}:{version}")

    monkeypatch.setattr(Engine, "pull", lambda self, repository, version: pull(repository, version))
    below, _ = await made(monkeypatch, tmp_path, engine, toolchain="python", DOCPROBE_BASE_IMAGE="")
    assert below == f"python@{written}"


@pytest.mark.parametrize("answer", ['{"status": "Pulling"}\n{"error": "manifest unknown"}\n', '{"status": "done"}\n'])
async def test_a_pull_that_fails_after_it_has_begun(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: str
) -> None:
    monkeypatch.setattr(Engine, "pull", lambda self, repository, version: answer)
    below, said = await made(monkeypatch, tmp_path, Engine())
    assert below.startswith("docprobe/base:python-")
    assert "(packages)" in said[-1]


async def test_files_of_an_official_image_are_copied_onto_the_python(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    engine = Engine(pulled=("node:24-slim",))
    below, said = await made(monkeypatch, tmp_path, engine, toolchain="node")
    assert below.startswith("docprobe/base:python-")
    job = engine.jobs[-1][1]
    assert job.image == f"node@{digest('node:24-slim')}"
    assert "/usr/local/bin/node" in job.image_parts
    assert "the image node:24-slim" in said[-1]


async def test_an_image_that_the_project_names_is_the_only_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    engine = Engine(pulled=("made/up:1", "own/sdk:2", "own/python:3"))
    engine.images = set()
    named = (("made-up", "own/sdk:2"), ("python", "own/python:3"))
    below, _ = await made(monkeypatch, tmp_path, engine, named=named)
    assert below == f"own/sdk@{digest('own/sdk:2')}"
    below, _ = await made(monkeypatch, tmp_path, engine, toolchain="python", named=named)
    assert below == f"own/python@{digest('own/python:3')}"
    with pytest.raises(EngineError):
        await made(monkeypatch, tmp_path, engine, named=(("made-up", "own/none:1"),))


async def test_a_debian_that_cannot_be_made_and_an_image_that_cannot_be_pulled_are_both_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def import_debian(raw: Any, host: HostEnvironment, packages: tuple[str, ...]) -> str:
        raise EngineError("mmdebstrap could not make it", "a hint")

    monkeypatch.setattr(first_layer, "_import_debian", import_debian)
    monkeypatch.setattr(HostEnvironment, "program", lambda self, name: f"/usr/bin/{name}")
    with pytest.raises(EngineError, match=r"mmdebstrap could not make it.*could not pull python"):
        await made(monkeypatch, tmp_path, Engine(), toolchain="python", DOCPROBE_BASE_IMAGE="")


def test_a_digest_that_is_none_names_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / IMAGES_LOCK
    file.write_text('[images]\n"python:3.13-slim" = "latest"\n')
    with pytest.raises(UsageError, match=r"docprobe-images.toml:2: 'latest' is not a digest"):
        read_digests(file)


async def test_packages_where_nothing_can_be_pulled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    engine = Engine()
    below, said = await made(monkeypatch, tmp_path, engine)
    assert below.startswith("docprobe/base:python-")
    assert "(packages)" in said[-1]
    assert source_file("made-up") in engine.jobs[-1][1].steps[-2][-1], "the image says where it is from"


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

    monkeypatch.setattr(first_layer, "_import_debian", import_debian)
    monkeypatch.setattr(HostEnvironment, "program", lambda self, name: f"/usr/bin/{name}")
    await made(monkeypatch, tmp_path, engine, toolchain="compiled", DOCPROBE_BASE_IMAGE="")
    assert imported == [("gcc",)]
    assert engine.jobs[-1][1].steps[0] == ("compiler", "--version")


async def test_no_source_says_what_would_help(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises((EngineError, RegistryError)) as caught:
        await made(monkeypatch, tmp_path, Engine(broken=("packages",)))
    assert "DOCPROBE_MADE_UP" in (caught.value.hint or "")


async def test_what_cannot_be_made_is_tried_once_for_all_examples_and_again_later(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    engine = Engine(broken=("packages",))
    images = base_images(monkeypatch, tmp_path, engine)
    said, jobs = set(), set()
    for _ in range(3):
        with pytest.raises((EngineError, RegistryError)) as caught:
            await images.get("made-up", lambda _: None)
        said.add((caught.value.message, caught.value.hint))
        jobs.add(len(engine.jobs))
    assert (len(jobs), len(said)) == (1, 1), "the jobs of the first time only"
    now = anyio.current_time()
    monkeypatch.setattr(anyio, "current_time", lambda: now + AGAIN_S)
    engine.broken = ()
    assert (await images.get("made-up", lambda _: None)).tag in engine.images


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
