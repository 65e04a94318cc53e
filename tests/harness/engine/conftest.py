"""A real engine for the tests marked ``engine``; what they share."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from extractor.model import Bundle, Dependency, ExampleKind, Manager, ServiceRequest, SourceFile
from harness.base.host import HostEnvironment
from harness.engine.docker_engine import connect
from tests.support.host import HOST

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from harness.engine.docker_engine import DockerEngine
    from harness.engine.protocol import Limits

    Open = Callable[..., AbstractAsyncContextManager[DockerEngine]]


@pytest.fixture(scope="session")
def engine_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """State folder of all engine tests of one session."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture
def open_engine(engine_state: Path) -> Open:
    @asynccontextmanager
    async def opened(limits: Limits | None = None, host: HostEnvironment = HOST) -> AsyncIterator[DockerEngine]:
        async with connect(state=engine_state, host=host, limits=limits) as engine:
            yield engine

    return opened


def python_bundle(
    code: str,
    *,
    kind: ExampleKind = ExampleKind.HTTP_SERVER,
    files: tuple[SourceFile, ...] = (),
    build: tuple[tuple[str, ...], ...] = (),
    command: tuple[str, ...] = ("python3", "main.py"),
    cwd: str = ".",
    environment: dict[str, str] | None = None,
    dependencies: tuple[Dependency, ...] = (),
    services: tuple[ServiceRequest, ...] = (),
) -> Bundle:
    """A Python example whose main.py is ``code``."""
    return Bundle(
        example_id="test#python",
        language="python",
        kind=kind,
        toolchain="python",
        files=(SourceFile("main.py", code), *files),
        manager=Manager.PYPI,
        dependencies=dependencies,
        command=command,
        cwd=cwd,
        build=build,
        environment=environment or {},
        services=services,
    )


SERVER = """
import http.server, json, os, sys

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = json.dumps({"host": self.headers["host"], "path": self.path, "pid": os.getpid()}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

print("listening soon")
http.server.ThreadingHTTPServer(
    (os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "3000"))), Handler
).serve_forever()
"""
"""A server with nothing but the standard library."""
