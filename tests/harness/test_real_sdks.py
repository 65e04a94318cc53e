"""The real SDKs in their modes: what is known of them is found, and nothing else is said."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import pytest

from harness.probes.prober import converse
from tests.support.loopback import SERVERS, running, server_bundle
from tests.support.proof import findings, violated
from tests.support.servers import MIDDLE, MODERN, NEWEST, OLDEST
from tests.support.tokens import PlainTokens

if TYPE_CHECKING:
    from harness.model import Transcript

pytestmark = pytest.mark.registry

SDK = SERVERS / "sdk"
REVISIONS = (OLDEST, MIDDLE, NEWEST, MODERN)
NPM_PACKAGES = ("@modelcontextprotocol/sdk@1.32.2", "express@5")
ORIGIN = "http.origin-validate"
NO_BATCHES = "batch.receive"
NO_STORE = "get.invented-event-id"


@pytest.fixture(scope="module")
def python_with(tmp_path_factory: pytest.TempPathFactory) -> object:
    """Gives the interpreter of a fresh environment with one requirement."""
    made: dict[str, Path] = {}
    uv = str(Path(sys.executable).with_name("uv"))

    def install(requirement: str) -> Path:
        if requirement not in made:
            folder = tmp_path_factory.mktemp("venv")
            subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(folder)], check=True)
            python = folder / "bin" / "python"
            subprocess.run([uv, "pip", "install", "-q", "--python", str(python), requirement], check=True)
            made[requirement] = python
        return made[requirement]

    return install


@pytest.fixture(scope="module")
def node_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The TypeScript SDK's server beside its packages."""
    folder = tmp_path_factory.mktemp("node")
    npm = ["npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder)]
    subprocess.run([*npm, *NPM_PACKAGES], check=True, env={**os.environ, "npm_config_update_notifier": "false"})
    program = folder / "typescript_v1.mjs"
    program.write_text((SDK / "typescript_v1.mjs").read_text())
    return program


def conversation(*command: str) -> Transcript:
    async def run() -> Transcript:
        async with running(command) as pod:
            return await converse(
                pod,
                server_bundle("/mcp"),
                example_id="sdk#proof",
                revisions=REVISIONS,
                tokens=PlainTokens(),
                timeout_s=10.0,
            )

    return anyio.run(run)


@pytest.mark.parametrize(
    ("requirement", "program", "mode", "modern", "expected"),
    [
        ("mcp==1.30.0", "python_v1.py", "stateful", (), {NO_BATCHES, NO_STORE}),
        ("mcp==1.30.0", "python_v1.py", "json", (), {NO_BATCHES, NO_STORE}),
        ("mcp==1.30.0", "python_v1.py", "stateless", (), {NO_BATCHES, NO_STORE}),
        ("mcp==1.30.0", "python_v1.py", "resumable", (), {NO_BATCHES, "resume.no-cross-stream"}),
        ("mcp==2.3.0", "python_v2.py", "stateful", (MODERN,), {NO_BATCHES, NO_STORE}),
        ("mcp==2.3.0", "python_v2.py", "json", (MODERN,), {NO_BATCHES, NO_STORE}),
        ("mcp==2.3.0", "python_v2.py", "stateless", (MODERN,), {NO_BATCHES, NO_STORE}),
        ("fastmcp==4.1.2", "fastmcp_v4.py", "stateful", (MODERN,), {NO_BATCHES, NO_STORE, ORIGIN}),
        ("fastmcp==4.1.2", "fastmcp_v4.py", "stateless", (MODERN,), {NO_BATCHES, ORIGIN}),
    ],
)
def test_python(
    python_with: object, requirement: str, program: str, mode: str, modern: tuple[str, ...], expected: set[str]
) -> None:
    assert callable(python_with)
    transcript = conversation(str(python_with(requirement)), str(SDK / program), mode)
    assert transcript.modern == modern
    assert set(violated(findings(transcript, page_revision=None))) == expected


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("map", {ORIGIN}),
        ("json", {ORIGIN}),
        ("stateless", {ORIGIN}),
        ("tutorial", {ORIGIN, "session.terminated-404", "session.unknown-404"}),
        ("single", {ORIGIN, "server.survives"}),
    ],
)
def test_typescript(node_program: Path, mode: str, expected: set[str]) -> None:
    transcript = conversation("node", str(node_program), mode)
    assert set(violated(findings(transcript, page_revision=None))) == expected
