"""Installing for real: the registries are asked through their clients."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from packaging.version import Version

from extractor.model import Bundle, Dependency, ExampleKind, Manager, SourceFile
from harness.base.errors import EngineError, InstallError, RegistryError
from harness.base.host import HostEnvironment
from harness.engine.docker_engine import connect
from harness.engine.install.image_builder import ImageBuilder, JobResult
from harness.engine.install.images import image_id
from harness.engine.protocol import Limits
from tests.support.engine_client import engine_client
from tests.support.host import HOST

if TYPE_CHECKING:
    from harness.engine.docker_engine import DockerEngine
    from tests.harness.engine.conftest import Open

pytestmark = [pytest.mark.anyio, pytest.mark.engine, pytest.mark.registry]


def bundle(manager: Manager, *dependencies: Dependency, code: str = "", allow_scripts: bool = False) -> Bundle:
    node = manager is Manager.NPM
    return Bundle(
        example_id="test#install",
        language="javascript" if node else "python",
        kind=ExampleKind.OTHER,
        toolchain="node" if node else "python",
        files=(SourceFile("src/main.mjs" if node else "main.py", code),),
        manager=manager,
        dependencies=dependencies,
        command=("node", "src/main.mjs") if node else ("python", "main.py"),
        allow_scripts=allow_scripts,
    )


async def says(engine: DockerEngine, example: Bundle, **options: str) -> str:
    image = await engine.install(example, **options)  # type: ignore[arg-type]
    async with engine.pod(example, image) as pod:
        state = await pod.wait_exit(60)
        assert state is not None
        said = "\n".join(line.text for line in pod.logs())
        assert state.code == 0, said
        return said


async def test_npm_today_found_again_and_replayed(open_engine: Open) -> None:
    code = """
import ms from 'ms';
import { createRequire } from 'module';
console.log(ms('2 days'), createRequire(import.meta.url)('ms')('1s'));
"""
    example = bundle(Manager.NPM, Dependency("ms"), code=code)
    said: list[str] = []
    async with open_engine() as engine:
        image = await engine.install(example, progress=said.append)
        assert list(image.packages) == ["ms"]
        assert image.lock is not None
        assert "registry" not in image.lock, "no host name of a registry in a lock"
        assert await says(engine, example) == "172800000 1000"

    nowhere = {"HTTPS_PROXY": "http://proxy.invalid", "HTTP_PROXY": "http://proxy.invalid"}
    async with open_engine(host=HostEnvironment.of({**os.environ, **nowhere})) as engine:
        assert await engine.install(example, progress=said.append) == image
        replayed = await engine.install(example, lock=image.lock, progress=said.append)
        assert replayed.packages == image.packages
        assert await image_id(engine.run.api, replayed.tag) == await image_id(engine.run.api, image.tag)
    assert [text for text in said if "installing" in text] in ([], ["installing ms"])


async def test_what_cannot_be_installed_is_not_tried_again_the_same_day(tmp_path: Path) -> None:
    example, said = bundle(Manager.NPM, Dependency("ms", "^99.0.0")), list[str]()
    errors = []
    for retry in (False, False, True):
        async with connect(state=tmp_path, host=HOST, retry=retry) as engine:
            with pytest.raises(InstallError) as caught:
                await engine.install(example, progress=said.append)
            errors.append((caught.value.message, caught.value.log))
    assert len({message for message, _ in errors}) == 1
    assert errors[0] == errors[1], "the installer's last lines are kept with it"
    assert said == ["installing ms"] * 2


async def test_today_s_packages_of_another_day_are_resolved_again(open_engine: Open) -> None:
    example, said = bundle(Manager.NPM, Dependency("zod", "^3")), list[str]()
    async with open_engine() as engine:
        image, dated = await engine.install(example), await engine.install(example, cutoff="2025-06-30")
        engine._installer = replace(engine._installer, day="2999-01-01")
        later = await engine.install(example, progress=said.append)
        assert said == ["installing zod"]
        assert (later.packages, later.lock) == (image.packages, image.lock)
        assert later.tag != image.tag
        assert await engine.install(example, cutoff="2025-06-30", progress=said.append) == dated
        assert said == ["installing zod"]


async def test_npm_of_a_date(open_engine: Open) -> None:
    async with open_engine() as engine:
        image = await engine.install(bundle(Manager.NPM, Dependency("zod", "^3")), cutoff="2025-06-30")
        assert image.packages == {"zod": "3.25.67"}
        assert image.cutoff == "2025-06-30"
        today = await engine.install(bundle(Manager.NPM, Dependency("zod", "^3")))
        assert today.packages != image.packages
        assert today.tag != image.tag


async def test_a_lock_that_was_never_installed_here(open_engine: Open, tmp_path: Path) -> None:
    example = bundle(Manager.NPM, Dependency("zod", "^3"))
    async with open_engine() as engine:
        dated = await engine.install(example, cutoff="2025-06-30")
    async with connect(state=tmp_path, host=HOST) as engine:
        assert dated.lock is not None
        assert (await engine.install(example, lock=dated.lock)).packages == {"zod": "3.25.67"}


async def test_pypi_today_and_of_a_date(open_engine: Open) -> None:
    code = "import idna; print(idna.__version__, idna.__file__)"
    example = bundle(Manager.PYPI, Dependency("idna", ">=3"), code=code)
    async with open_engine() as engine:
        dated = await engine.install(example, cutoff="2023-06-01")
        assert dated.packages == {"idna": "3.4"}
        assert dated.lock is not None
        assert "--hash=sha256:" in dated.lock
        assert (await says(engine, example, cutoff="2023-06-01")).startswith("3.4 /example/venv/")
        assert Version((await engine.install(example)).packages["idna"]) > Version("3.4")
        assert (await engine.install(example, lock=dated.lock)).packages == {"idna": "3.4"}


@pytest.mark.parametrize(
    ("manager", "dependency", "said"),
    [
        (Manager.NPM, Dependency("docprobe-no-such-package-xyz"), "no such package"),
        (Manager.NPM, Dependency("ms", "^99.0.0"), "no such version"),
        (Manager.PYPI, Dependency("docprobe-no-such-package-xyz"), "was not found"),
        (Manager.PYPI, Dependency("idna", ">=99"), "idna>=99"),
    ],
)
async def test_the_docs_fault(open_engine: Open, manager: Manager, dependency: Dependency, said: str) -> None:
    async with open_engine() as engine:
        with pytest.raises(InstallError, match=said) as caught:
            await engine.install(bundle(manager, dependency))
        assert caught.value.log
        assert caught.value.exit_code == 1


async def test_a_package_without_a_wheel_is_not_built_behind_anyones_back(open_engine: Open) -> None:
    example = bundle(Manager.PYPI, Dependency("docopt", "==0.6.2"))
    async with open_engine() as engine:
        with pytest.raises(EngineError, match="runs its code") as caught:
            await engine.install(example)
        assert "allow-scripts" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "manager",
    [pytest.param(each, marks=[] if each in (Manager.NPM, Manager.PYPI) else pytest.mark.languages) for each in Manager],
)
async def test_the_registry_cannot_be_reached(open_engine: Open, manager: Manager) -> None:
    toolchain = {Manager.NPM: "node", Manager.MAVEN: "java"}.get(manager, "python")
    dependency = {
        Manager.NPM: Dependency("left-pad"), Manager.MAVEN: Dependency("org.json:json", "20240303"),
    }.get(manager, Dependency("six"))  # fmt: skip
    async with open_engine() as engine:
        await engine.base(toolchain)
    nowhere = {"HTTPS_PROXY": "http://proxy.invalid", "HTTP_PROXY": "http://proxy.invalid"}
    async with open_engine(host=HostEnvironment.of({**os.environ, **nowhere})) as engine:
        with pytest.raises(RegistryError) as caught:
            await engine.install(replace(bundle(manager, dependency), toolchain=toolchain))
        assert "docprobe doctor" in (caught.value.hint or "")
        assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(install_s=0.5), "stopped after 0.5 s"),
        (Limits(install_disk_mib=0), "disk limit 0 MiB"),
        (Limits(install_memory_mib=40), "memory limit 40 MiB"),
    ],
    ids=["time", "disk", "memory"],
)
async def test_limits_are_named(open_engine: Open, limits: Limits, said: str) -> None:
    # large enough that the disk is looked at while it grows
    example = bundle(Manager.NPM, Dependency("typescript", "5.4.2"), Dependency("@types/node", "20.11.0"))
    async with open_engine(limits) as engine:
        with pytest.raises((EngineError, RegistryError), match=said):
            await engine.install(example)


async def test_install_scripts_run_only_where_they_are_allowed(open_engine: Open) -> None:
    """esbuild's script puts a program in the place of a text file."""
    code = """
import { readFileSync } from 'fs';
console.log(readFileSync('/example/node_modules/esbuild/bin/esbuild').subarray(1, 4).toString());
"""
    async with open_engine() as engine:
        plain = bundle(Manager.NPM, Dependency("esbuild", "0.21.5"), code=code)
        assert (await engine.install(plain)).skipped_scripts == ("esbuild",)
        assert await says(engine, plain) != "ELF"
        trusted = bundle(Manager.NPM, Dependency("esbuild", "0.21.5"), code=code, allow_scripts=True)
        assert (await engine.install(trusted)).skipped_scripts == ()
        assert await says(engine, trusted) == "ELF"


async def test_nothing_of_the_host_stays_in_the_image(open_engine: Open) -> None:
    async with open_engine() as engine:
        image = await engine.install(bundle(Manager.NPM, Dependency("ms")))
        inspected = await engine.run.api.call("inspect", engine.run.api.raw.inspect_image, image.tag)
        text = str(inspected)
        assert "CA" not in " ".join(inspected["Config"].get("Env") or [])
        assert "CERT" not in text.upper().replace("CERTIFI", "")
        assert not any("proxy" in variable.lower() for variable in inspected["Config"].get("Env") or [])
        code = "import { readdirSync } from 'fs'; console.log(readdirSync('/tmp').join(), Object.keys(process.env));"
        said = await says(engine, bundle(Manager.NPM, Dependency("ms"), code=code))
        assert "ca.pem" not in said
        assert "PROXY" not in said.upper()


async def test_one_install_for_many_that_want_it(open_engine: Open, engine_state: Path) -> None:
    example = bundle(Manager.NPM, Dependency("ms", "2.1.2"))
    said: list[str] = []

    async def one(engine: DockerEngine) -> None:
        assert (await engine.install(example, progress=said.append)).packages == {"ms": "2.1.2"}

    async with connect(state=engine_state, host=HOST) as first, connect(state=engine_state, host=HOST) as second:
        for file in (engine_state / "images").glob("*.json"):
            if "2.1.2" in file.read_text():
                file.unlink()
        async with anyio.create_task_group() as tasks:
            for engine in (first, second, first, second):
                tasks.start_soon(one, engine)
    assert [text for text in said if "installing" in text] == ["installing ms"]


VICTIM = """
import sys
from pathlib import Path
import anyio
from extractor.model import Dependency, Manager
from harness.engine.docker_engine import connect
from tests.support.host import HOST
from tests.harness.engine.install.test_installer import bundle

async def main():
    example = bundle(Manager.NPM, Dependency("typescript", "5.4.2"), Dependency("ms", sys.argv[2]))
    async with connect(state=Path(sys.argv[1]), host=HOST) as engine:
        print(engine.run.owner.run_id, flush=True)
        await engine.install(example, progress=lambda text: print(text, flush=True))

anyio.run(main)
"""


@pytest.mark.parametrize("moment_s", [0.0, 0.5, 2.0])
async def test_killed_in_the_middle_of_an_install(open_engine: Open, engine_state: Path, moment_s: float) -> None:
    async with open_engine() as engine:
        await engine.base("node")
    raw = engine_client()
    try:
        with subprocess.Popen(
            [sys.executable, "-c", VICTIM, str(engine_state), f">={moment_s}"],
            stdout=subprocess.PIPE, text=True, cwd=Path.cwd(),
        ) as victim:  # fmt: skip
            assert victim.stdout is not None
            run = victim.stdout.readline().strip()
            victim.stdout.readline()
            time.sleep(moment_s)
            victim.kill()
        filters = {"label": f"docprobe.run={run}"}
        until = time.monotonic() + 20
        while (rest := [c for c in raw.containers(all=True, filters=filters) if c["State"] != "created"]) and (
            time.monotonic() < until
        ):
            time.sleep(0.1)
        assert rest == []
        # a busy engine may finish making one after its client has died: that one goes at the start after
        while True:
            async with open_engine():
                rest = raw.containers(all=True, filters=filters)
            if not rest or time.monotonic() > until:
                break
        assert rest == []
    finally:
        raw.close()


async def test_registries_that_cannot_be_reached_are_tried_once_for_all(
    open_engine: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []
    build = ImageBuilder.build

    async def counted(self: ImageBuilder, image: str, *arguments: Any, **options: Any) -> JobResult:
        built.append(image)
        return await build(self, image, *arguments, **options)

    monkeypatch.setattr(ImageBuilder, "build", counted)
    nowhere = dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY"), "http://user:secret@127.0.0.1:9")
    async with open_engine(host=HostEnvironment.of({**os.environ, **nowhere})) as engine:
        await engine.base("python")
        built.clear()
        for name in ("attrs", "idna"):
            with pytest.raises(RegistryError, match=rf"{name} could not be downloaded: no connection to \S+: ") as caught:
                await engine.install(bundle(Manager.PYPI, Dependency(name)))
            assert "the proxy 127.0.0.1:9: " in caught.value.message
            assert "secret" not in caught.value.message
    assert len(built) == 1
