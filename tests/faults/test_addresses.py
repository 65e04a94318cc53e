"""A published package that depends on an address: nothing is asked of that address, which may be one of the host's."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from extractor.model import Bundle, Dependency, ExampleKind, Manager, SourceFile
from harness.base.errors import EngineError
from harness.base.host import HostEnvironment
from harness.engine.docker_engine import connect
from tests.support.docprobe_process import left_in, unfinished
from tests.support.registry import LIMITS, Answer, install_with_uv, package, registry, simple_index, wheel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import docker

pytestmark = [pytest.mark.anyio, pytest.mark.engine, pytest.mark.attack("registries and packages")]

INSIDE = "internal-service"
"""In the path of every address that must not be asked for."""


def npm_registry(wanted: str, asked: list[str]) -> Callable[[str, str], Answer | None]:
    """A registry with ``innocent``, which depends on ``middle``, which depends on ``wanted`` (``{base}``: this host)."""

    def answer(base: str, path: str) -> Answer | None:
        asked.append(path)
        name = path.strip("/").split("/")[0]
        if INSIDE in path or name not in {"innocent", "middle"}:
            return 404, "text/plain", b""
        needs = {"middle": "1.0.0"} if name == "innocent" else {"evil": wanted.format(base=base)}
        data = package(name, {"dependencies": needs})
        if path.endswith(".tgz"):
            return 200, "application/octet-stream", data
        integrity = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
        dist = {"tarball": f"{base}/{name}/-/{name}-1.0.0.tgz", "integrity": integrity}
        version = {"name": name, "version": "1.0.0", "dist": dist, "dependencies": needs}
        document = {"name": name, "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}}
        return 200, "application/json", json.dumps(document).encode()

    return answer


@pytest.mark.parametrize(
    "wanted",
    [
        f"{{base}}/{INSIDE}/evil.tgz",
        f"git+{{base}}/{INSIDE}/evil.git",
        "file:../../etc",
    ],
)
async def test_npm_asks_no_address_of_a_package(wanted: str, raw: docker.APIClient, tmp_path: Path) -> None:
    bundle = Bundle(
        example_id="test#javascript", language="javascript", kind=ExampleKind.HTTP_SERVER, toolchain="node",
        files=(SourceFile("main.cjs", ""),), manager=Manager.NPM, dependencies=(Dependency("innocent"),),
        command=("node", "main.cjs"),
    )  # fmt: skip
    asked: list[str] = []
    state = tmp_path / "state"
    with registry(npm_registry(wanted, asked), raw) as url:
        (tmp_path / "npmrc").write_text(f"registry={url}/\n")
        environment = {"DOCPROBE_NPMRC": str(tmp_path / "npmrc")}
        async with connect(state=state, host=HostEnvironment.of(environment), limits=LIMITS) as engine:
            with pytest.raises(EngineError, match="docprobe installs from registries only") as caught:
                await engine.install(bundle)
    assert "skip the example" in (caught.value.hint or "")
    assert "/middle" in asked, "it never came to the package that depends on the address"
    assert [path for path in asked if INSIDE in path] == []
    assert left_in(raw, state) == []
    assert unfinished(state) == []


async def test_uv_asks_no_address_of_a_package(raw: docker.APIClient, tmp_path: Path) -> None:
    asked: list[str] = []

    def answer(base: str, path: str) -> Answer | None:
        asked.append(path)
        data = wheel("innocent", requires=f"evil @ {base}/{INSIDE}/evil-1.0-py3-none-any.whl")
        return (404, "text/plain", b"") if INSIDE in path else simple_index("innocent", data)(base, path)

    with registry(answer, raw) as url:
        with pytest.raises(EngineError, match="docprobe installs from registries only"):
            await install_with_uv(url, tmp_path, "innocent")
    assert any(path.startswith("/files/") for path in asked), "it never came to the package"
    assert [path for path in asked if INSIDE in path] == []
    assert left_in(raw, tmp_path / "state") == []
