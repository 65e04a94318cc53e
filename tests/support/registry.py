"""Registries made up for a test: a web server that install containers reach, and what it has."""

from __future__ import annotations

import base64
import hashlib
import http.server
import io
import ipaddress
import json
import socket
import tarfile
import threading
import time
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from extractor.model import Dependency
from harness.base.host import HostEnvironment
from harness.engine.docker_engine import connect
from harness.engine.protocol import Limits
from tests.harness.engine.conftest import python_bundle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import docker

Answer = tuple[int, str, bytes]
"""Status, media type (``cut`` for a body that ends early) and body."""
LIMITS = Limits(tmp_mib=8, memory_mib=128, install_s=60)


@contextmanager
def registry(answer: Callable[[str, str], Answer | None], raw: docker.APIClient) -> Iterator[str]:
    """A web server on the address that containers see this host by; ``answer(base, path)``, None to say nothing."""
    network = raw.inspect_network("bridge")["IPAM"]["Config"][0]
    address = network.get("Gateway") or str(next(ipaddress.ip_network(network["Subnet"]).hosts()))

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = answer(f"http://{address}:{server.server_port}", self.path)
            if found is None:
                time.sleep(30)
                return
            status, kind, body = found
            self.send_response(status)
            self.send_header("Content-Type", kind)
            # a body that is cut: more is promised than comes
            self.send_header("Content-Length", str(len(body) + (10_000 if kind == "cut" else 0)))
            self.end_headers()
            if self.command == "HEAD":
                return
            self.wfile.write(body)
            if kind == "cut":
                self.connection.shutdown(socket.SHUT_RDWR)

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None: ...

    server = http.server.ThreadingHTTPServer((address, 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{address}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def wheel(name: str, requires: str | None = None, **files: str) -> bytes:
    """A wheel with these files, its own record included, that depends on ``requires``."""
    info = f"{name}-1.0.dist-info"
    everything = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
        + (f"Requires-Dist: {requires}\n" if requires else ""),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    everything[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in (*everything, f"{info}/RECORD"))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path, text in everything.items():
            archive.writestr(path, text)
    return made.getvalue()


def simple_index(name: str, data: bytes) -> Callable[[str, str], Answer | None]:
    """An index with one wheel."""
    file = f"{name}-1.0-py3-none-any.whl"
    link = f'<a href="/files/{file}#sha256={hashlib.sha256(data).hexdigest()}">{file}</a>'

    def answer(base: str, path: str) -> Answer | None:
        if path.startswith("/files/"):
            return 200, "application/octet-stream", data
        return (200, "text/html", f"<!DOCTYPE html><html><body>{link}</body></html>".encode())

    return answer


async def install_with_uv(url: str, tmp_path: Path, name: str, limits: Limits = LIMITS, code: str = "") -> list[str]:
    """Install ``name`` from the index at ``url``, run ``code`` with it; what that said."""
    config = tmp_path / "uv.toml"
    config.write_text(f'[[index]]\nurl = "{url}/simple"\ndefault = true\n')
    state = tmp_path / "state"
    bundle = python_bundle(code, dependencies=(Dependency(name),))
    environment = {"DOCPROBE_UV_CONFIG": str(config), "UV_HTTP_RETRIES": "0"}
    async with connect(state=state, host=HostEnvironment.of(environment), limits=limits) as engine:
        image = await engine.install(bundle)
        async with engine.pod(bundle, image) as pod:
            await pod.wait_exit(30)
            said = [line.text for line in pod.logs()]
    return said


def package(name: str, manifest: dict[str, object], **files: str) -> bytes:
    """A tarball of the npm registry."""
    made = io.BytesIO()
    everything = {"package/package.json": json.dumps({"name": name, "version": "1.0.0", **manifest}), **files}
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for path, text in everything.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
        link = tarfile.TarInfo("package/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return made.getvalue()


def npm_document(base: str, name: str, data: bytes, **version: object) -> Answer:
    """What a registry says of a package with one version, whose tarball is ``data``; ``version`` changes its fields."""
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
    dist = {"tarball": f"{base}/{name}/-/{name}-1.0.0.tgz", "integrity": integrity}
    only = {"name": name, "version": "1.0.0", "dist": dist, **version}
    document = {"name": name, "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": only}}
    return 200, "application/json", json.dumps(document).encode()
