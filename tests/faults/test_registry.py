"""A registry that is broken, slow or hostile: whose fault it is is told apart, and no package's code runs at install.

The registry is a thread of the test, reached by the install container through its client's configuration file.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import json
import os
import socket
from typing import TYPE_CHECKING

import pytest
from docker.errors import NotFound

from extractor.model import Bundle, Dependency, ExampleKind, Manager, SourceFile
from harness.base.errors import InstallError, RegistryError
from harness.base.host import HostEnvironment
from harness.engine.docker_engine import connect
from harness.engine.protocol import Limits
from tests.harness.engine.conftest import python_bundle
from tests.support.docprobe_process import left_in, unfinished
from tests.support.registry import LIMITS, Answer, install_with_uv, package, registry, simple_index, wheel

if TYPE_CHECKING:
    from pathlib import Path

    import docker

pytestmark = [pytest.mark.anyio, pytest.mark.engine, pytest.mark.attack("registries and packages")]


BROKEN: dict[str, tuple[Answer | None, type[Exception], str]] = {
    "500": ((500, "text/plain", b"oops"), RegistryError, "could not be downloaded"),
    "cut": ((200, "cut", b"<html>"), RegistryError, "could not be downloaded"),
    "silent": (None, RegistryError, "no answer from .*: it accepts connections and sends nothing"),
    "404": ((404, "text/plain", b"no such package"), InstallError, "cannot be installed"),
}


@pytest.mark.parametrize("how", BROKEN)
async def test_a_broken_index(how: str, raw: docker.APIClient, tmp_path: Path) -> None:
    answer, error, message = BROKEN[how]
    limits = Limits(tmp_mib=8, memory_mib=128, install_s=20 if answer is None else 90)
    with registry(lambda base, path: answer, raw) as url, pytest.raises(error, match=message):
        await install_with_uv(url, tmp_path, "docprobe-no-such", limits)
    assert left_in(raw, tmp_path / "state") == []
    assert unfinished(tmp_path / "state") == []
    assert not list((tmp_path / "state").rglob("images/*.json"))


async def test_a_wheel_that_is_cut_off(raw: docker.APIClient, tmp_path: Path) -> None:
    data = wheel("cutoff", **{"cutoff/__init__.py": "x = 1\n" * 10_000})
    whole = simple_index("cutoff", data)

    def answer(base: str, path: str) -> Answer | None:
        return (200, "cut", data[:5000]) if path.startswith("/files/") else whole(base, path)

    with registry(answer, raw) as url, pytest.raises(RegistryError):
        await install_with_uv(url, tmp_path, "cutoff")
    assert left_in(raw, tmp_path / "state") == []


async def test_no_code_of_a_wheel_runs_at_install(raw: docker.APIClient, tmp_path: Path) -> None:
    """A line of a .pth file runs in every Python that starts in the environment: none does before the pod."""
    planted = "import os; os.path.isdir('/example/app') or open('/example/planted', 'w').write('x')\n"
    data = wheel("startsearly", **{"startsearly.pth": planted, "startsearly/__init__.py": ""})
    code = (
        "import importlib.util, os, pathlib, startsearly\n"
        "print('REACHED' if os.path.exists('/example/planted') else 'BLOCKED', 'install time')\n"
        "print('compiled' if pathlib.Path(startsearly.__cached__).exists() else 'not compiled')\n"
    )
    with registry(simple_index("startsearly", data), raw) as url:
        said = await install_with_uv(url, tmp_path, "startsearly", code=code)
    assert said == ["BLOCKED install time", "compiled"]


async def test_an_image_that_is_made_again_replaces_the_first(raw: docker.APIClient, tmp_path: Path) -> None:
    """Another state folder does not know what is in an image and makes it again: no image without a tag is left."""
    ids = []
    with registry(simple_index("twice", wheel("twice", **{"twice/__init__.py": ""})), raw) as url:
        config = tmp_path / "uv.toml"
        config.write_text(f'[[index]]\nurl = "{url}/simple"\ndefault = true\n')
        bundle = python_bundle("", dependencies=(Dependency("twice"),))
        for name in ("one", "two"):
            environment = {"DOCPROBE_UV_CONFIG": str(config)}
            async with connect(state=tmp_path / name, host=HostEnvironment.of(environment), limits=LIMITS) as engine:
                ids.append(raw.inspect_image((await engine.install(bundle)).tag)["Id"])
    assert ids[0] != ids[1]
    with pytest.raises(NotFound):
        raw.inspect_image(ids[0])


async def test_a_wheel_whose_entries_escape(raw: docker.APIClient, tmp_path: Path) -> None:
    """Wherever they lead, it is in the install container, which may write its own folders only."""
    up = "../" * 12
    escaping = {f"{up}tmp/docprobe-escaped": "x", f"{up}usr/bin/python3": "x"}
    data = wheel("escapes", **escaping, **{"escapes/__init__.py": ""})
    with registry(simple_index("escapes", data), raw) as url:
        try:
            said = await install_with_uv(url, tmp_path, "escapes", code="print('python3 is whole')\n")
        except (InstallError, RegistryError) as error:
            said = [error.message]
    assert said == ["python3 is whole"] or "server error" not in said[0]
    assert not os.path.lexists("/tmp/docprobe-escaped")
    assert left_in(raw, tmp_path / "state") == []


async def test_no_script_of_a_package_runs_at_install(raw: docker.APIClient, tmp_path: Path) -> None:
    """Nor do its archive's entries lead anywhere, nor its links."""
    trap = "require('fs').writeFileSync('/example/planted', 'x')"
    scripts = dict.fromkeys(("preinstall", "install", "postinstall", "prepare"), f'node -e "{trap}"')
    data = package(
        "startsearly", {"scripts": scripts, "main": "index.js"},
        **{"package/index.js": "module.exports = 1", "package/../../../planted": "x", "/example/planted": "x"},
    )  # fmt: skip
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()

    def answer(base: str, path: str) -> Answer | None:
        if path.endswith(".tgz"):
            return 200, "application/octet-stream", data
        dist = {"tarball": f"{base}/startsearly/-/startsearly-1.0.0.tgz", "integrity": integrity}
        name = "startsearly"
        version = {"name": name, "version": "1.0.0", "dist": dist, "scripts": scripts, "hasInstallScript": True}
        document = {"name": name, "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}}
        return 200, "application/json", json.dumps(document).encode()

    code = (
        "const fs = require('fs'); require('startsearly');\n"
        "const base = require.resolve('startsearly/package.json').replace('package.json', '');\n"
        "for (const path of ['/example/planted', '/planted', base + 'link'])\n"
        "  if (fs.existsSync(path)) console.log('REACHED', path);\n"
        "console.log('done');\n"
    )
    bundle = Bundle(
        example_id="test#javascript", language="javascript", kind=ExampleKind.HTTP_SERVER, toolchain="node",
        files=(SourceFile("main.cjs", code),), manager=Manager.NPM, dependencies=(Dependency("startsearly"),),
        command=("node", "main.cjs"),
    )  # fmt: skip
    with registry(answer, raw) as url:
        (tmp_path / "npmrc").write_text(f"registry={url}/\n")
        environment = {"DOCPROBE_NPMRC": str(tmp_path / "npmrc")}
        async with connect(state=tmp_path / "state", host=HostEnvironment.of(environment), limits=LIMITS) as engine:
            image = await engine.install(bundle)
            assert image.skipped_scripts == ("startsearly",)
            async with engine.pod(bundle, image) as pod:
                await pod.wait_exit(30)
                assert [line.text for line in pod.logs()] == ["done"]
    assert left_in(raw, tmp_path / "state") == []


async def test_an_install_reaches_the_registry_and_nothing_else(raw: docker.APIClient, tmp_path: Path) -> None:
    """Nor does a script that the configuration allows: no bridge, no metadata service, and what it asked for is told."""
    network = raw.inspect_network("bridge")["IPAM"]["Config"][0]
    gateway = network.get("Gateway") or str(next(ipaddress.ip_network(network["Subnet"]).hosts()))
    with socket.create_server((gateway, 0)) as neighbour:
        port = neighbour.getsockname()[1]
        script = f"""
const net = require("net"), fs = require("fs"), os = require("os"), said = [];
const direct = (host, port) => new Promise((done) => {{
  const socket = net.connect({{ host, port, timeout: 3000 }}, () => {{ said.push("REACHED " + host); done(); }});
  for (const event of ["error", "timeout"]) socket.on(event, () => {{ socket.destroy(); done(); }});
}});
const through = (address) => new Promise((done) => {{
  const proxy = new URL(process.env.HTTPS_PROXY);
  const socket = net.connect(proxy.port, proxy.hostname, () => socket.write(`CONNECT ${{address}} HTTP/1.1\\r\\n\\r\\n`));
  socket.on("data", (data) => {{ said.push(String(data).split("\\r\\n")[0]); socket.destroy(); done(); }});
  socket.on("error", () => done());
}});
(async () => {{
  await direct("{gateway}", {port});
  await direct("169.254.169.254", 80);
  await direct("1.1.1.1", 443);
  await through("{gateway}:{port}");
  await through("169.254.169.254:80");
  said.push(Object.keys(os.networkInterfaces()).join());
  for (const [name, value] of Object.entries(process.env)) if (value.includes("secret")) said.push(name);
  fs.writeFileSync("said.json", JSON.stringify(said));
}})();
"""
        data = package(
            "looksaround", {"scripts": {"postinstall": "node look.js"}, "main": "index.js"},
            **{"package/index.js": "module.exports = require('./said.json')", "package/look.js": script},
        )  # fmt: skip
        integrity = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()

        def answer(base: str, path: str) -> Answer | None:
            if path.endswith(".tgz"):
                return 200, "application/octet-stream", data
            dist = {"tarball": f"{base}/looksaround/-/looksaround-1.0.0.tgz", "integrity": integrity}
            version = {"name": "looksaround", "version": "1.0.0", "dist": dist, "hasInstallScript": True}
            document = {"name": "looksaround", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}}
            return 200, "application/json", json.dumps(document).encode()

        bundle = Bundle(
            example_id="test#javascript", language="javascript", kind=ExampleKind.HTTP_SERVER, toolchain="node",
            files=(SourceFile("main.cjs", "for (const line of require('looksaround')) console.log(line);\n"),),
            manager=Manager.NPM, dependencies=(Dependency("looksaround"),), command=("node", "main.cjs"),
            allow_scripts=True,
        )  # fmt: skip
        with registry(answer, raw) as url:
            (tmp_path / "npmrc").write_text(f"registry={url}/\n//{url.partition('://')[2]}/:_authToken=secret\n")
            environment = {"DOCPROBE_NPMRC": str(tmp_path / "npmrc")}
            async with connect(state=tmp_path / "state", host=HostEnvironment.of(environment), limits=LIMITS) as engine:
                image = await engine.install(bundle)
                async with engine.pod(bundle, image) as pod:
                    await pod.wait_exit(30)
                    said = [line.text for line in pod.logs()]
    assert said == ["HTTP/1.1 403 Forbidden", "HTTP/1.1 403 Forbidden", "lo"]
    assert image.refused == (f"{gateway}:{port}", "169.254.169.254:80")
    assert left_in(raw, tmp_path / "state") == []
