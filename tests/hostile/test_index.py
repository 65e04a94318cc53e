"""Packages whose makers mean harm, from an index of the test: bombs, names that shadow, words that steer a terminal."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from extractor.model import Bundle, Dependency, ExampleKind, Manager, SourceFile
from harness.base.errors import DocprobeError, EngineError
from harness.base.host import HostEnvironment
from harness.engine.docker_engine import connect
from harness.engine.protocol import Limits
from tests.support.docprobe_process import left_in, unfinished
from tests.support.registry import (
    LIMITS,
    Answer,
    install_with_uv,
    npm_document,
    package,
    registry,
    simple_index,
    wheel,
)
from tests.support.soak import SOAK

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import docker

pytestmark = [pytest.mark.anyio, pytest.mark.engine, pytest.mark.attack("wheels and npm packages of an index")]

BOMB_MIB = 4_000 if SOAK else 200
"""Size of what unpacks from a few hundred kilobytes."""
SMALL = Limits(tmp_mib=8, memory_mib=128, install_s=120, install_disk_mib=BOMB_MIB // 4, install_memory_mib=1024)
ESCAPES = "\x1b[2J\x1b]0;owned\x07\u202e"


class Zeros(io.RawIOBase):
    """So many zero bytes, none of which is kept."""

    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, size: int = -1) -> bytes:
        count = min(self.left, size if size >= 0 else self.left)
        self.left -= count
        return bytes(count)


def bomb_of_npm(name: str) -> bytes:
    made, size = io.BytesIO(), BOMB_MIB * 1024 * 1024
    with tarfile.open(fileobj=made, mode="w:gz", compresslevel=1) as archive:
        manifest = json.dumps({"name": name, "version": "1.0.0"}).encode()
        for path, length, data in (("package.json", len(manifest), io.BytesIO(manifest)), ("zeros", size, Zeros(size))):
            entry = tarfile.TarInfo(f"package/{path}")
            entry.size = length
            archive.addfile(entry, data)  # type: ignore[arg-type]
    return made.getvalue()


def bomb_of_pypi(name: str) -> bytes:
    made = io.BytesIO(wheel(name, **{f"{name}/__init__.py": ""}))
    with (
        zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open(f"{name}/zeros", "w", force_zip64=True) as file,
    ):
        for _ in range(BOMB_MIB):
            file.write(bytes(1024 * 1024))
    return made.getvalue()


def of_npm(name: str, data: bytes, **version: object) -> Callable[[str, str], Answer | None]:
    def answer(base: str, path: str) -> Answer | None:
        tarball = path.endswith(".tgz")
        return (200, "application/octet-stream", data) if tarball else npm_document(base, name, data, **version)

    return answer


async def install_with_npm(
    answer: Callable[[str, str], Answer | None],
    raw: docker.APIClient,
    tmp_path: Path,
    name: str,
    code: str = "",
    limits: Limits = LIMITS,
) -> tuple[list[str], tuple[str, ...]]:
    """What a program with that package says, and what the install was refused."""
    bundle = Bundle(
        example_id="test#javascript", language="javascript", kind=ExampleKind.HTTP_SERVER, toolchain="node",
        files=(SourceFile("main.cjs", code),), manager=Manager.NPM, dependencies=(Dependency(name),),
        command=("node", "main.cjs"),
    )  # fmt: skip
    with registry(answer, raw) as url:
        (tmp_path / "npmrc").write_text(f"registry={url}/\nfetch-retries=0\n")
        host = HostEnvironment.of({"DOCPROBE_NPMRC": str(tmp_path / "npmrc")})
        async with connect(state=tmp_path / "state", host=host, limits=limits) as engine:
            image = await engine.install(bundle)
            async with engine.pod(bundle, image) as pod:
                await pod.wait_exit(30)
                return [line.text for line in pod.logs()], image.refused


def nothing_is_left(raw: docker.APIClient, tmp_path: Path) -> None:
    assert left_in(raw, tmp_path / "state") == []
    assert unfinished(tmp_path / "state") == []


def readable(error: DocprobeError) -> None:
    assert f"{error.message}{error.hint or ''}".isprintable(), repr(error.message)


async def test_a_wheel_that_unpacks_to_more_than_the_disk_limit(raw: docker.APIClient, tmp_path: Path) -> None:
    with (
        registry(simple_index("bomb", bomb_of_pypi("bomb")), raw) as url,
        pytest.raises(EngineError, match=r"disk limit|memory limit|disk space") as caught,
    ):
        await install_with_uv(url, tmp_path, "bomb", SMALL)
    readable(caught.value)
    nothing_is_left(raw, tmp_path)


async def test_an_npm_package_that_unpacks_to_more_than_the_disk_limit(raw: docker.APIClient, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"disk limit|memory limit|disk space") as caught:
        await install_with_npm(of_npm("bomb", bomb_of_npm("bomb")), raw, tmp_path, "bomb", limits=SMALL)
    readable(caught.value)
    nothing_is_left(raw, tmp_path)


TRAP = (
    "#!/bin/sh\nif [ -e /example/planted ]; then echo REACHED; else echo BLOCKED; fi\n"
    "touch /example/planted 2>/dev/null\n"
)
"""Says in the pod whether it ran before: an install that starts it leaves the mark."""


async def test_a_wheel_that_brings_its_own_python(raw: docker.APIClient, tmp_path: Path) -> None:
    """It is the pod's to run, and no step of the install's."""
    scripts = {f"shadows-1.0.data/scripts/{name}": TRAP for name in ("python", "python3", "uv")}
    data = wheel("shadows", **scripts, **{"shadows/__init__.py": ""})
    with registry(simple_index("shadows", data), raw) as url:
        try:
            said = await install_with_uv(url, tmp_path, "shadows", code="print('the real one')\n")
        except DocprobeError as error:
            readable(error)
            said = []
    assert said in ([], ["BLOCKED"], ["the real one"])
    nothing_is_left(raw, tmp_path)


async def test_an_npm_package_that_brings_its_own_node(raw: docker.APIClient, tmp_path: Path) -> None:
    names = ("node", "npm", "sh", "python3", "../../../../usr/local/bin/node")
    manifest: dict[str, object] = {"bin": dict.fromkeys(names, "trap.sh"), "main": "index.js"}
    data = package("shadows", manifest, **{"package/trap.sh": TRAP, "package/index.js": ""})
    answer = of_npm("shadows", data, **manifest)
    said, _ = await install_with_npm(answer, raw, tmp_path, "shadows", code="console.log('the real one');\n")
    assert said in (["BLOCKED"], ["the real one"])
    nothing_is_left(raw, tmp_path)


@pytest.mark.parametrize("elsewhere", ["http://169.254.169.254/latest/meta-data/x.tgz", "http://192.0.2.1/x.tgz"])
async def test_a_registry_whose_tarball_is_elsewhere(elsewhere: str, raw: docker.APIClient, tmp_path: Path) -> None:
    data = package("moved", {})
    answer = of_npm("moved", data, dist={"tarball": elsewhere})
    with pytest.raises(DocprobeError) as caught:
        await install_with_npm(answer, raw, tmp_path, "moved")
    readable(caught.value)
    assert "docprobe installs from registries only" in caught.value.message
    nothing_is_left(raw, tmp_path)


async def test_words_of_an_index_that_steer_a_terminal(raw: docker.APIClient, tmp_path: Path) -> None:
    data = wheel("speaks", f"evil{ESCAPES}>=1", **{"speaks/__init__.py": ""})
    with registry(simple_index("speaks", data), raw) as url, pytest.raises(DocprobeError) as caught:
        await install_with_uv(url, tmp_path, "speaks")
    readable(caught.value)
    nothing_is_left(raw, tmp_path)


async def test_words_of_an_npm_registry_that_steer_a_terminal(raw: docker.APIClient, tmp_path: Path) -> None:
    answer = of_npm("speaks", package("speaks", {}), dependencies={f"evil{ESCAPES}": f"1{ESCAPES}"})
    with pytest.raises(DocprobeError) as caught:
        await install_with_npm(answer, raw, tmp_path, "speaks")
    readable(caught.value)
    nothing_is_left(raw, tmp_path)


async def test_an_npm_archive_of_links_and_devices(raw: docker.APIClient, tmp_path: Path) -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        manifest = json.dumps({"name": "links", "version": "1.0.0", "main": "index.js"}).encode()
        for path, data in (("package.json", manifest), ("index.js", b"")):
            entry = tarfile.TarInfo(f"package/{path}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        kinds = {"hard": tarfile.LNKTYPE, "soft": tarfile.SYMTYPE, "pipe": tarfile.FIFOTYPE, "zero": tarfile.CHRTYPE}
        for name, kind in kinds.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.type, entry.linkname, entry.devmajor, entry.devminor = kind, "/etc/passwd", 1, 5
            archive.addfile(entry)
    code = (
        "const fs = require('fs'); require('links');\n"
        "const base = require.resolve('links/package.json').replace('package.json', '');\n"
        "for (const name of ['hard', 'soft', 'pipe', 'zero']) if (fs.existsSync(base + name)) "
        "console.log('REACHED', name);\nconsole.log('done');\n"
    )
    said, _ = await install_with_npm(of_npm("links", made.getvalue()), raw, tmp_path, "links", code=code)
    assert said == ["done"]
    nothing_is_left(raw, tmp_path)
